//! How many wrong passwords of an account the directory was shown: by all processes together, and
//! before the last start, so that it does not lock the account.

use std::time::Duration;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::error::StoreError;
use crate::shadow::Store;

/// How many may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownMax {
    /// So many.
    pub passwords: usize,
    /// Until so long after the last of them.
    pub window: Duration,
}

/// What came of a password that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownEnd {
    /// It was right: the directory counts anew.
    Right,
    /// It was wrong.
    Wrong,
    /// The directory did not count it.
    Uncounted,
}

impl Store {
    /// Whether one more password of `account` may be shown, which then counts as a wrong one.
    pub async fn show_password(
        &self,
        account: AccountId,
        most: ShownMax,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let now = now.as_millisecond();
        let window = i64::try_from(most.window.as_millis()).unwrap_or(i64::MAX);
        let passwords = i64::try_from(most.passwords).unwrap_or(i64::MAX);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                // Also what a clock wrote that was wrong.
                shadow
                    .prepare_cached("DELETE FROM shown_password WHERE abs(?1 - last_at) >= ?2")?
                    .execute([now, window])?;
                let shown = shadow
                    .prepare_cached(
                        "INSERT INTO shown_password (account, shown, last_at) VALUES (?1, 1, ?2)
                         ON CONFLICT (account) DO UPDATE SET shown = shown + 1, last_at = ?2
                             WHERE shown < ?3",
                    )?
                    .execute([account.0, now, passwords])?;
                Ok(shown == 1)
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
                    ShownEnd::Wrong => shadow
                        .prepare_cached("UPDATE shown_password SET last_at = ?2 WHERE account = ?1")?
                        .execute([account.0, now.as_millisecond()])?,
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

#[cfg(test)]
#[path = "shown_password_tests.rs"]
mod tests;
