//! Days whose index can not be used: how that is noticed, and what happens then.
//!
//! The server starts and runs without such a day. Its mail is not shown and nothing can be kept on
//! it until a person has made the index again; everything else goes on.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::ErrorCode;

use crate::alert::AlertKind;
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
/// complains, too.
pub(crate) fn is_confirmed(path: &Path) -> bool {
    let check = || {
        let index = inspect::open(path)?;
        let verdict = index.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        Ok::<_, StoreError>(verdict?)
    };
    match check() {
        Ok(verdict) => verdict != "ok",
        Err(error) => is_damage(&error),
    }
}

impl Store {
    /// The days whose index can not be used, as far as this process has met them, and why.
    pub async fn damaged_days(&self) -> Result<Vec<(Day, String)>, StoreError> {
        self.blocking(|inner| Ok(inner.days.damaged())).await
    }
}

impl Inner {
    /// Raises the alert about damaged days. It is over when a day was rebuilt or a check finds
    /// nothing: that this process has not met the damage yet says nothing.
    pub(crate) fn tell_damage(&self) {
        let damaged = self.days.damaged();
        if !damaged.is_empty() {
            self.alerts
                .raise(AlertKind::DayDamaged, &words(&damaged), Timestamp::now());
        }
    }
}

fn words(damaged: &[(Day, String)]) -> String {
    let lines = damaged.iter().map(|(day, why)| {
        format!(
            "the index of {day} is damaged ({why}): its mail is not shown, and no mail is taken \
             on that day; stop the server and run `shadowmail store rebuild {day}`"
        )
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
#[path = "damage_tests.rs"]
mod tests;
