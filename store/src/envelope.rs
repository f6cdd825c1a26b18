//! What the peer said about a message, kept beside its bytes.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::address::{Address, ReversePath};
use crate::dsn::Dsn;
use crate::findings::Findings;

/// Everything known about a message that its own bytes do not say. It stands in the record
/// itself, so an index can be made again from the segments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Why the message is here.
    pub source: Source,
    /// `MAIL FROM` (RFC 5321 §4.1.1.2).
    pub reverse_path: ReversePath,
    /// `RCPT TO`, in the order given (RFC 5321 §4.1.1.3).
    pub recipients: Vec<Address>,
    /// When the final dot arrived.
    pub received_at: Timestamp,
    /// Who brought it.
    pub peer: Peer,
    /// The bytes hold a bare CR or LF, which must never be sent onwards as it is.
    pub bare_line_ends: bool,
    /// The peer announced `SMTPUTF8` (RFC 6531).
    pub smtputf8: bool,
    /// What the sender asked to be told (RFC 3461), where it asked at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dsn: Option<Dsn>,
}

/// The host that handed a message to us, as it goes into a Received line (RFC 5321 §4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The name of our listener, `webmail` for mail written here.
    pub listener: String,
    /// Where the connection came from.
    pub address: Option<IpAddr>,
    /// What it called itself in EHLO.
    pub helo: String,
    /// `SMTP`, `ESMTP`, `ESMTPS`, `LMTP`… (RFC 3848).
    pub protocol: String,
    /// The proxy or gateway that told us the address, where it is not the connection's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddr>,
    /// Why it was trusted to bring mail; nobody needs to be where the world may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// What the log calls the mail, from before it was kept. Records of before that have none, nor
    /// does what came from elsewhere than a listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_id: Option<String>,
    /// The person who wrote it in the webmail, perhaps for a shared mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<AccountId>,
    /// What was found out about it and its mail. Records of before the checks have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Box<Findings>>,
}

/// Why a peer was trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// It came from a network that may connect.
    Network,
    /// It showed a certificate: the name that was looked for in it, or its SHA-256 fingerprint.
    Certificate(String),
    /// It signed in with this name.
    Login(String),
}

/// Why a message is here, and with that what must become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The primary or a gateway copied it to us; the primary has it.
    JournalCopy,
    /// It came to us instead of the primary, which lacks it: it is owed.
    FallbackMail,
    /// Somebody wrote it in the emergency webmail.
    Written {
        /// Whose Sent folder it belongs in.
        account: AccountId,
    },
    /// Somebody wrote it in a drill: it is filed, and nothing is owed.
    Rehearsed {
        /// Whose Sent folder it belongs in.
        account: AccountId,
    },
    /// An administrator brought it from files: nothing is owed, and nothing is settled.
    Imported {
        /// Whose mailbox it belongs in; without one those whom it names have it.
        account: Option<AccountId>,
    },
    /// Shadowmail wrote it itself, to one person; the primary delivers it.
    Notice,
}

impl Source {
    /// Whether what is here is a copy of mail that was delivered elsewhere. It bears marks of that
    /// delivery.
    pub fn is_copy(self) -> bool {
        match self {
            Self::JournalCopy | Self::Imported { .. } => true,
            Self::FallbackMail | Self::Written { .. } | Self::Rehearsed { .. } | Self::Notice => {
                false
            }
        }
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
