//! The smarthosts: which of them is next, and how fast they are used. All lanes to the outside
//! share one of these.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::config::Door;
use crate::outbound::Outbound;
use crate::plan::Breaker;

/// Who takes mail for the outside, the first choice first.
#[derive(Debug)]
pub(crate) struct Exits {
    doors: Vec<(Door, Mutex<Breaker>)>,
    pace: Option<Pace>,
    silence: Mutex<Option<Silence>>,
}

/// Nobody has answered since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    /// When somebody was tried first.
    pub since: Timestamp,
    /// What was heard last.
    pub words: String,
}

impl Exits {
    /// Those of the configuration, if it has any.
    pub fn of(outbound: &Outbound) -> Option<Self> {
        let doors = outbound.smarthosts.iter().cloned();
        (!outbound.smarthosts.is_empty()).then(|| Self {
            doors: doors.map(|door| (door, Mutex::default())).collect(),
            pace: outbound.mails_per_minute.map(Pace::new),
            silence: Mutex::default(),
        })
    }

    /// Those to try now, in this order: whoever could not be reached a moment ago comes in only
    /// when that is so of all.
    pub fn open(&self, now: Timestamp) -> Vec<usize> {
        let all = 0..self.doors.len();
        let is_awake = |at: &usize| self.with_breaker(*at, |it| it.resting(now).is_none());
        let awake: Vec<usize> = all.clone().filter(is_awake).collect();
        if awake.is_empty() {
            all.collect()
        } else {
            awake
        }
    }

    /// One of them.
    pub fn door(&self, at: usize) -> Option<&Door> {
        self.doors.get(at).map(|(door, _)| door)
    }

    /// One of them is tried now.
    pub fn trying(&self, now: Timestamp) {
        self.silence().get_or_insert_with(|| Silence {
            since: now,
            words: "nothing yet".to_owned(),
        });
    }

    /// It could not be reached, or wanted nothing to do with us.
    pub fn failed(&self, at: usize, (now, words): (Timestamp, &str), jitter: u8) {
        self.with_breaker(at, |breaker| {
            breaker.failed(now, jitter);
        });
        if let Some(silence) = self.silence().as_mut() {
            words.clone_into(&mut silence.words);
        }
    }

    /// It was reached.
    pub fn answered(&self, at: usize) {
        self.with_breaker(at, |breaker| *breaker = Breaker::default());
        *self.silence() = None;
    }

    /// Whether they were tried and none has answered for that long.
    pub fn silent_for(&self, least: SignedDuration, now: Timestamp) -> Option<Silence> {
        let silence = self.silence().clone();
        silence.filter(|silence| now.duration_since(silence.since) >= least)
    }

    /// Nothing waits any more: what was heard before does not count.
    pub fn forget_silence(&self) {
        *self.silence() = None;
    }

    fn silence(&self) -> MutexGuard<'_, Option<Silence>> {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more mail may be handed over now; then it counts.
    pub fn take_turn(&self, now: Timestamp) -> bool {
        self.pace.as_ref().is_none_or(|pace| pace.take(now))
    }

    /// The turn taken last was for nothing.
    pub fn give_back_turn(&self) {
        if let Some(pace) = &self.pace {
            pace.give_back();
        }
    }

    fn with_breaker<T: Default>(&self, at: usize, change: impl FnOnce(&mut Breaker) -> T) -> T {
        let Some((_, breaker)) = self.doors.get(at) else {
            return T::default();
        };
        change(&mut breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// So many in any minute.
#[derive(Debug)]
struct Pace {
    most: usize,
    last_minute: Mutex<VecDeque<Timestamp>>,
}

impl Pace {
    fn new(most: u16) -> Self {
        Self {
            most: most.into(),
            last_minute: Mutex::default(),
        }
    }

    fn take(&self, now: Timestamp) -> bool {
        let mut taken = self.lock();
        while taken
            .front()
            .is_some_and(|at| now.duration_since(*at) >= SignedDuration::from_mins(1))
        {
            taken.pop_front();
        }
        let is_free = taken.len() < self.most;
        if is_free {
            taken.push_back(now);
        }
        is_free
    }

    fn give_back(&self) {
        self.lock().pop_back();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Timestamp>> {
        self.last_minute
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "exits_tests.rs"]
mod tests;
