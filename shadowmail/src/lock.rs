//! Locks on files that tell who runs. The operating system lets go of one when its holder ends,
//! however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// In the data directory: every process with the webmail shares it.
const WEB: &str = "web.lock";

/// Takes a file for one holder, until the answer is dropped; `None` when somebody has it.
pub fn alone(path: &Path) -> io::Result<Option<File>> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Says that the webmail of a data directory runs, until the answer is dropped.
pub fn hold_web(data_dir: &Path) -> io::Result<File> {
    let file = open(&data_dir.join(WEB))?;
    // Somebody who asks has it for a moment only.
    file.lock_shared()?;
    Ok(file)
}

/// Whether the webmail of a data directory runs, in whichever process.
pub fn web_runs(data_dir: &Path) -> io::Result<bool> {
    // Who asks makes no file: it could be one that the server may not write.
    let file = match File::open(data_dir.join(WEB)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let held = alone(&path).unwrap();
        assert!(held.is_some());
        assert!(alone(&path).unwrap().is_none());
        drop(held);
        assert!(alone(&path).unwrap().is_some());
    }

    #[test]
    fn the_webmail_runs_while_any_of_its_processes_does() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path();
        assert!(!web_runs(data).unwrap());
        assert_eq!(
            std::fs::read_dir(data).unwrap().count(),
            0,
            "asking leaves nothing"
        );
        let (one, other) = (hold_web(data).unwrap(), hold_web(data).unwrap());
        drop(one);
        assert!(web_runs(data).unwrap());
        drop(other);
        assert!(!web_runs(data).unwrap());
    }
}
