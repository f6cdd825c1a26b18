//! Thinning: a day's directory made anew with only those messages that survive.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params_from_iter};

use crate::account::AccountId;
use crate::aging::{AgingStep, Reached};
use crate::database::{DAY_SCHEMA, Database};
use crate::day::Day;
use crate::days::{Days, OpenDay};
use crate::error::StoreError;
use crate::limits;
use crate::scan::Scan;
use crate::segment::{self, Place, Seal};
use crate::settings;
use crate::survivor::{Protection, Spared};
use crate::swap::absent_is_gone;

/// Bytes that are copied at once.
const PIECE_BYTES: usize = 1 << 20;

/// Copies the records of the survivors into new segments, syncs them and reads them again. Only the
/// heads of those that are whole become others. A record that is damaged is copied as it is: what is
/// left of it may be worth something to somebody. Of one whose segment is lost only the row is left,
/// and that stays as it is.
pub(crate) fn copy_records(
    days: &Days,
    day: &OpenDay,
    survivors: &BTreeMap<i64, Protection>,
    reached: Reached<'_>,
) -> Result<Copied, StoreError> {
    let dir = days.thinned_dir(day.day);
    absent_is_gone(fs::remove_dir_all(&dir))?;
    fs::create_dir(&dir)?;
    let ids: Vec<i64> = survivors.keys().copied().collect();
    let mut copied = Copied::default();
    let mut segment = Copy::begin(&dir)?;
    for some in ids.chunks(limits::BATCH_MESSAGES_MAX) {
        for (id, place) in places(day, some)? {
            if segment.length >= limits::SEGMENT_BYTES_MAX {
                segment.end()?;
                segment = Copy::begin(&dir)?;
            }
            let (place, state) = segment.copy(&day.dir, &place)?;
            copied.damaged += u64::from(state == State::Damaged);
            copied.places.insert(id, place);
        }
        reached(AgingStep::Copied(copied.places.len(), ids.len()))?;
    }
    segment.end()?;
    Ok(copied)
}

/// What became of the records of survivors.
#[derive(Default)]
pub(crate) struct Copied {
    /// Where they lie now.
    pub(crate) places: BTreeMap<i64, Place>,
    /// How many of them were damaged before, and still are.
    pub(crate) damaged: u64,
}

#[derive(PartialEq, Eq)]
enum State {
    Whole,
    Damaged,
}

/// A segment that takes records from others.
struct Copy {
    dir: PathBuf,
    name: String,
    file: BufWriter<File>,
    length: u64,
    /// Those that were whole where they came from.
    whole: Vec<Place>,
}

impl Copy {
    fn begin(dir: &Path) -> Result<Self, StoreError> {
        let name = Seal::name_of_copies(settings::random()?);
        let file = File::create_new(dir.join(&name))?;
        Ok(Self {
            dir: dir.to_owned(),
            name,
            file: BufWriter::with_capacity(PIECE_BYTES, file),
            length: 0,
            whole: Vec::new(),
        })
    }

    fn copy(&mut self, from: &Path, place: &Place) -> io::Result<(Place, State)> {
        let path = from.join(&place.segment);
        let seen = match Scan::one(&path, place) {
            // With the directory all of them would be lost, and then it is the disk that is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound && from.try_exists()? => {
                let path = path.display();
                tracing::error!("{path} is lost, and with it a record that should survive");
                return Ok((place.clone(), State::Damaged));
            }
            seen => seen?,
        };
        let to = (&mut self.file, Seal::new(&self.name, self.length));
        let length = segment::copy(&mut File::open(&path)?, place, to)?;
        let copied = Place {
            segment: self.name.clone(),
            offset: self.length,
            length,
        };
        self.length += length;
        match seen {
            Ok(_) => {
                self.whole.push(copied.clone());
                Ok((copied, State::Whole))
            }
            Err(fault) => {
                let path = path.display();
                tracing::error!("a record in {path} survives, but is damaged: {fault:?}");
                Ok((copied, State::Damaged))
            }
        }
    }

    /// Syncs the segment, and reads every record that was whole.
    fn end(self) -> Result<(), StoreError> {
        let file = self.file.into_inner().map_err(io::Error::from)?;
        file.sync_all()?;
        let path = self.dir.join(&self.name);
        for place in &self.whole {
            if let Err(fault) = Scan::one(&path, place)? {
                let why = format!("a record was not copied as it was: {fault:?}");
                return Err(StoreError::Damaged(path.display().to_string(), why));
            }
        }
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
        copy_table(old, new, ("reference", "message"), ids(), |_| Ok(true))?;
        copy_table(old, new, ("unknown_name", "message"), ids(), |_| Ok(true))
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
        assert_eq!(
            tables,
            [
                "entry",
                "folder_count",
                "message",
                "reference",
                // Of the segments that came in; copies are whole.
                "segment",
                "unknown_name"
            ]
        );
    }
}
