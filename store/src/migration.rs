//! Bringing the databases of an earlier version to the present schema.
//!
//! A server of that version must not run meanwhile: it would go on writing what the old schema meant
//! into databases of the new one, and file as well as it can what it can not read. So this wants the
//! data directory for itself; and an earlier version that starts afterwards is refused by the schema.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite_migration::M;

use crate::database::{DAY_SCHEMA, Database, SHADOW_SCHEMA};
use crate::day::Day;
use crate::days;
use crate::error::{OpenError, StoreError};
use crate::inspect;
use crate::lock;

/// A database file, and the schema that it should have.
type Wanted = (PathBuf, &'static [M<'static>]);

/// Migrates what an earlier version left, if nobody has it open. Processes that start at the same
/// time wait for the first one. Gives what says that this version runs, until it is dropped.
pub(crate) fn migrate(data_dir: &Path) -> Result<File, OpenError> {
    let in_directory = |source| OpenError::Directory {
        path: data_dir.to_owned(),
        source,
    };
    let _guard = lock::wait_for(&data_dir.join("lock")).map_err(in_directory)?;
    let of_version = data_dir.join(format!(
        "version-{}-{}.lock",
        SHADOW_SCHEMA.len(),
        DAY_SCHEMA.len()
    ));
    let older = older(data_dir).map_err(in_directory)?;
    if !older.is_empty() {
        if let Some(_alone) = lock::alone(data_dir).map_err(in_directory)? {
            bring_up(&older);
        } else if lock::try_alone(&of_version)
            .map_err(in_directory)?
            .is_some()
        {
            return Err(OpenError::InUse(format!(
                "{} is that of an earlier Shadowmail, and another process has it open: one of that version, or a \
                 backup; stop it or wait for it, then start this version",
                data_dir.display()
            )));
        }
        // Else a process of this version has come this far, and left what it could not migrate.
    }
    let shared = lock::share_file(&of_version).map_err(in_directory)?;
    // Whoever has it for himself has it for a moment, and with the guard.
    shared.ok_or_else(|| in_directory(io::ErrorKind::WouldBlock.into()))
}

/// What is damaged, or has no room, is told by whoever opens it next.
fn bring_up(older: &[Wanted]) {
    for (path, schema) in older {
        if let Err(error) = Database::open(path, schema) {
            tracing::warn!(
                "cannot bring {} to the present schema: {error}",
                path.display()
            );
        }
    }
}

fn older(data_dir: &Path) -> io::Result<Vec<Wanted>> {
    let root = data_dir.join("days");
    let of_day = |day: Day| (root.join(day.to_string()).join("index.db"), DAY_SCHEMA);
    let shadow = (data_dir.join("shadow.db"), SHADOW_SCHEMA);
    let days = days::on_disk(&root)?.into_iter().map(of_day);
    let all = std::iter::once(shadow).chain(days);
    Ok(all.filter(is_older).collect())
}

/// What can not be read is not older.
fn is_older((path, schema): &Wanted) -> bool {
    let is_of = |found: usize| (1..schema.len()).contains(&found);
    // The file is younger than its first page where that waits in the WAL, so this says only what
    // need not be opened.
    written(path).is_ok_and(|found| found < schema.len()) && asked(path).is_ok_and(is_of)
}

/// The version in the head of the file (<https://www.sqlite.org/fileformat.html>, 1.3.15).
fn written(path: &Path) -> io::Result<usize> {
    let mut head = [0; 64];
    File::open(path)?.read_exact(&mut head)?;
    let version = head.last_chunk().map_or(0, |it| u32::from_be_bytes(*it));
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

/// The version as SQLite sees it.
fn asked(path: &Path) -> Result<usize, StoreError> {
    inspect::schema(&inspect::open(path)?)
}

#[cfg(test)]
#[path = "migration_tests.rs"]
mod tests;
