//! What a restore brings back that lets somebody in: it may have been taken back since the backup.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Serialize;

use crate::audit::{self, AuditEvent};
use crate::error::StoreError;
use crate::shadow::Store;

/// How much of it there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WaysIn {
    /// Verifiers of passwords that were made here, also of people of whom all was forgotten since.
    pub verifiers: u64,
    /// Second factors, also of phones that are lost since.
    pub second_factors: u64,
    /// Break-glass administrators, also those that were removed or renewed since.
    pub break_glass: u64,
}

impl WaysIn {
    pub(super) fn count(shadow: &Transaction<'_>) -> Result<Self, StoreError> {
        let rows = |table: &str| -> Result<u64, StoreError> {
            let sql = format!("SELECT count(*) FROM {table}");
            Ok(shadow.query_row(&sql, [], |row| row.get(0))?)
        };
        Ok(Self {
            verifiers: rows("made_verifier")?,
            second_factors: rows("totp")?,
            break_glass: rows("break_glass")?,
        })
    }
}

impl Store {
    /// Forgets all verifiers that were made here, with a line in the audit log: everybody signs in once
    /// more while the directory answers. Gives how many there were.
    pub async fn forget_verifiers(&self, by: String, now: Timestamp) -> Result<usize, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let forgotten = shadow.execute("DELETE FROM made_verifier", [])?;
                let event = AuditEvent {
                    actor: by,
                    action: "forget",
                    object: "everybody".to_owned(),
                    detail: format!("{forgotten} verifiers"),
                    address: None,
                };
                audit::insert(shadow, &event, now)?;
                Ok(forgotten)
            })
        })
        .await
    }
}
