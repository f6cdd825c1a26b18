//! The mode and its history. What may become what is decided in `continuity`; here it is
//! written down, once, even if two administrators press at the same moment.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::queue;
use crate::scope::{self, Scope};
use crate::shadow::Store;

/// What Shadowmail is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The primary works: the webmail is locked, aging runs.
    Normal,
    /// The primary is down: the webmail is open, aging stands still, nothing is handed back.
    Emergency,
    /// The primary is back: what it missed is handed back, the webmail only reads.
    Recovery,
    /// A rehearsal: the webmail is open for those who take part, and what they write reaches nobody
    /// else. All the rest goes on as in normal times.
    Drill,
}

impl Mode {
    /// Every mode there is.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Emergency, Self::Recovery, Self::Drill];

    /// Whether mail ages: not while people may need what the primary has lost.
    pub fn ages(self) -> bool {
        matches!(self, Self::Normal | Self::Drill)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Normal => "normal",
            Self::Emergency => "emergency",
            Self::Recovery => "recovery",
            Self::Drill => "drill",
        })
    }
}

/// One line of the history; the newest one is the present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModeChange {
    /// Grows with every change.
    pub number: i64,
    /// What it became.
    pub mode: Mode,
    /// When.
    pub since: Timestamp,
    /// Who did it: an account's login, `shell:root`, or `shadowmail` for what it did by itself.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was expected to end. Nothing ends by itself.
    pub expected_end: Option<Timestamp>,
    /// For whom. In [`Mode::Normal`] it says nothing.
    pub scope: Scope,
}

/// A change of mode did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ModeError {
    /// Somebody else changed it first; here is what it is now.
    #[error("the mode was changed to {} by {} in the meantime", .0.mode, .0.by)]
    Overtaken(ModeChange),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// What the mode is, since when, by whom and why. A new store is in [`Mode::Normal`].
    pub async fn mode(&self) -> Result<ModeChange, StoreError> {
        self.blocking(|inner| inner.shadow.read(present)).await
    }

    /// Writes the next line of the history if the newest one still is `from`, with an audit row,
    /// in one transaction. Leaving any mode but [`Mode::Normal`] ends all sessions.
    /// `number` of `next` is ignored.
    ///
    /// Only `continuity` may call this.
    pub async fn append_mode(
        &self,
        from: &ModeChange,
        next: ModeChange,
    ) -> Result<ModeChange, ModeError> {
        let from = from.clone();
        let result = self
            .blocking(move |inner| {
                inner.shadow.write(|shadow| {
                    let now = present(shadow)?;
                    if now.number != from.number {
                        return Ok(Err(now));
                    }
                    append(shadow, &from, next).map(Ok)
                })
            })
            .await?;
        self.inner().queued.notify_one();
        result.map_err(ModeError::Overtaken)
    }

    /// The history, newest first.
    pub async fn mode_history(&self, limit: usize) -> Result<Vec<ModeChange>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let sql = format!("{SELECT_CHANGE} ORDER BY number DESC LIMIT ?1");
                let mut rows = shadow.prepare_cached(&sql)?;
                let rows = rows.query_map([limit], change)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }
}

const SELECT_CHANGE: &str =
    "SELECT number, mode, since, by_whom, reason, expected_end, scope FROM mode_change";

/// The newest line of the history.
pub(crate) fn present(shadow: &Transaction<'_>) -> Result<ModeChange, StoreError> {
    let sql = format!("{SELECT_CHANGE} ORDER BY number DESC LIMIT 1");
    let newest = shadow
        .prepare_cached(&sql)?
        .query_row([], change)
        .optional()?;
    Ok(newest.unwrap_or_else(|| ModeChange {
        number: 0,
        mode: Mode::Normal,
        since: Timestamp::UNIX_EPOCH,
        by: "shadowmail".to_owned(),
        reason: String::new(),
        expected_end: None,
        scope: Scope::Everyone,
    }))
}

fn append(
    shadow: &Transaction<'_>,
    from: &ModeChange,
    mut next: ModeChange,
) -> Result<ModeChange, StoreError> {
    shadow.execute(
        "INSERT INTO mode_change (mode, since, by_whom, reason, expected_end, scope)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            columns::to_word(&next.mode)?,
            next.since.as_millisecond(),
            &next.by,
            &next.reason,
            next.expected_end.map(Timestamp::as_millisecond),
            columns::to_json(&next.scope)?,
        ),
    )?;
    next.number = shadow.last_insert_rowid();
    let before = match from.mode {
        Mode::Normal => &Scope::Everyone,
        _ => &from.scope,
    };
    scope::remember(shadow, before, &next.scope)?;
    if from.mode != Mode::Normal && from.mode != next.mode {
        shadow.execute(
            "UPDATE session SET ended_at = ?1 WHERE ended_at IS NULL",
            [next.since.as_millisecond()],
        )?;
    }
    let is_narrower = from.mode == next.mode && from.scope != next.scope;
    if next.mode == Mode::Recovery || is_narrower {
        // Who says that the primary is back does not want to wait for a retry time that was
        // computed while it was down.
        queue::all_due(shadow, next.since)?;
    }
    let event = AuditEvent {
        actor: next.by.clone(),
        action: "mode",
        object: match &next.scope {
            Scope::Everyone => format!("{} -> {}", from.mode, next.mode),
            only @ Scope::Only(_) => format!("{} -> {} for {only}", from.mode, next.mode),
        },
        detail: next.reason.clone(),
        address: None,
    };
    audit::insert(shadow, &event, next.since)?;
    Ok(next)
}

fn change(row: &Row<'_>) -> rusqlite::Result<ModeChange> {
    Ok(ModeChange {
        number: row.get(0)?,
        mode: columns::word(row, 1)?,
        since: columns::time(row, 2)?,
        by: row.get(3)?,
        reason: row.get(4)?,
        expected_end: columns::maybe_time(row, 5)?,
        scope: columns::json(row, 6)?,
    })
}

#[cfg(test)]
#[path = "mode_tests.rs"]
mod tests;
