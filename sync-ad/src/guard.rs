//! The guard: what a directory takes away is looked at before it is taken from the mirror. A half
//! answer, a right that was taken away or a filter that slipped must not lock people out or switch
//! their addresses off. Nor may whoever was dismissed stay in because somebody is asked about the rest.

use std::fmt;

use store::{Accepted, Loss, Lost, Question, Ruling, ShutOut};

use crate::limits;

/// Too much would be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooMuchLost {
    losses: Vec<Loss>,
    shut_out: ShutOut,
}

/// Lets a loss pass, or not. `accepted` is the question that a person has said yes to.
pub(crate) fn ruling(losses: &[Loss], accepted: Option<Question>) -> Ruling {
    if accepted == Some(Question::of(losses)) {
        Ruling::Write(Accepted::ByPerson)
    } else if losses.iter().any(is_asked) {
        Ruling::Wait {
            at_once: at_once(losses),
        }
    } else {
        Ruling::Write(Accepted::Unasked)
    }
}

/// What does not wait when the rest does. That somebody is switched off is the directory's own word;
/// only when it says so of most people it may be an attack, or an accident, and they stay in. Whoever
/// is not there any more may be missing in a half answer: a few may go, as always. And the last
/// administrator keeps the office: without one nobody could press the button. So does the last auditor.
fn at_once(losses: &[Loss]) -> Vec<Lost> {
    let is_at_once = |what: &Lost| {
        let Some(loss) = losses.iter().find(|it| it.what == *what) else {
            return true;
        };
        match what {
            Lost::SignIn => loss.who.len() <= limits::REMOVALS_UNASKED_MAX.max(loss.before / 2),
            Lost::Admin | Lost::Auditor => loss.after > 0,
            _ => !is_asked(loss),
        }
    };
    let kinds = [
        Lost::Account,
        Lost::SignIn,
        Lost::Opener,
        Lost::Admin,
        Lost::Auditor,
    ];
    kinds.into_iter().filter(is_at_once).collect()
}

impl TooMuchLost {
    /// What a sync was stopped by, or would be, and whom it shuts out all the same.
    pub fn new(losses: Vec<Loss>, shut_out: ShutOut) -> Self {
        Self { losses, shut_out }
    }

    /// What a person who agrees must say: it stands for just these losses.
    pub fn question(&self) -> Question {
        Question::of(&self.losses)
    }

    /// The most that is lost of one kind.
    pub fn most(&self) -> usize {
        let counts = self.losses.iter().map(|it| it.who.len());
        counts.max().unwrap_or_default()
    }
}

/// Whether somebody must be asked: it is more than a few, or nothing is left.
fn is_asked(loss: &Loss) -> bool {
    let lost = loss.who.len();
    let share = loss.before * limits::REMOVALS_UNASKED_PERCENT_MAX / 100;
    // Of another directory nobody is missed by mistake alone.
    let is_of_another = matches!(loss.what, Lost::Mailbox | Lost::Key) && lost > 0;
    let is_all = loss.after == 0 || (lost >= loss.before && lost > 1);
    lost > share.max(limits::REMOVALS_UNASKED_MAX) || is_all || is_of_another
}

impl fmt::Display for TooMuchLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = self.losses.iter().filter(|it| is_asked(it));
        let asked: Vec<String> = asked.map(words).collect();
        let ShutOut { at_once, stay } = self.shut_out;
        write!(
            f,
            "the directory lacks {} that the mirror had within the last day; nothing was changed, but \
             {at_once} people who were switched off or removed there are shut out at once, and {stay} \
             stay in until somebody agrees. If all of that is right, accept it with `shadowmail sync \
             --accept {}`",
            asked.join(", and "),
            self.question()
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
        Lost::Key => {
            "keys of accounts, whose mailboxes others with the same primary addresses would take over,"
        }
        Lost::SignIn => "people who may sign in",
        Lost::Address => "addresses",
        Lost::Group => "groups",
        Lost::Members => "groups with members",
        Lost::Membership => "members of groups",
        Lost::Opener => "rights to open a mailbox",
        Lost::Admin => "administrators who may sign in",
        Lost::Auditor => "auditors who may sign in",
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
