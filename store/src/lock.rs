//! Work that only one process of a data directory may do.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A file that one process at a time holds locked, until it ends or closes the store. The
/// operating system lets go of it also when the process is killed.
pub(crate) struct ProcessLock {
    path: PathBuf,
    held: Mutex<Option<File>>,
}

impl ProcessLock {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            held: Mutex::new(None),
        }
    }

    /// Takes it if nobody has it; `false` when somebody does, be it this process.
    pub(crate) fn try_take(&self) -> io::Result<bool> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = try_alone(&self.path)?;
        let is_taken = taken.is_some();
        if is_taken {
            *held = taken;
        }
        Ok(is_taken)
    }

    /// Whether this process has it.
    pub(crate) fn is_held(&self) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.is_some()
    }
}

/// The file that all who have a data directory open share, and that a rebuild or a restore wants
/// for itself.
const STORE: &str = "store.lock";

/// Says that the data directory is open, until the file is dropped; `None` while somebody has it
/// for himself.
pub(crate) fn share(data_dir: &Path) -> io::Result<Option<File>> {
    share_file(&data_dir.join(STORE))
}

/// Shares a lock until the file is dropped; `None` while somebody has it for himself.
pub(crate) fn share_file(path: &Path) -> io::Result<Option<File>> {
    let file = open(path)?;
    taken(file.try_lock_shared(), file)
}

/// Takes the data directory for oneself, until the file is dropped; `None` while anybody has it
/// open.
pub(crate) fn alone(data_dir: &Path) -> io::Result<Option<File>> {
    try_alone(&data_dir.join(STORE))
}

fn taken(result: Result<(), TryLockError>, file: File) -> io::Result<Option<File>> {
    match result {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Waits for a lock and holds it until the file is dropped.
pub(crate) fn wait_for(path: &Path) -> io::Result<File> {
    let file = open(path)?;
    file.lock()?;
    Ok(file)
}

/// Takes a lock until the file is dropped; `None` while somebody has it.
pub(crate) fn try_alone(path: &Path) -> io::Result<Option<File>> {
    let file = open(path)?;
    taken(file.try_lock(), file)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
}
