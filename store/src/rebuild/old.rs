//! The index that is being replaced, read as far as it can be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

use super::{beside, stamp};
use crate::columns;
use crate::damage;
use crate::database::{DAY_SCHEMA, Database};
use crate::days::as_store_error;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::inspect;
use crate::segment::{Place, sync_dir};
use crate::swap::absent_is_gone;

/// How the name of an index begins that was set aside.
const ASIDE: &str = "index.db.damaged-";

/// An index that may be damaged, or not be there at all.
pub(super) struct OldIndex {
    database: Option<Connection>,
    is_sound: bool,
}

/// What an old index says about one message.
pub(super) enum OldRow {
    /// All of its row.
    Readable(Box<Readable>),
    /// It has no row, and that can be trusted.
    None,
    /// Nobody knows.
    Unreadable,
}

/// A row in the columns of the present schema.
pub(super) struct Readable {
    pub(super) place: Place,
    pub(super) size: u64,
    pub(super) envelope: Option<Envelope>,
    pub(super) state: String,
    pub(super) merged_into: Option<String>,
    pub(super) content: (Option<u64>, Option<u64>),
    /// Its values, by [`MESSAGE`].
    pub(super) values: Vec<Value>,
}

/// The columns of a message that are carried over.
pub(super) const MESSAGE: &str = "id, segment, offset, length, size, envelope, state, merged_into,
    content_start, content_end, merge_key, subject, from_name, from_address, to_names, preview,
    header_message_id, date, attachments, content_encoding, content_size, aside, unsorted_because";

/// A table that is carried over as a whole.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static str,
    /// By which it lies on disk.
    key: [&'static str; 3],
}

/// What people see.
pub(super) const ENTRY: Table = Table {
    name: "entry",
    columns: "account, folder, message, moved, seen, answered, forwarded, flagged, at_primary",
    key: ["account", "folder", "message"],
};

/// Which message names which.
pub(super) const REFERENCE: Table = Table {
    name: "reference",
    columns: "name, message",
    key: ["name", "message", "message"],
};

/// Whom the directory did not know.
pub(super) const UNKNOWN_NAME: Table = Table {
    name: "unknown_name",
    columns: "name, message, folder, at_primary",
    key: ["name", "message", "folder"],
};

/// All messages, for those whose records are lost.
pub(super) const MESSAGE_IDS: Table = Table {
    name: "message",
    columns: "id",
    key: ["id", "id", "id"],
};

impl OldIndex {
    /// Opens it and looks how far it can be trusted.
    pub(super) fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("index.db");
        if !path.exists() {
            // A rebuild that was cut off may have set it aside already. It may also be one of long
            // ago, so what it does not know may be there all the same.
            let database = newest_aside(dir)?.and_then(|path| inspect::open(&path).ok());
            let is_sound = false;
            return Ok(Self { database, is_sound });
        }
        if matches!(damage::of_index(dir), Ok(None)) {
            // One of an older schema is brought to the present one first, as at any start. On a
            // full disk that fails, and a sound index must not be taken for a damaged one then.
            match Database::open(&path, DAY_SCHEMA).map_err(as_store_error) {
                Err(error) if !damage::is_damage(&error) => return Err(error),
                opened => drop(opened),
            }
        }
        let mut database = inspect::open(&path).ok();
        let is_sound = database.as_mut().is_some_and(is_sound);
        Ok(Self { database, is_sound })
    }

    /// Whether SQLite finds nothing wrong, so that a row that is not there never was.
    pub(super) fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// The row of a message.
    pub(super) fn row(&self, number: i64) -> OldRow {
        let Some(database) = &self.database else {
            return OldRow::Unreadable;
        };
        match row(database, number) {
            Ok(Some(row)) => OldRow::Readable(Box::new(row)),
            Ok(None) if self.is_sound => OldRow::None,
            Ok(None) | Err(_) => OldRow::Unreadable,
        }
    }

    /// Gives all rows of a table, as far as they can be read from its beginning, and then from
    /// its end. `false` when some may be missing.
    pub(super) fn each(
        &self,
        table: &Table,
        mut take: impl FnMut(Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let Some(database) = &self.database else {
            return Ok(false);
        };
        let Table { name, columns, key } = table;
        let read = |order: &str| {
            let key = key.map(|column| format!("{column} {order}")).join(", ");
            format!("SELECT {columns} FROM {name} NOT INDEXED ORDER BY {key}")
        };
        if each(database, &read("ASC"), &mut take)? {
            return Ok(self.is_sound);
        }
        each(database, &read("DESC"), &mut take)?;
        Ok(false)
    }

    /// Gives it and its log another name, so that the new one can take its place. Cut off in
    /// between, the day has no index: that is noticed, and the next rebuild goes on from here.
    pub(super) fn set_aside(self, dir: &Path) -> io::Result<Option<String>> {
        // The last connection that closes writes the log into the file, where that is possible.
        drop(self.database);
        let path = dir.join("index.db");
        let name = free_name(dir);
        let aside = dir.join(&name);
        let is_there = path.exists();
        if is_there {
            fs::rename(&path, &aside)?;
        }
        // A log that stays, also that of a file which is gone, would be played into the new one.
        absent_is_gone(fs::rename(beside(&path, "-wal"), beside(&aside, "-wal")))?;
        absent_is_gone(fs::remove_file(beside(&path, "-shm")))?;
        sync_dir(dir)?;
        Ok(is_there.then_some(name))
    }
}

