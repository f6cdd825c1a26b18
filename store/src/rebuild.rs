//! Making the index of a day again from its segments.
//!
//! What came in is in the segments. What people did (flags, moves) and how messages were filed is
//! only in the index, so it is carried over from the old one, message by message, as far as that
//! can be read. A message whose row can not be read is unfiled, and the filer files it again under
//! the same id; the queue remembers what was decided about it, so nothing is owed anew.
//!
//! Segments are not touched. The old index stays beside the new one under another name until a
//! person deletes it.

mod carry;
mod home;
mod old;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use rusqlite_migration::Migrations;
use serde::Serialize;

use crate::database::DAY_SCHEMA;
use crate::day::Day;
use crate::days;
use crate::error::{OpenError, StoreError};
use crate::lock;
use crate::segment::sync_dir;
use crate::verify::Progress;

use old::OldIndex;

/// What became of a day's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Which day.
    pub day: String,
    /// Messages in the new index.
    pub messages: u64,
    /// Those of them that will be filed again, because the old index did not tell how they were.
    pub unfiled: u64,
    /// Records that got no row: what a crash of an earlier release left, that nobody was told 250
    /// for, and what is torn or damaged and in no old index.
    pub left_out: u64,
    /// Where the old index lies now, from the data directory; `None` when there was none.
    pub set_aside: Option<String>,
}

/// Makes the index of one day again, or those of all days, while nothing else has the data
/// directory open.
pub async fn rebuild(
    data_dir: &Path,
    only: Option<Day>,
    progress: impl Fn(&Progress) + Send + 'static,
) -> Result<Vec<Rebuilt>, OpenError> {
    let data_dir = data_dir.to_owned();
    let rebuilt = tokio::task::spawn_blocking(move || run(&data_dir, only, &progress)).await;
    rebuilt.map_err(|_| OpenError::Database {
        path: "index.db".into(),
        source: StoreError::Closed,
    })?
}

fn run(
    data_dir: &Path,
    only: Option<Day>,
    progress: &dyn Fn(&Progress),
) -> Result<Vec<Rebuilt>, OpenError> {
    let in_directory = |source| OpenError::Directory {
        path: data_dir.to_owned(),
        source,
    };
    let _alone = lock::alone(data_dir)
        .map_err(in_directory)?
        .ok_or_else(|| {
            let dir = data_dir.display();
            let advice = "stop the server and every other command, then try again";
            OpenError::InUse(format!("{dir} is in use; {advice}"))
        })?;
    let days = days::on_disk(&data_dir.join("days")).map_err(in_directory)?;
    let mut rebuilt = Vec::new();
    let wanted = days.iter().filter(|day| only.is_none_or(|it| **day == it));
    for (number, day) in wanted.clone().enumerate() {
        progress(&Progress {
            doing: day.to_string(),
            bytes: number as u64,
            bytes_total: wanted.clone().count() as u64,
            findings: 0,
        });
        let failed = |source| OpenError::Database {
            path: data_dir.join("days").join(day.to_string()),
            source,
        };
        rebuilt.push(of_day(data_dir, *day, &days).map_err(failed)?);
    }
    Ok(rebuilt)
}

/// Rebuilds one day. When this fails the old index is still in its place, or set aside: then the
/// next try begins with it.
pub(crate) fn of_day(data_dir: &Path, day: Day, days: &[Day]) -> Result<Rebuilt, StoreError> {
    let dir = data_dir.join("days").join(day.to_string());
    let path = dir.join("index.db.new");
    remove_database(&path)?;
    let mut old = OldIndex::open(&dir)?;
    let mut index = create(&path)?;
    let made = index.transaction()?;
    let result = carry::over(&made, (day, &dir), &mut old)?;
    // Before the new index stands: afterwards nobody knows any more what the old one had lost.
    file_copies_again(data_dir, (day, &made, &result.lost), days)?;
    made.commit()?;
    finish(index, &path)?;
    let set_aside = old.set_aside(&dir)?;
    // The full text is made again by itself.
    remove_database(&dir.join("text.db"))?;
    own_like(&dir, &path)?;
    fs::rename(&path, dir.join("index.db"))?;
    sync_dir(&dir)?;
    Ok(Rebuilt {
        day: day.to_string(),
        messages: result.messages,
        unfiled: result.unfiled,
        left_out: result.left_out,
        set_aside: set_aside.map(|name| format!("days/{day}/{name}")),
    })
}

/// An empty index. Until it has its name nobody needs it, so it is written without a log.
fn create(path: &Path) -> Result<Connection, StoreError> {
    let mut index = Connection::open(path)?;
    index.pragma_update(None, "journal_mode", "MEMORY")?;
    index.pragma_update(None, "synchronous", "OFF")?;
    Migrations::from_slice(DAY_SCHEMA)
        .to_latest(&mut index)
        .map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok(index)
}

fn finish(index: Connection, path: &Path) -> Result<(), StoreError> {
    index.pragma_update(None, "journal_mode", "WAL")?;
    index.close().map_err(|(_, error)| error)?;
    File::open(path)?.sync_all()?;
    Ok(())
}

/// Removes a database with the files that SQLite puts beside it.
fn remove_database(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Gives a file the owner of its directory: a rebuild by root must not lock the server out.
fn own_like(dir: &Path, file: &Path) -> io::Result<()> {
    let (dir, file_is) = (fs::metadata(dir)?, fs::metadata(file)?);
    if (dir.uid(), dir.gid()) != (file_is.uid(), file_is.gid()) {
        chown(file, Some(dir.uid()), Some(dir.gid()))?;
    }
    Ok(())
}

/// Copies on other days that were merged into a message whose entries may be lost, or that is not
/// there any more and has not aged: filing them again joins their recipients to it once more, or lets them stand by
/// themselves.
fn file_copies_again(
    data_dir: &Path,
    (day, made, lost): (Day, &Transaction<'_>, &BTreeSet<i64>),
    days: &[Day],
) -> Result<(), StoreError> {
    let root = data_dir.join("days");
    // What is not there of such a day has aged.
    let is_thinned = home::Days::new(&root).is_thinned(day);
    for other in days.iter().filter(|other| **other != day) {
        let path = root.join(other.to_string()).join("index.db");
        // One that is damaged itself is rebuilt by itself.
        let Ok(mut index) = crate::inspect::open(&path) else {
            continue;
        };
        index.pragma_update(None, "query_only", "OFF")?;
        let change = index.transaction()?;
        let is_lost = |number| Ok(lost.contains(&number) || !(is_thinned || exists(made, number)?));
        match carry::unfile_copies(&change, day, is_lost) {
            Ok(()) => change.commit()?,
            Err(error) if crate::damage::is_damage(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The part of a file name that tells when it was set aside.
fn stamp(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn exists(index: &Transaction<'_>, number: i64) -> Result<bool, StoreError> {
    let mut row = index.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?;
    Ok(row.exists([number])?)
}

#[cfg(test)]
#[path = "rebuild_tests.rs"]
mod tests;
