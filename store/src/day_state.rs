//! How much of a day is settled.

use rusqlite::Transaction;

use crate::day::Day;
use crate::error::StoreError;
use crate::shadow::Store;

/// What `retention` must know about a day to decide whether it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayState {
    /// Which day.
    pub day: Day,
    /// Messages of it that something is still owed for, or that nobody has filed yet.
    pub unsettled: u64,
    /// Only what survived its limit is left of it.
    pub thinned: bool,
}

impl Store {
    /// All days that can be read, oldest first.
    pub async fn days(&self) -> Result<Vec<DayState>, StoreError> {
        self.blocking(|inner| {
            let mut states = Vec::new();
            for day in inner.days.list()? {
                let Some(unfiled) = inner.read_day(day, unfiled)? else {
                    continue;
                };
                let (owed, thinned) = inner
                    .shadow
                    .read(|shadow| Ok((owed(shadow, day)?, is_thinned(shadow, day)?)))?;
                states.push(DayState {
                    day,
                    unsettled: unfiled + owed,
                    thinned,
                });
            }
            Ok(states)
        })
        .await
    }
}

/// How many messages of a day nobody has filed yet.
pub(crate) fn unfiled(index: &Transaction<'_>) -> Result<u64, StoreError> {
    let count = "SELECT count(*) FROM message WHERE state = 'unfiled'";
    Ok(index.query_row(count, [], |row| row.get(0))?)
}

pub(crate) fn is_thinned(shadow: &Transaction<'_>, day: Day) -> Result<bool, StoreError> {
    let is_thinned = "SELECT EXISTS (SELECT 1 FROM thinned_day WHERE day = ?1)";
    Ok(shadow.query_row(is_thinned, [day.to_string()], |row| row.get(0))?)
}

fn owed(shadow: &Transaction<'_>, day: Day) -> Result<u64, StoreError> {
    let count = "SELECT count(DISTINCT message) FROM queue
        WHERE day = ?1 AND state NOT IN ('delivered', 'confirmed', 'written-off')";
    Ok(shadow.query_row(count, [day.to_string()], |row| row.get(0))?)
}
