//! Rows that a crash of the machine took, made again from their records.
//!
//! Keeping syncs the records of a batch and commits its rows without a sync, so a power cut can take
//! the rows of the last batches. The name of a segment says that each whole record in it is a message
//! (see [`counts_without_rows`]), and the table `segment` says, in the transaction of the rows, how far
//! into it they reach; where the table knows nothing they reach nowhere. So whatever became of the
//! index, also of what was synced in it, a record behind that point gets its row.
//!
//! - Its row comes back as that of an unfiled message, once: rows and the point move together, and a
//!   row that is there stays as it is.
//! - Every start looks after all days, aging after its day, a backup before it copies; a rebuild reads
//!   all records by itself. What can not be done then is told, and tried again when the day is used.
//! - Whoever appends to a segment has its file locked, so nobody takes a batch that is not synced yet
//!   for a message.
//! - Messages go with the directory of their day, never alone, and what aging copied lies in segments
//!   of the other kind. So nothing that was deleted comes back.
//! - In the segments of earlier releases a record without a row is of a batch that nobody was told 250
//!   about: their rows were synced.
//!
//! A record whose sender did not hear 250 may become a message this way: where the machine, or the
//! process, stopped between its sync and the answer, or where it could not be taken back.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::damage;
use crate::database::{DAY_SCHEMA, Identity};
use crate::day::Day;
use crate::days::{self, Days, OpenDay};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::inspect;
use crate::limits;
use crate::lock;
use crate::scan::Scan;
use crate::segment::{Place, counts_without_rows};

/// Writes down, in the transaction of the rows, that the records before `rows_to` have theirs.
pub(crate) fn reach(
    index: &Transaction<'_>,
    segment: &str,
    rows_to: u64,
) -> Result<(), StoreError> {
    index
        .prepare_cached(
            "INSERT INTO segment (name, rows_to) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET rows_to = max(rows_to, excluded.rows_to)",
        )?
        .execute((segment, rows_to))?;
    Ok(())
}

/// Forgets how far the rows of a segment reach, so that they reach nowhere.
pub(crate) fn forget(index: &Transaction<'_>, segment: &str) -> Result<(), StoreError> {
    index
        .prepare_cached("DELETE FROM segment WHERE name = ?1")?
        .execute([segment])?;
    Ok(())
}

/// How far the rows of a segment reach; `None` where records without rows do not count.
pub(crate) fn rows_to(index: &Connection, segment: &str) -> Result<Option<u64>, StoreError> {
    if !counts_without_rows(segment) {
        return Ok(None);
    }
    let mut row = index.prepare_cached("SELECT rows_to FROM segment WHERE name = ?1")?;
    let rows_to = row.query_row([segment], |row| row.get(0)).optional()?;
    Ok(Some(rows_to.unwrap_or(0)))
}

