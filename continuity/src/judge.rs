//! What a row of tries says about the part of the primary that was tried. It knows times and outcomes,
//! and no clock.
//!
//! Several failures within some time mean that it is down. Only when no try has failed for as long it is up
//! again: so what comes and goes is down until it stays, and changes its state once and not with every try.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{ProbeStanding, ProbeState};

use crate::limits;

/// How many tries it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Failures within the time that mean it is down.
    pub fails: usize,
    /// Tries that must have gone well within the time, and none badly, for it to be up again.
    pub wells: usize,
    /// The time.
    pub within: Duration,
}

/// The state of one probe, and the tries that count.
#[derive(Clone, Debug)]
pub struct Judge {
    rule: Rule,
    state: ProbeState,
    since: Timestamp,
    failing_since: Option<Timestamp>,
    tries: VecDeque<(Timestamp, bool)>,
}

impl Judge {
    /// Goes on from how it stood when the server last ran. A failure counts as the same one only when that
    /// was a short while ago: nobody knows what was in between.
    pub fn resume(rule: Rule, stood: Option<&ProbeStanding>, now: Timestamp) -> Self {
        let is_lately = |it: &&ProbeStanding| {
            it.tried_at <= now && now.duration_since(it.tried_at) <= signed(rule.within)
        };
        Self {
            rule,
            state: stood.map_or(ProbeState::Unknown, |it| it.state),
            since: stood.map_or(now, |it| it.since),
            failing_since: stood.filter(is_lately).and_then(|it| it.failing_since),
            tries: VecDeque::new(),
        }
    }

    /// Hears how a try went that ended at `now`.
    pub fn hear(&mut self, (now, is_well): (Timestamp, bool)) {
        self.tries.push_back((now, is_well));
        let from = now.checked_sub(signed(self.rule.within));
        let from = from.unwrap_or(Timestamp::MIN);
        self.tries.retain(|(at, _)| *at >= from);
        if self.tries.len() > limits::TRIES_REMEMBERED_MAX {
            self.tries.pop_front();
        }
        self.failing_since = match self.failing_since {
            _ if is_well => None,
            None => Some(now),
            since => since,
        };
        let wells = self.tries.iter().filter(|(_, is_well)| *is_well).count();
        let fails = self.tries.len() - wells;
        let next = match self.state {
            ProbeState::Unknown | ProbeState::Up if fails >= self.rule.fails => ProbeState::Down,
            ProbeState::Unknown if is_well => ProbeState::Up,
            ProbeState::Down if fails == 0 && wells >= self.rule.wells => ProbeState::Up,
            same => same,
        };
        if next != self.state {
            self.state = next;
            self.since = now;
        }
    }

    /// The clock jumped: how far the tries lie apart is not known any more.
    pub fn forget_tries(&mut self, now: Timestamp) {
        self.tries.clear();
        self.failing_since = self.failing_since.map(|_| now);
    }

    /// What is thought of it.
    pub fn state(&self) -> ProbeState {
        self.state
    }

    /// Since when.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// The first failure after the last try that went well.
    pub fn failing_since(&self) -> Option<Timestamp> {
        self.failing_since
    }
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
