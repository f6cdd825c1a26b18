//! Wrong passwords, and how long one waits after them. No clock here: time is an argument.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use store::AccountId;

use crate::limits;

/// Somebody tries to be somebody.
#[derive(Clone, Debug)]
pub(crate) struct Attempt<'a> {
    /// The name that was typed.
    pub(crate) name: &'a str,
    /// Whose it is, however many names that account has.
    pub(crate) account: Option<AccountId>,
    /// From where.
    pub(crate) from: Option<IpAddr>,
    /// Whether the account is known to have come in from there.
    pub(crate) is_at_home: bool,
}

/// Whose wrong passwords are counted together. The address is part of it, so that a stranger who
/// guesses at a name does not lock its owner out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Trier {
    name: Name,
    from: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    /// A name as it was typed, in lower case, whoever has it.
    Typed(String),
    /// Any name of an account.
    Of(AccountId),
    /// All names together.
    Any,
}

/// What a try counts for, until it has ended.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Whoever has the name.
    home: Trier,
    counts: Vec<Trier>,
    is_at_home: bool,
}

/// Whether somebody may try now.
#[derive(Debug)]
pub(crate) enum Admission {
    /// Yes; tell [`Tries::ended`] what came of it.
    Now(Counted),
    /// The same; but there were too many wrong ones under other names of the account. Nobody is told,
    /// because that would tell that these names are one person's: it is refused, right or wrong.
    Unheard(Counted),
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
    /// Nobody looked, because it took too long.
    Unchecked,
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
    /// How many people there are.
    people: usize,
}

/// What counts as one address: one household or office has a /64 of IPv6 (RFC 6177).
pub(crate) fn place(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Tries {
    /// From an address so many people may come in as there are: the more there are, the more mistype.
    pub(crate) fn expect(&mut self, people: usize) {
        self.people = people;
    }

    /// Lets somebody try, or says why not now. So many are under way at the same time as could all
    /// be wrong one after the other: who knows the password waits for the outcome of the others,
    /// and who guesses gets no more tries by being many.
    ///
    /// Whoever came in from an address before does not wait for what others tried there: so one
    /// guesser in an office, or behind its proxy, keeps nobody out.
    pub(crate) fn begin(&mut self, attempt: &Attempt<'_>, now: Instant) -> Admission {
        let from = attempt.from.map(place);
        let trier = |name| Trier { name, from };
        let typed = trier(Name::Typed(attempt.name.to_lowercase()));
        let account = attempt.account.map(|account| trier(Name::Of(account)));
        let home = account.as_ref().unwrap_or(&typed).clone();
        let is_at_home = attempt.is_at_home || self.is_at_home(&home, now);
        let mut counts = vec![typed, trier(Name::Any)];
        let telling = if is_at_home {
            &counts[..1]
        } else {
            &counts[..]
        };
        let wait = telling.iter().map(|trier| self.wait(trier, now)).max();
        match wait {
            Some(wait) if !wait.is_zero() => return Admission::Wait(wait),
            _ => {}
        }
        if telling.iter().any(|trier| self.is_full(trier, now)) {
            return Admission::AfterOthers;
        }
        let is_unheard = account
            .as_ref()
            .is_some_and(|it| !self.wait(it, now).is_zero() || self.is_full(it, now));
        if !is_unheard {
            counts.extend(account);
        }
        for trier in &counts {
            self.of(trier.clone(), now).under_way += 1;
        }
        let counted = Counted {
            home,
            counts,
            is_at_home,
        };
        if is_unheard {
            Admission::Unheard(counted)
        } else {
            Admission::Now(counted)
        }
    }

    /// A try that [`Tries::begin`] let through has ended. The right password makes the wrong ones
    /// before it forgotten. Of those of the address it takes away its own; and a few more when it is the
    /// first from there, so that the mistakes of a whole company do not add up. Whoever guesses at
    /// others gains nothing by coming in again and again.
    pub(crate) fn ended(&mut self, counted: &Counted, outcome: Outcome, now: Instant) {
        let mut taken_off = 0;
        if outcome == Outcome::Right {
            let own = self.failures.get(&counted.home);
            taken_off = own.map_or(0, |failures| failures.count);
            if !counted.is_at_home {
                taken_off += limits::TRIES_TAKEN_OFF;
            }
            bound(&mut self.at_home, |at| *at);
            self.at_home.insert(counted.home.clone(), now);
        }
        for trier in &counted.counts {
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
                Outcome::Right if trier.name == Name::Any => {
                    failures.count = failures.count.saturating_sub(taken_off);
                }
                Outcome::Right => failures.count = 0,
                Outcome::Unchecked => {}
            }
            if failures.count == 0 && failures.under_way == 0 {
                self.failures.remove(trier);
            }
        }
    }

    fn is_at_home(&self, trier: &Trier, now: Instant) -> bool {
        let at = self.at_home.get(trier);
        at.is_some_and(|at| now.saturating_duration_since(*at) < limits::AT_HOME_FOR)
    }

    fn free_tries(&self, trier: &Trier) -> u32 {
        match trier.name {
            Name::Typed(_) | Name::Of(_) => limits::FREE_TRIES,
            Name::Any => {
                let some = u32::try_from(self.people / limits::PEOPLE_PER_FREE_TRY);
                some.unwrap_or(u32::MAX).clamp(
                    limits::FREE_TRIES_OF_ADDRESS,
                    limits::FREE_TRIES_OF_ADDRESS_MAX,
                )
            }
        }
    }

    fn wait(&self, trier: &Trier, now: Instant) -> Duration {
        let Some(failures) = self.failures.get(trier) else {
            return Duration::ZERO;
        };
        let longest = match trier.name {
            Name::Typed(_) | Name::Of(_) => limits::WAIT_MAX,
            Name::Any => limits::WAIT_OF_ADDRESS_MAX,
        };
        match failures.count.checked_sub(self.free_tries(trier)) {
            Some(more) if !failures.are_forgotten(now) => {
                let wait = Duration::from_secs(1 << more.min(16)).min(longest);
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
            failures.under_way >= self.free_tries(trier).saturating_sub(count).max(1)
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

impl Counted {
    /// Whether the account came in from its address before. Of an address that nobody knows that can
    /// not be said.
    pub(crate) fn is_at_home(&self) -> bool {
        self.home.from.is_some() && self.is_at_home
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
#[path = "tries_tests.rs"]
mod tests;
