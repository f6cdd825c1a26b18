//! The one table of what may become what.

use store::Mode;

/// Whether a mode may follow another. An emergency may begin again in the middle of Recovery,
/// because a primary that came back can die again.
pub fn may_become(from: Mode, to: Mode) -> bool {
    use Mode::{Emergency, Normal, Recovery};
    matches!(
        (from, to),
        (Normal | Recovery, Emergency) | (Emergency, Recovery) | (Recovery, Normal)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        const ALL: [Mode; 3] = [Mode::Normal, Mode::Emergency, Mode::Recovery];
        let allowed: Vec<_> = ALL
            .iter()
            .flat_map(|from| ALL.map(|to| (*from, to)))
            .filter(|(from, to)| may_become(*from, *to))
            .collect();
        let want = [
            (Mode::Normal, Mode::Emergency),
            (Mode::Emergency, Mode::Recovery),
            (Mode::Recovery, Mode::Normal),
            (Mode::Recovery, Mode::Emergency),
        ];
        assert_eq!(allowed, want);
    }
}
