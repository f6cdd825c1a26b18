//! What a monitor wants to know of a store, counted all at once.

use jiff::Timestamp;
use rusqlite::Transaction;

use crate::columns;
use crate::day::Day;
use crate::envelope::{Envelope, Source};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::queue::{Purpose, QueueState};
use crate::shadow::{Inner, Store};

/// How much there is of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Rows of the queue by purpose and state; what there is none of is left out.
    pub queue: Vec<(Purpose, QueueState, u64)>,
    /// Messages nobody has filed yet.
    pub unfiled: u64,
    /// Messages no owner is known of.
    pub unsorted: u64,
    /// Filed messages that the full text does not hold yet.
    pub unindexed: u64,
    /// Days that are kept.
    pub days: u64,
    /// Days that can not be read.
    pub days_unread: u64,
    /// When the newest journal copy came, as far as it is one of the newest
    /// [`limits::COPIES_LOOKED_AT_MAX`] messages of its day.
    pub newest_copy: Option<Timestamp>,
}

/// What there is on one day.
struct OfDay {
    unfiled: u64,
    unsorted: u64,
    unindexed: u64,
    newest_copy: Option<Timestamp>,
}

impl Store {
    /// Counts. It takes milliseconds, however much is kept, and some tens of them when the queue has
    /// a million rows.
    pub async fn stock(&self) -> Result<Stock, StoreError> {
        self.blocking(|inner| {
            let mut stock = Stock::default();
            // The newest day first: it has the newest copy.
            for day in inner.days.list()?.into_iter().rev() {
                inner.add_stock_of(day, &mut stock)?;
            }
            stock.days_unread = (inner.days.damaged().len() + inner.days.unread().len()) as u64;
            stock.queue = inner.shadow.read(queue)?;
            Ok(stock)
        })
        .await
    }
}

impl Inner {
    fn add_stock_of(&self, day: Day, stock: &mut Stock) -> Result<(), StoreError> {
        let is_copy_wanted = stock.newest_copy.is_none();
        let of_day = self.read_day(day, |index| {
            let count = |what: &str| {
                let sql = format!("SELECT count(*) FROM message WHERE {what}");
                index.query_row(&sql, [], |row| row.get::<_, u64>(0))
            };
            Ok(OfDay {
                unfiled: count("state = 'unfiled'")?,
                unsorted: count("state = 'unsorted'")?,
                unindexed: count("indexed = 0 AND state IN ('filed', 'unsorted')")?,
                newest_copy: if is_copy_wanted {
                    newest_copy(index, day)?
                } else {
                    None
                },
            })
        })?;
        stock.days += 1;
        if let Some(of_day) = of_day {
            stock.unfiled += of_day.unfiled;
            stock.unsorted += of_day.unsorted;
            stock.unindexed += of_day.unindexed;
            stock.newest_copy = stock.newest_copy.or(of_day.newest_copy);
        }
        Ok(())
    }
}

/// The newest messages are read until one is a copy, mostly the first.
fn newest_copy(index: &Transaction<'_>, day: Day) -> Result<Option<Timestamp>, StoreError> {
    let mut rows =
        index.prepare_cached("SELECT id, envelope FROM message ORDER BY id DESC LIMIT ?1")?;
    let mut rows = rows.query([limits::COPIES_LOOKED_AT_MAX])?;
    while let Some(row) = rows.next()? {
        let envelope: rusqlite::Result<Envelope> = columns::json(row, 1);
        if matches!(envelope, Ok(envelope) if envelope.source == Source::JournalCopy) {
            let id = MessageId::from_parts(day, row.get(0)?);
            return Ok(Some(id.arrived_at()));
        }
    }
    Ok(None)
}

fn queue(shadow: &Transaction<'_>) -> Result<Vec<(Purpose, QueueState, u64)>, StoreError> {
    let mut rows =
        shadow.prepare_cached("SELECT purpose, state, count(*) FROM queue GROUP BY 1, 2")?;
    let rows = rows.query_map([], |row| {
        Ok((columns::word(row, 0)?, columns::word(row, 1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod tests;
