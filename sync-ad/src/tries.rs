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

/// Whether somebody may try now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes; tell [`Tries::ended`] what came of it.
    Now,
    /// As many tries as may be wrong are under way: ask again when one has ended.
    AfterOthers,
    /// Too many were wrong; not for so long.
    Wait(Duration),
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was the password.
    Right,
    /// It was not, or nobody knows.
    Wrong,
}

struct Failures {
    count: u32,
    last: Instant,
    /// Tries whose outcome is not known yet.
    under_way: u32,
}

/// The failures of all triers, bounded.
#[derive(Default)]
pub(crate) struct Tries {
    failures: HashMap<Trier, Failures>,
    /// Who came in from where, and when.
    at_home: HashMap<Trier, Instant>,
}

impl Tries {
    /// Lets `trier` try, or says why not now. So many are under way at the same time as could all
    /// be wrong one after the other: who knows the password waits for the outcome of the others,
    /// and who guesses gets no more tries by being many.
    ///
    /// Whoever came in from an address before does not wait for what others tried there: so one
    /// guesser in an office, or behind its proxy, keeps nobody out.
    pub(crate) fn begin(&mut self, trier: &Trier, now: Instant) -> Admission {
        let both = [trier.clone(), trier.address_alone()];
        let counting = if self.is_at_home(trier, now) {
            &both[..1]
        } else {
            &both[..]
        };
        let wait = counting.iter().map(|trier| self.wait(trier, now)).max();
        match wait {
            Some(wait) if !wait.is_zero() => return Admission::Wait(wait),
            _ => {}
        }
        if counting.iter().any(|trier| self.is_full(trier, now)) {
            return Admission::AfterOthers;
        }
        for trier in both {
            self.of(trier, now).under_way += 1;
        }
        Admission::Now
    }

    /// A try that [`Tries::begin`] let through has ended. The right password makes the wrong ones
    /// before it forgotten.
    pub(crate) fn ended(&mut self, trier: &Trier, outcome: Outcome, now: Instant) {
        if outcome == Outcome::Right {
            bound(&mut self.at_home, |at| *at);
            self.at_home.insert(trier.clone(), now);
        }
        for trier in [trier.clone(), trier.address_alone()] {
            let is_name = trier.name.is_some();
            let failures = self.of(trier.clone(), now);
            failures.under_way = failures.under_way.saturating_sub(1);
            match outcome {
                Outcome::Wrong => {
                    if failures.are_forgotten(now) {
                        failures.count = 0;
                    }
                    failures.count = failures.count.saturating_add(1);
                    failures.last = now;
                }
                Outcome::Right if is_name => failures.count = 0,
                Outcome::Right => {}
            }
            if failures.count == 0 && failures.under_way == 0 {
                self.failures.remove(&trier);
            }
        }
    }

    /// Whether `trier` came in from its address before. Of an address that nobody knows that can not be
    /// said.
    pub(crate) fn knows(&self, trier: &Trier, now: Instant) -> bool {
        trier.from.is_some() && self.is_at_home(trier, now)
    }

    fn is_at_home(&self, trier: &Trier, now: Instant) -> bool {
        let at = self.at_home.get(trier);
        at.is_some_and(|at| now.saturating_duration_since(*at) < limits::AT_HOME_FOR)
    }

    fn wait(&self, trier: &Trier, now: Instant) -> Duration {
        let Some(failures) = self.failures.get(trier) else {
            return Duration::ZERO;
        };
        match failures.count.checked_sub(trier.free_tries()) {
            Some(more) if !failures.are_forgotten(now) => {
                let wait = Duration::from_secs(1 << more.min(16)).min(limits::WAIT_MAX);
                wait.saturating_sub(now.saturating_duration_since(failures.last))
            }
            _ => Duration::ZERO,
        }
    }

    fn is_full(&self, trier: &Trier, now: Instant) -> bool {
        self.failures.get(trier).is_some_and(|failures| {
            let count = if failures.are_forgotten(now) {
                0
            } else {
                failures.count
            };
            failures.under_way >= trier.free_tries().saturating_sub(count).max(1)
        })
    }

    fn of(&mut self, trier: Trier, now: Instant) -> &mut Failures {
        if !self.failures.contains_key(&trier) {
            bound(&mut self.failures, |failures| failures.last);
        }
        self.failures.entry(trier).or_insert(Failures {
            count: 0,
            last: now,
            under_way: 0,
        })
    }
}

/// Makes room for one more: the oldest is forgotten.
fn bound<V>(all: &mut HashMap<Trier, V>, at: impl Fn(&V) -> Instant) {
    if all.len() < limits::TRIES_REMEMBERED_MAX {
        return;
    }
    let oldest = all.iter().min_by_key(|(_, value)| at(value));
    if let Some(oldest) = oldest.map(|(trier, _)| trier.clone()) {
        all.remove(&oldest);
    }
}