/// The index that was set aside last.
fn newest_aside(dir: &Path) -> io::Result<Option<PathBuf>> {
    let mut newest = None;
    for file in fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name();
        let is_index = name.to_str().is_some_and(|name| {
            name.starts_with(ASIDE) && !name.ends_with("-wal") && !name.ends_with("-shm")
        });
        if is_index {
            newest = newest.max(Some(file.path()));
        }
    }
    Ok(newest)
}

/// Two rebuilds in one second get two names.
fn free_name(dir: &Path) -> String {
    let name = format!("{ASIDE}{}", stamp(Timestamp::now()));
    let mut free = name.clone();
    let mut number = 1;
    while dir.join(&free).exists() {
        number += 1;
        free = format!("{name}-{number}");
    }
    free
}

fn is_sound(database: &mut Connection) -> bool {
    let look = |database: &mut Connection| {
        if inspect::schema(database)? != DAY_SCHEMA.len() {
            return Ok(false);
        }
        let moment = database.transaction()?;
        let complaint = inspect::complaint(&moment)?;
        Ok::<_, StoreError>(complaint.is_none())
    };
    look(database).unwrap_or(false)
}

fn row(database: &Connection, number: i64) -> Result<Option<Readable>, StoreError> {
    let sql = format!("SELECT {MESSAGE} FROM message WHERE id = ?1");
    let row = database.prepare_cached(&sql)?.query_row([number], |row| {
        let count = row.as_ref().column_count();
        let values = (0..count).map(|column| row.get(column));
        Ok(Readable {
            place: Place {
                segment: row.get(1)?,
                offset: row.get(2)?,
                length: row.get(3)?,
            },
            size: row.get(4)?,
            envelope: columns::json(row, 5).ok(),
            state: row.get(6)?,
            merged_into: row.get(7)?,
            content: (row.get(8)?, row.get(9)?),
            values: values.collect::<Result<_, _>>()?,
        })
    });
    Ok(row.optional()?)
}

/// `false` when SQLite could not read on.
fn each(
    database: &Connection,
    sql: &str,
    take: &mut impl FnMut(Vec<Value>) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    let Ok(mut statement) = database.prepare(sql) else {
        return Ok(false);
    };
    let columns = statement.column_count();
    let Ok(mut rows) = statement.query([]) else {
        return Ok(false);
    };
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let values = (0..columns).map(|column| row.get(column));
                if let Ok(values) = values.collect::<Result<_, _>>() {
                    take(values)?;
                }
            }
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        }
    }
}
