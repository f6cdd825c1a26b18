//! Starting and ending emergencies. `shadowmail` passes in who does it.

use jiff::Timestamp;
use store::{ModeChange, OwedCount};

/// Changes the mode, by the one table of what may become what.
#[async_trait::async_trait]
pub trait Modes: Send + Sync {
    /// Does it, with a line in the history and in the audit log.
    async fn change(&self, order: ModeOrder) -> Result<ModeChange, ModeRefused>;
}

/// What somebody wants.
#[derive(Clone, Debug)]
pub struct ModeOrder {
    /// What.
    pub step: ModeStep,
    /// Who.
    pub by: String,
    /// Why; staff see it.
    pub reason: String,
    /// When.
    pub now: Timestamp,
}

/// A change of the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeStep {
    /// Declares an emergency, with the time at which it is expected to end.
    Start(Option<Timestamp>),
    /// Says that an emergency will last until then.
    Extend(Timestamp),
    /// Ends what there is to end: an emergency becomes Recovery, Recovery becomes Normal.
    End,
}

/// The mode was not changed.
#[derive(Clone, Debug)]
pub enum ModeRefused {
    /// Somebody was faster, or it can not become that from what it is.
    Overtaken,
    /// No reason was given.
    NoReason,
    /// The primary still lacks something.
    StillOwed(OwedCount),
    /// The store failed.
    Failed(String),
}
