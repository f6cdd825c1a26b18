//! What administrators were told of alerts, and which of them somebody looks after.

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::Serialize;

use crate::alert_kind::AlertKind;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// What one way out has told last of one kind of alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertNotice {
    /// A webhook's name, or a mail address.
    pub way: String,
    /// Of what.
    pub kind: AlertKind,
    /// When that alert was raised.
    pub since: Timestamp,
    /// When it was told.
    pub told_at: Timestamp,
    /// How often.
    pub times: u32,
    /// That it is over was told.
    pub is_over: bool,
}

/// Somebody looks after an alert, so that nobody need be told of it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertQuiet {
    /// Which.
    pub kind: AlertKind,
    /// When that alert was raised: another one of the kind is told again.
    pub since: Timestamp,
    /// Until when; while it lasts if nothing.
    pub until: Option<Timestamp>,
    /// Who.
    pub by: String,
    /// When they said so.
    pub at: Timestamp,
}

impl AlertQuiet {
    /// Whether it keeps an alert of this kind, raised then, from being told at `now`.
    pub fn covers(&self, kind: AlertKind, since: Timestamp, now: Timestamp) -> bool {
        self.kind == kind && self.since == since && self.until.is_none_or(|until| now < until)
    }
}

impl Store {
    /// What was told, by all ways.
    pub async fn alert_notices(&self) -> Result<Vec<AlertNotice>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let mut rows = shadow.prepare_cached(
                    "SELECT way, kind, since, told_at, times, is_over FROM alert_notice",
                )?;
                let rows = rows.query_map([], notice)?;
                // Kinds that only another version knows are not told by this one.
                Ok(rows.filter_map(Result::ok).collect())
            })
        })
        .await
    }

    /// Writes down what was told.
    pub async fn note_alert_notice(&self, notice: AlertNotice) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "INSERT OR REPLACE INTO alert_notice (way, kind, since, told_at, times, is_over)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    (
                        &notice.way,
                        columns::to_word(&notice.kind)?,
                        notice.since.as_millisecond(),
                        notice.told_at.as_millisecond(),
                        notice.times,
                        notice.is_over,
                    ),
                )?;
                Ok(())
            })
        })
        .await
    }

    /// Somebody looks after an alert: it is not told again until then, or while it lasts. With a line in
    /// the audit log. `false` when there is no such alert.
    pub async fn quiet_alert(
        &self,
        kind: AlertKind,
        until: Option<Timestamp>,
        event: AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            let alerts = inner.alerts.list()?;
            let Some(alert) = alerts.iter().find(|it| it.kind == kind) else {
                return Ok(false);
            };
            inner.shadow.write(|shadow| {
                put_quiet(shadow, (kind, alert.since, until), (&event.actor, now))?;
                audit::insert(shadow, &event, now)
            })?;
            Ok(true)
        })
        .await
    }

    /// What somebody looks after, or once did.
    pub async fn alerts_quiet(&self) -> Result<Vec<AlertQuiet>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let mut rows = shadow
                    .prepare_cached("SELECT kind, since, until, by_whom, at FROM alert_quiet")?;
                let rows = rows.query_map([], quiet)?;
                Ok(rows.filter_map(Result::ok).collect())
            })
        })
        .await
    }
}

fn put_quiet(
    shadow: &Transaction<'_>,
    (kind, since, until): (AlertKind, Timestamp, Option<Timestamp>),
    (by, at): (&str, Timestamp),
) -> Result<(), StoreError> {
    shadow.execute(
        "INSERT OR REPLACE INTO alert_quiet (kind, since, until, by_whom, at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            columns::to_word(&kind)?,
            since.as_millisecond(),
            until.map(Timestamp::as_millisecond),
            by,
            at.as_millisecond(),
        ),
    )?;
    Ok(())
}

fn notice(row: &Row<'_>) -> rusqlite::Result<AlertNotice> {
    Ok(AlertNotice {
        way: row.get(0)?,
        kind: columns::word(row, 1)?,
        since: columns::time(row, 2)?,
        told_at: columns::time(row, 3)?,
        times: row.get(4)?,
        is_over: row.get(5)?,
    })
}

fn quiet(row: &Row<'_>) -> rusqlite::Result<AlertQuiet> {
    Ok(AlertQuiet {
        kind: columns::word(row, 0)?,
        since: columns::time(row, 1)?,
        until: columns::maybe_time(row, 2)?,
        by: row.get(3)?,
        at: columns::time(row, 4)?,
    })
}

#[cfg(test)]
#[path = "alert_notice_tests.rs"]
mod tests;
