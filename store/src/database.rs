//! The one door to SQLite.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use crate::error::{OpenError, StoreError};
use crate::limits;

/// Which schema a database file has. A file written by a newer one is refused.
pub(crate) const SHADOW_SCHEMA: &[M<'static>] = &[
    M::up(include_str!("../migrations/shadow/1.sql")),
    M::up(include_str!("../migrations/shadow/2.sql")),
];
pub(crate) const DAY_SCHEMA: &[M<'static>] = &[
    M::up(include_str!("../migrations/day/1.sql")),
    M::up(include_str!("../migrations/day/2.sql")),
];

/// One database file: one connection that writes, a few that read beside it.
///
/// Blocking; callers are on a blocking thread already.
pub(crate) struct Database {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens or makes the file and brings it to the newest schema. The caller holds the lock of
    /// the data directory, so that two processes do not make it at the same time.
    pub(crate) fn open(path: &Path, schema: &'static [M<'static>]) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database {
            path: path.to_owned(),
            source,
        };
        let mut writer = connect(path).map_err(failed)?;
        match Migrations::from_slice(schema).to_latest(&mut writer) {
            Ok(()) => {}
            Err(MigrationError::MigrationDefinition(
                MigrationDefinitionError::DatabaseTooFarAhead,
            )) => return Err(OpenError::Newer(path.to_owned())),
            Err(MigrationError::RusqliteError { err, .. }) => return Err(failed(err.into())),
            Err(other) => return Err(failed(StoreError::Refused(other.to_string()))),
        }
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
        })
    }

    /// Reads a consistent state.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = lock(&self.readers).pop();
        let mut reader = match kept {
            Some(reader) => reader,
            None => connect(&self.path)?,
        };
        let transaction = reader.transaction()?;
        let result = read(&transaction);
        transaction.finish()?;
        let mut readers = lock(&self.readers);
        if readers.len() < limits::DATABASE_READERS_KEPT_MAX {
            readers.push(reader);
        }
        result
    }

    /// Writes all of it or nothing. When this returns `Ok` the change is on disk.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = lock(&self.writer);
        // Immediate: a transaction that begins by reading could otherwise find, when it comes to
        // write, that another process was faster.
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = write(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// A panic of another thread rolled its transaction back, so the connection is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(limits::DATABASE_WAIT_MAX)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL, because with NORMAL a power cut can lose a transaction that was committed in WAL.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
