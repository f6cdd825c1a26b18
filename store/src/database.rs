//! The one door to SQLite.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, ffi};
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use crate::damage;
use crate::error::{OpenError, StoreError};
use crate::limits;

/// Which schema a database file has. A file written by a newer one is refused.
pub(crate) const SHADOW_SCHEMA: &[M<'static>] = &[
    M::up(include_str!("../migrations/shadow/1.sql")),
    M::up(include_str!("../migrations/shadow/2.sql")),
    M::up(include_str!("../migrations/shadow/3.sql")),
    M::up(include_str!("../migrations/shadow/4.sql")),
    M::up(include_str!("../migrations/shadow/5.sql")),
    M::up(include_str!("../migrations/shadow/6.sql")),
    M::up(include_str!("../migrations/shadow/7.sql")),
];
pub(crate) const DAY_SCHEMA: &[M<'static>] = &[
    M::up(include_str!("../migrations/day/1.sql")),
    M::up(include_str!("../migrations/day/2.sql")),
    M::up(include_str!("../migrations/day/3.sql")),
    M::up(include_str!("../migrations/day/4.sql")),
    M::up(include_str!("../migrations/day/5.sql")),
];
pub(crate) const TEXT_SCHEMA: &[M<'static>] = &[M::up(include_str!("../migrations/text/1.sql"))];

/// Which file lies at a path: its device and its inode. Another one there is another file, however
/// much it looks like the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Of what lies at `path` now.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from_metadata(&fs::metadata(path)?))
    }

    /// Its two numbers, to write them down.
    pub(crate) fn numbers(self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Of a file that is open, wherever it lies by now.
    pub(crate) fn from_metadata(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// One database file: one connection that writes, a few that read beside it.
///
/// Another process may put another file in its place (thinning and rebuilding a day do), and a disk
/// may go and come back; so every use looks whether the connection still is to the file that lies
/// there, and connects again when it is not.
///
/// Blocking; callers are on a blocking thread already.
pub(crate) struct Database {
    path: PathBuf,
    writer: Mutex<Option<Connected>>,
    readers: Mutex<Vec<Connected>>,
    /// What SQLite said when the file turned out to be damaged.
    damage: OnceLock<String>,
    /// When the whole file was last looked at because of an error.
    checked: Mutex<Option<Instant>>,
    /// Whether some of the log may have been lost on its way to the disk, though it can still be read.
    has_doubtful_log: AtomicBool,
}

/// A connection, and the file that it is to.
struct Connected {
    connection: Connection,
    file: Identity,
    durable: Durable,
}

/// When a change is on the disk. Others see it at once either way, and only a crash of the machine,
/// or of the disk, tells the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durable {
    /// When it is committed.
    AtOnce,
    /// With the next change that is, or at a checkpoint.
    Later,
}

impl Durable {
    /// In the words of SQLite (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
    fn synchronous(self) -> &'static str {
        match self {
            Self::AtOnce => "FULL",
            Self::Later => "NORMAL",
        }
    }
}

