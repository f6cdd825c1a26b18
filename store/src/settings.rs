//! Single values that belong to the data directory itself.

use rusqlite::{OptionalExtension, Transaction};

use crate::error::StoreError;

/// The key that seals the marker of re-injected mail.
pub(crate) const REPLAY_KEY: &str = "replay-key";

/// Reads a 32-byte key, making it when it is not there yet.
pub(crate) fn key(transaction: &Transaction<'_>, name: &str) -> Result<[u8; 32], StoreError> {
    let stored: Option<[u8; 32]> = transaction
        .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(key) = stored {
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
