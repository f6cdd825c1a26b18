//! Mailboxes: what one account sees of the kept messages.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::account::AccountId;
use crate::columns;
use crate::day::Day;
use crate::entry_name::{EntryCopy, EntryName};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::shadow::{Inner, Store};

/// A folder of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Folder {
    /// What came in.
    Inbox,
    /// What the account sent.
    Sent,
    /// What the account put aside.
    Archive,
    /// What the account does not want to see.
    Junk,
    /// What the account deleted: its own view only, the message stays.
    Trash,
}

impl Folder {
    /// All folders, in the order pages show them.
    pub const ALL: [Self; 5] = [
        Self::Inbox,
        Self::Sent,
        Self::Archive,
        Self::Junk,
        Self::Trash,
    ];

    /// Its name in URLs and in the index.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Sent => "sent",
            Self::Archive => "archive",
            Self::Junk => "junk",
            Self::Trash => "trash",
        }
    }
}

impl Folder {
    /// As a condition on a row of `entry`, with the folder's name as `?2`.
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Self::Inbox | Self::Sent => "folder = ?2 AND moved IS NULL",
            Self::Archive | Self::Junk | Self::Trash => "moved = ?2",
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

/// One message in one account's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent IMAP flags (RFC 9051 §2.3.2)"
)]
pub struct EntryRow {
    /// Which message.
    pub message: MessageId,
    /// Whose entry.
    pub account: AccountId,
    /// Where it lies.
    pub folder: Folder,
    /// Where it was filed: [`Folder::Inbox`] or [`Folder::Sent`].
    pub filed: Folder,
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

impl EntryRow {
    /// Its name.
    pub fn name(&self) -> EntryName {
        EntryName {
            message: self.message,
            copy: match self.filed {
                Folder::Sent => EntryCopy::Sent,
                _ => EntryCopy::First,
            },
        }
    }
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
    /// The newest days are read first, and no further than the page needs. Mail that arrives, moves
    /// or ages away between two pages makes neither of them repeat or skip another mail.
    pub async fn mailbox_page(
        &self,
        account: AccountId,
        folder: Folder,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<MailboxPage, StoreError> {
        let limit = limit.clamp(1, limits::PAGE_ENTRIES_MAX);
        self.blocking(move |inner| {
            // One more than the page holds tells whether there is an older page, and another one
            // more keeps both entries of a mail to oneself together: the cursor is the message.
            let wanted = limit + 2;
            let mut entries: Vec<EntryRow> = Vec::new();
            for day in inner.days.list()?.into_iter().rev() {
                let before = match before {
                    Some(before) if before.day() < day => continue,
                    Some(before) if before.day() == day => before.number(),
                    _ => i64::MAX,
                };
                let missing = wanted - entries.len();
                let rows = inner.read_day(day, |index| {
                    page_of_day(index, day, (account, folder), (before, missing))
                })?;
                entries.extend(rows.into_iter().flatten());
                if entries.len() == wanted {
                    break;
                }
            }
            let message = |at: usize| entries.get(at).map(|entry| entry.message);
            let cut_apart = message(limit).is_some() && message(limit) == message(limit - 1);
            let kept = limit + usize::from(cut_apart);
            let more = entries.len() > kept;
            entries.truncate(kept);
            let older = entries.last().filter(|_| more).map(|last| last.message);
            Ok(MailboxPage { entries, older })
        })
        .await
    }

    /// Totals of each folder, in the order of [`Folder::ALL`].
    pub async fn folder_counts(&self, account: AccountId) -> Result<Vec<FolderCount>, StoreError> {
        self.blocking(move |inner| {
            let mut counts = Folder::ALL.map(|folder| FolderCount {
                folder,
                total: 0,
                unread: 0,
            });
            for day in inner.days.list()? {
                inner.read_day(day, |index| {
                    for count in &mut counts {
                        let (total, unread) = count_in_day(index, account, count.folder)?;
                        count.total += total;
                        count.unread += unread;
                    }
                    Ok(())
                })?;
            }
            Ok(counts.to_vec())
        })
        .await
    }

    /// One entry. [`StoreError::Missing`] when the account has no such message, or has deleted it
    /// for good: nobody can read what is not in their mailbox.
    pub async fn entry(
        &self,
        account: AccountId,
        name: impl Into<EntryName>,
    ) -> Result<EntryRow, StoreError> {
        let name = name.into();
        self.blocking(move |inner| inner.entry(account, name)).await
    }
}

impl Inner {
    pub(crate) fn entry(
        &self,
        account: AccountId,
        name: EntryName,
    ) -> Result<EntryRow, StoreError> {
        let EntryName { message, copy } = name;
        let found = self.days.of(message)?.index.read(|index| {
            let sql = format!(
                "{SELECT_ENTRY} WHERE account = ?1 AND message = ?2 AND moved IS NOT 'gone' AND {}",
                copy.condition()
            );
            let mut rows = index.prepare_cached(&sql)?;
            let mut rows = rows.query_map((account.0, message.number()), |row| {
                entry(row, message.day())
            })?;
            Ok(rows.next().transpose()?)
        })?;
        found.ok_or_else(|| StoreError::Missing(format!("message {message}")))
    }
}

/// What [`entry`] reads. Who uses it must leave out what its owner deleted for good: entries that
/// were moved to `gone`.
pub(crate) const SELECT_ENTRY: &str = "SELECT message.id, account, folder, moved, subject,
    from_name, from_address, to_names, preview, coalesce(content_size, content_end - content_start, size),
    attachments, seen, answered, forwarded, flagged
    FROM entry JOIN message ON message.id = entry.message";

fn page_of_day(
    index: &Transaction<'_>,
    day: Day,
    (account, folder): (AccountId, Folder),
    (before, wanted): (i64, usize),
) -> Result<Vec<EntryRow>, StoreError> {
    let (total, _) = count_in_day(index, account, folder)?;
    // The search ends with the last entry there is, and does not go through all that was moved
    // out of the folder.
    let wanted = usize::try_from(total).map_or(wanted, |total| wanted.min(total));
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let mut rows = index.prepare_cached(&page_query(folder))?;
    let rows = rows.query_map((account.0, folder.as_str(), before, wanted), |row| {
        entry(row, day)
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn page_query(folder: Folder) -> String {
    format!(
        "{SELECT_ENTRY} WHERE account = ?1 AND {} AND entry.message < ?3
         ORDER BY entry.message DESC LIMIT ?4",
        folder.condition()
    )
}

pub(crate) fn count_in_day(
    index: &Transaction<'_>,
    account: AccountId,
    folder: Folder,
) -> Result<(u64, u64), StoreError> {
    let mut counts = index.prepare_cached(
        "SELECT total, unread FROM folder_count WHERE account = ?1 AND folder = ?2",
    )?;
    let counts = counts.query_row((account.0, folder.as_str()), |row| {
        Ok((row.get(0)?, row.get(1)?))
    });
    Ok(counts.optional()?.unwrap_or_default())
}

/// Reads a row of [`SELECT_ENTRY`].
pub(crate) fn entry(row: &Row<'_>, day: Day) -> rusqlite::Result<EntryRow> {
    let filed = columns::parsed(row, 2)?;
    let moved: Option<String> = row.get(3)?;
    let message = MessageId::from_parts(day, row.get(0)?);
    Ok(EntryRow {
        message,
        account: AccountId(row.get(1)?),
        folder: if moved.is_some() {
            columns::parsed(row, 3)?
        } else {
            filed
        },
        filed,
        subject: row.get(4)?,
        from_name: row.get(5)?,
        from_address: row.get(6)?,
        to: row.get(7)?,
        preview: row.get(8)?,
        received_at: message.arrived_at(),
        size_bytes: row.get(9)?,
        attachments: row.get(10)?,
        seen: row.get(11)?,
        answered: row.get(12)?,
        forwarded: row.get(13)?,
        flagged: row.get(14)?,
    })
}

#[cfg(test)]
#[path = "mailbox_tests.rs"]
mod tests;
