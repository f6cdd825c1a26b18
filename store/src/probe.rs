//! What became of the probes of the primary: how each stands, and every change of that.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::shadow::Store;

/// What is thought of the part of the primary that a probe asks. It takes several tries to change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeState {
    /// There were too few tries.
    #[default]
    Unknown,
    /// It works.
    Up,
    /// It does not.
    Down,
}

impl fmt::Display for ProbeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// How a probe stands after its last try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProbeStanding {
    /// Its name in the configuration.
    pub name: String,
    /// What it asks: `smtp`, `imap`, `https`, `ldap`, `journal` or `canary`.
    pub kind: String,
    /// What is thought of that.
    pub state: ProbeState,
    /// Since when.
    pub since: Timestamp,
    /// When the last try ended.
    pub tried_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// Whether it went well.
    pub is_well: bool,
    /// What it saw.
    pub words: String,
    /// The first failure after the last try that went well.
    pub failing_since: Option<Timestamp>,
}

/// A probe changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProbeChange {
    /// Its name.
    pub probe: String,
    /// What it became.
    pub state: ProbeState,
    /// When.
    pub at: Timestamp,
    /// What the try saw that decided it.
    pub words: String,
}

impl Store {
    /// Writes down how a probe stands, and a line of the history when it stands otherwise than before.
    /// Says whether it does. Of the history the newest [`limits::PROBE_CHANGES_MAX`] lines stay.
    pub async fn note_probe(&self, standing: ProbeStanding) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            let before = inner.shadow.read(|shadow| state(shadow, &standing.name))?;
            if before == Some(standing.state) {
                // The next try tells it again.
                inner
                    .shadow
                    .write_for_now(|shadow| put(shadow, &standing))?;
                return Ok(false);
            }
            inner.shadow.write(|shadow| {
                put(shadow, &standing)?;
                append(shadow, &standing)
            })?;
            Ok(true)
        })
        .await
    }

    /// How all probes stand, by name.
    pub async fn probes(&self) -> Result<Vec<ProbeStanding>, StoreError> {
        self.blocking(|inner| inner.shadow.read(all)).await
    }

    /// Forgets how all others stand: they are not in the configuration any more. Their history stays.
    pub async fn keep_probes(&self, names: Vec<String>) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            let gone = |it: &ProbeStanding| !names.contains(&it.name);
            let all = inner.shadow.read(all)?;
            let gone: Vec<ProbeStanding> = all.into_iter().filter(gone).collect();
            if gone.is_empty() {
                return Ok(());
            }
            inner.shadow.write(|shadow| {
                let mut forget = shadow.prepare_cached("DELETE FROM probe WHERE name = ?1")?;
                for probe in &gone {
                    forget.execute([&probe.name])?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The history, newest first.
    pub async fn probe_history(&self, limit: usize) -> Result<Vec<ProbeChange>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut rows = shadow.prepare_cached(
                    "SELECT probe, state, at, words FROM probe_change
                     ORDER BY number DESC LIMIT ?1",
                )?;
                let rows = rows.query_map([limit], |row| {
                    Ok(ProbeChange {
                        probe: row.get(0)?,
                        state: columns::word(row, 1)?,
                        at: columns::time(row, 2)?,
                        words: row.get(3)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }
}

fn all(shadow: &Transaction<'_>) -> Result<Vec<ProbeStanding>, StoreError> {
    let mut rows = shadow.prepare_cached(
        "SELECT name, kind, state, since, tried_at, took, is_well, words, failing_since
         FROM probe ORDER BY name",
    )?;
    let rows = rows.query_map([], standing)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn standing(row: &Row<'_>) -> rusqlite::Result<ProbeStanding> {
    Ok(ProbeStanding {
        name: row.get(0)?,
        kind: row.get(1)?,
        state: columns::word(row, 2)?,
        since: columns::time(row, 3)?,
        tried_at: columns::time(row, 4)?,
        took: row.get(5)?,
        is_well: row.get(6)?,
        words: row.get(7)?,
        failing_since: columns::maybe_time(row, 8)?,
    })
}

fn state(shadow: &Transaction<'_>, name: &str) -> Result<Option<ProbeState>, StoreError> {
    let all = all(shadow)?;
    Ok(all.iter().find(|it| it.name == name).map(|it| it.state))
}

fn put(shadow: &Transaction<'_>, standing: &ProbeStanding) -> Result<(), StoreError> {
    shadow.execute(
        "INSERT OR REPLACE INTO probe
             (name, kind, state, since, tried_at, took, is_well, words, failing_since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            &standing.name,
            &standing.kind,
            columns::to_word(&standing.state)?,
            standing.since.as_millisecond(),
            standing.tried_at.as_millisecond(),
            standing.took,
            standing.is_well,
            &standing.words,
            standing.failing_since.map(Timestamp::as_millisecond),
        ),
    )?;
    Ok(())
}

fn append(shadow: &Transaction<'_>, standing: &ProbeStanding) -> Result<(), StoreError> {
    shadow.execute(
        "INSERT INTO probe_change (probe, state, at, words) VALUES (?1, ?2, ?3, ?4)",
        (
            &standing.name,
            columns::to_word(&standing.state)?,
            standing.tried_at.as_millisecond(),
            &standing.words,
        ),
    )?;
    shadow.execute(
        "DELETE FROM probe_change WHERE number <= (SELECT max(number) FROM probe_change) - ?1",
        [limits::PROBE_CHANGES_MAX],
    )?;
    Ok(())
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
