//! Copying the whole store into another directory while it is written, and bringing it back.
//!
//! The copy has the form of a data directory. Its order is what makes it whole: the indexes of the
//! days first, `shadow.db` after them, the segments last. Filing writes a debt into `shadow.db`
//! before it marks the message as filed in its index. So whatever the copied indexes call filed has
//! its debts in the copied `shadow.db`, and whatever they call unfiled is filed again after a
//! restore, where the queue tells what was decided. The other way round a message could be filed
//! between the two copies: filed in the one, owed in neither. Segments are only appended to, and
//! bytes come before rows, so the segments of a later moment hold every record that the copied
//! indexes name.
//!
//! The new databases take the place of the old ones, and the manifest is written, when all is
//! there; without a manifest a directory is no backup.

mod manifest;
mod restore;
mod segments;
mod ways_in;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use serde::Serialize;

use crate::database::Identity;
use crate::day::Day;
use crate::error::{OpenError, StoreError};
use crate::segment::sync_dir;
use crate::verify::Progress;
use crate::{damage, inspect, limits, lock, regained, session};

use manifest::{DayCopy, Manifest};
pub(crate) use restore::UNFINISHED;
pub use restore::{Restored, restore};
pub use ways_in::WaysIn;

/// What a backup has copied.
#[derive(Clone, Debug, Serialize)]
pub struct BackedUp {
    /// The moment that it shows.
    pub at: Timestamp,
    /// Days in it.
    pub days: u64,
    /// Messages in it.
    pub messages: u64,
    /// Bytes of all its segments.
    pub bytes: u64,
    /// Bytes of segments that were copied this time; the rest was there already.
    pub bytes_copied: u64,
    /// What could not be copied as it should be, in sentences.
    pub trouble: Vec<String>,
}

/// A backup was not made or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directories are not such as are needed; the text says what to do.
    #[error("{0}")]
    Refused(String),
    /// A file can not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A database can not be read or written.
    #[error("{}: {source}", path.display())]
    Database {
        /// Which database.
        path: PathBuf,
        /// What SQLite said.
        source: StoreError,
    },
    /// What was brought back can not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A task of ours ended early.
    #[error("the backup was interrupted")]
    Closed,
}

/// Copies a data directory into `into`, which is empty or holds an earlier backup of it. The
/// server may run meanwhile.
pub async fn backup(
    data_dir: &Path,
    into: &Path,
    progress: impl Fn(&Progress) + Send + 'static,
) -> Result<BackedUp, BackupError> {
    let (data_dir, into) = (data_dir.to_owned(), into.to_owned());
    let copied = tokio::task::spawn_blocking(move || run(&data_dir, &into, &progress));
    copied.await.map_err(|_| BackupError::Closed)?
}

fn run(
    data_dir: &Path,
    into: &Path,
    progress: &dyn Fn(&Progress),
) -> Result<BackedUp, BackupError> {
    let earlier = prepare(data_dir, into)?;
    // Nobody rebuilds or restores meanwhile.
    let shared = lock::share(data_dir).map_err(at(data_dir))?;
    let _shared = shared.ok_or_else(|| refused(data_dir, "is being rebuilt; try again later"))?;
    let alone = lock::alone(into).map_err(at(into))?;
    let _alone = alone.ok_or_else(|| refused(into, "is in use by another backup"))?;

    let now = Timestamp::now();
    let mut copy = Copy {
        data_dir,
        into,
        progress,
        total: segments::total(data_dir),
        done: BackedUp {
            at: now,
            days: 0,
            messages: 0,
            bytes: 0,
            bytes_copied: 0,
            // The machine may have stopped, and the server not started since.
            trouble: regained::of_all(data_dir),
        },
        days: BTreeMap::new(),
    };
    make_dir(&into.join("days"))?;
    for day in days(data_dir)? {
        copy.index(day, &earlier)?;
    }
    copy.shadow()?;
    copy.segments(&earlier)?;
    copy.finish()?;
    Ok(copy.done)
}

