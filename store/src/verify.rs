//! Checking everything that lies on disk: every checksum, every row, every rule.
//!
//! Nothing is changed. The server may run meanwhile: each index is read at one moment, and what
//! was appended, dropped or replaced since is no finding. Memory does not grow with the store:
//! segments and rows are read side by side, both in the order of their places.

mod day;
mod entries;
mod files;
mod finding;
mod rows;
mod segment;
mod shadow;

use std::path::Path;

use serde::Serialize;

use crate::day::Day;
use crate::error::{OpenError, StoreError};
use crate::limits;

pub(crate) use files::segments;
pub use finding::{Finding, Note};
pub(crate) use shadow::thinned;

/// What a check of the store has seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verification {
    /// Days looked at.
    pub days: u64,
    /// Whole records read.
    pub records: u64,
    /// Bytes of segments read.
    pub bytes: u64,
    /// What is damaged, up to [`limits::FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How much more is damaged than `findings` lists.
    pub more_findings: u64,
    /// What is good to know and no damage.
    pub notes: Vec<Note>,
}

/// How far a check has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What is looked at: a file or a day.
    pub doing: String,
    /// Bytes of segments read so far.
    pub bytes: u64,
    /// Bytes of all segments.
    pub bytes_total: u64,
    /// Findings so far.
    pub findings: u64,
}

/// Checks a data directory, or one day of it, and changes nothing. `progress` is called often.
///
/// It opens no [`crate::Store`], because a damaged one could not be opened.
pub async fn verify(
    data_dir: &Path,
    only: Option<Day>,
    progress: impl Fn(&Progress) + Send + 'static,
) -> Result<Verification, OpenError> {
    let data_dir = data_dir.to_owned();
    let checked = tokio::task::spawn_blocking(move || Check::run(&data_dir, only, &progress)).await;
    checked.map_err(|_| OpenError::Database {
        path: "shadow.db".into(),
        source: StoreError::Closed,
    })?
}

/// A check that is under way.
struct Check<'a> {
    data_dir: &'a Path,
    progress: &'a dyn Fn(&Progress),
    seen: Verification,
    bytes_total: u64,
}

impl<'a> Check<'a> {
    fn run(
        data_dir: &'a Path,
        only: Option<Day>,
        progress: &'a dyn Fn(&Progress),
    ) -> Result<Verification, OpenError> {
        let days = files::days(data_dir)?;
        let days: Vec<Day> = days
            .into_iter()
            .filter(|day| only.is_none_or(|only| *day == only))
            .collect();
        let mut check = Self {
            data_dir,
            progress,
            seen: Verification::default(),
            bytes_total: days.iter().map(|day| files::bytes(data_dir, *day)).sum(),
        };
        if only.is_none() {
            files::look(&mut check);
        }
        let accounts = shadow::look(&mut check, only)?;
        for day in days {
            day::look(&mut check, day, &accounts)?;
        }
        check.report("done");
        Ok(check.seen)
    }

    fn find(&mut self, finding: Finding) {
        if self.seen.findings.len() < limits::FINDINGS_MAX {
            self.seen.findings.push(finding);
        } else {
            self.seen.more_findings += 1;
        }
    }

    fn note(&mut self, note: Note) {
        if self.seen.notes.len() < limits::FINDINGS_MAX {
            self.seen.notes.push(note);
        }
    }

    fn report(&self, doing: &str) {
        (self.progress)(&Progress {
            doing: doing.to_owned(),
            bytes: self.seen.bytes,
            bytes_total: self.bytes_total,
            findings: self.seen.findings.len() as u64 + self.seen.more_findings,
        });
    }
}

impl Verification {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
