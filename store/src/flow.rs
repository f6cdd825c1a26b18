//! How fast mail comes in, so that work which can wait does not take the processor from it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits;
use crate::shadow::Store;

/// Over how long the rate is taken.
const SPAN: Duration = Duration::from_millis(250);

/// How often a waiting worker looks whether the flood is over.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Store {
    /// Waits while this process keeps more mail than
    /// [`limits::FLOOD_MESSAGES_PER_SECOND`], but not longer than `at_most`: for work that mail
    /// on its way in comes before.
    pub async fn lull(&self, at_most: Duration) {
        let begun = Instant::now();
        let is_flood = || {
            let flow = &self.inner().flow;
            flow.exceeds(limits::FLOOD_MESSAGES_PER_SECOND, Instant::now())
        };
        while is_flood() && begun.elapsed() < at_most {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// The rate at which messages are kept, falling off where none is.
pub(crate) struct Flow(Mutex<(Instant, f64)>);

impl Flow {
    pub(crate) fn new() -> Self {
        Self(Mutex::new((Instant::now(), 0.0)))
    }

    /// One more message was kept.
    pub(crate) fn kept(&self, now: Instant) {
        let mut rate = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *rate = (now, per_second(*rate, now) + 1.0 / SPAN.as_secs_f64());
    }

    /// Whether more messages than this are kept in a second.
    pub(crate) fn exceeds(&self, messages_per_second: f64, now: Instant) -> bool {
        self.per_second(now) > messages_per_second
    }

    /// How many messages are kept in a second.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        per_second(*self.0.lock().unwrap_or_else(PoisonError::into_inner), now)
    }
}

fn per_second((at, rate): (Instant, f64), now: Instant) -> f64 {
    let past = now.saturating_duration_since(at).as_secs_f64();
    rate * (-past / SPAN.as_secs_f64()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether messages that come in at this rate are a flood after a second, and how long that
    /// lasts when no more come.
    fn flood(per_second: u32) -> (bool, Duration) {
        let flow = Flow::new();
        let mut now = Instant::now();
        for _ in 0..per_second {
            now += Duration::from_secs(1) / per_second;
            flow.kept(now);
        }
        let most = limits::FLOOD_MESSAGES_PER_SECOND;
        let is_flood = flow.exceeds(most, now);
        let last = now;
        while flow.exceeds(most, now) {
            now += Duration::from_millis(10);
        }
        (is_flood, now - last)
    }

    #[test]
    fn a_flood_is_seen_and_is_soon_over() {
        assert!(!flood(1).0);
        assert!(!flood(80).0);
        for many in [150, 10_000] {
            let (is_flood, lasts) = flood(many);
            assert!(is_flood, "{many}");
            assert!(lasts < Duration::from_secs(2), "{many}: {lasts:?}");
        }
    }

    #[tokio::test]
    async fn who_can_wait_waits_for_the_end_of_a_flood_but_not_for_ever() {
        let fixture = crate::fixture::Fixture::new().await;
        let patience = Duration::from_millis(200);
        let waited = async || {
            let begun = Instant::now();
            fixture.store.lull(patience).await;
            begun.elapsed()
        };
        assert!(waited().await < patience, "nothing comes in");
        for _ in 0..100_000 {
            fixture.store.inner().flow.kept(Instant::now());
        }
        assert!(waited().await >= patience);
    }
}
