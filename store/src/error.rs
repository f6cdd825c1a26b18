//! What can go wrong, one variant for each thing a caller does differently.

use std::io;
use std::path::PathBuf;

use crate::damage;
use crate::day::Day;

/// The data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer Shadowmail wrote it.
    #[error(
        "{} was written by a newer Shadowmail; install that version, or restore a backup of this one",
        .0.display()
    )]
    Newer(PathBuf),
    /// The directory can not be made, read or written.
    #[error("cannot use the data directory {}: {source}; check that it exists, who owns it and that the disk has space", path.display())]
    Directory {
        /// Which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Somebody needs the data directory for himself, or others have it open.
    #[error("{0}")]
    InUse(String),
    /// `shadow.db` is damaged. Without it nobody knows whose mail is whose and what is owed.
    #[error("{} is damaged: {why}; stop everything, move the data directory aside and bring a backup back with `shadowmail restore`", path.display())]
    Damaged {
        /// Which database.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// A database in it can not be used.
    #[error("cannot open {}: {source}", path.display())]
    Database {
        /// Which database.
        path: PathBuf,
        /// What SQLite said.
        source: StoreError,
    },
}

/// A message could not be kept. Nobody may answer 250 for it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeepError {
    /// The message is longer than the caller allowed.
    #[error("the message is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit it hit.
        limit_bytes: u64,
    },
    /// No space left; the peer should come again later (452).
    #[error("the disk is full")]
    DiskFull,
    /// More mail than the disk can take waits to be written; the peer should come again later
    /// (452).
    #[error("too much mail waits to be written to the disk")]
    Busy,
    /// The index of the day is damaged; the peer should come again later (451).
    #[error("{0}")]
    DayDamaged(String),
    /// Anything else; the peer should come again later (451).
    #[error("the message could not be kept: {0}")]
    Failed(String),
}

/// Reading or changing something in the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such message, account or row (any more).
    #[error("{0} is not in the store")]
    Missing(String),
    /// The stored bytes do not match their checksum. A fact about one message, not a reason to
    /// stop reading others.
    #[error("{0} is damaged on disk: {1}")]
    Damaged(String, String),
    /// The index of a day can not be used, and with it none of its messages for now. Nothing is
    /// lost: it can be made again.
    #[error(
        "the index of {0} is damaged: {1}; stop the server and run `shadowmail store rebuild {0}`"
    )]
    DayDamaged(Day, String),
    /// The change is not allowed in the present state; the text says why.
    #[error("{0}")]
    Refused(String),
    /// The database said no.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file system said no.
    #[error("file system: {0}")]
    Io(#[from] io::Error),
    /// A task of ours ended early.
    #[error("the store is shutting down")]
    Closed,
}

impl From<StoreError> for KeepError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Io(e) if is_full(&e) => Self::DiskFull,
            StoreError::Database(rusqlite::Error::SqliteFailure(e, _))
                if e.code == rusqlite::ErrorCode::DiskFull =>
            {
                Self::DiskFull
            }
            other if damage::is_damage(&other) => Self::DayDamaged(other.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Whether the file system refused because there is no room (ENOSPC, EDQUOT).
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
