//! A directory of a peer's own. It goes with the peer, unless the scenario fails.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// How much of each log is shown.
const LINES_SHOWN: usize = 60;

/// A temporary directory with the logs of one peer in it.
pub struct Scratch {
    peer: String,
    directory: Option<TempDir>,
    path: PathBuf,
}

impl Scratch {
    /// A new directory that every user may enter: peers give up root.
    pub fn new(peer: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix(&format!("shadowmail-{peer}-"))
            .permissions(Permissions::from_mode(0o755))
            .tempdir()
            .expect("a temporary directory can be made");
        let path = directory.path().to_owned();
        Self {
            peer: peer.to_owned(),
            directory: Some(directory),
            path,
        }
    }

    /// Writes a file into it and gives its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, text)
            .unwrap_or_else(|error| panic!("writing {}: {error}", path.display()));
        path
    }

    /// Makes a directory in it and gives its path.
    pub fn directory(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(&path)
            .unwrap_or_else(|error| panic!("making {}: {error}", path.display()));
        path
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        if let Some(directory) = self.directory.take() {
            let kept = directory.keep();
            println!("\n===== {}: kept in {}", self.peer, kept.display());
            show_logs(&kept);
        }
    }
}

/// Whether there is a file in a directory, or below it.
pub fn has_files(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .any(|path| !path.is_dir() || has_files(&path))
}

fn show_logs(directory: &Path) {
    let mut logs: Vec<PathBuf> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|it| it == "log"))
        .collect();
    logs.sort();
    for log in logs {
        let text = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let shown = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
        println!("--- end of {}\n{}", log.display(), shown.join("\n"));
    }
}
