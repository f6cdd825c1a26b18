//! How a source of copies tells whom they are for.

use serde::{Deserialize, Serialize};
use store::Address;

/// How one journal listener reads what comes to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyRules {
    /// Journal mailboxes: only in mail to them are journal reports opened, because anybody can send
    /// something that looks like one to everybody else.
    pub journal_recipients: Vec<Address>,
    /// Fields that the source writes the recipients into (`X-Original-To`, `Delivered-To`,
    /// `Envelope-To`, `X-Gm-Original-To`), the best first. None: fields are not believed.
    pub recipient_headers: Vec<String>,
    /// Whether the envelope says for whom a copy is.
    pub envelope: CopyEnvelope,
    /// Whether only mail to journal mailboxes is taken: for sources whose servers strangers use, too,
    /// so that the name of a mailbox is the secret.
    pub reports_only: bool,
    /// Whether the Sent folder of whom the source names as the sender is filled.
    pub senders: Senders,
}

/// What is behind the sender that a source names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Senders {
    /// Perhaps nothing: a server that takes any MAIL FROM of anybody copies what strangers write,
    /// too, and it would lie in the Sent folder of whomever they name. Only reports in which
    /// Exchange says that the sender had signed in are believed.
    #[default]
    Unchecked,
    /// The servers behind it take addresses of the organisation as a sender from nobody but its own
    /// people.
    Checked,
}

/// What the envelope of a copy says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CopyEnvelope {
    /// Perhaps for whom it is; or the name of an archive, and then the header tells.
    #[default]
    Loose,
    /// For whom it is and for nobody else: the header is not asked, also where the envelope names
    /// none of ours.
    Exact,
}

impl CopyRules {
    /// Where the config says nothing: the journal mailbox is `journal@` and our own name, and no
    /// field is believed.
    pub fn of_hostname(hostname: &str) -> Self {
        let journal = format!("journal@{hostname}").parse();
        Self {
            journal_recipients: journal.into_iter().collect(),
            recipient_headers: Vec::new(),
            envelope: CopyEnvelope::Loose,
            reports_only: false,
            senders: Senders::Unchecked,
        }
    }

    /// Whether mail to this address is taken.
    pub(crate) fn are_taken(&self, to: &Address) -> bool {
        !self.reports_only || self.are_journal(std::slice::from_ref(to))
    }

    /// Whether mail with this envelope came to journal mailboxes and to nobody else.
    pub(crate) fn are_journal(&self, recipients: &[Address]) -> bool {
        !recipients.is_empty() && recipients.iter().all(|to| self.is_journal(to))
    }

    /// Whether that is a journal mailbox.
    pub(crate) fn is_journal(&self, to: &Address) -> bool {
        let mut known = self.journal_recipients.iter();
        known.any(|known| known.key() == to.key())
    }
}