/// Makes the rows of all days of a data directory that nobody may have opened since the crash. Gives in
/// sentences what could not be made. A day that is damaged is left to whoever looks at it next, and one
/// of an earlier release has nothing to regain.
pub(crate) fn of_all(data_dir: &Path) -> Vec<String> {
    let days = Days::new(data_dir);
    let mut trouble = Vec::new();
    for day in days::on_disk(days.root()).unwrap_or_default() {
        let index = days.dir(day).join("index.db");
        if !index.exists() {
            continue;
        }
        let schema = inspect::open(&index).and_then(|index| inspect::schema(&index));
        let regained = match schema {
            Ok(schema) if schema == DAY_SCHEMA.len() => {
                days.at(day).and_then(|open| days.regain(&open))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        match regained {
            // Of that others tell, and what aged meanwhile is missed by nobody.
            Err(error) if damage::is_damage(&error) || !days.has(day) => {}
            Err(error) => trouble.push(format!(
                "the newest messages of {day} may be missing: {error}"
            )),
            Ok(()) => {}
        }
    }
    trouble
}

impl Days {
    /// Gives the records of a day rows that have lost theirs. Costs next to nothing where none has. An
    /// error is noted, so that it is told and that it is tried again.
    pub(crate) fn regain(&self, day: &OpenDay) -> Result<(), StoreError> {
        let regained = self.try_regain(day);
        self.note_regained(day, regained.as_ref().err());
        regained
    }

    /// The same before a day is used, where it could not be done and did rest since.
    pub(crate) fn regain_if_due(&self, day: &OpenDay) {
        if !day.is_regained.load(Ordering::Relaxed) && self.behind.may_try(day.day) {
            // It is noted, and what has rows can be used all the same.
            let _ = self.regain(day);
        }
    }

    fn try_regain(&self, day: &OpenDay) -> Result<(), StoreError> {
        for (segment, _) in behind(day)? {
            // Who comes second must not go on before the first has ended.
            let _guard = lock::wait_for(&self.regain_lock)?;
            let still = behind(day)?.into_iter().find(|(name, _)| *name == segment);
            let Some((segment, rows_to)) = still else {
                continue;
            };
            let messages = Regaining::of(day, &segment, rows_to)?;
            if messages > 0 {
                let day = day.day;
                tracing::warn!(%day, segment, messages, "the machine, or its disk, stopped before the rows of \
                    {messages} kept messages were on the disk; they are made again, and the messages are filed now");
            }
        }
        Ok(())
    }
}

/// The segments of a day that are longer than their rows reach, and how far that is.
fn behind(day: &OpenDay) -> Result<Vec<(String, u64)>, StoreError> {
    let segments = crate::verify::segments(&day.dir)?;
    day.index.read(|index| {
        let mut behind = Vec::new();
        for (segment, length) in segments {
            if let Some(rows_to) = rows_to(index, &segment)?.filter(|rows_to| *rows_to < length) {
                behind.push((segment, rows_to));
            }
        }
        Ok(behind)
    })
}

/// A segment that nobody appends to, while its rows are made.
struct Regaining<'a> {
    day: &'a OpenDay,
    segment: &'a str,
    file: File,
    scan: Scan,
}

/// What a row is made of.
struct Regained {
    id: MessageId,
    place: Place,
    size: u64,
    envelope: String,
}

impl<'a> Regaining<'a> {
    /// Makes the rows of the records from `rows_to` on, and gives how many that were.
    fn of(day: &'a OpenDay, segment: &'a str, rows_to: u64) -> Result<usize, StoreError> {
        let path = day.dir.join(segment);
        // To write, because some file systems lock for oneself only what can be written.
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            // A batch of it may be between bytes and rows.
            Err(TryLockError::WouldBlock) => return Ok(0),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let scan = Scan::open_at(&path, rows_to)?;
        let mut regaining = Self {
            day,
            segment,
            file,
            scan,
        };
        let mut messages = 0;
        loop {
            let mut some = Vec::new();
            let read = regaining.read(&mut some);
            let reached = match (&read, some.last()) {
                (Ok(reached), _) => reached.unwrap_or_else(|| regaining.scan.end()),
                (Err(_), Some(last)) => last.place.offset + last.place.length,
                (Err(_), None) => rows_to,
            };
            messages += regaining.insert(&some, reached)?;
            // What lies before a bad place of the disk is there all the same.
            if read?.is_none() {
                return Ok(messages);
            }
        }
    }

    /// Reads some records. Gives where to go on, `None` at the end.
    fn read(&mut self, some: &mut Vec<Regained>) -> Result<Option<u64>, StoreError> {
        let mut bytes = 0;
        while let Some(found) = self.scan.next()? {
            // What is torn was never synced.
            let Ok(whole) = found.record else { continue };
            let Some(id) = id_on(self.day.day, &whole.header.id) else {
                continue;
            };
            let envelope =
                serde_json::to_string(&whole.header.envelope).map_err(io::Error::from)?;
            bytes += envelope.len();
            some.push(Regained {
                id,
                place: Place {
                    segment: self.segment.to_owned(),
                    offset: found.offset,
                    length: found.length,
                },
                size: whole.size,
                envelope,
            });
            if bytes >= limits::ROWS_REGAINED_AT_ONCE_BYTES {
                return Ok(Some(found.offset + found.length));
            }
        }
        Ok(None)
    }

    fn insert(&self, some: &[Regained], reached: u64) -> Result<usize, StoreError> {
        let path = self.day.dir.join(self.segment);
        let opened = Identity::from_metadata(&self.file.metadata()?);
        self.day.index.write(|index| {
            // Another directory may have taken the place of the day's.
            if Identity::of(&path)? != opened {
                return Err(StoreError::Missing(format!("the segment {}", self.segment)));
            }
            let mut insert = index.prepare_cached(
                "INSERT OR IGNORE INTO message (id, segment, offset, length, size, envelope, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'unfiled')",
            )?;
            let mut inserted = 0;
            for it in some {
                inserted += insert.execute((
                    it.id.number(),
                    &it.place.segment,
                    it.place.offset,
                    it.place.length,
                    it.size,
                    &it.envelope,
                ))?;
            }
            reach(index, self.segment, reached)?;
            Ok(inserted)
        })
    }
}

fn id_on(day: Day, text: &str) -> Option<MessageId> {
    let id = text.parse::<MessageId>().ok()?;
    (id.day() == day).then_some(id)
}

#[cfg(test)]
#[path = "regained_tests.rs"]
mod tests;
