//! Filling the new index: rows from records, everything else from the old index.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{ErrorCode, Transaction, params_from_iter};

use super::exists;
use super::home::{Days, Home, Others, home};
use super::old::{
    ENTRY, MESSAGE, MESSAGE_IDS, OldIndex, OldRow, REFERENCE, Readable, Table, UNKNOWN_NAME,
};
use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::regained;
use crate::scan::{Found, Scan, Whole};
use crate::segment::{Head, Place, counts_without_rows};
use crate::verify::segments;

/// What the new index holds.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) messages: u64,
    pub(super) unfiled: u64,
    pub(super) left_out: u64,
    /// Messages whose entries may not all be known: copies of them must be filed again.
    pub(super) lost: BTreeSet<i64>,
    /// Messages that only their rows tell of.
    without_record: BTreeSet<i64>,
}

/// Fills the new index of a day.
pub(super) fn over(
    index: &Transaction<'_>,
    (day, dir): (Day, &Path),
    old: &mut OldIndex,
) -> Result<Carried, StoreError> {
    let mut carried = Carried::default();
    for (segment, _) in segments(dir)? {
        let mut filling = Filling {
            index,
            old,
            day,
            segment: &segment,
            committed: 0,
            loose: Vec::new(),
            carried: &mut carried,
        };
        filling.take_segment(&dir.join(&segment))?;
    }
    rows_without_record(index, (day, old), &mut carried)?;
    let days = Days::new(dir.parent().unwrap_or(dir));
    if !copy(index, old, &ENTRY)? {
        // Nobody knows whose entries are missing, so all messages are filed again. What could be
        // read stays, with its flags.
        let again = filed_again(index, (day, &days), &carried.without_record)?;
        carried.lost.extend(again);
    }
    copy(index, old, &REFERENCE)?;
    copy(index, old, &UNKNOWN_NAME)?;
    unfile_orphans(index, (day, &days), &carried.lost)?;
    let count = "SELECT count(*), count(*) FILTER (WHERE state = 'unfiled') FROM message";
    (carried.messages, carried.unfiled) =
        index.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(carried)
}

/// One segment on its way into the index.
struct Filling<'a> {
    index: &'a Transaction<'a>,
    old: &'a OldIndex,
    day: Day,
    segment: &'a str,
    /// The batch of the last record that has a row; 0 where records do not say it.
    committed: u32,
    /// Whole records without a row in a sound old index, since the last one that has one.
    loose: Vec<(MessageId, Place, Whole)>,
    carried: &'a mut Carried,
}

