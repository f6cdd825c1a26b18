//! Notices that a file has changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What tells that a file is another one now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Option<Known>);

/// Times are in seconds and nanoseconds. The inode and the time of its change also tell a file that
/// was put in the place of another of the same age and length, and one that may be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: (u64, u64),
}

impl Stamp {
    /// That of no file that is there.
    pub const UNKNOWN: Self = Self(None);

    /// That of a file as it is now.
    pub fn of(file: &Path) -> Self {
        let known = fs::metadata(file).map(|it| Known {
            bytes: it.len(),
            modified: (it.mtime(), it.mtime_nsec()),
            changed: (it.ctime(), it.ctime_nsec()),
            inode: (it.dev(), it.ino()),
        });
        Self(known.ok())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn whatever_happens_to_a_file_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pair.pem");
        let other = directory.path().join("other.pem");
        assert_eq!(Stamp::of(&file), Stamp::UNKNOWN);
        fs::write(&file, "old").unwrap();
        let first = Stamp::of(&file);
        assert_eq!(Stamp::of(&file), first);

        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let shut = Stamp::of(&file);
        assert_ne!(shut, first);

        // As `cp -p` and a rename leave it: same age, same length.
        fs::write(&other, "new").unwrap();
        let age = fs::metadata(&file).unwrap().modified().unwrap();
        let times = FileTimes::new().set_modified(age);
        File::options()
            .write(true)
            .open(&other)
            .unwrap()
            .set_times(times)
            .unwrap();
        fs::rename(&other, &file).unwrap();
        assert_ne!(Stamp::of(&file), shut);
    }
}
