//! Copying segments: only what has been appended since.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::manifest::DayCopy;

/// What was copied of one segment.
pub(super) struct Extended {
    pub(super) bytes: u64,
    /// The source has less than it must.
    pub(super) is_short: bool,
}

/// Makes the copy `length` bytes long; its first `have` bytes are known to be right.
pub(super) fn extend(
    (from, to): &(PathBuf, PathBuf),
    have: u64,
    length: u64,
) -> io::Result<Extended> {
    let mut target = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(to)?;
    let have = have.min(target.metadata()?.len()).min(length);
    let mut bytes = 0;
    if have < length || target.metadata()?.len() != length {
        // What an interrupted backup left behind the known bytes may have holes.
        target.set_len(have)?;
        target.seek(SeekFrom::Start(have))?;
        match File::open(from) {
            Ok(mut source) => {
                source.seek(SeekFrom::Start(have))?;
                bytes = io::copy(&mut source.take(length - have), &mut target)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        target.sync_all()?;
    }
    Ok(Extended {
        bytes,
        is_short: have + bytes < length,
    })
}

/// Removes everything from the copy of a day that is not part of it any more.
pub(super) fn remove_others(dir: &Path, copy: &DayCopy) -> io::Result<()> {
    for file in fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name();
        let is_part = name
            .to_str()
            .is_some_and(|name| copy.segments.contains_key(name) || name == "index.db.next");
        if !is_part && !file.file_type()?.is_dir() {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Bytes of all segments, for the progress.
pub(super) fn total(data_dir: &Path) -> u64 {
    let days = fs::read_dir(data_dir.join("days")).into_iter().flatten();
    days.flatten()
        .filter_map(|day| crate::verify::segments(&day.path()).ok())
        .flatten()
        .map(|(_, length)| length)
        .sum()
}
