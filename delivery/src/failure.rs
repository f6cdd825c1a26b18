//! What a failed hand-over means. The step at which it failed decides as much as what was heard.

use crate::limits;
use crate::words::clean;

/// How far a hand-over by SMTP had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Connecting, the greeting, EHLO, STARTTLS: nothing was said about any message yet.
    Reach,
    /// AUTH: still nothing was said about any message.
    SignIn,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The message itself, up to the last octet before the final dot.
    Content,
    /// The final dot was sent, or may have been.
    FinalDot,
}

/// What went wrong in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The other side said no.
    Reply {
        /// Its code, from 400 to 599.
        code: u16,
        /// Its text.
        text: String,
    },
    /// The line broke, or something came that is no reply to what we said.
    Broken(String),
    /// A library panicked on what came, in which step nobody knows.
    Unreadable,
    /// Nothing came in time.
    Silence,
    /// We did not go on, because the other side lacks what this message needs.
    Held(String),
    /// We were told to stop.
    Stopped,
}

/// A hand-over by SMTP that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Where.
    pub step: Step,
    /// Why.
    pub cause: Cause,
}

/// How one try ended, whatever the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The other side has it.
    Taken(String),
    /// It does not want it; a person must decide.
    Refused(String),
    /// Not this one, not now.
    NotNow(String),
    /// Nothing at all can be handed over there now.
    Unreachable(String),
    /// It was reached, and wanted nothing more to do with us while this one was under way. Only
    /// another row can tell whether that is about this one or about all.
    TurnedAway(String),
    /// It may or may not have it; a person must decide.
    Unknown(String),
}

impl Failure {
    /// What it means for the row.
    pub fn ending(&self) -> Ending {
        let words = self.words();
        match (self.step, &self.cause) {
            (
                Step::FinalDot,
                Cause::Broken(_) | Cause::Unreadable | Cause::Silence | Cause::Stopped,
            ) => Ending::Unknown(words),
            // Before anything was said about a message no refusal is about the message.
            (
                Step::Reach | Step::SignIn,
                Cause::Reply { .. } | Cause::Broken(_) | Cause::Silence | Cause::Stopped,
            ) => Ending::Unreachable(words),
            // 421 is about the connection, whenever it comes (RFC 5321 §3.8); "STARTTLS first"
            // (RFC 3207 §4) and "sign in first" (RFC 4954 §6) are about us. But a server may say
            // so for one recipient only.
            (
                _,
                Cause::Unreadable
                | Cause::Reply {
                    code: 421 | 530 | 538,
                    ..
                },
            ) => Ending::TurnedAway(words),
            (_, Cause::Broken(_) | Cause::Silence | Cause::Stopped) => Ending::NotNow(words),
            (_, Cause::Reply { code, .. }) if *code < 500 => Ending::NotNow(words),
            (_, Cause::Reply { .. } | Cause::Held(_)) => Ending::Refused(words),
        }
    }

    /// The last words: what was heard, and at what.
    fn words(&self) -> String {
        let at = match self.step {
            Step::Reach => "when we came",
            Step::SignIn => "at sign-in",
            Step::Mail => "at MAIL",
            Step::Rcpt => "at RCPT",
            Step::Data => "at DATA",
            Step::Content => "in the middle of the message",
            Step::FinalDot => "after the final dot",
        };
        clean(&match &self.cause {
            Cause::Reply { code, text } => format!("{code} {text} ({at})"),
            Cause::Broken(how) => format!("the connection broke {at}: {how}"),
            Cause::Unreadable => "its answer can not be read".to_owned(),
            Cause::Silence => format!("no answer in time {at}"),
            Cause::Held(why) => format!("held: {why}"),
            Cause::Stopped => format!("Shadowmail was stopped {at}"),
        })
    }
}

/// Why nothing could be done in a mailbox by IMAP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MailboxFailure {
    /// Connecting, TLS, the greeting; or the server as a whole is not available.
    Unreachable(String),
    /// It was reached and greeted us, and then went away over this sign-in.
    TurnedAway(String),
    /// It does not let us into this mailbox.
    SignIn(String),
    /// It said NO to something in this mailbox.
    No(String),
    /// It does not understand what we say.
    Bad(String),
    /// The line broke or nothing came in time, before it had the whole message.
    Broken(String),
    /// The line broke or nothing came in time after it had the whole message.
    Unanswered {
        /// What happened.
        how: String,
        /// Whether the next try can find the message by its Message-ID before it appends.
        can_search: bool,
    },
    /// The message can not go there at all.
    Held(String),
}

impl MailboxFailure {
    /// Whether the mailbox itself said no: not a server that is away or out of order.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::SignIn(_) | Self::No(_))
    }

    /// What it means for the row, whose mailbox has said no `noes` times by now.
    pub fn ending(&self, noes: u32) -> Ending {
        let words = self.words();
        let patience_left = noes < limits::MAILBOX_NOES_MAX;
        match self {
            Self::Unreachable(_) => Ending::Unreachable(words),
            Self::TurnedAway(_) => Ending::TurnedAway(words),
            Self::Broken(_)
            | Self::Unanswered {
                can_search: true, ..
            } => Ending::NotNow(words),
            Self::SignIn(_) | Self::No(_) if patience_left => Ending::NotNow(words),
            Self::SignIn(_) | Self::No(_) | Self::Bad(_) | Self::Held(_) => Ending::Refused(words),
            Self::Unanswered {
                can_search: false, ..
            } => Ending::Unknown(words),
        }
    }

    /// Its words.
    pub fn words(&self) -> String {
        clean(&match self {
            Self::Unreachable(how) | Self::TurnedAway(how) => format!("IMAP: {how}"),
            Self::SignIn(how) => format!("IMAP: sign-in to the mailbox failed: {how}"),
            Self::No(how) | Self::Bad(how) => format!("IMAP: refused: {how}"),
            Self::Broken(how) => format!("IMAP: the connection broke: {how}"),
            Self::Unanswered { how, .. } => {
                format!("IMAP: the connection broke after the whole message was sent: {how}")
            }
            Self::Held(why) => format!("held: {why}"),
        })
    }
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
