//! Refusals take as long for names that do not exist as for those that do: as long as the slowest of
//! late.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits;

/// How long refusals take.
#[derive(Default)]
pub(crate) struct Pace(Mutex<Option<Slowest>>);

#[derive(Clone, Copy)]
struct Slowest {
    /// With some more, so that the next one that is as slow does not stand out.
    pace: Duration,
    at: Instant,
}

impl Pace {
    /// When a refusal may be told that was found out at `now`, by a check that began at `began`.
    pub(crate) fn due(&self, began: Instant, now: Instant) -> Instant {
        let took = now.saturating_duration_since(began);
        let mut slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |it: &Slowest| now.saturating_duration_since(it.at) >= limits::PACE_KEPT;
        *slowest = slowest.filter(|it| !is_over(it));
        let pace = slowest.map_or(limits::REFUSAL_WAIT_MIN, |it| it.pace);
        if took <= pace {
            return began + pace;
        }
        let pace = (took + took / 4).min(limits::REFUSAL_WAIT_MAX);
        *slowest = Some(Slowest { pace, at: now });
        began + pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quick_takes_as_long_as_what_was_slow() {
        let pace = Pace::default();
        let began = Instant::now();
        let check = |began: Instant, took_ms: u64, want_ms: u64| {
            let took = Duration::from_millis(took_ms);
            let due = pace.due(began, began + took);
            assert_eq!(due - began, Duration::from_millis(want_ms), "{took_ms} ms");
        };
        check(began, 20, 500);
        check(began, 499, 500);
        check(began, 1000, 1250);
        check(began, 20, 1250);
        check(began, 1250, 1250);
        // Later than that nobody waits.
        check(began, 9000, 2400);
        check(began, 20, 2400);
        let later = began + Duration::from_secs(9) + limits::PACE_KEPT;
        check(later, 20, 500);
    }
}
