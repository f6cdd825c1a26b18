//! The settled rows of the queue whose messages have aged.

use std::collections::BTreeSet;

use crate::day::Day;
use crate::decided;
use crate::error::StoreError;
use crate::limits;
use crate::shadow::Inner;

impl Inner {
    /// Removes the settled rows of messages that are gone, some at a time.
    pub(crate) fn remove_rows(&self, day: Day) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let messages: Vec<i64> = self.shadow.read(|shadow| {
                let mut rows = shadow.prepare_cached(
                    "SELECT DISTINCT message FROM queue WHERE day = ?1 AND message > ?2
                     ORDER BY message LIMIT ?3",
                )?;
                let key = (day.to_string(), after, limits::ROWS_DELETED_AT_ONCE_MAX);
                let rows = rows.query_map(key, |row| row.get(0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })?;
            let Some(last) = messages.last() else {
                return self.forget_decided(day);
            };
            after = *last;
            let alive = self.alive(day, &messages)?;
            self.shadow.write(|shadow| {
                let mut delete = shadow.prepare_cached(
                    "DELETE FROM queue WHERE day = ?1 AND message = ?2
                     AND state IN ('delivered', 'confirmed', 'written-off')",
                )?;
                for gone in messages.iter().filter(|it| !alive.contains(it)) {
                    delete.execute((day.to_string(), gone))?;
                }
                Ok(())
            })?;
        }
    }

    /// No record of a day that is gone is ever filed again.
    fn forget_decided(&self, day: Day) -> Result<(), StoreError> {
        if self.days.has(day) {
            return Ok(());
        }
        while self.shadow.write(|shadow| decided::forget(shadow, day))? > 0 {}
        Ok(())
    }

    /// Which of these messages the day has.
    fn alive(&self, day: Day, messages: &[i64]) -> Result<BTreeSet<i64>, StoreError> {
        let day = match self.days.at(day) {
            Ok(day) => day,
            Err(StoreError::Missing(_)) => return Ok(BTreeSet::new()),
            Err(other) => return Err(other),
        };
        day.index.read(|index| {
            let mut alive = BTreeSet::new();
            let mut exists = index.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?;
            for message in messages {
                if exists.exists([message])? {
                    alive.insert(*message);
                }
            }
            Ok(alive)
        })
    }
}
