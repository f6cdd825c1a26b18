//! Alerts: what an administrator must know about while it lasts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::Serialize;

use crate::alert_kind::AlertKind;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::database::{Database, SHADOW_SCHEMA};
use crate::error::StoreError;
use crate::inspect;
use crate::shadow::Store;

/// One thing that lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// What it is.
    pub kind: AlertKind,
    /// When it was raised.
    pub since: Timestamp,
    /// When its words last changed.
    pub changed_at: Timestamp,
    /// What was seen and what to do.
    pub words: String,
}

impl Store {
    /// Raises an alert, or gives one that lasts its present words. Logged when it is raised, not
    /// when it goes on. It can not fail: where the disk itself is the trouble no row can be
    /// written, and the line in the log must come all the same.
    pub async fn raise_alert(&self, kind: AlertKind, words: &str, now: Timestamp) {
        let words = words.to_owned();
        let raised = self.blocking(move |inner| {
            inner.alerts.raise(kind, &words, now);
            Ok(())
        });
        if raised.await.is_err() {
            tracing::error!(alert = %kind, "an alert came while the store was closing");
        }
    }

    /// Says that it is over; does nothing when it was not raised.
    pub async fn clear_alert(&self, kind: AlertKind) {
        let cleared = self.blocking(move |inner| {
            inner.alerts.clear(kind);
            Ok(())
        });
        if cleared.await.is_err() {
            tracing::debug!(alert = %kind, "an alert was over while the store was closing");
        }
    }

    /// Somebody has seen what an alert tells of: it is over, with a line in the audit log. For alerts of
    /// what happened ([`AlertKind::is_event`]); others end when their cause does. `false` when there
    /// was none.
    pub async fn see_alert(
        &self,
        kind: AlertKind,
        event: AuditEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            let is_raised = inner.alerts.list()?.iter().any(|it| it.kind == kind);
            if !is_raised || !kind.is_event() {
                return Ok(false);
            }
            inner
                .shadow
                .write(|shadow| audit::insert(shadow, &event, now))?;
            inner.alerts.clear(kind);
            Ok(true)
        })
        .await
    }

    /// What lasts now, the oldest first: in whichever process it was seen, and in this one also
    /// what could not be written down.
    pub async fn alerts(&self) -> Result<Vec<Alert>, StoreError> {
        self.blocking(|inner| inner.alerts.list()).await
    }
}

/// Takes the alert about damage back after [`crate::verify`] found none. It opens no [`Store`]: that
/// would bring all databases to the newest schema, while an older server may be running on them.
/// Where there is no such alert nothing is written. Refuses to change what another version made.
pub async fn clear_damage(data_dir: &Path) -> Result<(), StoreError> {
    let path = data_dir.join("shadow.db");
    let cleared = tokio::task::spawn_blocking(move || {
        let shadow = inspect::open(&path)?;
        let kind = columns::to_word(&AlertKind::DayDamaged)?;
        let is_raised = "SELECT EXISTS (SELECT 1 FROM alert WHERE kind = ?1)";
        let is_raised = shadow.query_row(is_raised, [&kind], |row| row.get::<_, bool>(0));
        if inspect::schema(&shadow)? != SHADOW_SCHEMA.len() {
            // The first version had no alerts.
            return if is_raised.unwrap_or(false) {
                let why =
                    "another version made shadow.db; let that one verify, or start the server";
                Err(StoreError::Refused(why.to_owned()))
            } else {
                Ok(())
            };
        }
        if is_raised? {
            shadow.pragma_update(None, "query_only", "OFF")?;
            shadow.execute("DELETE FROM alert WHERE kind = ?1", [kind])?;
        }
        Ok(())
    });
    cleared.await.map_err(|_| StoreError::Closed)?
}

/// The alerts of a data directory as one process sees them.
pub(crate) struct Alerts {
    shadow: Arc<Database>,
    /// What this process said in the log and could not write down.
    unwritten: Mutex<BTreeMap<AlertKind, Alert>>,
}

impl Alerts {
    pub(crate) fn new(shadow: Arc<Database>) -> Self {
        Self {
            shadow,
            unwritten: Mutex::default(),
        }
    }

