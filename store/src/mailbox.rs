//! Mailboxes: what one account sees of the kept messages.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{Row, Transaction};

use crate::account::AccountId;
use crate::columns;
use crate::day::Day;
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

impl Flag {
    fn column(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Answered => "answered",
            Self::Forwarded => "forwarded",
            Self::Flagged => "flagged",
        }
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
    /// The newest days are read first, and no further than the page needs.
    pub async fn mailbox_page(
        &self,
        account: AccountId,
        folder: Folder,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<MailboxPage, StoreError> {
        let limit = limit.clamp(1, limits::PAGE_ENTRIES_MAX);
        self.blocking(move |inner| {
            let mut entries: Vec<EntryRow> = Vec::new();
            for day in inner.days.list()?.into_iter().rev() {
                let before = match before {
                    Some(before) if before.day() < day => continue,
                    Some(before) if before.day() == day => before.number(),
                    _ => i64::MAX,
                };
                // One more than the page holds tells whether there is an older page.
                let wanted = limit + 1 - entries.len();
                let rows =
                    inner.days.at(day)?.index.read(|index| {
                        page_of_day(index, day, (account, folder), (before, wanted))
                    })?;
                entries.extend(rows);
                if entries.len() > limit {
                    break;
                }
            }
            let more = entries.len() > limit;
            entries.truncate(limit);
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
                inner.days.at(day)?.index.read(|index| {
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

    /// One entry. [`StoreError::Missing`] when the account has no such message: nobody can read
    /// what is not in their mailbox. Of a mail to oneself it is the one in the inbox.
    pub async fn entry(
        &self,
        account: AccountId,
        message: MessageId,
    ) -> Result<EntryRow, StoreError> {
        self.blocking(move |inner| {
            let found = inner.days.of(message)?.index.read(|index| {
                let sql = format!(
                    "{SELECT_ENTRY} WHERE account = ?1 AND message = ?2 ORDER BY folder LIMIT 1"
                );
                let mut rows = index.prepare_cached(&sql)?;
                let mut rows = rows.query_map((account.0, message.number()), |row| {
                    entry(row, message.day())
                })?;
                Ok(rows.next().transpose()?)
            })?;
            found.ok_or_else(|| StoreError::Missing(format!("message {message}")))
        })
        .await
    }

    /// Sets a mark.
    pub async fn set_flag(
        &self,
        account: AccountId,
        message: MessageId,
        flag: Flag,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.mark(account, message, (flag.column(), 1)))
            .await
    }

    /// Clears a mark.
    pub async fn clear_flag(
        &self,
        account: AccountId,
        message: MessageId,
        flag: Flag,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.mark(account, message, (flag.column(), 0)))
            .await
    }

    /// Puts an entry into the trash of its mailbox. The message itself is untouched, and what is
    /// owed stays owed.
    pub async fn trash(&self, account: AccountId, message: MessageId) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.mark(account, message, ("trashed", 1)))
            .await
    }

    /// Takes an entry out of the trash, to the folder it came from.
    pub async fn untrash(&self, account: AccountId, message: MessageId) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.mark(account, message, ("trashed", 0)))
            .await
    }

    /// Kept messages that no mailbox shows, newest first.
    pub async fn unsorted(&self, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        self.blocking(move |inner| {
            let mut unsorted = Vec::new();
            for day in inner.days.list()?.into_iter().rev() {
                let wanted = limit - unsorted.len();
                unsorted.extend(inner.days.at(day)?.index.read(|index| {
                    let mut ids = index.prepare_cached(
                        "SELECT id FROM message WHERE state = 'unsorted' ORDER BY id DESC LIMIT ?1",
                    )?;
                    let ids =
                        ids.query_map([wanted], |row| Ok(MessageId::from_parts(day, row.get(0)?)))?;
                    Ok(ids.collect::<Result<Vec<_>, _>>()?)
                })?);
                if unsorted.len() >= limit {
                    break;
                }
            }
            Ok(unsorted)
        })
        .await
    }
}

impl Inner {
    fn mark(
        &self,
        account: AccountId,
        message: MessageId,
        (column, value): (&'static str, i64),
    ) -> Result<(), StoreError> {
        let changed = self.days.of(message)?.index.write(|index| {
            let sql = format!("UPDATE entry SET {column} = ?3 WHERE account = ?1 AND message = ?2");
            Ok(index
                .prepare_cached(&sql)?
                .execute((account.0, message.number(), value))?)
        })?;
        match changed {
            0 => Err(StoreError::Missing(format!("message {message}"))),
            _ => Ok(()),
        }
    }
}

const SELECT_ENTRY: &str = "SELECT message.id, account, folder, trashed, subject, from_name,
    from_address, to_names, preview, coalesce(content_end - content_start, size),
    attachments, seen, answered, forwarded, flagged
    FROM entry JOIN message ON message.id = entry.message";

fn page_of_day(
    index: &Transaction<'_>,
    day: Day,
    (account, folder): (AccountId, Folder),
    (before, limit): (i64, usize),
) -> Result<Vec<EntryRow>, StoreError> {
    let which = match folder {
        Folder::Inbox => "folder = 'inbox' AND trashed = 0",
        Folder::Sent => "folder = 'sent' AND trashed = 0",
        // A mail to oneself lies in two folders and must not be listed twice.
        Folder::Trash => {
            "trashed = 1 AND NOT (folder = 'sent' AND EXISTS (
            SELECT 1 FROM entry AS twin WHERE twin.account = entry.account
            AND twin.message = entry.message AND twin.folder = 'inbox'))"
        }
    };
    let sql = format!(
        "{SELECT_ENTRY} WHERE account = ?1 AND message < ?2 AND {which}
         ORDER BY message DESC LIMIT ?3"
    );
    let mut rows = index.prepare_cached(&sql)?;
    let rows = rows.query_map((account.0, before, limit), |row| entry(row, day))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count_in_day(
    index: &Transaction<'_>,
    account: AccountId,
    folder: Folder,
) -> Result<(u64, u64), StoreError> {
    let sql = match folder {
        Folder::Inbox | Folder::Sent => {
            "SELECT count(*), count(*) FILTER (WHERE seen = 0) FROM entry
             WHERE account = ?1 AND folder = ?2 AND trashed = 0"
        }
        Folder::Trash => {
            "SELECT count(DISTINCT message), count(DISTINCT message) FILTER (WHERE seen = 0)
             FROM entry WHERE account = ?1 AND trashed = 1 AND ?2 = 'trash'"
        }
    };
    let mut counts = index.prepare_cached(sql)?;
    Ok(counts.query_row((account.0, folder.as_str()), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?)
}

fn entry(row: &Row<'_>, day: Day) -> rusqlite::Result<EntryRow> {
    let trashed: bool = row.get(3)?;
    let message = MessageId::from_parts(day, row.get(0)?);
    Ok(EntryRow {
        message,
        account: AccountId(row.get(1)?),
        folder: if trashed {
            Folder::Trash
        } else {
            columns::parsed(row, 2)?
        },
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
