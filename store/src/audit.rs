//! The audit log: who did what to whose mail. Rows are only ever added.

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::Serialize;

use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// Something an auditor may ask about.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Who: an account's login, `shell:root`, or `shadowmail`.
    pub actor: String,
    /// What, one of a fixed set of words: `sign-in`, `sign-in-failed`, `sign-out`,
    /// `read-message`, `download`, `send`, `mode`, `resend`, `release`, `write-off`, `sync`, `sync-not-taken`,
    /// `hold`, `hold-release`, `aging`, `search`, `unsorted-list`, `unsorted-retry`,
    /// `unsorted-give`, `trace`, `code-made`, `code-used`, `forget`, `ready`, `ready-failed`,
    /// `remind`, `console-sign-in`, `console-sign-in-failed`, `console-password-failed`, `console-refused`,
    /// `console-sign-out`, `console-code-asked`, `console-code-failed`, `totp-set`,
    /// `totp-removed`, `console-sign-in-overtaken`, `console-sign-in-later`,
    /// `break-glass-made`, `break-glass-renewed`, `break-glass-removed`, `break-glass-used`,
    /// `break-glass-failed`, `alert-seen`, `alert-acknowledged`, `alert-snoozed`,
    /// `start-link-used`, `outbound-stop`, `outbound-go`, `undo`.
    pub action: &'static str,
    /// To what: a message id, an account's login, a queue row, what was searched for. May be
    /// empty.
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
        self.blocking(move |inner| inner.shadow.write(|shadow| insert(shadow, &event, now)))
            .await
    }

    /// Adds several lines, all or none.
    pub async fn audit_all(
        &self,
        events: Vec<AuditEvent>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let mut events = events.iter();
                events.try_for_each(|event| insert(shadow, event, now))
            })
        })
        .await
    }

    /// The newest lines first.
    pub async fn audit_log(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let sql = format!("{SELECT_ROW} ORDER BY number DESC LIMIT ?1");
                let mut rows = shadow.prepare_cached(&sql)?;
                let rows = rows.query_map([limit], audit_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }
}

impl AuditRow {
    /// What was done with any of these, the oldest first.
    pub(crate) fn of(
        shadow: &Transaction<'_>,
        objects: &[String],
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "{SELECT_ROW} WHERE object IN (SELECT value FROM json_each(?1)) ORDER BY number"
        );
        let mut rows = shadow.prepare_cached(&sql)?;
        let objects = serde_json::Value::from(objects).to_string();
        let rows = rows.query_map([objects], audit_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const SELECT_ROW: &str = "SELECT at, actor, action, object, detail, address FROM audit";

fn audit_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        at: columns::time(row, 0)?,
        actor: row.get(1)?,
        action: row.get(2)?,
        object: row.get(3)?,
        detail: row.get(4)?,
        address: row.get(5)?,
    })
}

/// Adds a line in the transaction of what it tells about.
pub(crate) fn insert(
    shadow: &Transaction<'_>,
    event: &AuditEvent,
    now: Timestamp,
) -> Result<(), StoreError> {
    shadow.execute(
        "INSERT INTO audit (at, actor, action, object, detail, address)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            now.as_millisecond(),
            &event.actor,
            event.action,
            &event.object,
            &event.detail,
            event.address.map(|address| address.to_string()),
        ),
    )?;
    Ok(())
}
