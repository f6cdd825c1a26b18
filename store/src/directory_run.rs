//! Readings of the directory: those that somebody asks for, and what came of the last ones.
//!
//! Pages and the worker may be different processes, so a page writes down what it wants and the worker
//! finds it here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::mirror::{Difference, Question};
use crate::settings;
use crate::shadow::Store;

/// When the directory last answered.
const LOOKED_AT: &str = "directory-looked-at";

/// How the directory is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryOrder {
    /// Only say what would change.
    pub dry_run: bool,
    /// Everything, not only what has changed.
    pub everything: bool,
    /// The losses that a person has said yes to.
    #[serde(default)]
    pub accepted: Option<Question>,
}

/// How far a reading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryRunState {
    /// The worker has not begun.
    Asked,
    /// It reads.
    Running,
    /// The mirror is as the directory, or what would change is known.
    Done,
    /// Too much would be lost: a person must accept it.
    Stopped,
    /// It did not work.
    Failed,
}

/// What came of a reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectoryReport {
    /// What changed, or would, each in one sentence; empty when nothing did.
    pub summary: Vec<String>,
    /// The same as figures; reports of earlier versions have none.
    pub difference: Option<Difference>,
    /// One by one, as far as there is room.
    pub changes: Vec<String>,
    /// Names that two entries claim.
    pub disputes: Vec<String>,
    /// Entries that have no mailbox here, and why.
    pub left_out: Vec<String>,
    /// Lines that did not fit into these lists.
    pub more: usize,
    /// Why it failed or was stopped.
    pub problem: String,
    /// How much of one kind would be lost at most, where a person must accept that.
    pub to_accept: Option<usize>,
    /// What just these losses are accepted by.
    pub question: Option<Question>,
}

/// How much is in the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectorySize {
    /// Accounts of all kinds.
    pub accounts: u64,
    /// Those of them that are people.
    pub people: u64,
    /// Those people of whose passwords the directory says when they are others.
    pub marked: u64,
    /// Addresses of groups.
    pub groups: u64,
}

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRun {
    /// Its number.
    pub number: i64,
    /// Who asked; `shadowmail` is the schedule.
    pub by: String,
    /// When.
    pub asked_at: Timestamp,
    /// What was asked.
    pub order: DirectoryOrder,
    /// How far it has come.
    pub state: DirectoryRunState,
    /// Since when.
    pub changed_at: Timestamp,
    /// What came of it.
    pub report: DirectoryReport,
}

impl Store {
    /// Asks the worker to read the directory, and writes that into the audit log. While another
    /// reading is asked for or runs this one is not taken, which is written down, too. Gives its
    /// number when it is.
    pub async fn ask_directory(
        &self,
        order: DirectoryOrder,
        event: AuditEvent,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let under_way = "SELECT EXISTS (SELECT 1 FROM directory_run
                     WHERE state IN ('asked', 'running'))";
                if shadow.query_row(under_way, [], |row| row.get(0))? {
                    let event = AuditEvent {
                        action: "sync-not-taken",
                        ..event
                    };
                    audit::insert(shadow, &event, now)?;
                    return Ok(None);
                }
                audit::insert(shadow, &event, now)?;
                let asked = (event.actor.as_str(), order);
                insert(shadow, asked, DirectoryRunState::Asked, now).map(Some)
            })
        })
        .await
    }

    /// What the worker is to do now; it is running from here on.
    pub async fn take_directory_order(
        &self,
        now: Timestamp,
    ) -> Result<Option<DirectoryRun>, StoreError> {
        self.blocking(move |inner| {
            let asked = "SELECT 1 FROM directory_run WHERE state = 'asked' LIMIT 1";
            let is_asked = inner.shadow.read(|shadow| {
                let mut asked = shadow.prepare_cached(asked)?;
                Ok(asked.exists([])?)
            })?;
            if !is_asked {
                return Ok(None);
            }
            inner.shadow.write(|shadow| {
                // Another worker may have been faster: what it took is not taken again.
                let taken = format!(
                    "UPDATE directory_run SET state = 'running', changed_at = ?1
                     WHERE number = (SELECT min(number) FROM directory_run WHERE state = 'asked')
                     RETURNING {COLUMNS}"
                );
                let taken = shadow.query_row(&taken, [now.as_millisecond()], run_of);
                Ok(taken.optional()?)
            })
        })
        .await
    }

    /// Says what came of a reading that was asked for.
    pub async fn end_directory_run(
        &self,
        number: i64,
        (state, report): (DirectoryRunState, DirectoryReport),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| end(shadow, number, (state, &report), now))
        })
        .await
    }

    /// Writes down what came of a reading that `by` made without asking the worker.
    pub async fn note_directory_run(
        &self,
        (by, order): (String, DirectoryOrder),
        (state, report): (DirectoryRunState, DirectoryReport),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let number = insert(shadow, (&by, order), DirectoryRunState::Running, now)?;
                end(shadow, number, (state, &report), now)
            })
        })
        .await
    }

    /// Whether this process is the one that works on the queue, and on the directory.
    pub fn is_worker(&self) -> bool {
        self.inner().worker.is_held()
    }

    /// What a worker that died had begun has failed. For the one worker, when it begins.
    pub async fn fail_directory_runs(&self, now: Timestamp) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let report = DirectoryReport {
                    problem: "the server ended in the middle of it".to_owned(),
                    ..DirectoryReport::default()
                };
                shadow.execute(
                    "UPDATE directory_run SET state = 'failed', changed_at = ?1, report = ?2
                     WHERE state = 'running'",
                    (now.as_millisecond(), json(&report)?),
                )?;
                Ok(())
            })
        })
        .await
    }

    /// The last readings, newest first.
    pub async fn directory_runs(&self, limit: usize) -> Result<Vec<DirectoryRun>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let runs =
                    format!("SELECT {COLUMNS} FROM directory_run ORDER BY number DESC LIMIT ?1");
                let mut runs = shadow.prepare_cached(&runs)?;
                let runs = runs.query_map([limit], run_of)?;
                Ok(runs.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// The directory has answered, and the mirror is as it is.
    pub async fn directory_answered(&self, now: Timestamp) -> Result<(), StoreError> {
        let value = now.as_millisecond().to_be_bytes();
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| settings::put(shadow, LOOKED_AT, &value))
        })
        .await
    }

    /// When the directory last answered and the mirror was as it is.
    pub async fn directory_answered_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.blocking(|inner| {
            inner
                .shadow
                .read(|shadow| settings::time(shadow, LOOKED_AT))
        })
        .await
    }
}

