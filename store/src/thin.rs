//! Thinning: a day's directory made anew with only those messages that survive.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params_from_iter};

use crate::account::AccountId;
use crate::aging::{AgingStep, Reached};
use crate::database::{DAY_SCHEMA, Database};
use crate::day::Day;
use crate::days::{Days, OpenDay, absent_is_gone};
use crate::error::StoreError;
use crate::limits;
use crate::segment::{self, OpenSegment, Place};
use crate::survivor::{Protection, Spared};

/// Copies the records of the survivors, byte for byte, into new segments, and syncs them. A record
/// that is damaged is copied as it is: what is left of it may be worth something to somebody.
pub(crate) fn copy_records(
    days: &Days,
    day: &OpenDay,
    survivors: &BTreeMap<i64, Protection>,
    reached: Reached<'_>,
) -> Result<BTreeMap<i64, Place>, StoreError> {
    let dir = days.thinned_dir(day.day);
    absent_is_gone(fs::remove_dir_all(&dir))?;
    fs::create_dir(&dir)?;
    let ids: Vec<i64> = survivors.keys().copied().collect();
    let mut copy = Copy {
        segment: OpenSegment::create(&dir)?,
        waiting: Vec::new(),
        waiting_bytes: 0,
        places: BTreeMap::new(),
    };
    for some in ids.chunks(limits::BATCH_MESSAGES_MAX) {
        for (id, place) in places(day, some)? {
            let record = segment::read(&day.dir, &place)?;
            if let Err(why) = segment::decode(&record) {
                tracing::error!(day = %day.day, "a record that survives is damaged: {why}");
            }
            copy.waiting_bytes += record.len();
            copy.waiting.push((id, record));
            if copy.waiting_bytes >= limits::BATCH_BYTES_MAX {
                copy.flush()?;
            }
        }
        copy.flush()?;
        if copy.segment.is_full() {
            copy.segment = OpenSegment::create(&dir)?;
        }
        reached(AgingStep::Copied(copy.places.len(), ids.len()))?;
    }
    Ok(copy.places)
}

/// Records on their way into the new segment.
struct Copy {
    segment: OpenSegment,
    waiting: Vec<(i64, Vec<u8>)>,
    waiting_bytes: usize,
    places: BTreeMap<i64, Place>,
}

impl Copy {
    fn flush(&mut self) -> io::Result<()> {
        let records: Vec<&[u8]> = self.waiting.iter().map(|(_, it)| it.as_slice()).collect();
        let places = self.segment.append(&records)?;
        let ids = self.waiting.drain(..).map(|(id, _)| id);
        self.places.extend(ids.zip(places));
        self.waiting_bytes = 0;
        Ok(())
    }
}

fn places(day: &OpenDay, ids: &[i64]) -> Result<Vec<(i64, Place)>, StoreError> {
    day.index.read(|index| {
        let mut row =
            index.prepare_cached("SELECT segment, offset, length FROM message WHERE id = ?1")?;
        let mut places = Vec::with_capacity(ids.len());
        for id in ids {
            places.push((*id, row.query_row([id], place)?));
        }
        Ok(places)
    })
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        segment: row.get(0)?,
        offset: row.get(1)?,
        length: row.get(2)?,
    })
}

/// Makes the index of the survivors from their rows in the old one, and syncs all of the new
/// directory. The full text is made again by whoever indexes.
pub(crate) fn copy_rows(
    days: &Days,
    old: &Transaction<'_>,
    (day, spared): (Day, &Spared),
    places: &BTreeMap<i64, Place>,
) -> Result<(), StoreError> {
    let dir = days.thinned_dir(day);
    let path = dir.join("index.db");
    // Where this is not the first try, the rows of the one before are there.
    for file in ["index.db", "index.db-wal", "index.db-shm"] {
        absent_is_gone(fs::remove_file(dir.join(file)))?;
    }
    let new = Database::open(&path, DAY_SCHEMA)
        .map_err(|error| StoreError::Refused(error.to_string()))?;
    new.write(|new| {
        let ids = || places.keys().copied();
        copy_table(old, new, ("message", "id"), ids(), |_| Ok(true))?;
        let mut moved = new.prepare(
            "UPDATE message SET segment = ?2, offset = ?3, length = ?4, indexed = 0 WHERE id = ?1",
        )?;
        for (id, place) in places {
            moved.execute((id, &place.segment, place.offset, place.length))?;
        }
        copy_table(old, new, ("entry", "message"), ids(), |row| {
            let (account, message) = (row.get("account")?, row.get("message")?);
            Ok(spared.keeps(AccountId(account), message))
        })?;
        copy_table(old, new, ("reference", "message"), ids(), |_| Ok(true))
    })?;
    // Closed, the database is one file, with nothing beside it.
    drop(new);
    days.finish_thinned(day)?;
    Ok(())
}

/// Copies the rows whose `key` is one of `ids`, all columns of them, whatever they are.
fn copy_table(
    old: &Transaction<'_>,
    new: &Transaction<'_>,
    (table, key): (&str, &str),
    ids: impl Iterator<Item = i64>,
    keeps: impl Fn(&Row<'_>) -> rusqlite::Result<bool>,
) -> Result<(), StoreError> {
    let mut select = old.prepare(&format!("SELECT * FROM {table} WHERE {key} = ?1"))?;
    let columns = select.column_names().join(", ");
    let count = select.column_count();
    let marks = vec!["?"; count].join(", ");
    let mut insert = new.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({marks})"))?;
    for id in ids {
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            if keeps(row)? {
                let values = (0..count).map(|column| row.get(column));
                let values: Vec<Value> = values.collect::<Result<_, _>>()?;
                insert.execute(params_from_iter(values))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_a_day_is_copied_or_derived() {
        let dir = tempfile::tempdir().unwrap();
        let index = Database::open(&dir.path().join("index.db"), DAY_SCHEMA).unwrap();
        let tables: Vec<String> = index
            .read(|index| {
                let mut names = index
                    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
                let names = names.query_map([], |row| row.get(0))?;
                Ok(names.collect::<Result<_, _>>()?)
            })
            .unwrap();
        // Triggers fill folder_count. A new table must be copied above, and then named here.
        assert_eq!(tables, ["entry", "folder_count", "message", "reference"]);
    }
}
