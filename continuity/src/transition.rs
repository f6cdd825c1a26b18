//! The one table of what may become what.

use store::Mode;

/// Whether a mode may follow another. An emergency may begin again in the middle of Recovery,
/// because a primary that came back can die again, and in the middle of a drill.
pub fn may_become(from: Mode, to: Mode) -> bool {
    use Mode::{Drill, Emergency, Normal, Recovery};
    matches!(
        (from, to),
        (Normal | Recovery | Drill, Emergency)
            | (Emergency, Recovery)
            | (Recovery | Drill, Normal)
            | (Normal, Drill)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let allowed: Vec<_> = Mode::ALL
            .iter()
            .flat_map(|from| Mode::ALL.map(|to| (*from, to)))
            .filter(|(from, to)| may_become(*from, *to))
            .collect();
        let want = [
            (Mode::Normal, Mode::Emergency),
            (Mode::Normal, Mode::Drill),
            (Mode::Emergency, Mode::Recovery),
            (Mode::Recovery, Mode::Normal),
            (Mode::Recovery, Mode::Emergency),
            (Mode::Drill, Mode::Normal),
            (Mode::Drill, Mode::Emergency),
        ];
        assert_eq!(allowed, want);
    }
}
