//! Wrong passwords, and how long one waits after them. No clock here: time is an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::limits;

/// Who is trying what. The address is part of it, so that a stranger who guesses at a name does
/// not lock its owner out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Trier {
    name: String,
    from: Option<IpAddr>,
}

impl Trier {
    pub(crate) fn new(name: &str, from: Option<IpAddr>) -> Self {
        let from = from.map(|address| match address {
            // One household or office has a /64 of IPv6 (RFC 6177).
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 @ IpAddr::V4(_) => v4,
        });
        Self {
            name: name.to_lowercase(),
            from,
        }
    }
}

struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(&self) -> Duration {
        match self.count.checked_sub(limits::FREE_TRIES) {
            None => Duration::ZERO,
            Some(more) => Duration::from_secs(1 << more.min(16)).min(limits::WAIT_MAX),
        }
    }
}

/// The failures of all triers, bounded.
#[derive(Default)]
pub(crate) struct Tries(HashMap<Trier, Failures>);

impl Tries {
    /// How long `trier` still has to wait; zero when it may try now.
    pub(crate) fn wait(&self, trier: &Trier, now: Instant) -> Duration {
        self.0.get(trier).map_or(Duration::ZERO, |failures| {
            failures
                .wait()
                .saturating_sub(now.saturating_duration_since(failures.last))
        })
    }

    pub(crate) fn failed(&mut self, trier: Trier, now: Instant) {
        if self.0.len() >= limits::TRIES_REMEMBERED_MAX && !self.0.contains_key(&trier) {
            self.forget_oldest();
        }
        let failures = self.0.entry(trier).or_insert(Failures {
            count: 0,
            last: now,
        });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    pub(crate) fn succeeded(&mut self, trier: &Trier) {
        self.0.remove(trier);
    }

    fn forget_oldest(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, failures)| failures.last);
        if let Some(oldest) = oldest.map(|(trier, _)| trier.clone()) {
            self.0.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_are_free_and_then_the_wait_doubles() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let trier = Trier::new("Amy", "192.0.2.1".parse().ok());
        for want_seconds in [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            tries.failed(trier.clone(), now);
            assert_eq!(tries.wait(&trier, now), Duration::from_secs(want_seconds));
        }
        let later = now + Duration::from_secs(299);
        assert_eq!(tries.wait(&trier, later), Duration::from_secs(1));
        tries.succeeded(&trier);
        assert_eq!(tries.wait(&trier, now), Duration::ZERO);
    }

    #[test]
    fn a_stranger_does_not_lock_the_owner_out() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let stranger = Trier::new("amy", "2001:db8:1:2::1".parse().ok());
        for _ in 0..50 {
            tries.failed(stranger.clone(), now);
        }
        let owner = Trier::new("amy", "192.0.2.1".parse().ok());
        let stranger_next_door = Trier::new("AMY", "2001:db8:1:2:ffff::7".parse().ok());
        assert_eq!(tries.wait(&owner, now), Duration::ZERO);
        assert_eq!(tries.wait(&stranger_next_door, now), limits::WAIT_MAX);
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::now();
        let mut tries = Tries::default();
        for number in 0..=limits::TRIES_REMEMBERED_MAX {
            tries.failed(Trier::new(&number.to_string(), None), now);
        }
        assert_eq!(tries.0.len(), limits::TRIES_REMEMBERED_MAX);
    }
}
