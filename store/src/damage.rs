//! Days whose index can not be used: how that is noticed, and what happens then.
//!
//! The server starts and runs without such a day. Its mail is not shown and nothing can be kept on
//! it until a person has made the index again; everything else goes on.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};

use crate::alert_kind::AlertKind;
use crate::day::Day;
use crate::error::StoreError;
use crate::inspect;
use crate::shadow::{Inner, Store};

/// Whether the error tells of bytes that are not what SQLite wrote.
pub(crate) fn is_damage(error: &StoreError) -> bool {
    match error {
        StoreError::DayDamaged(..) => true,
        StoreError::Database(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
        ),
        _ => false,
    }
}

/// Whether a value can not be what was written: bits that flipped in the right place make SQLite
/// read text as bytes, or as text that is none.
pub(crate) fn is_wrong_type(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else {
        return false;
    };
    matches!(
        error,
        rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// Whether the error says that bytes on the disk can not be had, rather than that something stands in
/// the way for a moment or that the question was wrong.
pub(crate) fn is_unreadable(error: &StoreError) -> bool {
    match error {
        StoreError::DayDamaged(..) => true,
        StoreError::Io(error) => !is_out_of_files(error),
        StoreError::Database(error) => matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::NotADatabase
                    | ErrorCode::DatabaseCorrupt
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::PermissionDenied
                    | ErrorCode::ReadOnly
                    | ErrorCode::Unknown
            )
        ),
        _ => false,
    }
}

/// Whether this process, or the machine, has as many files open as it may (EMFILE, ENFILE).
fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}

/// Whether no file at all can be opened right now. SQLite does not say why it can not.
pub(crate) fn are_files_short(dir: &Path) -> bool {
    fs::read_dir(dir)
        .err()
        .as_ref()
        .is_some_and(is_out_of_files)
}

/// What is wrong with the index of a day, as far as that can be seen at once. An index that is
/// missing would be made anew and empty, and the mail of the day would be forgotten.
pub(crate) fn of_index(dir: &Path) -> Result<Option<String>, StoreError> {
    if !has_mail(dir)? {
        return Ok(None);
    }
    let path = dir.join("index.db");
    if !path.exists() {
        return Ok(Some("it is missing".to_owned()));
    }
    match look(&path) {
        Ok(seen) => Ok(seen),
        Err(error) if is_damage(&error) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

fn look(path: &Path) -> Result<Option<String>, StoreError> {
    let index = inspect::open(path)?;
    let number = |pragma| index.query_row(pragma, [], |row| row.get::<_, u64>(0));
    if inspect::schema(&index)? == 0 {
        return Ok(Some("it is empty".to_owned()));
    }
    for table in ["message", "entry"] {
        index
            .prepare(&format!("SELECT 1 FROM {table} LIMIT 1"))?
            .exists([])?;
    }
    let wanted = number("PRAGMA page_count")? * number("PRAGMA page_size")?;
    let log = path.with_extension("db-wal");
    let is_in_log = fs::metadata(log).is_ok_and(|log| log.len() > 0);
    let is_short = fs::metadata(path)?.len() < wanted && !is_in_log;
    Ok(is_short.then(|| "it is cut short".to_owned()))
}

/// Whether bytes of mail lie in the directory of a day.
pub(crate) fn has_mail(dir: &Path) -> io::Result<bool> {
    for file in fs::read_dir(dir)? {
        let file = file?;
        let is_segment = Path::new(&file.file_name())
            .extension()
            .is_some_and(|extension| extension == "seg");
        if is_segment && file.metadata()?.len() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// SQLite's quick check of a file that gave an error: a connection to a file that was replaced
/// complains, too. It knows the types of all columns, but not whether a text is one.
pub(crate) fn is_confirmed(path: &Path) -> bool {
    let check = || {
        let index = inspect::open(path)?;
        let verdict: String = index.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok::<_, StoreError>(verdict == "ok" && is_text_readable(&index)?)
    };
    match check() {
        Ok(is_sound) => !is_sound,
        Err(error) => is_damage(&error),
    }
}

/// Whether every text in a database is UTF-8, as all that was written is.
fn is_text_readable(database: &Connection) -> Result<bool, StoreError> {
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables.collect::<Result<Vec<_>, _>>()? {
        let mut all = database.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(text) = row.get_ref(column)?
                    && std::str::from_utf8(text).is_err()
                {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

impl Store {
    /// The days whose index can not be used, as far as this process has met them, and why.
    pub async fn damaged_days(&self) -> Result<Vec<(Day, String)>, StoreError> {
        self.blocking(|inner| {
            let mut days = inner.days.damaged();
            days.extend(inner.days.unread());
            Ok(days)
        })
        .await
    }
}

impl Inner {
    /// Raises the alert about days that can not be used. It is over when a day was rebuilt, when a
    /// check finds nothing, or when all that this process could not read can be read again: that it
    /// has not met the damage yet says nothing.
    pub(crate) fn tell_damage(&self) {
        let (damaged, unread) = (self.days.damaged(), self.days.unread());
        if !damaged.is_empty() || !unread.is_empty() {
            let words = words(&damaged, &unread);
            self.alerts
                .raise(AlertKind::DayDamaged, &words, Timestamp::now());
        } else if self.days.has_recovered() {
            self.alerts.clear(AlertKind::DayDamaged);
        }
    }

    /// The same about the database that nothing can be written into when it is damaged.
    pub(crate) fn tell_damage_of_shadow(&self) {
        if let Some(why) = self.shadow.damage() {
            let words = format!(
                "shadow.db is damaged ({why}): whose mail is whose and what is owed can not be \
                 relied on; stop everything, move the data directory aside and bring a backup back \
                 with `shadowmail restore`"
            );
            self.alerts
                .raise(AlertKind::ShadowDamaged, &words, Timestamp::now());
        }
    }
}

fn words(damaged: &[(Day, String)], unread: &[(Day, String)]) -> String {
    let damaged = damaged.iter().map(|(day, why)| {
        format!(
            "the index of {day} is damaged ({why}): its mail is not shown, and no mail is taken \
             on that day; stop the server and run `shadowmail store rebuild {day}`"
        )
    });
    let unread = unread.iter().map(|(day, why)| {
        format!(
            "{day} can not be read ({why}): what is missing is not shown for now, and it is tried again; \
             look at the disk and at who owns the files, and if they are well, stop the server and \
             run `shadowmail store rebuild {day}`"
        )
    });
    damaged.chain(unread).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
#[path = "damage_tests.rs"]
mod tests;
