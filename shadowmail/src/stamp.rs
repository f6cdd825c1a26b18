//! Notices that a file has changed.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// What tells that a file is another one now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    /// That of no file that is there.
    pub const UNKNOWN: Self = Self(None);

    /// That of a file as it is now.
    pub fn of(file: &Path) -> Self {
        let known = fs::metadata(file).and_then(|it| Ok((it.modified()?, it.len())));
        Self(known.ok())
    }
}
