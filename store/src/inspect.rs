//! Looking into a database without changing it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction};
use rustix::fs::Access;
use rustix::io::Errno;

use crate::error::StoreError;
use crate::limits;

/// Opens a database that must exist. It is not made, not migrated and not written.
///
/// Read and write, because the first reader after a crash must be able to recover the WAL. On a disk
/// that is mounted read-only here a server may still write through another mount, and then its WAL
/// and its locks are there to be read; where they are not, as in a backup, and nothing waits in a
/// WAL, the file is read as it is.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_read_only(path) {
        match readable(Connection::open_with_flags(path, read_only)?) {
            Err(error) if is_absent(&error) && !has_wal(path) => {
                let flags = read_only | OpenFlags::SQLITE_OPEN_URI;
                Connection::open_with_flags(immutable(path), flags)?
            }
            opened => opened?,
        }
    } else {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(limits::DATABASE_WAIT_MAX)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
}

/// SQLite opens its files no sooner than somebody asks for something.
fn readable(connection: Connection) -> Result<Connection, StoreError> {
    schema(&connection)?;
    Ok(connection)
}

/// Whether the files beside the database are not there, and can not be made.
fn is_absent(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(error)
        if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)))
}

fn is_read_only(path: &Path) -> bool {
    let dir = path.parent().unwrap_or(path);
    rustix::fs::access(dir, Access::WRITE_OK) == Err(Errno::ROFS)
}

fn has_wal(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    fs::metadata(wal).is_ok_and(|wal| wal.len() > 0)
}

/// The name of a file that nobody changes (<https://www.sqlite.org/uri.html>).
fn immutable(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}"); // to a String it can not fail
            }
        }
    }
    uri + "?immutable=1"
}

/// The version of its schema; 0 is an empty file.
pub(crate) fn schema(database: &Connection) -> Result<usize, StoreError> {
    Ok(database.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// SQLite's own check of the file, the full-text indexes and the foreign keys: its first
/// complaint.
pub(crate) fn complaint(database: &Transaction<'_>) -> Result<Option<String>, StoreError> {
    let whole: String = database.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if whole != "ok" {
        return Ok(Some(whole.replace(['\r', '\n'], " ")));
    }
    let mut check = database.prepare("PRAGMA foreign_key_check")?;
    let mut rows = check.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (table, number, parent): (String, Option<i64>, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?);
    let which = number
        .map(|number| format!(" {number}"))
        .unwrap_or_default();
    Ok(Some(format!(
        "a row{which} of {table} points at nothing in {parent}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_nobody_changes_is_read_by_any_name() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["index.db", "a b?c#d%20&ä", "x=1;y"] {
            let path = dir.path().join(name);
            let database = Connection::open(&path).unwrap();
            database
                .execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 7")
                .unwrap();
            database.close().unwrap();
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let read = Connection::open_with_flags(immutable(&path), flags).unwrap();
            assert_eq!(schema(&read).unwrap(), 7, "{name}");
            assert!(!dir.path().join(format!("{name}-wal")).exists());
        }
    }
}
