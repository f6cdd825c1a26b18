//! Mailboxes: what one account sees of the kept messages.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::shadow::Store;

/// A folder of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Folder {
    /// What came in.
    Inbox,
    /// What the account sent.
    Sent,
    /// What the account deleted: its own view only, the message stays.
    Trash,
}

impl Folder {
    /// All folders, in the order pages show them.
    pub const ALL: [Self; 3] = [Self::Inbox, Self::Sent, Self::Trash];

    /// Its name in URLs and in the index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Sent => "sent",
            Self::Trash => "trash",
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Folder {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|folder| folder.as_str() == text);
        found.ok_or_else(|| StoreError::Missing(format!("folder {text}")))
    }
}

/// A mark on an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Was read.
    Seen,
    /// Was answered.
    Answered,
    /// Was forwarded.
    Forwarded,
    /// Was starred.
    Flagged,
}

/// One message in one account's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent IMAP flags (RFC 9051 §2.3.2)")]
pub struct EntryRow {
    /// Which message.
    pub message: MessageId,
    /// Whose entry.
    pub account: AccountId,
    /// Where it lies.
    pub folder: Folder,
    /// Decoded subject; may be empty.
    pub subject: String,
    /// Display name of the sender, or the address.
    pub from_name: String,
    /// Address of the sender.
    pub from_address: String,
    /// First few recipients, by name.
    pub to: String,
    /// First words of the text.
    pub preview: String,
    /// When it arrived here.
    pub received_at: Timestamp,
    /// Bytes of the mail.
    pub size_bytes: u64,
    /// Number of attachments.
    pub attachments: u32,
    /// Was read.
    pub seen: bool,
    /// Was answered.
    pub answered: bool,
    /// Was forwarded.
    pub forwarded: bool,
    /// Was starred.
    pub flagged: bool,
}

/// One page of a folder, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxPage {
    /// Its entries.
    pub entries: Vec<EntryRow>,
    /// Where the next, older page begins: give it as `before`. `None` on the last page.
    pub older: Option<MessageId>,
}

/// How much a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderCount {
    /// Which folder.
    pub folder: Folder,
    /// All its entries.
    pub total: u64,
    /// Those not read yet.
    pub unread: u64,
}

impl Store {
    /// A page of up to `limit` entries that arrived before `before` (from the newest without).
    pub async fn mailbox_page(
        &self,
        account: AccountId,
        folder: Folder,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<MailboxPage, StoreError> {
        todo!()
    }

    /// Totals of each folder, in the order of [`Folder::ALL`].
    pub async fn folder_counts(&self, account: AccountId) -> Result<Vec<FolderCount>, StoreError> {
        todo!()
    }

    /// One entry. [`StoreError::Missing`] when the account has no such message: nobody can read
    /// what is not in their mailbox.
    pub async fn entry(&self, account: AccountId, message: MessageId) -> Result<EntryRow, StoreError> {
        todo!()
    }

    /// Sets or clears a mark.
    pub async fn set_flag(
        &self,
        account: AccountId,
        message: MessageId,
        flag: Flag,
        on: bool,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Moves an entry to another folder of the same mailbox. The message itself is untouched.
    pub async fn move_entry(
        &self,
        account: AccountId,
        message: MessageId,
        to: Folder,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Kept messages that no mailbox shows, newest first.
    pub async fn unsorted(&self, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        todo!()
    }
}
