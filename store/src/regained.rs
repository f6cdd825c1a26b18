//! Rows that a crash of the machine took, made again from their records.
//!
//! Keeping syncs the records of a batch and commits its rows without a sync, so a power cut can take
//! the rows of the last batches, and only theirs: a later change to the same index that is synced,
//! as filing does it, makes all before it durable. The table `segment` says, in the transaction of
//! the rows, how far into each segment they reach. A whole record behind that point is a message.
//!
//! - Its row comes back as that of an unfiled message, once: rows and the point move together, and a
//!   row that is there stays as it is.
//! - Before anybody files, ages, copies or rebuilds, the rows are there: every start looks after all
//!   days, aging after its day, a backup before it copies; a rebuild reads all records by itself.
//! - Whoever appends to a segment has its file locked, so nobody takes a batch that is not synced yet
//!   for a message.
//! - Messages go with the directory of their day, never alone, and what aging copied is not in the
//!   table. So nothing that was deleted comes back.
//! - The segments of earlier releases are not in the table, either: their rows were synced, and a
//!   record without one is of a batch that nobody was told 250 about.
//!
//! A record whose sender did not hear 250 may become a message this way. He sends it again, and the
//! second one is recognised as a copy of the first.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::database::{DAY_SCHEMA, Identity};
use crate::day::Day;
use crate::days::{self, Days, OpenDay};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::inspect;
use crate::limits;
use crate::lock;
use crate::scan::Scan;
use crate::segment::Place;

/// Writes down that the records of a new segment count, whether they have rows or not. This must be
/// durable before the first of them is.
pub(crate) fn begin(index: &Transaction<'_>, segment: &str) -> Result<(), StoreError> {
    index.execute(
        "INSERT INTO segment (name, rows_to) VALUES (?1, 0)",
        [segment],
    )?;
    Ok(())
}

/// Writes down, in the transaction of the rows, that the records before `rows_to` have theirs.
pub(crate) fn reach(
    index: &Transaction<'_>,
    segment: &str,
    rows_to: u64,
) -> Result<(), StoreError> {
    let reached = index
        .prepare_cached("UPDATE segment SET rows_to = max(rows_to, ?2) WHERE name = ?1")?
        .execute((segment, rows_to))?;
    if reached == 1 {
        Ok(())
    } else {
        Err(StoreError::Missing(format!("the segment {segment}")))
    }
}

/// How far the rows of a segment reach; `None` where records without rows do not count.
pub(crate) fn rows_to(index: &Connection, segment: &str) -> Result<Option<u64>, StoreError> {
    let mut row = index.prepare_cached("SELECT rows_to FROM segment WHERE name = ?1")?;
    Ok(row.query_row([segment], |row| row.get(0)).optional()?)
}

/// Makes the rows of all days of a data directory that nobody may have opened since the crash. Gives in
/// sentences what could not be made. A day that can not be used is left to whoever looks at it next,
/// and one of an earlier release has nothing to regain.
pub(crate) fn of_all(data_dir: &Path) -> Vec<String> {
    let days = Days::new(data_dir);
    let mut trouble = Vec::new();
    for day in days::on_disk(days.root()).unwrap_or_default() {
        let index = days.dir(day).join("index.db");
        let schema = inspect::open(&index).and_then(|index| inspect::schema(&index));
        if schema.is_ok_and(|schema| schema == DAY_SCHEMA.len())
            && let Ok(open) = days.at(day)
            && let Err(error) = days.regain(&open)
        {
            trouble.push(format!(
                "the newest messages of {day} may be missing: {error}"
            ));
        }
    }
    trouble
}

impl Days {
    /// Gives the records of a day rows that have lost theirs. Costs next to nothing where none has.
    pub(crate) fn regain(&self, day: &OpenDay) -> Result<(), StoreError> {
        if behind(day)?.is_empty() {
            return Ok(());
        }
        // Who comes second must not go on before the first has ended.
        let _guard = lock::wait_for(self.lock_file())?;
        for (segment, rows_to) in behind(day)? {
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
    let segments: Vec<(String, u64)> = day.index.read(|index| {
        let mut rows = index.prepare_cached("SELECT name, rows_to FROM segment")?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    let mut behind = Vec::new();
    for (segment, rows_to) in segments {
        // A name with a path in it would lead elsewhere; no such file was ever made.
        if segment.contains('/') {
            continue;
        }
        match fs::metadata(day.dir.join(&segment)) {
            Ok(file) if file.len() > rows_to => behind.push((segment, rows_to)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(behind)
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
