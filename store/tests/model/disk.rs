//! What a power cut leaves of a data directory.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use store::Day;
use tempfile::TempDir;

/// A new data directory; in memory where that can be had, because every step syncs.
pub fn new() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.unwrap()
}

/// Copies a directory as it is at this moment, with the databases' logs beside them.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            let written = entry.metadata().unwrap().modified().unwrap();
            let file = OpenOptions::new().write(true).open(target).unwrap();
            file.set_modified(written).unwrap();
        }
    }
}

/// Brings over what the segments of `later` have grown by, but only so much of each growth.
pub fn copy_growth(later: &Path, to: &Path, percent: u64) {
    for (day, segment) in segments(later) {
        let (from, target) = (
            later.join(&day).join(&segment),
            to.join(&day).join(&segment),
        );
        let before = fs::metadata(&target).map_or(0, |it| it.len());
        let after = fs::metadata(&from).unwrap().len();
        if after > before {
            fs::copy(&from, &target).unwrap();
            let file = OpenOptions::new().write(true).open(&target).unwrap();
            file.set_len(before + (after - before) * percent / 100)
                .unwrap();
            // A tail written just now could be of a commit under way, and `verify` would wait for it.
            file.set_modified(UNIX_EPOCH).unwrap();
        }
    }
}

/// The log of a day's index.
pub fn log(data: &Path, day: Day) -> Vec<u8> {
    fs::read(log_path(data, day)).unwrap()
}

/// Leaves only a share of what the log has grown by, unless it began anew since.
pub fn cut_log(data: &Path, (day, before): (Day, &[u8]), percent: u64) {
    let path = log_path(data, day);
    let now = fs::read(&path).unwrap();
    if now.starts_with(before) {
        let growth = u64::try_from(now.len() - before.len()).unwrap();
        let left = u64::try_from(before.len()).unwrap() + growth * percent / 100;
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(left).unwrap();
        // Whoever opens it first makes this again.
        fs::remove_file(path.with_file_name("index.db-shm")).unwrap();
    }
}

fn log_path(data: &Path, day: Day) -> PathBuf {
    let dir = data.join("days").join(day.to_string());
    dir.join("index.db-wal")
}

/// All segments, each as the directory of its day and its name.
fn segments(data: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for day in fs::read_dir(data.join("days")).unwrap() {
        let day = day.unwrap();
        if !day.file_type().unwrap().is_dir() {
            continue;
        }
        for file in fs::read_dir(day.path()).unwrap() {
            let name = PathBuf::from(file.unwrap().file_name());
            if name.extension().is_some_and(|it| it == "seg") {
                found.push((Path::new("days").join(day.file_name()), name));
            }
        }
    }
    found
}
