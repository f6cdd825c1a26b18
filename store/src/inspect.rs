//! Looking into a database without changing it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction};

use crate::error::StoreError;
use crate::limits;

/// Opens a database that must exist. It is not made, not migrated and not written.
///
/// Read and write, because the first reader after a crash must be able to recover the WAL.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::DATABASE_WAIT_MAX)?;
    connection.pragma_update(None, "query_only", "ON")?;
    Ok(connection)
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
