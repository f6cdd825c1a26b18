//! Telling people that an emergency code was made for them: whoever makes one could use it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use crate::account::AccountId;
use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// The last code that was made for somebody who has not been told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeNotice {
    /// When.
    pub made_at: Timestamp,
    /// Who made it.
    pub made_by: String,
    /// When somebody came in with it.
    pub used_at: Option<Timestamp>,
}

impl Store {
    /// What `account` is to be told, once. For who came in with the password: a code may be in other
    /// hands.
    pub async fn take_code_notice(
        &self,
        account: AccountId,
    ) -> Result<Option<CodeNotice>, StoreError> {
        self.blocking(move |inner| {
            let sql = "SELECT made_at, made_by, used_at FROM code_notice WHERE account = ?1";
            let notice = inner.shadow.read(|shadow| {
                let notice = shadow.prepare_cached(sql)?.query_row([account.0], |row| {
                    Ok(CodeNotice {
                        made_at: columns::time(row, 0)?,
                        made_by: row.get(1)?,
                        used_at: columns::maybe_time(row, 2)?,
                    })
                });
                Ok(notice.optional()?)
            })?;
            if let Some(notice) = &notice {
                let of = (account.0, notice.made_at.as_millisecond());
                let told = "DELETE FROM code_notice WHERE account = ?1 AND made_at = ?2";
                inner.shadow.write(|shadow| Ok(shadow.execute(told, of)?))?;
            }
            Ok(notice)
        })
        .await
    }
}

/// A code was made: this is what is told from now on.
pub(crate) fn made(
    shadow: &Transaction<'_>,
    account: AccountId,
    (by, now): (&str, Timestamp),
) -> Result<(), StoreError> {
    shadow
        .prepare_cached(
            "INSERT INTO code_notice (account, made_at, made_by) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET made_at = excluded.made_at, made_by = excluded.made_by",
        )?
        .execute((account.0, now.as_millisecond(), by))?;
    Ok(())
}

/// Somebody came in with it.
pub(crate) fn used(
    shadow: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<(), StoreError> {
    shadow.execute(
        "UPDATE code_notice SET used_at = ?2 WHERE account = ?1",
        (account.0, now.as_millisecond()),
    )?;
    Ok(())
}

#[cfg(test)]
#[path = "code_notice_tests.rs"]
mod tests;
