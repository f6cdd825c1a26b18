//! Wrong passwords, and how long one waits after them. No clock here: time is an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::limits;

/// Who is trying what. The address is part of it, so that a stranger who guesses at a name does
/// not lock its owner out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Trier {
    /// Whose password; `None` stands for all names together that were tried from one address.
    name: Option<String>,
    from: Option<IpAddr>,
}

impl Trier {
    /// `name` is one for each account, however many sign-in names that has.
    pub(crate) fn new(name: &str, from: Option<IpAddr>) -> Self {
        let from = from.map(|address| match address {
            // One household or office has a /64 of IPv6 (RFC 6177).
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 @ IpAddr::V4(_) => v4,
        });
        let name = Some(name.to_lowercase());
        Self { name, from }
    }

    fn address_alone(&self) -> Self {
        Self {
            name: None,
            from: self.from,
        }
    }

    fn free_tries(&self) -> u32 {
        match self.name {
            Some(_) => limits::FREE_TRIES,
            None => limits::FREE_TRIES_OF_ADDRESS,
        }
    }
}

struct Failures {
    count: u32,
    last: Instant,
}

/// The failures of all triers, bounded.
#[derive(Default)]
pub(crate) struct Tries(HashMap<Trier, Failures>);

impl Tries {
    /// Lets `trier` try, or says how long it has to wait. A try counts as wrong until
    /// [`Tries::succeeded`], so that of many at the same moment each counts for the next.
    pub(crate) fn begin(&mut self, trier: &Trier, now: Instant) -> Result<(), Duration> {
        let wait = self
            .wait(trier, now)
            .max(self.wait(&trier.address_alone(), now));
        if !wait.is_zero() {
            return Err(wait);
        }
        self.count(trier.clone(), now);
        self.count(trier.address_alone(), now);
        Ok(())
    }

    /// The try was right: it is forgotten, and so are the wrong ones before it.
    pub(crate) fn succeeded(&mut self, trier: &Trier) {
        self.0.remove(trier);
        if let Some(of_address) = self.0.get_mut(&trier.address_alone()) {
            of_address.count = of_address.count.saturating_sub(1);
        }
    }

    fn wait(&self, trier: &Trier, now: Instant) -> Duration {
        let Some(failures) = self.0.get(trier) else {
            return Duration::ZERO;
        };
        let since = now.saturating_duration_since(failures.last);
        match failures.count.checked_sub(trier.free_tries()) {
            Some(more) if since < limits::FAILURES_FORGOTTEN_AFTER => {
                let wait = Duration::from_secs(1 << more.min(16)).min(limits::WAIT_MAX);
                wait.saturating_sub(since)
            }
            _ => Duration::ZERO,
        }
    }

    fn count(&mut self, trier: Trier, now: Instant) {
        if self.0.len() >= limits::TRIES_REMEMBERED_MAX && !self.0.contains_key(&trier) {
            self.forget_oldest();
        }
        let failures = self.0.entry(trier).or_insert(Failures {
            count: 0,
            last: now,
        });
        if now.saturating_duration_since(failures.last) >= limits::FAILURES_FORGOTTEN_AFTER {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
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

    fn trier(name: &str, from: &str) -> Trier {
        Trier::new(name, from.parse().ok())
    }

    #[test]
    fn five_tries_are_free_and_then_the_wait_doubles() {
        let mut now = Instant::now();
        let mut tries = Tries::default();
        let amy = trier("Amy", "192.0.2.1");
        for want_seconds in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let want = Duration::from_secs(want_seconds);
            if !want.is_zero() {
                assert_eq!(tries.begin(&amy, now), Err(want));
                now += want;
            }
            assert_eq!(tries.begin(&amy, now), Ok(()), "{want_seconds}");
        }
        tries.succeeded(&amy);
        assert_eq!(tries.begin(&amy, now), Ok(()));
    }

    #[test]
    fn a_wrong_password_is_forgotten_after_a_while() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let amy = trier("amy", "192.0.2.1");
        for _ in 0..limits::FREE_TRIES {
            tries.begin(&amy, now).unwrap();
        }
        assert!(tries.begin(&amy, now).is_err());
        let later = now + limits::FAILURES_FORGOTTEN_AFTER;
        for _ in 0..limits::FREE_TRIES {
            assert_eq!(tries.begin(&amy, later), Ok(()));
        }
    }

    #[test]
    fn a_stranger_does_not_lock_the_owner_out() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let stranger = trier("amy", "2001:db8:1:2::1");
        while tries.begin(&stranger, now).is_ok() {}
        assert_eq!(tries.begin(&trier("amy", "192.0.2.1"), now), Ok(()));
        assert!(
            tries
                .begin(&trier("AMY", "2001:db8:1:2:ffff::7"), now)
                .is_err()
        );
    }

    #[test]
    fn one_address_can_not_try_a_few_passwords_on_every_name() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let name = |number: u32| trier(&format!("user{number}"), "192.0.2.66");
        for number in 0..limits::FREE_TRIES_OF_ADDRESS {
            assert_eq!(tries.begin(&name(number), now), Ok(()), "{number}");
        }
        assert!(tries.begin(&name(9999), now).is_err());

        // An office behind one address, where people know their passwords, goes on.
        let office = |number: u32| trier(&format!("user{number}"), "192.0.2.1");
        for number in 0..2 * limits::FREE_TRIES_OF_ADDRESS {
            assert_eq!(tries.begin(&office(number), now), Ok(()), "{number}");
            tries.succeeded(&office(number));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::now();
        let mut tries = Tries::default();
        for number in 0..=limits::TRIES_REMEMBERED_MAX {
            tries.count(Trier::new(&number.to_string(), None), now);
        }
        assert_eq!(tries.0.len(), limits::TRIES_REMEMBERED_MAX);
    }
}
