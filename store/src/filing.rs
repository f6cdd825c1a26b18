//! Filing: from a kept record to entries in mailboxes, and to what is owed.
//!
//! Filing happens after the 250, on stored bytes, and can be done again at any time: a crash in
//! the middle leaves the message unfiled, and the next start files it.

use std::ops::Range;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::address::Address;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::queue::Purpose;
use crate::shadow::Store;

/// A kept message that nobody has filed yet.
#[derive(Clone, Debug)]
pub struct Unfiled {
    /// Which one.
    pub id: MessageId,
    /// Its envelope.
    pub envelope: Envelope,
}

/// What the filer decided about one message.
#[derive(Clone, Debug, Default)]
pub struct Filing {
    /// Where in the record the mail itself lies: all of it, or the inner message of a journal
    /// report.
    pub content: Option<Range<usize>>,
    /// What lists show.
    pub summary: Summary,
    /// Two records with the same key are the same mail; `None` never merges.
    pub merge_key: Option<[u8; 32]>,
    /// Mailboxes it goes to. With none of them the message is unsorted.
    pub entries: Vec<Entry>,
    /// Whom it must still reach.
    pub owed: Vec<Owed>,
    /// Accounts that the primary has served already, so that nothing is owed to them any more.
    pub served: Vec<AccountId>,
    /// It is one of our own re-injected messages coming back as a journal copy: the debt is
    /// confirmed and nothing is filed.
    pub replayed: Option<Replayed>,
    /// Recipients of ours that no account is known for.
    pub unknown_recipients: Vec<Address>,
}

/// One mailbox a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub account: AccountId,
    /// Where in it.
    pub folder: Folder,
    /// Already read (what one sent oneself).
    pub seen: bool,
}

/// One delivery that somebody must still get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Why.
    pub purpose: Purpose,
    /// The address to hand over to: as the sender gave it, or a member's own for a group.
    pub recipient: Address,
    /// Whose mailbox that is, where it is one of ours.
    pub account: Option<AccountId>,
}

/// Our own marker, found with a valid seal in a message that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The message we had re-injected.
    pub message: MessageId,
    /// Whom for.
    pub queue: crate::queue::QueueId,
}

/// What a list of messages shows of one, already decoded and shortened by the filer to
/// [`crate::limits::SUMMARY_CHARS_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Decoded subject.
    pub subject: String,
    /// Display name of the first From, or its address.
    pub from_name: String,
    /// Address of the first From.
    pub from_address: String,
    /// First few recipients, by name.
    pub to: String,
    /// First words of the text.
    pub preview: String,
    /// Message-ID of the header, without angle brackets.
    pub header_message_id: Option<String>,
    /// Date of the header, where it can be read.
    pub date: Option<Timestamp>,
    /// Number of attachments.
    pub attachments: u32,
}

/// What became of a filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It has entries of its own (or is unsorted).
    Own,
    /// Another record is the same mail; the entries were joined to that one.
    Merged(MessageId),
}

impl Store {
    /// Messages nobody has filed yet, oldest first, from all days.
    pub async fn unfiled(&self, limit: usize) -> Result<Vec<Unfiled>, StoreError> {
        todo!()
    }

    /// Waits until this process has kept something new to file, or a short while has passed
    /// (another process may have kept something).
    pub async fn filing_wanted(&self) {
        todo!()
    }

    /// Writes down what the filer decided. Doing it twice changes nothing.
    pub async fn file(&self, id: MessageId, filing: Filing) -> Result<Filed, StoreError> {
        todo!()
    }

    /// Waits until `id` is filed, at most a few seconds. `false` when it is not yet.
    pub async fn wait_until_filed(&self, id: MessageId) -> Result<bool, StoreError> {
        todo!()
    }

    /// The stored record, byte for byte as it came in, checked against its checksum.
    pub async fn record(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        todo!()
    }

    /// The mail itself: the record, or the inner message of a journal report.
    pub async fn content(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        todo!()
    }

    /// The envelope a message came with.
    pub async fn envelope(&self, id: MessageId) -> Result<Envelope, StoreError> {
        todo!()
    }
}
