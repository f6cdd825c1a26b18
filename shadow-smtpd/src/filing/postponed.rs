//! Messages whose filing failed, and when each is tried again.

use std::collections::HashMap;
use std::time::Duration;

use store::{MessageId, Unfiled};
use tokio::time::Instant;

use crate::limits;

/// Messages that wait for another try. It is forgotten at the end of the process; then they are
/// tried at once.
#[derive(Debug, Default)]
pub(super) struct Postponed {
    waiting: HashMap<MessageId, Wait>,
}

#[derive(Debug)]
struct Wait {
    until: Instant,
    failures: u32,
}

impl Postponed {
    /// Waits longer each time. Gives how long.
    pub(super) fn postpone(&mut self, id: MessageId, now: Instant) -> Duration {
        let failures = self.failures(id);
        let wait = limits::FILING_RETRY
            .saturating_mul(2_u32.saturating_pow(failures))
            .min(limits::FILING_RETRY_MAX);
        self.waiting.insert(
            id,
            Wait {
                until: now + wait,
                failures: failures.saturating_add(1),
            },
        );
        wait
    }

    /// It was filed.
    pub(super) fn forget(&mut self, id: MessageId) {
        self.waiting.remove(&id);
    }

    /// Forgets messages that are not in the list: they are gone, or somebody else filed them. One
    /// that is only too far down the list is tried again early, which does no harm.
    pub(super) fn keep_only(&mut self, unfiled: &[Unfiled]) {
        self.waiting
            .retain(|id, _| unfiled.iter().any(|one| one.id == *id));
    }

    /// Whether its time has come, or it never failed.
    pub(super) fn is_due(&self, id: MessageId, now: Instant) -> bool {
        self.waiting.get(&id).is_none_or(|wait| wait.until <= now)
    }

    /// How often a message has failed.
    pub(super) fn failures(&self, id: MessageId) -> u32 {
        self.waiting.get(&id).map_or(0, |wait| wait.failures)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_up_to_the_limit() {
        let id: MessageId = "20261122-0f3b2c1a9d04e".parse().unwrap();
        let mut postponed = Postponed::default();
        let now = Instant::now();
        assert!(postponed.is_due(id, now));

        let first = postponed.postpone(id, now);
        assert_eq!(first, limits::FILING_RETRY);
        assert!(!postponed.is_due(id, now + first - Duration::from_millis(1)));
        assert!(postponed.is_due(id, now + first));
        assert_eq!(postponed.postpone(id, now), 2 * first);
        for _ in 0..100 {
            assert!(postponed.postpone(id, now) <= limits::FILING_RETRY_MAX);
        }
        assert_eq!(postponed.len(), 1);

        postponed.keep_only(&[]);
        assert_eq!(postponed.len(), 0);
    }
}
