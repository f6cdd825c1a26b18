//! The mode and its history. What may become what is decided in `continuity`; here it is
//! written down, once, even if two administrators press at the same moment.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::error::StoreError;
use crate::shadow::Store;

/// What Shadowmail is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The primary works: the webmail is locked, aging runs.
    Normal,
    /// The primary is down: the webmail is open, aging stands still, nothing is handed back.
    Emergency,
    /// The primary is back: what it missed is handed back, the webmail only reads.
    Recovery,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Normal => "normal",
            Self::Emergency => "emergency",
            Self::Recovery => "recovery",
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
        todo!()
    }

    /// Writes the next line of the history if the newest one still is `from`, with an audit row,
    /// in one transaction. Leaving [`Mode::Emergency`] or [`Mode::Recovery`] ends all sessions.
    /// `number` of `next` is ignored.
    ///
    /// Only `continuity` may call this.
    pub async fn append_mode(&self, from: &ModeChange, next: ModeChange) -> Result<ModeChange, ModeError> {
        todo!()
    }

    /// The history, newest first.
    pub async fn mode_history(&self, limit: usize) -> Result<Vec<ModeChange>, StoreError> {
        todo!()
    }
}