/// Makes the directory of the backup, and reads what the last one left there.
fn prepare(data_dir: &Path, into: &Path) -> Result<Manifest, BackupError> {
    let there = into.ancestors().find(|path| path.exists());
    let there = canonical(there.unwrap_or(Path::new(".")))?;
    let from = canonical(data_dir)?;
    if there.starts_with(&from) {
        return Err(refused(into, "lies in the data directory; choose another"));
    }
    make_dir(into)?;
    let to = canonical(into)?;
    if from.starts_with(&to) || to.starts_with(&from) {
        let advice = "lies in the data directory or around it; choose another directory, best on \
                      another disk";
        return Err(refused(into, advice));
    }
    if let Some(earlier) = Manifest::read(into)? {
        return Ok(earlier);
    }
    let is_ours =
        |name: &str| ["days", "shadow.db.next", "store.lock", "shadow.db"].contains(&name);
    for file in fs::read_dir(into).map_err(at(into))? {
        let name = file.map_err(at(into))?.file_name();
        if !name.to_str().is_some_and(is_ours) {
            let advice = "is not empty and holds no backup; choose an empty directory";
            return Err(refused(into, advice));
        }
    }
    Ok(Manifest::default())
}

/// A backup under way.
struct Copy<'a> {
    data_dir: &'a Path,
    into: &'a Path,
    progress: &'a dyn Fn(&Progress),
    total: u64,
    done: BackedUp,
    days: BTreeMap<Day, DayCopy>,
}

impl Copy<'_> {
    /// Copies the index of a day beside the one that an earlier backup has.
    fn index(&mut self, day: Day, earlier: &Manifest) -> Result<(), BackupError> {
        self.report(&day.to_string());
        let (from, to) = (dir_of(self.data_dir, day), dir_of(self.into, day));
        let Ok(identity) = Identity::of(&from) else {
            return Ok(()); // it has aged since the days were listed
        };
        make_dir(&to)?;
        let next = to.join("index.db.next");
        let copied = match damage::of_index(&from) {
            Ok(None) if !from.join("index.db").exists() => return Ok(()), // just being made
            Ok(None) => database(&from.join("index.db"), &next).and_then(|()| named(&next)),
            Ok(Some(why)) => Err(StoreError::DayDamaged(day, why)),
            Err(error) => Err(error),
        };
        match copied {
            Ok((messages, segments)) => {
                let copy = DayCopy::new(identity, messages, segments);
                self.days.insert(day, copy);
                Ok(())
            }
            Err(_) if !from.is_dir() => Ok(()),
            Err(error) if damage::is_damage(&error) => {
                let kept = if let Some(copy) = earlier.days.get(&day.to_string()) {
                    self.days.insert(day, copy.as_old());
                    "the earlier backup of that day stays"
                } else {
                    "that day is in no backup"
                };
                self.done.trouble.push(format!("{error}; {kept}"));
                Ok(())
            }
            Err(source) => Err(BackupError::Database {
                path: from.join("index.db"),
                source,
            }),
        }
    }

    /// Copies what crosses days. Nobody is signed in to a copy.
    fn shadow(&mut self) -> Result<(), BackupError> {
        self.report("shadow.db");
        let path = self.into.join("shadow.db.next");
        let failed = |source| BackupError::Database {
            path: path.clone(),
            source,
        };
        database(&self.data_dir.join("shadow.db"), &path).map_err(failed)?;
        let copy = Connection::open(&path)
            .map_err(StoreError::from)
            .map_err(failed)?;
        session::end_all(&copy).map_err(failed)?;
        settle(copy, &path).map_err(failed)
    }

    /// Copies what the copied indexes name and the backup lacks.
    fn segments(&mut self, earlier: &Manifest) -> Result<(), BackupError> {
        let mut days = std::mem::take(&mut self.days);
        for (day, copy) in days.iter_mut().filter(|(_, copy)| !copy.is_old) {
            let (from, to) = (dir_of(self.data_dir, *day), dir_of(self.into, *day));
            let trusted = earlier.trusted(*day, copy);
            for (name, length) in &copy.segments {
                let have = trusted.get(name).copied().unwrap_or_default();
                let place = (from.join(name), to.join(name));
                let copied = segments::extend(&place, have, *length).map_err(at(&place.1))?;
                self.done.bytes_copied += copied.bytes;
                self.done.bytes += length;
                if copied.is_short && from.is_dir() {
                    self.done.trouble.push(format!(
                        "{} is shorter than its index says; `shadowmail store verify --day {day}` \
                         tells which messages that concerns",
                        place.0.display()
                    ));
                }
                self.report(&day.to_string());
            }
        }
        self.days = days;
        Ok(())
    }

    /// Lets the new copy take the place of the old one.
    fn finish(&mut self) -> Result<(), BackupError> {
        self.report("finishing");
        Manifest::remove(self.into)?;
        let rename = |dir: &Path, name: &str| {
            let next = dir.join(format!("{name}.next"));
            fs::rename(&next, dir.join(name)).map_err(at(&next))?;
            sync_dir(dir).map_err(at(dir))
        };
        for (day, copy) in self.days.iter().filter(|(_, copy)| !copy.is_old) {
            let dir = dir_of(self.into, *day);
            segments::remove_others(&dir, copy).map_err(at(&dir))?;
            rename(&dir, "index.db")?;
        }
        rename(self.into, "shadow.db")?;
        let root = self.into.join("days");
        for day in days(self.into)? {
            if !self.days.contains_key(&day) {
                let aged = dir_of(self.into, day);
                fs::remove_dir_all(&aged).map_err(at(&aged))?;
            }
        }
        if root.is_dir() {
            sync_dir(&root).map_err(at(&root))?;
        }
        self.done.days = self.days.len() as u64;
        self.done.messages = self.days.values().map(|copy| copy.messages).sum();
        Manifest::new(self.done.at, &self.days).write(self.into)
    }

    fn report(&self, doing: &str) {
        (self.progress)(&Progress {
            doing: doing.to_owned(),
            bytes: self.done.bytes,
            bytes_total: self.total,
            findings: self.done.trouble.len() as u64,
        });
    }
}

