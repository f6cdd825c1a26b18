//! What a backup says about itself. It is written last.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, at, refused};
use crate::database::Identity;
use crate::day::Day;
use crate::limits;
use crate::segment::sync_dir;

const NAME: &str = "manifest.json";

/// The form of backups that this version writes and reads.
const FORM: u32 = 1;

/// The manifest. The default one is of an empty directory.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    form: u32,
    /// Which Shadowmail wrote it.
    shadowmail: String,
    pub(super) at: Timestamp,
    pub(super) days: BTreeMap<String, DayCopy>,
}

/// One day in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DayCopy {
    /// Which directory was copied: another one in its place has other segments, whatever they are
    /// called.
    device: u64,
    inode: u64,
    pub(super) messages: u64,
    /// How much there is of each segment, all of it on disk.
    pub(super) segments: BTreeMap<String, u64>,
    /// It could not be copied this time, and is as the last backup left it.
    #[serde(default)]
    pub(super) is_old: bool,
}

impl DayCopy {
    pub(super) fn new(identity: Identity, messages: u64, segments: BTreeMap<String, u64>) -> Self {
        let (device, inode) = identity.numbers();
        Self {
            device,
            inode,
            messages,
            segments,
            is_old: false,
        }
    }

    /// The same, left as it is.
    pub(super) fn as_old(&self) -> Self {
        Self {
            is_old: true,
            ..self.clone()
        }
    }
}

impl Manifest {
    pub(super) fn new(at: Timestamp, days: &BTreeMap<Day, DayCopy>) -> Self {
        let days = days
            .iter()
            .map(|(day, copy)| (day.to_string(), copy.clone()));
        Self {
            form: FORM,
            shadowmail: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            days: days.collect(),
        }
    }

    /// Reads the manifest of a directory, if it has one.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, BackupError> {
        let path = dir.join(NAME);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&path)(error)),
        };
        let mut text = Vec::new();
        file.take(limits::MANIFEST_BYTES_MAX)
            .read_to_end(&mut text)
            .map_err(at(&path))?;
        let unreadable = "is damaged; make a new backup in an empty directory";
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|_| refused(&path, unreadable))?;
        if manifest.form != FORM {
            let advice = "was written by another version of Shadowmail; use that one";
            return Err(refused(&path, advice));
        }
        Ok(Some(manifest))
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(NAME);
        let next = dir.join("manifest.json.next");
        let write = || {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&next)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&next, &path)?;
            sync_dir(dir)
        };
        write().map_err(at(&path))
    }

    /// From now on the directory is no backup, until the next manifest is written.
    pub(super) fn remove(dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&path)(error)),
            _ => sync_dir(dir).map_err(at(dir)),
        }
    }

    /// How much of each segment of a day need not be copied again.
    pub(super) fn trusted(&self, day: Day, now: &DayCopy) -> BTreeMap<String, u64> {
        let before = self.days.get(&day.to_string());
        let same = before.filter(|it| (it.device, it.inode) == (now.device, now.inode));
        same.map(|it| it.segments.clone()).unwrap_or_default()
    }
}
