//! What a sender asked to be told about a message (RFC 3461). Kept with the envelope, so that
//! whoever takes the message from us can be asked the same.

use serde::{Deserialize, Serialize};

use crate::address::Address;

/// The DSN parameters of one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dsn {
    /// RET: how much of the message a report of failure returns (§4.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ret: Option<Ret>,
    /// ENVID: the sender's name for the envelope, decoded (§4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envid: Option<String>,
    /// What was asked about single recipients. Nothing was asked about those who are not here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<RecipientDsn>,
}

/// What was asked about one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientDsn {
    /// Whom it is about: one of the envelope's recipients.
    pub recipient: Address,
    /// NOTIFY: when to report (§4.1). Empty is NEVER; `None` leaves it to the reporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Vec<NotifyWhen>>,
    /// ORCPT: the recipient as the sender wrote it, `type;address`, decoded (§4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orcpt: Option<String>,
}

/// How much of a message a report of failure returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ret {
    /// All of it.
    Full,
    /// Its header.
    Hdrs,
}

/// When to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotifyWhen {
    /// The message was delivered.
    Success,
    /// It could not be.
    Failure,
    /// It has to wait.
    Delay,
}

impl Dsn {
    /// What was asked about a recipient.
    pub fn of(&self, recipient: &Address) -> Option<&RecipientDsn> {
        self.recipients
            .iter()
            .find(|asked| asked.recipient == *recipient)
    }
}

impl RecipientDsn {
    /// NOTIFY as it stands in the protocol, where it was asked.
    pub fn notify_word(&self) -> Option<String> {
        let when = self.notify.as_ref()?;
        if when.is_empty() {
            return Some("NEVER".to_owned());
        }
        let words: Vec<&str> = when.iter().map(|when| when.as_str()).collect();
        Some(words.join(","))
    }
}

impl Ret {
    /// The word of the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Hdrs => "HDRS",
        }
    }
}

impl NotifyWhen {
    /// The word of the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Delay => "DELAY",
        }
    }
}

#[cfg(test)]
#[path = "dsn_tests.rs"]
mod tests;
