//! `text.db` of each day: opened when first asked for, made by the indexer, made again when it is
//! damaged or gone.
//!
//! Several processes read it and one writes. Replacing it takes `text.lock`, as writing and
//! opening do, so that nobody writes into a file that another process has just put away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::ErrorCode;

use crate::database::{Database, Identity, TEXT_SCHEMA};
use crate::day::Day;
use crate::days::OpenDay;
use crate::error::{OpenError, StoreError};
use crate::limits;
use crate::lock;
use crate::segment;

const NAME: &str = "text.db";
const JOURNAL: [&str; 2] = ["text.db-wal", "text.db-shm"];

/// The text indexes of all days.
pub(crate) struct Texts {
    lock: PathBuf,
}

/// What this process knows of the text index of one day. It lies in the open day, so that nobody
/// keeps the file of a day that is gone.
#[derive(Default)]
pub(crate) struct TextOfDay(Mutex<State>);

#[derive(Default)]
struct State {
    open: Option<(Identity, Arc<Database>)>,
    /// The day has none, and no message that says it was in one.
    is_without: bool,
    /// It can not be written; nobody tries before then.
    left_until: Option<Instant>,
}

impl TextOfDay {
    /// Whether the indexer leaves it alone because it could not be written a moment ago.
    pub(super) fn is_left(&self) -> bool {
        let until = self.state().left_until;
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Leaves it alone for a while.
    pub(super) fn leave(&self) {
        self.state().left_until = Instant::now().checked_add(limits::TEXT_LEFT_FOR);
    }

    fn known(&self, file: Identity) -> Option<Arc<Database>> {
        let state = self.state();
        let (known, database) = state.open.as_ref()?;
        (*known == file).then(|| Arc::clone(database))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a reader finds.
pub(super) enum Text {
    Open(Arc<Database>),
    /// Not made yet, or it must be made again.
    Missing,
}

impl Texts {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            lock: data_dir.join("text.lock"),
        }
    }

    /// The text index of a day, for reading. One that can not be read is put away.
    pub(super) fn at(&self, day: &OpenDay) -> Result<Text, StoreError> {
        let Some(file) = file(day)? else {
            day.text.state().open = None;
            return Ok(Text::Missing);
        };
        if let Some(found) = day.text.known(file) {
            return Ok(Text::Open(found));
        }
        let guard = lock::wait_for(&self.lock)?;
        match open(day) {
            Ok(database) => Ok(Text::Open(database)),
            Err(error) if is_damage(&error) => {
                drop(guard);
                self.put_away(day)?;
                Ok(Text::Missing)
            }
            Err(error) => Err(error),
        }
    }

    /// Puts a damaged index away and marks all messages of the day as not indexed, so that the
    /// indexer makes it again.
    pub(super) fn put_away(&self, day: &OpenDay) -> Result<(), StoreError> {
        let _guard = lock::wait_for(&self.lock)?;
        tracing::error!(
            day = %day.day,
            "the text index of {} is damaged and is made again; searches miss what is not in it yet",
            day.day
        );
        forget_indexed(day)?;
        remove(day, &JOURNAL)?;
        remove(day, &[NAME])?;
        segment::sync_dir(&day.dir)?;
        day.text.state().open = None;
        Ok(())
    }

    /// Whether messages of this day say they are in an index that is not there: then they are
    /// marked as not indexed.
    pub(super) fn check(&self, day: &OpenDay) -> Result<(), StoreError> {
        if file(day)?.is_some() {
            day.text.state().is_without = false;
            return Ok(());
        }
        if !day.text.state().is_without {
            let _guard = lock::wait_for(&self.lock)?;
            if file(day)?.is_none() {
                forget_indexed(day)?;
                day.text.state().is_without = true;
            }
        }
        Ok(())
    }

    /// Writes into the index of a day, making it when there is none. `mark` runs when that is on
    /// disk, before anybody could put the index away.
    pub(super) fn write(
        &self,
        day: &OpenDay,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<(), StoreError>,
        mark: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let guard = lock::wait_for(&self.lock)?;
        let written = match open(day) {
            Ok(database) => database.write(write),
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => mark(),
            Err(error) if is_damage(&error) => {
                drop(guard);
                self.put_away(day)
            }
            Err(error) => Err(error),
        }
    }
}

/// The text index of a day if this process has it open. It takes no lock and changes nothing.
pub(super) fn open_already(day: &OpenDay) -> Result<Text, StoreError> {
    let known = file(day)?.and_then(|file| day.text.known(file));
    Ok(known.map_or(Text::Missing, Text::Open))
}

/// Opens the index of a day, or makes it; under the lock.
fn open(day: &OpenDay) -> Result<Arc<Database>, StoreError> {
    if let Some(file) = file(day)?
        && let Some(found) = day.text.known(file)
    {
        return Ok(found);
    }
    if is_new(day)? {
        // The journal of one that is gone must never be played into the next, and what that
        // one held the next does not.
        remove(day, &JOURNAL)?;
        forget_indexed(day)?;
    }
    let database =
        Database::open(&day.dir.join(NAME), TEXT_SCHEMA).map_err(|error| match error {
            OpenError::Database { source, .. } => source,
            // A newer schema can not be read, but what it holds can be made again.
            other => StoreError::Damaged(NAME.to_owned(), other.to_string()),
        })?;
    segment::sync_dir(&day.dir)?;
    let database = Arc::new(database);
    if let Some(file) = file(day)? {
        let mut state = day.text.state();
        state.open = Some((file, Arc::clone(&database)));
        // Should it be deleted a moment later, that must be seen.
        state.is_without = false;
    }
    Ok(database)
}

fn remove(day: &OpenDay, names: &[&str]) -> Result<(), StoreError> {
    for name in names {
        match fs::remove_file(day.dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Which file lies there: a day's directory may have been replaced, or its index put away by
/// another process.
fn file(day: &OpenDay) -> Result<Option<Identity>, StoreError> {
    match Identity::of(&day.dir.join(NAME)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether there is nothing in it, or no such file. A power cut can leave an empty one.
fn is_new(day: &OpenDay) -> Result<bool, StoreError> {
    match fs::metadata(day.dir.join(NAME)) {
        Ok(file) => Ok(file.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Says that an answer lacks the text of a day.
pub(super) fn tell_unreadable(day: Day, error: &StoreError) {
    tracing::error!(
        %day, %error,
        "the text index of {day} can not be read for now; searches miss its mail meanwhile"
    );
}

/// Whether the file is at fault, and not the disk, the load or we.
pub(super) fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::Damaged(..) => true,
        StoreError::Database(rusqlite::Error::SqliteFailure(failure, words)) => {
            let words = words.as_deref().unwrap_or_default();
            matches!(
                failure.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
            ) || words.starts_with("no such table")
                || words.starts_with("vtable constructor failed")
        }
        _ => false,
    }
}

/// Whether it was put away a moment ago, or can not be opened for now.
pub(super) fn is_gone(error: &StoreError) -> bool {
    match error {
        StoreError::Io(error) => error.kind() == io::ErrorKind::NotFound,
        StoreError::Database(error) => error.sqlite_error_code() == Some(ErrorCode::CannotOpen),
        _ => false,
    }
}

/// In pieces, because keeping mail waits meanwhile.
fn forget_indexed(day: &OpenDay) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let last: Option<i64> = day.index.write(|index| {
            let last = index.query_row(
                "SELECT max(id) FROM (SELECT id FROM message WHERE indexed <> 0 AND id > ?1
                 ORDER BY id LIMIT ?2)",
                (after, limits::UNINDEXED_AT_ONCE),
                |row| row.get(0),
            )?;
            if let Some(last) = last {
                index.execute(
                    "UPDATE message SET indexed = 0 WHERE indexed <> 0 AND id > ?1 AND id <= ?2",
                    (after, last),
                )?;
            }
            Ok(last)
        })?;
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}