impl Filling<'_> {
    fn take_segment(&mut self, path: &Path) -> Result<(), StoreError> {
        let mut scan = Scan::open(path)?;
        while let Some(found) = scan.next()? {
            self.take(found)?;
        }
        if counts_without_rows(self.segment) {
            self.take_loose()?;
            return regained::reach(self.index, self.segment, scan.end());
        }
        // A segment is appended to again only when the rows of its last batch are there. So at its
        // end the last batch may have been cut, and nobody was told 250 for it; not one before.
        let last = self.loose.last().map_or(0, |it| it.2.header.batch);
        let committed = self.committed;
        let was_cut = |it: &mut (MessageId, Place, Whole)| {
            let batch = it.2.header.batch;
            batch == 0 || (batch == last && batch != committed && batch != Head::COMMITTED)
        };
        self.carried.left_out += self.loose.extract_if(.., was_cut).count() as u64;
        self.take_loose()
    }

    fn take(&mut self, found: Found) -> Result<(), StoreError> {
        let Ok(whole) = found.record else {
            self.carried.left_out += 1;
            return Ok(());
        };
        let id = whole.header.id.parse::<MessageId>();
        let Some(id) = id.ok().filter(|id| id.day() == self.day) else {
            self.carried.left_out += 1;
            return Ok(());
        };
        let place = Place {
            segment: self.segment.to_owned(),
            offset: found.offset,
            length: found.length,
        };
        match self.old.row(id.number()) {
            OldRow::None => self.loose.push((id, place, whole)),
            OldRow::Readable(row) if row.place.is_same_start(&place) => {
                self.take_loose()?;
                self.committed = whole.header.batch;
                let is_carried = row.keeps_the_rules()
                    && row.fits(&place, &whole)
                    && insert(self.index, &row.values)?;
                if !is_carried {
                    self.make_row((id, &place, &whole))?;
                }
            }
            // The row points at another record with this name; that one is taken.
            OldRow::Readable(_) if self.old.is_sound() => self.carried.left_out += 1,
            OldRow::Readable(_) | OldRow::Unreadable => {
                self.take_loose()?;
                self.make_row((id, &place, &whole))?;
            }
        }
        Ok(())
    }

    /// What lies before a record that has a row was committed, and has lost its own.
    fn take_loose(&mut self) -> Result<(), StoreError> {
        for (id, place, whole) in std::mem::take(&mut self.loose) {
            self.make_row((id, &place, &whole))?;
        }
        Ok(())
    }

    /// A row as keeping writes it.
    fn make_row(
        &mut self,
        (id, place, whole): (MessageId, &Place, &Whole),
    ) -> Result<(), StoreError> {
        let envelope =
            serde_json::to_string(&whole.header.envelope).map_err(std::io::Error::from)?;
        let inserted = self
            .index
            .prepare_cached(
                "INSERT OR IGNORE INTO message
                     (id, segment, offset, length, size, envelope, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'unfiled')",
            )?
            .execute((
                id.number(),
                &place.segment,
                place.offset,
                place.length,
                whole.size,
                envelope,
            ))?;
        if inserted == 1 {
            self.carried.lost.insert(id.number());
        }
        Ok(())
    }
}

impl Place {
    fn is_same_start(&self, other: &Self) -> bool {
        self.segment == other.segment && self.offset == other.offset
    }
}

impl Readable {
    /// Whether it says what the record says.
    fn fits(&self, place: &Place, whole: &Whole) -> bool {
        self.place == *place
            && self.size == whole.size
            && self.envelope.as_ref() == Some(&whole.header.envelope)
    }

    /// Whether filing could have written it.
    fn keeps_the_rules(&self) -> bool {
        let content = match self.content {
            (None, None) => true,
            (Some(start), Some(end)) => start <= end && end <= self.size,
            _ => false,
        };
        let into = self.merged_into.as_ref().map(|id| id.parse::<MessageId>());
        content
            && match self.state.as_str() {
                "unfiled" | "filed" | "unsorted" => into.is_none(),
                "merged" => matches!(into, Some(Ok(_))),
                _ => false,
            }
    }
}

/// Messages whose record is damaged or gone keep their row: it says what was lost, and to whom.
fn rows_without_record(
    index: &Transaction<'_>,
    (day, old): (Day, &OldIndex),
    carried: &mut Carried,
) -> Result<(), StoreError> {
    old.each(&MESSAGE_IDS, |values| {
        let Some(Value::Integer(number)) = values.first() else {
            return Ok(());
        };
        let id = MessageId::from_parts(day, *number);
        if exists(index, *number)? {
            return Ok(());
        }
        match old.row(*number) {
            OldRow::Readable(row)
                if row.keeps_the_rules()
                    && row.envelope.is_some()
                    && insert(index, &row.values)? =>
            {
                tracing::warn!(message.id = %id, "the record of message {id} is damaged or gone; its row stays");
                carried.without_record.insert(*number);
            }
            _ => carried.left_out += 1,
        }
        Ok(())
    })?;
    Ok(())
}

