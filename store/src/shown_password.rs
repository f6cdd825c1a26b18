//! How many wrong passwords of an account the directory was shown: by all processes together, and
//! before the last start, so that it does not lock the account.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use crate::account::AccountId;
use crate::error::StoreError;
use crate::shadow::Store;

/// How many may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownMax {
    /// So many.
    pub passwords: usize,
    /// Until so long after the last of them, as far as is known.
    pub window: Duration,
}

/// What came of a password that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownEnd {
    /// It was right: the directory counts anew.
    Right,
    /// It was wrong, and the directory counts it for so long.
    Wrong(Duration),
    /// The directory did not count it.
    Uncounted,
}

impl Store {
    /// The how manyth password of `account` this one would be, if it may be shown; it then counts as a
    /// wrong one.
    pub async fn show_password(
        &self,
        account: AccountId,
        most: ShownMax,
        now: Timestamp,
    ) -> Result<Option<usize>, StoreError> {
        if most.passwords == 0 {
            return Ok(None);
        }
        let now = now.as_millisecond();
        let window = milliseconds(most.window);
        let passwords = i64::try_from(most.passwords).unwrap_or(i64::MAX);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                // Also what a clock wrote that was wrong.
                shadow
                    .prepare_cached(
                        "DELETE FROM shown_password WHERE abs(?1 - last_at) >= window_ms",
                    )?
                    .execute([now])?;
                let shown = shadow
                    .prepare_cached(
                        "INSERT INTO shown_password (account, shown, last_at, window_ms)
                         VALUES (?1, 1, ?2, ?4)
                         ON CONFLICT (account) DO UPDATE SET shown = shown + 1, last_at = ?2,
                             window_ms = max(window_ms, ?4) WHERE shown < ?3
                         RETURNING shown",
                    )?
                    .query_row([account.0, now, passwords, window], |row| row.get(0));
                Ok(shown.optional()?)
            })
        })
        .await
    }

    /// What came of it.
    pub async fn password_shown(
        &self,
        account: AccountId,
        end: ShownEnd,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                match end {
                    ShownEnd::Right => shadow
                        .prepare_cached("DELETE FROM shown_password WHERE account = ?1")?
                        .execute([account.0])?,
                    ShownEnd::Wrong(window) => shadow
                        .prepare_cached(
                            "UPDATE shown_password SET last_at = ?2, window_ms = ?3 WHERE account = ?1",
                        )?
                        .execute([account.0, now.as_millisecond(), milliseconds(window)])?,
                    ShownEnd::Uncounted => shadow
                        .prepare_cached(
                            "UPDATE shown_password SET shown = max(shown - 1, 0) WHERE account = ?1",
                        )?
                        .execute([account.0])?,
                };
                Ok(())
            })
        })
        .await
    }
}

fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "shown_password_tests.rs"]
mod tests;