/// Copies a database as it is at one moment. Who writes it is not stopped.
fn database(from: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut source = inspect::open(from)?;
    let mut target = Connection::open(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o600))?;
    let moment = source.transaction()?;
    // A first read makes it the moment; all pages in one step, so that no change restarts it.
    moment.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    let deadline = Instant::now() + limits::DATABASE_WAIT_MAX;
    {
        let copy = Backup::new(&moment, &mut target)?;
        while copy.step(-1)? != StepResult::Done {
            if Instant::now() > deadline {
                let why = format!("{} is locked by another program", from.display());
                return Err(StoreError::Refused(why));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    moment.finish()?;
    settle(target, to)
}

/// Closes a copy so that all of it is in its one file, and on disk.
fn settle(copy: Connection, path: &Path) -> Result<(), StoreError> {
    copy.close().map_err(|(_, error)| error)?;
    File::open(path)?.sync_all()?;
    Ok(())
}

/// How many messages an index has, and up to where it names which segment.
fn named(index: &Path) -> Result<(u64, BTreeMap<String, u64>), StoreError> {
    let index = inspect::open(index)?;
    let messages = index.query_row("SELECT count(*) FROM message", [], |row| row.get(0))?;
    let mut ends =
        index.prepare("SELECT segment, max(offset + length) FROM message GROUP BY segment")?;
    let ends = ends.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let mut segments: BTreeMap<_, _> = ends.collect::<Result<_, _>>()?;
    // A name with a path in it would lead elsewhere; no such file was ever made.
    segments.retain(|name, _| !name.contains('/') && name != "..");
    Ok((messages, segments))
}

fn days(dir: &Path) -> Result<Vec<Day>, BackupError> {
    let root = dir.join("days");
    let mut days = Vec::new();
    match fs::read_dir(&root) {
        Ok(files) => {
            for file in files {
                let name = file.map_err(at(&root))?.file_name();
                days.extend(name.to_str().and_then(|name| name.parse::<Day>().ok()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(at(&root)(error)),
    }
    days.sort_unstable();
    Ok(days)
}

fn dir_of(dir: &Path, day: Day) -> PathBuf {
    dir.join("days").join(day.to_string())
}

/// Makes a directory that only its owner can look into.
fn make_dir(dir: &Path) -> Result<(), BackupError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).map_err(at(dir))
}

fn canonical(path: &Path) -> Result<PathBuf, BackupError> {
    fs::canonicalize(path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError + '_ {
    |source| BackupError::File {
        path: path.to_owned(),
        source,
    }
}

fn refused(dir: &Path, advice: &str) -> BackupError {
    BackupError::Refused(format!("{} {advice}", dir.display()))
}

#[cfg(test)]
#[path = "backup_tests.rs"]
mod tests;
