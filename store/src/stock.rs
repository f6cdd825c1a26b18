//! What a monitor wants to know of a store, counted all at once.

use std::sync::PoisonError;

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
    /// When the newest journal copy came, as far as it was one of the newest
    /// [`limits::COPIES_LOOKED_AT_MAX`] messages when this process counted.
    pub newest_copy: Option<Timestamp>,
}

/// What there is on one day.
struct OfDay {
    unfiled: u64,
    unsorted: u64,
    unindexed: u64,
}

/// The newest journal copy that this process knows of, and which messages it has looked at for it.
#[derive(Clone, Copy, Default)]
pub(crate) struct NewestCopy {
    came: Option<Timestamp>,
    /// The newest of all that were looked at.
    seen_to: Option<MessageId>,
}

impl Store {
    /// Counts. It takes milliseconds, however much is kept, and some tens of them when the queue has
    /// a million rows, or when it is the first time.
    pub async fn stock(&self) -> Result<Stock, StoreError> {
        self.blocking(|inner| {
            let mut stock = Stock::default();
            let days = inner.days.list()?;
            for day in &days {
                inner.add_stock_of(*day, &mut stock)?;
            }
            stock.newest_copy = inner.newest_copy(&days)?;
            stock.days_unread = (inner.days.damaged().len() + inner.days.unread().len()) as u64;
            stock.queue = inner.shadow.read(queue)?;
            Ok(stock)
        })
        .await
    }
}

impl Inner {
    fn add_stock_of(&self, day: Day, stock: &mut Stock) -> Result<(), StoreError> {
        let of_day = self.read_day(day, |index| {
            let count = |what: &str| {
                let sql = format!("SELECT count(*) FROM message WHERE {what}");
                index.query_row(&sql, [], |row| row.get::<_, u64>(0))
            };
            Ok(OfDay {
                unfiled: count("state = 'unfiled'")?,
                unsorted: count("state = 'unsorted'")?,
                unindexed: count("indexed = 0 AND state IN ('filed', 'unsorted')")?,
            })
        })?;
        stock.days += 1;
        if let Some(of_day) = of_day {
            stock.unfiled += of_day.unfiled;
            stock.unsorted += of_day.unsorted;
            stock.unindexed += of_day.unindexed;
        }
        Ok(())
    }

    /// Looks only at what came since the last time, the newest first, until one is a copy.
    fn newest_copy(&self, days: &[Day]) -> Result<Option<Timestamp>, StoreError> {
        let mut known = self
            .newest_copy
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // What came at about the same time may have been kept a little later.
        let seen_to = known.seen_to.map(|id| {
            let before = id.arrived_at().checked_sub(limits::COPIES_LOOKED_AT_AGAIN);
            MessageId::new(before.unwrap_or(Timestamp::MIN), 0)
        });
        let mut looking = Looking {
            left: limits::COPIES_LOOKED_AT_MAX,
            newest: known.seen_to,
            copy: None,
        };
        let is_new = |day: &&Day| seen_to.is_none_or(|id| id.day() <= **day);
        for day in days.iter().rev().filter(is_new) {
            if looking.copy.is_some() || looking.left == 0 {
                break;
            }
            let after = seen_to.filter(|id| id.day() == *day);
            let after = after.map_or(i64::MIN, MessageId::number);
            self.read_day(*day, |index| looking.look(index, (*day, after)))?;
        }
        known.seen_to = looking.newest;
        let copy = looking.copy.map(MessageId::arrived_at);
        known.came = known.came.max(copy);
        Ok(known.came)
    }
}

/// A look for the newest copy, day by day.
struct Looking {
    /// How many messages may still be looked at.
    left: usize,
    /// The newest message of all that were.
    newest: Option<MessageId>,
    copy: Option<MessageId>,
}

impl Looking {
    fn look(
        &mut self,
        index: &Transaction<'_>,
        (day, after): (Day, i64),
    ) -> Result<(), StoreError> {
        let mut rows = index.prepare_cached(
            "SELECT id, envelope FROM message WHERE id > ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let mut rows = rows.query((after, self.left))?;
        while let Some(row) = rows.next()? {
            let id = MessageId::from_parts(day, row.get(0)?);
            self.left -= 1;
            self.newest = self.newest.max(Some(id));
            let envelope: rusqlite::Result<Envelope> = columns::json(row, 1);
            if matches!(envelope, Ok(envelope) if envelope.source == Source::JournalCopy) {
                self.copy = Some(id);
                break;
            }
        }
        Ok(())
    }
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