impl Store {
    /// How many accounts and groups the mirror has.
    pub async fn directory_size(&self) -> Result<DirectorySize, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let mut size = shadow.prepare_cached(
                    "SELECT count(*), count(*) FILTER (WHERE kind = 'person'),
                         count(*) FILTER (WHERE kind = 'person' AND password_mark IS NOT NULL),
                         (SELECT count(*) FROM mail_group)
                     FROM account WHERE removed = 0",
                )?;
                Ok(size.query_row([], |row| {
                    Ok(DirectorySize {
                        accounts: row.get(0)?,
                        people: row.get(1)?,
                        marked: row.get(2)?,
                        groups: row.get(3)?,
                    })
                })?)
            })
        })
        .await
    }
}

const COLUMNS: &str = "number, asked_by, asked_at, what, state, changed_at, report";

fn run_of(row: &Row<'_>) -> rusqlite::Result<DirectoryRun> {
    Ok(DirectoryRun {
        number: row.get(0)?,
        by: row.get(1)?,
        asked_at: columns::time(row, 2)?,
        order: columns::json(row, 3)?,
        state: columns::word(row, 4)?,
        changed_at: columns::time(row, 5)?,
        report: columns::json(row, 6)?,
    })
}

fn insert(
    shadow: &Transaction<'_>,
    (by, order): (&str, DirectoryOrder),
    state: DirectoryRunState,
    now: Timestamp,
) -> Result<i64, StoreError> {
    shadow.execute(
        "INSERT INTO directory_run (asked_by, asked_at, what, state, changed_at, report)
         VALUES (?1, ?2, ?3, ?4, ?2, '{}')",
        (
            by,
            now.as_millisecond(),
            json(&order)?,
            columns::to_word(&state)?,
        ),
    )?;
    let number = shadow.last_insert_rowid();
    shadow.execute(
        "DELETE FROM directory_run WHERE number <= ?1 - ?2",
        (number, limits::DIRECTORY_RUNS_MAX),
    )?;
    Ok(number)
}

fn end(
    shadow: &Transaction<'_>,
    number: i64,
    (state, report): (DirectoryRunState, &DirectoryReport),
    now: Timestamp,
) -> Result<(), StoreError> {
    let report = json(&report.bounded())?;
    shadow.execute(
        "UPDATE directory_run SET state = ?2, changed_at = ?3, report = ?4 WHERE number = ?1",
        (
            number,
            columns::to_word(&state)?,
            now.as_millisecond(),
            report,
        ),
    )?;
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

impl DirectoryReport {
    /// Not longer than a page shows: directories are large, and say long things.
    fn bounded(&self) -> Self {
        let mut bounded = self.clone();
        for list in [
            &mut bounded.changes,
            &mut bounded.disputes,
            &mut bounded.left_out,
        ] {
            let fits = limits::DIRECTORY_REPORT_LINES_MAX;
            bounded.more += list.len().saturating_sub(fits);
            list.truncate(fits);
            for line in list.iter_mut() {
                *line = line
                    .chars()
                    .take(limits::DIRECTORY_LINE_CHARS_MAX)
                    .collect();
            }
        }
        let problem = bounded.problem.chars();
        bounded.problem = problem.take(limits::DIRECTORY_LINE_CHARS_MAX).collect();
        bounded
    }
}

#[cfg(test)]
#[path = "directory_run_tests.rs"]
mod tests;
