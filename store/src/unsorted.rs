//! Unsorted: kept messages that nobody of ours has.

use rusqlite::{Row, ToSql, Transaction};
use serde::Serialize;

use crate::columns;
use crate::day::Day;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::filing::Filing;
use crate::id::MessageId;
use crate::limits;
use crate::shadow::Store;

/// Why a mail is unsorted that only its sender may own. All others that say why are journal reports that
/// were not opened.
pub const UNCHECKED_SENDER: &str = "only its sender may be one of ours, and who sends is not checked \
    at its source: see \"senders\" of the listener in the config";

/// A message that no mailbox shows, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsorted {
    /// Which one.
    pub id: MessageId,
    /// How it came; `None` when that can not be read.
    pub envelope: Option<Envelope>,
    /// Decoded subject; may be empty.
    pub subject: String,
    /// The address of its From; may be empty.
    pub from: String,
    /// Bytes of the record.
    pub size_bytes: u64,
    /// Why nobody has it, where that is not that its owners are unknown.
    pub because: Option<String>,
    /// Addresses of ours and X.500 names that the directory does not know, up to
    /// [`limits::UNKNOWN_NAMES_MAX`].
    pub unknown_names: Vec<String>,
}

impl Unsorted {
    /// Why it was not opened, where it is a journal report: whoever gets it reads all of it.
    pub fn unopened_report(&self) -> Option<&str> {
        let because = self.because.as_deref();
        because.filter(|it| *it != UNCHECKED_SENDER)
    }
}

impl Store {
    /// Kept messages that no mailbox shows, newest first.
    pub async fn unsorted(&self, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        self.newest(limit, ids).await
    }

    /// The same, with what an administrator needs to know of them.
    pub async fn unsorted_messages(&self, limit: usize) -> Result<Vec<Unsorted>, StoreError> {
        self.newest(limit, read).await
    }

    /// One of them; `None` for a message that is there and not unsorted.
    pub async fn unsorted_message(&self, id: MessageId) -> Result<Option<Unsorted>, StoreError> {
        self.blocking(move |inner| {
            inner.row(id)?;
            inner.days.of(id)?.index.read(|index| {
                let only = ("AND id = ?1", id.number());
                Ok(select(index, id.day(), only)?.pop())
            })
        })
        .await
    }

    /// Asks the days for up to `limit` things, the newest day first.
    async fn newest<T: Send + 'static>(
        &self,
        limit: usize,
        of_day: impl Fn(&Transaction<'_>, Day, usize) -> Result<Vec<T>, StoreError> + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        self.blocking(move |inner| {
            let mut newest = Vec::new();
            for day in inner.days.list()?.into_iter().rev() {
                let wanted = limit - newest.len();
                let some = inner.read_day(day, |index| of_day(index, day, wanted))?;
                newest.extend(some.into_iter().flatten());
                if newest.len() >= limit {
                    break;
                }
            }
            Ok(newest)
        })
        .await
    }
}

fn ids(index: &Transaction<'_>, day: Day, limit: usize) -> Result<Vec<MessageId>, StoreError> {
    let mut ids = index.prepare_cached(
        "SELECT id FROM message WHERE state = 'unsorted' ORDER BY id DESC LIMIT ?1",
    )?;
    let ids = ids.query_map([limit], |row| Ok(MessageId::from_parts(day, row.get(0)?)))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

fn read(index: &Transaction<'_>, day: Day, limit: usize) -> Result<Vec<Unsorted>, StoreError> {
    select(index, day, ("ORDER BY id DESC LIMIT ?1", limit))
}

/// Those of them that fit.
fn select(
    index: &Transaction<'_>,
    day: Day,
    (fit, value): (&str, impl ToSql),
) -> Result<Vec<Unsorted>, StoreError> {
    let mut rows = index.prepare_cached(&format!(
        "SELECT id, envelope, subject, from_address, size, unsorted_because FROM message
         WHERE state = 'unsorted' {fit}"
    ))?;
    let rows = rows.query_map([value], |row| unsorted(row, day))?;
    let mut unsorted = rows.collect::<Result<Vec<_>, _>>()?;
    let mut names = index.prepare_cached(
        "SELECT DISTINCT name FROM unknown_name WHERE message = ?1 ORDER BY name",
    )?;
    for message in &mut unsorted {
        let names = names.query_map([message.id.number()], |row| row.get(0))?;
        message.unknown_names = names.collect::<Result<_, _>>()?;
    }
    Ok(unsorted)
}

fn unsorted(row: &Row<'_>, day: Day) -> rusqlite::Result<Unsorted> {
    Ok(Unsorted {
        id: MessageId::from_parts(day, row.get(0)?),
        // One that is damaged must not hide the others.
        envelope: columns::json(row, 1).ok(),
        subject: row.get(2)?,
        from: row.get(3)?,
        size_bytes: row.get(4)?,
        because: row.get(5)?,
        unknown_names: Vec::new(),
    })
}

/// Writes down whom the directory does not know.
pub(crate) fn write_unknown_names(
    index: &Transaction<'_>,
    id: MessageId,
    filing: &Filing,
) -> Result<(), StoreError> {
    index
        .prepare_cached("DELETE FROM unknown_name WHERE message = ?1")?
        .execute([id.number()])?;
    let mut insert = index.prepare_cached(
        "INSERT INTO unknown_name (name, message, folder, at_primary) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET at_primary = max(at_primary, excluded.at_primary)",
    )?;
    for unknown in filing.unknown_names.iter().take(limits::UNKNOWN_NAMES_MAX) {
        insert.execute((
            unknown.name.to_lowercase(),
            id.number(),
            unknown.folder.as_str(),
            unknown.at_primary,
        ))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "unsorted_tests.rs"]
mod tests;