impl Failures {
    fn are_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= limits::FAILURES_FORGOTTEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Tries {
        /// One try after the other.
        fn once(&mut self, trier: &Trier, outcome: Outcome, now: Instant) -> Result<(), Duration> {
            match self.begin(trier, now) {
                Admission::Now => {
                    self.ended(trier, outcome, now);
                    Ok(())
                }
                Admission::Wait(wait) => Err(wait),
                Admission::AfterOthers => panic!("nothing is under way"),
            }
        }

        fn wrong(&mut self, trier: &Trier, now: Instant) -> Result<(), Duration> {
            self.once(trier, Outcome::Wrong, now)
        }
    }

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
                assert_eq!(tries.wrong(&amy, now), Err(want));
                now += want;
            }
            assert_eq!(tries.wrong(&amy, now), Ok(()), "{want_seconds}");
        }
        now += limits::WAIT_MAX;
        assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
        assert_eq!(tries.wrong(&amy, now), Ok(()));
    }

    #[test]
    fn a_wrong_password_is_forgotten_after_a_while() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let amy = trier("amy", "192.0.2.1");
        for _ in 0..limits::FREE_TRIES {
            tries.wrong(&amy, now).unwrap();
        }
        assert!(tries.wrong(&amy, now).is_err());
        let later = now + limits::FAILURES_FORGOTTEN_AFTER;
        for _ in 0..limits::FREE_TRIES {
            assert_eq!(tries.wrong(&amy, later), Ok(()));
        }
    }

    #[test]
    fn a_stranger_does_not_lock_the_owner_out() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let stranger = trier("amy", "2001:db8:1:2::1");
        while tries.wrong(&stranger, now).is_ok() {}
        assert_eq!(tries.wrong(&trier("amy", "192.0.2.1"), now), Ok(()));
        assert!(
            tries
                .wrong(&trier("AMY", "2001:db8:1:2:ffff::7"), now)
                .is_err()
        );
    }

    #[test]
    fn one_address_can_not_try_a_few_passwords_on_every_name() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let name = |number: u32| trier(&format!("user{number}"), "192.0.2.66");
        for number in 0..limits::FREE_TRIES_OF_ADDRESS {
            assert_eq!(tries.wrong(&name(number), now), Ok(()), "{number}");
        }
        assert!(tries.wrong(&name(9999), now).is_err());

        // An office behind one address, where people know their passwords, goes on.
        let office = |number: u32| trier(&format!("user{number}"), "192.0.2.1");
        for number in 0..2 * limits::FREE_TRIES_OF_ADDRESS {
            let right = tries.once(&office(number), Outcome::Right, now);
            assert_eq!(right, Ok(()), "{number}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let now = Instant::now();
        let mut tries = Tries::default();
        for number in 0..=limits::TRIES_REMEMBERED_MAX {
            let trier = Trier::new(&number.to_string(), None);
            tries.ended(&trier, Outcome::Wrong, now);
        }
        assert_eq!(tries.failures.len(), limits::TRIES_REMEMBERED_MAX);
        for number in 0..=limits::TRIES_REMEMBERED_MAX {
            let trier = Trier::new(&number.to_string(), None);
            tries.ended(&trier, Outcome::Right, now);
        }
        assert_eq!(tries.at_home.len(), limits::TRIES_REMEMBERED_MAX);
    }

    #[test]
    fn whoever_came_in_from_there_is_kept_out_by_nobody() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let amy = trier("amy", "192.0.2.1");
        assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
        for number in 0..limits::FREE_TRIES_OF_ADDRESS {
            let colleague = trier(&format!("user{number}"), "192.0.2.1");
            tries.wrong(&colleague, now).unwrap();
        }
        assert!(tries.wrong(&trier("bo", "192.0.2.1"), now).is_err());
        assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
        // Her own wrong ones count as ever.
        for _ in 0..limits::FREE_TRIES {
            assert_eq!(tries.wrong(&amy, now), Ok(()));
        }
        assert!(tries.wrong(&amy, now).is_err());
        let later = now + limits::AT_HOME_FOR;
        assert_eq!(tries.once(&amy, Outcome::Right, later), Ok(()));
    }

    #[test]
    fn who_is_many_gets_no_more_tries() {
        let now = Instant::now();
        let mut tries = Tries::default();
        let amy = trier("amy", "192.0.2.1");
        tries.wrong(&amy, now).unwrap();
        // One was wrong, so one less may be.
        for _ in 1..limits::FREE_TRIES {
            assert_eq!(tries.begin(&amy, now), Admission::Now);
        }
        assert_eq!(tries.begin(&amy, now), Admission::AfterOthers);
        tries.ended(&amy, Outcome::Wrong, now);
        assert_eq!(tries.begin(&amy, now), Admission::AfterOthers);
        tries.ended(&amy, Outcome::Right, now);
        assert_eq!(tries.begin(&amy, now), Admission::Now);
        while tries.begin(&amy, now) == Admission::Now {}
        for _ in 0..limits::FREE_TRIES {
            tries.ended(&amy, Outcome::Wrong, now);
        }
        let wait = Duration::from_secs(1);
        assert_eq!(tries.begin(&amy, now), Admission::Wait(wait));
        // After the wait one at a time may be wrong.
        assert_eq!(tries.begin(&amy, now + wait), Admission::Now);
        assert_eq!(tries.begin(&amy, now + wait), Admission::AfterOthers);
    }
}
