//! Which files lie in the data directory, and which do not belong there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use super::{Check, Note};
use crate::day::Day;
use crate::days;
use crate::error::OpenError;
use crate::inspect;

/// What Shadowmail makes beside the days.
const OURS: &[&str] = &[
    "incoming",
    "shadow.db",
    "days",
    "users.toml",
    "manifest.json",
];

/// The days on disk, oldest first.
pub(super) fn days(data_dir: &Path) -> Result<Vec<Day>, OpenError> {
    let root = data_dir.join("days");
    days::on_disk(&root).map_err(|source| OpenError::Directory { path: root, source })
}

/// Bytes of all segments of a day; 0 when it has gone.
pub(super) fn bytes(data_dir: &Path, day: Day) -> u64 {
    let segments = segments(&data_dir.join("days").join(day.to_string())).unwrap_or_default();
    segments.iter().map(|(_, length)| length).sum()
}

/// Names and lengths of the segments of a day, by name.
pub(crate) fn segments(dir: &Path) -> io::Result<Vec<(String, u64)>> {
    let mut segments = Vec::new();
    for file in fs::read_dir(dir)? {
        let file = file?;
        if let Some(name) = file.file_name().to_str()
            && has_extension(name, "seg")
        {
            segments.push((name.to_owned(), file.metadata()?.len()));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Looks for files that do not belong here, and for what aging left.
pub(super) fn look(check: &mut Check<'_>) {
    for name in names(check.data_dir) {
        if !is_ours(&name) {
            check.note(Note::StrangeFile { file: name });
        }
    }
    let root = check.data_dir.join("days");
    let mut unfinished = marked(check.data_dir);
    for name in names(&root) {
        let file = format!("days/{name}");
        let aside = [".dropped-", ".thinned-"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix));
        if let Some(day) = aside {
            unfinished.insert(day.to_owned());
        } else if name.parse::<Day>().is_ok() {
            look_in_day(check, &file);
        } else if !name.starts_with(".written-") && root.join(&name).exists() {
            check.note(Note::StrangeFile { file });
        }
    }
    for day in unfinished {
        check.note(Note::AgingUnfinished { day });
    }
}

fn look_in_day(check: &mut Check<'_>, day: &str) {
    for name in names(&check.data_dir.join(day)) {
        let file = format!("{day}/{name}");
        let ours = name == "fresh"
            || ["index.db", "text.db"]
                .iter()
                .any(|it| is_database(&name, it));
        if name.starts_with("index.db.damaged-") {
            if !name.ends_with("-wal") && !name.ends_with("-shm") {
                check.note(Note::SetAside { file });
            }
        } else if !ours && !has_extension(&name, "seg") && check.data_dir.join(&file).exists() {
            check.note(Note::StrangeFile { file });
        }
    }
}

fn is_ours(name: &str) -> bool {
    name == "lock"
        || OURS.contains(&name)
        || has_extension(name, "lock")
        || is_database(name, "shadow.db")
        || name.starts_with(".shadowmail-check-")
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|it| it == extension)
}

/// Whether a file is that database or one of SQLite's files beside it.
fn is_database(name: &str, database: &str) -> bool {
    let suffix = name.strip_prefix(database);
    matches!(suffix, Some("" | "-wal" | "-shm" | "-journal"))
}

/// Sorted, so that two runs say the same.
fn names(dir: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Days that are marked to be thinned or dropped. A damaged `shadow.db` is found elsewhere.
fn marked(data_dir: &Path) -> BTreeSet<String> {
    let read = || {
        let shadow = inspect::open(&data_dir.join("shadow.db")).ok()?;
        let mut days = shadow.prepare("SELECT day FROM dropped_day").ok()?;
        let days = days.query_map([], |row| row.get(0)).ok()?;
        days.collect::<Result<_, _>>().ok()
    };
    read().unwrap_or_default()
}
