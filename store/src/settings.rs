//! Single values that belong to the data directory itself.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};
use serde::de::DeserializeOwned;

use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// The key that seals the marker of re-injected mail.
pub(crate) const REPLAY_KEY: &str = "replay-key";

/// The time at which the schedule of aging last found the clock to be right.
const AGING_CLOCK: &str = "aging-clock";

impl Store {
    /// The time at which aging last trusted the clock; `None` in a new store.
    pub async fn aging_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.blocking(|inner| inner.shadow.read(aging_clock)).await
    }

    /// Says that the clock is right at `now`.
    ///
    /// Only `retention` may call this.
    pub async fn trust_aging_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| put(shadow, AGING_CLOCK, &now.as_millisecond().to_be_bytes()))
        })
        .await
    }
}

/// See [`Store::aging_clock`].
pub(crate) fn aging_clock(shadow: &Transaction<'_>) -> Result<Option<Timestamp>, StoreError> {
    time(shadow, AGING_CLOCK)
}

/// A time that was written in milliseconds.
pub(crate) fn time(shadow: &Transaction<'_>, name: &str) -> Result<Option<Timestamp>, StoreError> {
    let value = "SELECT value FROM setting WHERE name = ?1";
    let value = shadow.query_row(value, [name], |row| row.get(0));
    let stored: Option<[u8; 8]> = value.optional()?;
    let time = stored
        .map(i64::from_be_bytes)
        .map(Timestamp::from_millisecond);
    Ok(time.and_then(Result::ok))
}

/// A value that was written as JSON.
pub(crate) fn json<T: DeserializeOwned>(
    shadow: &Transaction<'_>,
    name: &str,
) -> Result<Option<T>, StoreError> {
    let value = "SELECT CAST(value AS TEXT) FROM setting WHERE name = ?1";
    let value = shadow.query_row(value, [name], |row| columns::json(row, 0));
    Ok(value.optional()?)
}

/// Writes a value.
pub(crate) fn put(shadow: &Transaction<'_>, name: &str, value: &[u8]) -> Result<(), StoreError> {
    shadow.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET value = excluded.value",
        (name, value),
    )?;
    Ok(())
}

/// Reads a 32-byte key that may not be there yet.
pub(crate) fn known_key(
    shadow: &Transaction<'_>,
    name: &str,
) -> Result<Option<[u8; 32]>, StoreError> {
    let value = "SELECT value FROM setting WHERE name = ?1";
    let value = shadow.query_row(value, [name], |row| row.get(0));
    Ok(value.optional()?)
}

/// Reads a 32-byte key, making it when it is not there yet.
pub(crate) fn key(transaction: &Transaction<'_>, name: &str) -> Result<[u8; 32], StoreError> {
    if let Some(key) = known_key(transaction, name)? {
        return Ok(key);
    }
    let key = random()?;
    transaction.execute(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)",
        (name, key),
    )?;
    Ok(key)
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