    /// See [`Store::raise_alert`].
    pub(crate) fn raise(&self, kind: AlertKind, words: &str, now: Timestamp) {
        let mut unwritten = self.unwritten();
        let was_said = unwritten.contains_key(&kind);
        if kind == AlertKind::ShadowDamaged {
            // Nothing more is written into it.
            if !was_said {
                tracing::error!(alert = %kind, "{words}");
            }
            return note(&mut unwritten, kind, words, now);
        }
        match self.write_down(kind, words, now) {
            Ok(is_new) => {
                unwritten.remove(&kind);
                if is_new && !was_said {
                    tracing::error!(alert = %kind, "{words}");
                }
            }
            Err(error) => {
                if !was_said {
                    tracing::error!(alert = %kind, "{words}");
                    tracing::warn!(alert = %kind, "an alert can not be written down: {error}");
                }
                note(&mut unwritten, kind, words, now);
            }
        }
    }

    /// See [`Store::clear_alert`].
    pub(crate) fn clear(&self, kind: AlertKind) {
        let was_unwritten = self.unwritten().remove(&kind).is_some();
        match self.remove(kind) {
            Ok(was_written) if was_written || was_unwritten => {
                tracing::info!(alert = %kind, "the alert {kind} is over");
            }
            Ok(_) => {}
            // Whoever sees next that all is well tries again.
            Err(error) => tracing::warn!(alert = %kind, "the alert {kind} stays: {error}"),
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<Alert>, StoreError> {
        let unwritten = self.unwritten().clone();
        let mut alerts = match self.read() {
            Ok(alerts) => alerts,
            // What is known is worth more than why the rest is not.
            Err(_) if !unwritten.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
        for (kind, alert) in unwritten {
            if alerts.iter().all(|written| written.kind != kind) {
                alerts.push(alert);
            }
        }
        alerts.sort_by_key(|alert| (alert.since, alert.kind));
        Ok(alerts)
    }

    fn read(&self) -> Result<Vec<Alert>, StoreError> {
        self.shadow.read(|shadow| {
            let mut rows =
                shadow.prepare_cached("SELECT kind, since, changed_at, words FROM alert")?;
            let rows = rows.query_map([], |row| {
                Ok(Alert {
                    kind: columns::word(row, 0)?,
                    since: columns::time(row, 1)?,
                    changed_at: columns::time(row, 2)?,
                    words: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Whether it is new. What already stands there costs no write.
    fn write_down(&self, kind: AlertKind, words: &str, now: Timestamp) -> Result<bool, StoreError> {
        let word = columns::to_word(&kind)?;
        if self.present(&word)?.as_deref() == Some(words) {
            return Ok(false);
        }
        self.shadow.write(|shadow| {
            let changed = shadow.execute(
                "UPDATE alert SET words = ?2, changed_at = ?3 WHERE kind = ?1",
                (&word, words, now.as_millisecond()),
            )?;
            if changed == 0 {
                shadow.execute(
                    "INSERT INTO alert (kind, since, changed_at, words) VALUES (?1, ?2, ?2, ?3)",
                    (&word, now.as_millisecond(), words),
                )?;
            }
            Ok(changed == 0)
        })
    }

    /// Whether it stood there.
    fn remove(&self, kind: AlertKind) -> Result<bool, StoreError> {
        let word = columns::to_word(&kind)?;
        if self.present(&word)?.is_none() {
            return Ok(false);
        }
        self.shadow
            .write(|shadow| Ok(shadow.execute("DELETE FROM alert WHERE kind = ?1", [word])? > 0))
    }

    fn present(&self, word: &str) -> Result<Option<String>, StoreError> {
        self.shadow.read(|shadow| {
            let mut words = shadow.prepare_cached("SELECT words FROM alert WHERE kind = ?1")?;
            Ok(words.query_row([word], |row| row.get(0)).optional()?)
        })
    }

    fn unwritten(&self) -> std::sync::MutexGuard<'_, BTreeMap<AlertKind, Alert>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn note(alerts: &mut BTreeMap<AlertKind, Alert>, kind: AlertKind, words: &str, now: Timestamp) {
    let alert = alerts.entry(kind).or_insert(Alert {
        kind,
        since: now,
        changed_at: now,
        words: String::new(),
    });
    if alert.words != words {
        words.clone_into(&mut alert.words);
        alert.changed_at = now;
    }
}

#[cfg(test)]
#[path = "alert_tests.rs"]
mod tests;