impl Database {
    /// Opens or makes the file and brings it to the newest schema. The caller holds the lock of
    /// the data directory, so that two processes do not make it at the same time.
    pub(crate) fn open(path: &Path, schema: &'static [M<'static>]) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database {
            path: path.to_owned(),
            source,
        };
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_CREATE).map_err(failed)?;
        match Migrations::from_slice(schema).to_latest(&mut writer.connection) {
            Ok(()) => {}
            Err(MigrationError::MigrationDefinition(
                MigrationDefinitionError::DatabaseTooFarAhead,
            )) => return Err(OpenError::Newer(path.to_owned())),
            Err(MigrationError::RusqliteError { err, .. }) => return Err(failed(err.into())),
            Err(other) => return Err(failed(StoreError::Refused(other.to_string()))),
        }
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Vec::new()),
            damage: OnceLock::new(),
            checked: Mutex::new(None),
            has_doubtful_log: AtomicBool::new(false),
        })
    }

    /// Reads a consistent state.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut reader = self.reader()?;
        let transaction = reader.connection.transaction()?;
        let result = read(&transaction);
        transaction.finish()?;
        self.notice_damage(result.as_ref().err());
        // After trouble with the file the next one begins with a connection of its own.
        if result.as_ref().err().is_none_or(|error| !is_of_file(error)) {
            let mut readers = lock(&self.readers);
            if readers.len() < limits::DATABASE_READERS_KEPT_MAX {
                readers.push(reader);
            }
        }
        result
    }

    /// Writes all of it or nothing. When this returns `Ok` the change is on disk, in the file that
    /// lies at the path.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_as(Durable::AtOnce, write)
    }

    /// The same, but a crash of the machine may undo it, whole and with all such changes that came
    /// after it, until the next [`Database::write`] of any process that changes something, or a
    /// checkpoint. Only for what can be made again from something that is on the disk.
    pub(crate) fn write_for_now<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_as(Durable::Later, write)
    }

    fn write_as<T>(
        &self,
        durable: Durable,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = lock(&self.writer);
        let result = self.write_with(&mut writer, durable, write);
        if result.as_ref().err().is_some_and(is_of_disk) {
            self.has_doubtful_log.store(true, Ordering::Relaxed);
        }
        if result.as_ref().err().is_some_and(is_of_file) {
            *writer = None;
        }
        // Looking at a large file takes long, and others may be able to write meanwhile.
        drop(writer);
        self.notice_damage(result.as_ref().err());
        result
    }

    /// What SQLite said about the file, if it is damaged.
    pub(crate) fn damage(&self) -> Option<String> {
        self.damage.get().cloned()
    }

    fn notice_damage(&self, error: Option<&StoreError>) {
        if let Some(error) = error
            && (damage::is_damage(error) || damage::is_wrong_type(error))
            && self.damage.get().is_none()
            && self.may_be_checked()
            && damage::is_confirmed(&self.path)
        {
            // Somebody else may have been faster, with the same words.
            let _ = self.damage.set(error.to_string());
        }
    }

    /// Not again and again while an error comes again and again.
    fn may_be_checked(&self) -> bool {
        let mut checked = lock(&self.checked);
        let is_due = checked.is_none_or(|at| at.elapsed() >= limits::DAMAGE_CHECK_EVERY);
        if is_due {
            *checked = Some(Instant::now());
        }
        is_due
    }

    fn write_with<T>(
        &self,
        writer: &mut Option<Connected>,
        durable: Durable,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            if writer.is_none() {
                *writer = Some(connect(&self.path, OpenFlags::empty())?);
            }
            let Some(connected) = writer else {
                continue;
            };
            connected.make_durable(durable)?;
            if durable == Durable::AtOnce && self.has_doubtful_log.load(Ordering::Relaxed) {
                empty_log(&connected.connection, &self.path)?;
                self.has_doubtful_log.store(false, Ordering::Relaxed);
            }
            let Connected {
                connection, file, ..
            } = connected;
            // Immediate: a transaction that begins by reading could otherwise find, when it comes
            // to write, that another process was faster.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Whoever replaces the file does it in such a transaction on it, so from here on the
            // answer stays the same.
            if Identity::of(&self.path)? == *file {
                let result = write(&transaction)?;
                transaction.commit()?;
                return Ok(result);
            }
            drop(transaction);
            *writer = None;
        }
    }

    fn reader(&self) -> Result<Connected, StoreError> {
        let file = Identity::of(&self.path)?;
        loop {
            let kept = lock(&self.readers).pop();
            match kept {
                Some(reader) if reader.file == file => return Ok(reader),
                Some(_) => {}
                None => return connect(&self.path, OpenFlags::empty()),
            }
        }
    }
}

impl Connected {
    /// One connection writes for both: a second one in this process would have to wait for the first
    /// by asking again and again.
    fn make_durable(&mut self, durable: Durable) -> Result<(), StoreError> {
        if self.durable != durable {
            let how = durable.synchronous();
            self.connection.pragma_update(None, "synchronous", how)?;
            self.durable = durable;
        }
        Ok(())
    }
}

/// Whether a connection that met this error may be to a file, or a disk, that is no longer there.
fn is_of_file(error: &StoreError) -> bool {
    match error {
        StoreError::Io(_) => true,
        StoreError::Database(error) => matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::NotADatabase
                    | ErrorCode::DatabaseCorrupt
            )
        ),
        _ => false,
    }
}

/// Whether the disk could not do what it was asked for.
fn is_of_disk(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else {
        return false;
    };
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

/// Brings all of the log into the file, and makes both durable.
///
/// Of what could not be written back the kernel tells once, and counts it as written then: a later sync
/// succeeds though the log on the disk has a hole. After a crash all that stands behind the hole is
/// gone, synced or not. In memory it is whole, so it is written anew from there.
fn empty_log(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let empty = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_in_use = connection.query_row(empty, [], |row| row.get::<_, bool>(0))?;
    if is_in_use {
        let busy = ffi::Error::new(ffi::SQLITE_BUSY);
        let why = "it is read, so its log can not be written anew after an error of the disk";
        return Err(rusqlite::Error::SqliteFailure(busy, Some(why.to_owned())).into());
    }
    // Else a crash could bring back a part of the old log, which the file is ahead of.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::File::open(PathBuf::from(log))?.sync_all()?;
    Ok(())
}

/// A panic of another thread rolled its transaction back, so the connection is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Without `SQLITE_OPEN_CREATE` a file that is gone stays gone: its disk may be, and a new one
/// would be made on the disk underneath.
fn connect(path: &Path, create: OpenFlags) -> Result<Connected, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    loop {
        let before = Identity::of(path);
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(limits::DATABASE_WAIT_MAX)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let durable = Durable::AtOnce;
        connection.pragma_update(None, "synchronous", durable.synchronous())?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.set_prepared_statement_cache_capacity(64);
        let file = Identity::of(path)?;
        // The file and its log are opened by name, one after the other: they must belong together.
        if before.is_ok_and(|before| before != file) {
            continue;
        }
        return Ok(Connected {
            connection,
            file,
            durable,
        });
    }
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