/// `false` when a value is none that its column takes, which is damage like any other.
fn insert(index: &Transaction<'_>, values: &[Value]) -> Result<bool, StoreError> {
    let sql = insert_sql("message", MESSAGE);
    let inserted = index
        .prepare_cached(&sql)?
        .execute(params_from_iter(values));
    match inserted {
        Ok(inserted) => Ok(inserted == 1),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

fn insert_sql(table: &str, columns: &str) -> String {
    let values = vec!["?"; columns.split(',').count()].join(", ");
    format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({values})")
}

/// Copies what belongs to messages of the new index; `false` when some may be missing.
fn copy(index: &Transaction<'_>, old: &OldIndex, table: &Table) -> Result<bool, StoreError> {
    let sql = insert_sql(table.name, table.columns);
    let column = table.columns.split(", ").position(|it| it == "message");
    old.each(table, |values| {
        let message = column.and_then(|column| values.get(column));
        let Some(Value::Integer(message)) = message else {
            return Ok(());
        };
        if exists(index, *message)? {
            // A value that its column does not take is damage; the row is left out.
            let _ = index
                .prepare_cached(&sql)?
                .execute(params_from_iter(&values));
        }
        Ok(())
    })
}

/// Lets all messages be filed again that have a record. Gives those that had entries of their own.
///
/// A copy of a message that has aged stays one: what was owed for it was settled with that message,
/// and filed as a mail of its own it would be owed once more.
fn filed_again(
    index: &Transaction<'_>,
    (day, days): (Day, &Days<'_>),
    without_record: &BTreeSet<i64>,
) -> Result<Vec<i64>, StoreError> {
    let mut homes = Vec::new();
    let mut again = Vec::new();
    let mut others = Others::default();
    for row in states(index)? {
        let (number, into) = row;
        if without_record.contains(&number) {
            continue;
        }
        match into {
            None => {
                homes.push(number);
                again.push(number);
            }
            Some(into) => {
                let home = if into.day() == day {
                    home(index, into)?
                } else {
                    others.home(days, into)
                };
                if !days.has_aged(into.day(), home) {
                    again.push(number);
                }
            }
        }
    }
    unfile(index, &again)?;
    Ok(homes)
}

/// Lets those copies be filed again whose home is lost, or is not there and has not aged, or is a
/// copy itself.
fn unfile_orphans(
    index: &Transaction<'_>,
    (day, days): (Day, &Days<'_>),
    lost: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let mut orphans = Vec::new();
    let mut others = Others::default();
    for (number, into) in states(index)? {
        let is_orphan = match into {
            None => false,
            Some(into) => {
                let (home, is_lost) = if into.day() == day {
                    (home(index, into)?, lost.contains(&into.number()))
                } else {
                    (others.home(days, into), false)
                };
                match home {
                    Home::Absent => !days.has_aged(into.day(), home),
                    Home::Copy => true,
                    Home::Present | Home::Unknown => is_lost,
                }
            }
        };
        if is_orphan {
            orphans.push(number);
        }
    }
    unfile(index, &orphans)
}

/// Lets those copies on another day be filed again whose home on `day` is lost, or is not one of
/// its messages.
pub(super) fn unfile_copies(
    index: &Transaction<'_>,
    day: Day,
    is_lost: impl Fn(i64) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut copies = Vec::new();
    for (number, into) in states(index)? {
        if let Some(into) = into
            && into.day() == day
            && is_lost(into.number())?
        {
            copies.push(number);
        }
    }
    unfile(index, &copies)
}

/// All messages, and what they are merged into.
fn states(index: &Transaction<'_>) -> Result<Vec<(i64, Option<MessageId>)>, StoreError> {
    let mut states = index.prepare("SELECT id, merged_into FROM message")?;
    let states = states.query_map([], |row| {
        let into: Option<String> = row.get(1)?;
        Ok((row.get(0)?, into.and_then(|into| into.parse().ok())))
    })?;
    Ok(states.collect::<Result<_, _>>()?)
}

fn unfile(index: &Transaction<'_>, messages: &[i64]) -> Result<(), StoreError> {
    let mut unfile =
        index.prepare("UPDATE message SET state = 'unfiled', merged_into = NULL WHERE id = ?1")?;
    for message in messages {
        unfile.execute([message])?;
    }
    Ok(())
}
