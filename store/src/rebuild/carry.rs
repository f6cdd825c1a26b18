//! Filling the new index: rows from records, everything else from the old index.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Transaction, params_from_iter};

use super::exists;
use super::old::{ENTRY, MESSAGE, MESSAGE_IDS, OldIndex, OldRow, REFERENCE, Readable, Table};
use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::scan::{Found, Scan, Whole};
use crate::segment::Place;
use crate::verify::segments;

/// What the new index holds.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) messages: u64,
    pub(super) unfiled: u64,
    pub(super) left_out: u64,
    /// Messages whose entries may not all be known: copies of them must be filed again.
    pub(super) lost: BTreeSet<i64>,
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
    if !copy(index, old, &ENTRY)? {
        // Nobody knows whose entries are missing, so all messages are filed again. What could be
        // read stays, with its flags.
        carried.lost.extend(filed_again(index)?);
    }
    copy(index, old, &REFERENCE)?;
    unfile_copies(index, (day, &carried.lost))?;
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
        // A segment is appended to again only when the rows of its last batch are there. So at its
        // end the last batch may have been cut, and nobody was told 250 for it; not one before.
        let last = self.loose.last().map_or(0, |it| it.2.header.batch);
        let committed = self.committed;
        let was_cut = |it: &mut (MessageId, Place, Whole)| {
            let batch = it.2.header.batch;
            batch == 0 || (batch == last && batch != committed)
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
                if row.keeps_the_rules() && row.fits(&place, &whole) {
                    insert(self.index, &row.values)?;
                } else {
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
            OldRow::Readable(row) if row.keeps_the_rules() && row.envelope.is_some() => {
                tracing::warn!(message.id = %id, "the record of message {id} is damaged or gone; its row stays");
                insert(index, &row.values)
            }
            _ => {
                carried.left_out += 1;
                Ok(())
            }
        }
    })?;
    Ok(())
}

fn insert(index: &Transaction<'_>, values: &[Value]) -> Result<(), StoreError> {
    let sql = insert_sql("message", MESSAGE);
    index
        .prepare_cached(&sql)?
        .execute(params_from_iter(values))?;
    Ok(())
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

/// Lets all messages be filed again. Gives those that had entries of their own.
fn filed_again(index: &Transaction<'_>) -> Result<Vec<i64>, StoreError> {
    let homes = {
        let mut homes = index.prepare("SELECT id FROM message WHERE state <> 'merged'")?;
        let homes = homes.query_map([], |row| row.get(0))?;
        homes.collect::<Result<_, _>>()?
    };
    index.execute(
        "UPDATE message SET state = 'unfiled', merged_into = NULL",
        [],
    )?;
    Ok(homes)
}

/// Lets those be filed again that are merged into a message of a day that has lost its entries,
/// or that is not there any more. Gives how many.
pub(super) fn unfile_copies(
    index: &Transaction<'_>,
    (day, lost): (Day, &BTreeSet<i64>),
) -> Result<u64, StoreError> {
    let mut copies = Vec::new();
    {
        let mut merged = index.prepare(
            "SELECT id, merged_into FROM message WHERE state = 'merged' AND merged_into >= ?1
                 AND merged_into < ?2",
        )?;
        let prefix = day.compact();
        let mut rows = merged.query((format!("{prefix}-"), format!("{prefix}.")))?;
        while let Some(row) = rows.next()? {
            let (copy, into): (i64, String) = (row.get(0)?, row.get(1)?);
            let into = into.parse::<MessageId>();
            if into.is_ok_and(|into| lost.contains(&into.number())) {
                copies.push(copy);
            }
        }
    }
    let mut unfile =
        index.prepare("UPDATE message SET state = 'unfiled', merged_into = NULL WHERE id = ?1")?;
    for copy in &copies {
        unfile.execute([copy])?;
    }
    Ok(copies.len() as u64)
}
