//! When the days were first seen. The name of a day is what the clock said, right or wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Transaction;

use crate::columns;
use crate::day::Day;
use crate::error::StoreError;
use crate::settings;
use crate::shadow::Store;

impl Store {
    /// When each day was first seen by a clock that could be trusted, as it can be at `now`. Days
    /// that nobody has seen are seen now; in a store whose days nobody has ever looked at, their
    /// names are believed.
    ///
    /// Only `retention` may call this.
    pub async fn see_days(&self, now: Timestamp) -> Result<BTreeMap<Day, Timestamp>, StoreError> {
        self.blocking(move |inner| {
            let days = inner.days.list()?;
            inner.shadow.write(|shadow| {
                let mut seen = read(shadow)?;
                let is_first = seen.is_empty() && settings::aging_clock(shadow)?.is_none();
                for day in days {
                    let at = if is_first { day.start() } else { now };
                    // What was seen by a clock that had jumped ahead was seen by now at the latest.
                    if seen.get(&day).is_none_or(|before| *before > at) {
                        write(shadow, day, at)?;
                        seen.insert(day, at);
                    }
                }
                for (day, _) in seen.extract_if(.., |day, _| !inner.days.has(*day)) {
                    shadow.execute("DELETE FROM seen_day WHERE day = ?1", [day.to_string()])?;
                }
                Ok(seen)
            })
        })
        .await
    }
}

fn read(shadow: &Transaction<'_>) -> Result<BTreeMap<Day, Timestamp>, StoreError> {
    let mut rows = shadow.prepare_cached("SELECT day, at FROM seen_day")?;
    let rows = rows.query_map([], |row| {
        Ok((columns::parsed(row, 0)?, columns::time(row, 1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn write(shadow: &Transaction<'_>, day: Day, at: Timestamp) -> Result<(), StoreError> {
    shadow.execute(
        "INSERT INTO seen_day (day, at) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET at = excluded.at",
        (day.to_string(), at.as_millisecond()),
    )?;
    Ok(())
}
