//! The guard: what a directory takes away is looked at before it is taken from the mirror. A half
//! answer, a right that was taken away or a filter that slipped must not lock people out or switch
//! their addresses off.

use std::fmt;

use store::{Accepted, Loss, Lost};

use crate::limits;

/// Too much would be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooMuchLost(Vec<Loss>);

/// Lets a loss pass, or not. `accepted` is how much of each kind a person agreed to.
pub(crate) fn ruling(losses: &[Loss], accepted: Option<usize>) -> Option<Accepted> {
    match accepted {
        Some(most) => {
            let is_agreed = |it: &Loss| it.who.len() <= most;
            losses.iter().all(is_agreed).then_some(Accepted::ByPerson)
        }
        None => (!losses.iter().any(is_asked)).then_some(Accepted::Unasked),
    }
}

impl TooMuchLost {
    /// What a sync that nobody has agreed to would be stopped by.
    pub fn of(losses: &[Loss]) -> Option<Self> {
        losses.iter().any(is_asked).then(|| Self(losses.to_vec()))
    }

    /// The same of one that was stopped, whatever it was stopped by.
    pub(crate) fn stopped(losses: Vec<Loss>) -> Self {
        Self(losses)
    }

    /// The number that a person who agrees must say.
    pub fn agreed(&self) -> usize {
        let counts = self.0.iter().map(|it| it.who.len());
        counts.max().unwrap_or_default()
    }
}

/// Whether somebody must be asked: it is more than a few, or nothing is left.
fn is_asked(loss: &Loss) -> bool {
    let lost = loss.who.len();
    let share = loss.before * limits::REMOVALS_UNASKED_PERCENT_MAX / 100;
    // Of another directory nobody is missed by mistake alone.
    let is_mailbox = loss.what == Lost::Mailbox && lost > 0;
    let is_all = loss.after == 0 || (lost >= loss.before && lost > 1);
    lost > share.max(limits::REMOVALS_UNASKED_MAX) || is_all || is_mailbox
}

impl fmt::Display for TooMuchLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // When a person agreed to less, each kind says how much it is.
        let asked: Vec<&Loss> = self.0.iter().filter(|it| is_asked(it)).collect();
        let shown = if asked.is_empty() {
            self.0.iter().collect()
        } else {
            asked
        };
        let shown: Vec<String> = shown.into_iter().map(words).collect();
        write!(
            f,
            "the directory lacks {} that the mirror had within the last day; nothing was changed. \
             If that is right, accept it with `shadowmail sync --accept-removals {}`",
            shown.join(", and "),
            self.agreed()
        )
    }
}

fn words(loss: &Loss) -> String {
    let what = match loss.what {
        Lost::Account => "accounts",
        Lost::Mailbox => {
            "mailboxes of the directory before it, which one account of the same kind with that \
             primary address would take over,"
        }
        Lost::SignIn => "people who may sign in",
        Lost::Address => "addresses",
        Lost::Group => "groups",
        Lost::Members => "groups with members",
        Lost::Admin => "administrators",
    };
    let (lost, before) = (loss.who.len(), loss.before);
    let named = loss.who.iter().take(limits::LOST_NAMED_MAX);
    let mut named: Vec<String> = named.cloned().collect();
    let more = lost.saturating_sub(named.len());
    if more > 0 {
        named.push(format!("{more} more"));
    }
    format!("{lost} of {before} {what} ({})", named.join(", "))
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
