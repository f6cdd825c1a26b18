//! The days of the store, and how they go.

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
}

impl Store {
    /// All days, oldest first.
    pub async fn days(&self) -> Result<Vec<DayState>, StoreError> {
        todo!()
    }

    /// Deletes a day with all its mail. Refuses while something of it is unsettled. The rows
    /// that point into it go first; a deletion cut short is finished at the next start.
    ///
    /// Only `retention` may call this.
    pub async fn drop_day(&self, day: Day) -> Result<(), StoreError> {
        todo!()
    }
}
