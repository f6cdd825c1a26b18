//! The guard: aging never runs on a clock that jumped.

use jiff::{SignedDuration, Timestamp};
use store::Day;

use crate::limits;

/// Why the schedule ages nothing. A person can say that all is well, with
/// `shadowmail retention run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Suspicion {
    /// The clock is behind a time that was seen before.
    #[error(
        "the clock says {now:.0}, but aging ran at {last:.0} already; nothing ages. Set the clock; \
         if it is right, run `shadowmail retention run`"
    )]
    WentBack {
        /// What it says.
        now: Timestamp,
        /// What it said before.
        last: Timestamp,
    },
    /// So much time passed since aging last looked that it may be the clock which jumped.
    #[error(
        "the clock says {now:.0}, and aging last looked at {last:.0}: either nothing ran for so \
         long, or the clock jumped; nothing ages. If the clock is right, run \
         `shadowmail retention run`"
    )]
    Gap {
        /// What it says.
        now: Timestamp,
        /// What it said before.
        last: Timestamp,
    },
    /// More days are due than a working schedule ever has at once.
    #[error(
        "{days} days are due at once, more than {at_once}: the clock jumped, aging stood still for \
         long, or the limit was changed; nothing ages. See `shadowmail retention run --dry-run`, \
         and if that is right, run it without --dry-run"
    )]
    TooMany {
        /// How many are due.
        days: usize,
        /// How many may be.
        at_once: u16,
    },
    /// A day is over by its name, but has not been there for so long.
    #[error(
        "{day} is over by its name, but it was first seen at {seen:.0}: its mail came while the \
         clock was wrong, or was brought back; it stays. See `shadowmail retention run --dry-run`, \
         and if that mail may go, run it without --dry-run"
    )]
    Young {
        /// The first such day.
        day: Day,
        /// When it was first seen.
        seen: Timestamp,
    },
}

/// Whether the schedule may age at `now`, when it last looked at `last` and finds `due` days that
/// were not due then. A gap counts whether anything is due or not: a wrong clock that is once taken
/// for right takes one day after the other before its time.
pub fn guard(
    now: Timestamp,
    last: Option<Timestamp>,
    due: usize,
    at_once: u16,
) -> Result<(), Suspicion> {
    went_back(now, last)?;
    let longest = SignedDuration::from_hours(24 * i64::from(at_once));
    match last {
        Some(last) if now.duration_since(last) > longest => {
            return Err(Suspicion::Gap { now, last });
        }
        _ => {}
    }
    if due > usize::from(at_once) {
        return Err(Suspicion::TooMany { days: due, at_once });
    }
    Ok(())
}

/// Whether the clock is behind a time that was seen before.
pub(crate) fn went_back(now: Timestamp, last: Option<Timestamp>) -> Result<(), Suspicion> {
    match last {
        Some(last) if now.duration_since(last) < -limits::CLOCK_BACK_MAX => {
            Err(Suspicion::WentBack { now, last })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(last: Option<&str>, now: &str, due: usize, want: Option<&str>) {
        let last = last.map(|last| last.parse().unwrap());
        let got = guard(now.parse().unwrap(), last, due, 3);
        let got = got.err().map(|suspicion| suspicion.to_string());
        match (&got, want) {
            (Some(got), Some(want)) => assert!(got.contains(want), "{got}"),
            (None, None) => {}
            _ => panic!("{got:?}, not {want:?}"),
        }
    }

    #[test]
    fn a_clock_that_jumped_ages_nothing() {
        let last = Some("2026-11-22T12:00:00Z");
        check(last, "2026-11-22T12:15:00Z", 3, None);
        check(last, "2026-11-22T12:15:00Z", 4, Some("4 days are due"));
        check(last, "2026-11-22T11:00:00Z", 1, None);
        let back = "2026-11-22T10:59:59Z, but aging ran at 2026-11-22T12:00:00Z";
        check(last, "2026-11-22T10:59:59Z", 0, Some(back));
        check(last, "2026-11-25T12:00:00Z", 3, None);
        check(last, "2026-11-25T12:00:01Z", 0, Some("last looked"));
        check(last, "2026-11-25T12:00:01Z", 1, Some("last looked"));
        // A store that nobody has looked at yet.
        check(None, "2026-11-22T12:00:00Z", 3, None);
        check(None, "2026-11-22T12:00:00Z", 4, Some("more than 3"));
    }
}
