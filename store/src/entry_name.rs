//! The names of entries.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{MessageId, MessageIdError};

/// Names one entry of an account. A mail to oneself has two: one in the inbox and one in the Sent
/// folder. As text: `20261122-0f3b2c1a9d04e`, or `20261122-0f3b2c1a9d04e.sent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryName {
    /// Which message.
    pub message: MessageId,
    /// Which of the two.
    pub copy: EntryCopy,
}

/// Which entry of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryCopy {
    /// The one that was filed into the inbox; where there is none, the one in the Sent folder.
    First,
    /// The one that was filed into the Sent folder.
    Sent,
}

impl EntryCopy {
    /// As a condition on a row of `entry` whose account and message are given already.
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Self::First => {
                "folder = (SELECT min(folder) FROM entry AS own WHERE own.account = ?1
                 AND own.message = ?2 AND own.moved IS NOT 'gone')"
            }
            Self::Sent => "folder = 'sent'",
        }
    }
}

impl From<MessageId> for EntryName {
    fn from(message: MessageId) -> Self {
        Self {
            message,
            copy: EntryCopy::First,
        }
    }
}

impl From<EntryName> for String {
    fn from(name: EntryName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for EntryName {
    type Error = MessageIdError;

    fn try_from(text: String) -> Result<Self, MessageIdError> {
        text.parse()
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)?;
        match self.copy {
            EntryCopy::First => Ok(()),
            EntryCopy::Sent => f.write_str(".sent"),
        }
    }
}

impl FromStr for EntryName {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let (message, copy) = match text.strip_suffix(".sent") {
            Some(message) => (message, EntryCopy::Sent),
            None => (text, EntryCopy::First),
        };
        Ok(Self {
            message: message.parse()?,
            copy,
        })
    }
}

#[cfg(test)]
#[path = "entry_name_tests.rs"]
mod tests;
