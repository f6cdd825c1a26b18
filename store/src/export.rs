//! What an export needs to know about messages: a few at a time, in the order of their arrival.

use std::ops::Range;

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::Serialize;

use crate::account::AccountId;
use crate::columns;
use crate::day::Day;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::shadow::Store;

/// Which messages are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only what lies in this mailbox; what its owner deleted for good does not.
    pub account: Option<AccountId>,
    /// Only what lies in this folder of a mailbox, or of any.
    pub folder: Option<Folder>,
    /// Only what arrived from then on.
    pub since: Option<Timestamp>,
    /// Only what arrived before.
    pub until: Option<Timestamp>,
}

/// A message and where it lies.
#[derive(Clone, Debug)]
pub struct Exportable {
    /// Which one.
    pub id: MessageId,
    /// How it came.
    pub envelope: Envelope,
    /// Decoded subject; may be empty.
    pub subject: String,
    /// In whose mailbox it lies, and how. Empty for what is unsorted.
    pub entries: Vec<ExportEntry>,
}

/// One entry of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent IMAP flags (RFC 9051 §2.3.2)"
)]
pub struct ExportEntry {
    /// Whose.
    #[serde(skip)]
    pub account: AccountId,
    /// Where its owner sees it.
    pub folder: String,
    /// Was read.
    pub seen: bool,
    /// Was answered.
    pub answered: bool,
    /// Was forwarded.
    pub forwarded: bool,
    /// Was starred.
    pub flagged: bool,
}

impl Store {
    /// The next messages of a day after `after`, the oldest first; an empty answer is the end of
    /// the day, also of one that has aged meanwhile. Copies that were merged into another record
    /// are not messages of their own.
    pub async fn exportable(
        &self,
        day: Day,
        wanted: Wanted,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Exportable>, StoreError> {
        self.blocking(move |inner| {
            let after = after.map_or(-1, MessageId::number);
            let found = inner.read_day(day, |index| page(index, (day, after), &wanted, limit))?;
            Ok(found.unwrap_or_default())
        })
        .await
    }
}

fn page(
    index: &Transaction<'_>,
    (day, after): (Day, i64),
    wanted: &Wanted,
    limit: usize,
) -> Result<Vec<Exportable>, StoreError> {
    let ids = numbers(day, wanted);
    let mut rows = index.prepare_cached(
        "SELECT id, envelope, subject FROM message
         WHERE id > ?1 AND id >= ?2 AND id < ?3 AND state <> 'merged'
             AND ((?4 IS NULL AND ?5 IS NULL) OR EXISTS (
                 SELECT 1 FROM entry WHERE entry.message = message.id
                 AND (?4 IS NULL OR account = ?4)
                 AND (?5 IS NULL OR coalesce(moved, folder) = ?5)
                 AND moved IS NOT 'gone'))
         ORDER BY id LIMIT ?6",
    )?;
    let key = (
        after,
        ids.start,
        ids.end,
        wanted.account.map(|account| account.0),
        wanted.folder.map(Folder::as_str),
        limit,
    );
    let rows = rows.query_map(key, |row| {
        Ok(Exportable {
            id: MessageId::from_parts(day, row.get(0)?),
            envelope: columns::json(row, 1)?,
            subject: row.get(2)?,
            entries: Vec::new(),
        })
    })?;
    let mut page = rows.collect::<Result<Vec<_>, _>>()?;
    let mut entries = index.prepare_cached(
        "SELECT account, coalesce(moved, folder), seen, answered, forwarded, flagged FROM entry
         WHERE message = ?1 AND moved IS NOT 'gone' ORDER BY account, folder",
    )?;
    for message in &mut page {
        let rows = entries.query_map([message.id.number()], entry)?;
        message.entries = rows.collect::<Result<_, _>>()?;
    }
    Ok(page)
}

/// The ids of a day that the wanted time leaves.
fn numbers(day: Day, wanted: &Wanted) -> Range<i64> {
    let number = |at: Timestamp| match day.cmp(&Day::of(at)) {
        std::cmp::Ordering::Less => i64::MAX,
        std::cmp::Ordering::Greater => 0,
        std::cmp::Ordering::Equal => MessageId::new(at, 0).number(),
    };
    wanted.since.map_or(0, number)..wanted.until.map_or(i64::MAX, number)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<ExportEntry> {
    Ok(ExportEntry {
        account: AccountId(row.get(0)?),
        folder: row.get(1)?,
        seen: row.get(2)?,
        answered: row.get(3)?,
        forwarded: row.get(4)?,
        flagged: row.get(5)?,
    })
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
