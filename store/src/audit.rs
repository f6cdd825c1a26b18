//! The audit log: who did what to whose mail. Rows are only ever added.

use jiff::Timestamp;
use serde::Serialize;

use crate::error::StoreError;
use crate::shadow::Store;

/// Something an auditor may ask about.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Who: an account's login, `shell:root`, or `shadowmail`.
    pub actor: String,
    /// What, one of a fixed set of words: `sign-in`, `sign-in-failed`, `sign-out`,
    /// `read-message`, `download`, `send`, `mode`, `resend`, `release`, `write-off`, `sync`.
    pub action: &'static str,
    /// To what: a message id, an account's login, a queue row. May be empty.
    pub object: String,
    /// Whatever else helps: whose mailbox, which reason. Never a subject or a body.
    pub detail: String,
    /// Where from.
    pub address: Option<std::net::IpAddr>,
}

/// A line of the log.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub object: String,
    /// Whatever else helps.
    pub detail: String,
    /// Where from.
    pub address: Option<String>,
}

impl Store {
    /// Adds a line.
    pub async fn audit(&self, event: AuditEvent, now: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// The newest lines first.
    pub async fn audit_log(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        todo!()
    }
}
