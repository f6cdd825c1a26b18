//! When what is handed over, and when it is tried again. No input, no output: modes, times and
//! chance come in as arguments.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{Mode, Purpose, Settled};

use crate::failure::Ending;
use crate::limits;

/// What may be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// For everyone.
    pub for_all: &'static [Purpose],
    /// For those whom the mode does not hold for.
    pub beyond_scope: &'static [Purpose],
}

impl Allowed {
    /// The same while a person lets nothing go to the primary.
    pub fn without_primary(self) -> Self {
        let sends = self.for_all.contains(&Purpose::Send);
        let for_all: &[_] = if sends { &[Purpose::Send] } else { &[] };
        Self {
            for_all,
            beyond_scope: &[],
        }
    }
}

/// What a mode allows to be handed over.
///
/// In an emergency the primary is down: what is owed to it is held, and only mail to the outside
/// goes. Where it is down for some only, the others get theirs. Notices go in normal times alone. A
/// drill holds nothing up: what is written in it owes nothing.
pub(crate) fn allowed(mode: Mode) -> Allowed {
    use Purpose::{Notice, Resend, Return, Send, SentCopy};
    let (for_all, beyond_scope): (&[_], &[_]) = match mode {
        Mode::Normal | Mode::Drill => (&[Return, Resend, SentCopy, Send, Notice], &[]),
        Mode::Recovery => (&[Return, Resend, SentCopy, Send], &[]),
        Mode::Emergency => (&[Send], &[Return, Resend, SentCopy]),
    };
    Allowed {
        for_all,
        beyond_scope,
    }
}

/// All that counts for the next try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    /// Why the message is on its way.
    pub purpose: Purpose,
    /// How often it was tried before.
    pub attempts: u32,
    /// When it came to us; `None` when that can not be read.
    pub since: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
    /// Chance, so that rows do not all come back in the same moment.
    pub jitter: u8,
}

impl Trial {
    /// What to write down. `wake` is when the destination is tried again.
    ///
    /// A row that was turned away comes back some time after that, so that another row is the
    /// next to try: one that is turned away every time must not hold up all others.
    ///
    /// Mail to the outside is given up after [`limits::OUTSIDE_GIVE_UP_AFTER`]; it counts as
    /// refused then, because a person should know. What the primary lacks is never given up. A notice
    /// is given up at the first doubt, and after [`limits::NOTICE_GIVE_UP_AFTER`]: there will be
    /// another one.
    pub fn settle(&self, ending: Ending, wake: Timestamp) -> (Settled, String) {
        match ending {
            Ending::Taken(words) => (Settled::Delivered, words),
            Ending::Refused(words) | Ending::Unknown(words) if self.purpose == Purpose::Notice => {
                (Settled::GivenUp, words)
            }
            Ending::Refused(words) => (Settled::Refused, words),
            Ending::Unknown(words) => (Settled::Unknown, words),
            Ending::NotNow(words) | Ending::Unreachable(words) | Ending::TurnedAway(words)
                if self.is_too_old() =>
            {
                let settled = match self.purpose {
                    Purpose::Notice => Settled::GivenUp,
                    _ => Settled::Refused,
                };
                (settled, format!("given up: {words}"))
            }
            Ending::NotNow(words) => (Settled::Later(self.retry_after(self.now)), words),
            Ending::TurnedAway(words) => (Settled::Later(self.retry_after(wake)), words),
            Ending::Unreachable(words) => (Settled::Later(wake), words),
        }
    }

    fn retry_after(&self, from: Timestamp) -> Timestamp {
        let (first, most) = match self.purpose {
            Purpose::Return | Purpose::SentCopy | Purpose::Resend | Purpose::Notice => {
                (limits::PRIMARY_RETRY_FIRST, limits::PRIMARY_RETRY_MAX)
            }
            Purpose::Send => (limits::OUTSIDE_RETRY_FIRST, limits::OUTSIDE_RETRY_MAX),
        };
        after(from, backoff(first, most, self.attempts, self.jitter))
    }

    fn is_too_old(&self) -> bool {
        let most = match self.purpose {
            Purpose::Send => limits::OUTSIDE_GIVE_UP_AFTER,
            Purpose::Notice => limits::NOTICE_GIVE_UP_AFTER,
            Purpose::Return | Purpose::SentCopy | Purpose::Resend => return false,
        };
        let most = SignedDuration::try_from(most);
        let age = self.since.map(|since| self.now.duration_since(since));
        age.zip(most.ok()).is_some_and(|(age, most)| age > most)
    }
}

/// The rest of a destination that could not be reached, so that one try finds out for all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    failures: u32,
    until: Option<Timestamp>,
}

impl Breaker {
    /// The destination could not be reached: it rests until the time given back.
    pub fn failed(&mut self, now: Timestamp, jitter: u8) -> Timestamp {
        let rest = backoff(limits::REST_FIRST, limits::REST_MAX, self.failures, jitter);
        let until = after(now, rest);
        self.failures = self.failures.saturating_add(1);
        self.until = Some(until);
        until
    }

    /// Until when it rests, if it does.
    pub fn resting(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| now < *until)
    }
}

/// `now` and `wait`; far in the future everything is the same.
pub(crate) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// `first`, doubled with every try, not longer than `most`; and up to a quarter less of it by
/// `jitter`.
fn backoff(first: Duration, most: Duration, tries: u32, jitter: u8) -> Duration {
    let doubled = 2_u32
        .checked_pow(tries)
        .and_then(|factor| first.checked_mul(factor));
    let wait = doubled.unwrap_or(most).min(most);
    wait.saturating_sub(wait / 4 * u32::from(jitter) / u32::from(u8::MAX))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
