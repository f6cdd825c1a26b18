//! The room on the disk: mail is refused before the disk is full, so that flags, the queue, the
//! audit log and a change of mode still find room.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use rustix::fs::StatVfsMountFlags;
use serde::Serialize;

use crate::alert::Alerts;
use crate::alert_kind::AlertKind;
use crate::error::{KeepError, StoreError, is_full};
use crate::limits;
use crate::shadow::Store;

/// How much room must stay free. A share of the disk is too much on a large one and too little on
/// a small one, so both shares are bounded in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    /// With less of the disk free than this share an administrator is warned.
    pub warn_percent_free: u8,
    /// However large the disk is, nobody is warned with more bytes free than this.
    pub warn_bytes_free_max: u64,
    /// With less of the disk free than this share mail is refused until there is room again (452).
    pub refuse_percent_free: u8,
    /// However large the disk is, nothing is refused with more bytes free than this.
    pub refuse_bytes_free_max: u64,
}

impl Default for Watermarks {
    fn default() -> Self {
        Self {
            warn_percent_free: 10,
            warn_bytes_free_max: 50 << 30,
            refuse_percent_free: 2,
            refuse_bytes_free_max: 2 << 30,
        }
    }
}

/// How full a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskLevel {
    /// All is well.
    Room,
    /// An administrator should make room.
    Filling,
    /// Mail is refused.
    Full,
}

/// The room on a disk, measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DiskRoom {
    /// Bytes that can still be written.
    pub free_bytes: u64,
    /// Bytes of the whole disk.
    pub total_bytes: u64,
    /// With fewer bytes free an administrator is warned.
    pub warn_bytes: u64,
    /// With fewer bytes free mail is refused.
    pub refuse_bytes: u64,
}

impl DiskRoom {
    /// Measures the disk that `directory` lies on. An error when it is gone or read-only.
    pub fn measure(directory: &Path, marks: Watermarks) -> io::Result<Self> {
        let disk = rustix::fs::statvfs(directory)?;
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        // A disk without a free inode is as full as one without a free byte; one that counts none
        // (btrfs) says zero of zero.
        let inodes_free = disk.f_files == 0 || disk.f_favail >= limits::INODES_FREE_LEAST;
        let free = if inodes_free { disk.f_bavail } else { 0 };
        Ok(Self::of(
            free.saturating_mul(disk.f_frsize),
            disk.f_blocks.saturating_mul(disk.f_frsize),
            marks,
        ))
    }

    fn of(free_bytes: u64, total_bytes: u64, marks: Watermarks) -> Self {
        let share = |percent: u8| total_bytes / 100 * u64::from(percent);
        // One batch of the writer, and what SQLite writes beside it, must fit; on a tiny disk an
        // eighth of it must do.
        let least = limits::DISK_FREE_BYTES_LEAST.min(total_bytes / 8);
        let refuse_bytes = share(marks.refuse_percent_free)
            .min(marks.refuse_bytes_free_max)
            .max(least);
        Self {
            free_bytes,
            total_bytes,
            warn_bytes: share(marks.warn_percent_free)
                .min(marks.warn_bytes_free_max)
                .max(refuse_bytes.saturating_mul(2)),
            refuse_bytes,
        }
    }

    /// How full that is, for who has not seen it before.
    pub fn level(&self) -> DiskLevel {
        self.level_after(DiskLevel::Room)
    }

    /// The way back is longer than the way there, so that a disk at a mark does not change its
    /// level with each mail.
    fn level_after(&self, before: DiskLevel) -> DiskLevel {
        let until = |level: DiskLevel, bytes: u64| {
            if before >= level {
                bytes.saturating_add(bytes / 4)
            } else {
                bytes
            }
        };
        if self.free_bytes < until(DiskLevel::Full, self.refuse_bytes) {
            DiskLevel::Full
        } else if self.free_bytes < until(DiskLevel::Filling, self.warn_bytes) {
            DiskLevel::Filling
        } else {
            DiskLevel::Room
        }
    }
}

impl Store {
    /// Measures the disk.
    pub async fn disk(&self) -> Result<DiskRoom, StoreError> {
        self.blocking(|inner| Ok(DiskRoom::measure(&inner.disk.directory, inner.disk.marks)?))
            .await
    }

    /// Looks how the disk is, and raises and clears the alerts about it. For a task that runs now
    /// and then: keeping asks by itself before each batch.
    pub async fn watch_disk(&self) -> Result<(), StoreError> {
        self.blocking(|inner| {
            inner.disk.watch();
            Ok(())
        })
        .await
    }
}

/// The disk as the writer of one process sees it.
pub(crate) struct Disk {
    directory: PathBuf,
    marks: Watermarks,
    alerts: Arc<Alerts>,
    seen: Mutex<Seen>,
    /// One at a time, so that the last one to tell tells the present.
    telling: Mutex<()>,
}

struct Seen {
    level: DiskLevel,
    free_bytes: u64,
    /// Why the last batch could not be kept.
    failure: Option<Failure>,
    told_at: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    Full,
    Unusable(String),
}

impl Failure {
    /// What an error says about the disk. `None` when it says nothing: a damaged index has an alert
    /// of its own, and a busy database is no disk to look at.
    fn of(error: &StoreError) -> Option<Self> {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
        let unusable = || Self::Unusable(format!("the message could not be kept: {error}"));
        match error {
            StoreError::Io(error) if is_full(error) => Some(Self::Full),
            StoreError::Io(_) => Some(unusable()),
            StoreError::Database(error) => match error.sqlite_error_code()? {
                DiskFull => Some(Self::Full),
                SystemIoFailure | CannotOpen | ReadOnly => Some(unusable()),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Disk {
    /// `directory` holds the days: where it is gone, the disk is.
    pub(crate) fn new(directory: &Path, marks: Watermarks, alerts: Arc<Alerts>) -> Self {
        Self {
            directory: directory.to_owned(),
            marks,
            alerts,
            seen: Mutex::new(Seen {
                level: DiskLevel::Room,
                free_bytes: 0,
                failure: None,
                told_at: None,
            }),
            telling: Mutex::new(()),
        }
    }

    /// Whether so many bytes may be written now. One system call; for the writer, before each
    /// batch.
    pub(crate) fn admit(self: &Arc<Self>, bytes: u64) -> Result<(), KeepError> {
        match self.measure(bytes) {
            Err(error) => {
                let why = format!(
                    "the disk under {} can not be used: {error}",
                    self.directory.display()
                );
                let failure = Some(Failure::Unusable(why.clone()));
                self.change(|seen| seen.failure = failure);
                Err(KeepError::Failed(why))
            }
            Ok(DiskLevel::Full) => Err(KeepError::DiskFull),
            Ok(_) => Ok(()),
        }
    }

    /// Whether so many bytes may be written that are no mail: mail comes first, so not any more once
    /// an administrator is warned.
    pub(crate) fn has_room_for(&self, bytes: u64) -> io::Result<bool> {
        let mut room = DiskRoom::measure(&self.directory, self.marks)?;
        room.free_bytes = room.free_bytes.saturating_sub(bytes);
        Ok(room.level() == DiskLevel::Room)
    }

    /// What became of a batch that was admitted.
    pub(crate) fn learn(self: &Arc<Self>, result: &Result<(), StoreError>) {
        let failure = match result.as_ref().map_err(Failure::of) {
            Ok(()) => None,
            Err(Some(failure)) => Some(failure),
            Err(None) => return,
        };
        self.change(|seen| seen.failure = failure);
    }

    fn measure(self: &Arc<Self>, bytes: u64) -> io::Result<DiskLevel> {
        let mut room = DiskRoom::measure(&self.directory, self.marks)?;
        room.free_bytes = room.free_bytes.saturating_sub(bytes);
        let mut level = DiskLevel::Full;
        self.change(|seen| {
            level = room.level_after(seen.level);
            (seen.level, seen.free_bytes) = (level, room.free_bytes);
        });
        Ok(level)
    }

    /// Changes what was seen, and tells it when it is another thing than before. On a thread of
    /// its own: the row of an alert may have to wait for other writers, and mail must not.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen();
        let before = (seen.level, seen.failure.clone());
        change(&mut seen);
        let is_new = before != (seen.level, seen.failure.clone());
        // Another process that can write may have taken the alert for over.
        let is_old = seen.failure.is_some()
            && seen
                .told_at
                .is_none_or(|at| at.elapsed() > limits::DISK_TOLD_EVERY);
        if !is_new && !is_old {
            return;
        }
        seen.told_at = Some(Instant::now());
        drop(seen);
        let disk = Arc::clone(self);
        let teller = std::thread::Builder::new().name("store-disk".to_owned());
        if let Err(error) = teller.spawn(move || disk.tell()) {
            tracing::error!("an alert about the disk can not be told: {error}");
        }
    }

    /// Raises and clears alerts by what was seen last.
    fn tell(&self) {
        let _one = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, free_bytes, failure) = {
            let seen = self.seen();
            (seen.level, seen.free_bytes, seen.failure.clone())
        };
        let place = self.directory.display();
        let free = format!(
            "{} MiB are free on the disk under {place}",
            free_bytes >> 20
        );
        let is_full = level == DiskLevel::Full || failure == Some(Failure::Full);
        self.say(
            AlertKind::DiskFull,
            is_full.then(|| {
                format!("{free}: mail is refused until there is room again; make room, or keep mail for fewer days")
            }),
        );
        let is_filling = level == DiskLevel::Filling && !is_full;
        self.say(
            AlertKind::DiskFilling,
            is_filling.then(|| format!("{free}: make room before mail is refused")),
        );
        let unusable = match failure {
            Some(Failure::Unusable(why)) => Some(format!(
                "{why}; mail is refused until it works again: look at the disk under {place}"
            )),
            _ => None,
        };
        self.say(AlertKind::DiskUnusable, unusable);
    }

    fn say(&self, kind: AlertKind, words: Option<String>) {
        match words {
            Some(words) => self.alerts.raise(kind, &words, Timestamp::now()),
            None => self.alerts.clear(kind),
        }
    }

    /// See [`Store::watch_disk`].
    fn watch(self: &Arc<Self>) {
        match self.measure(0).and_then(|level| {
            let has_failed = self.seen().failure.is_some() || self.is_known_unusable();
            // Whether it takes bytes again is only known by writing some.
            if has_failed && level != DiskLevel::Full {
                self.write_test()?;
            }
            Ok(())
        }) {
            Ok(()) => self.seen().failure = None,
            Err(error) => {
                self.seen().failure = Some(Failure::Unusable(format!(
                    "the disk can not be used: {error}"
                )));
            }
        }
        self.tell();
    }

    fn is_known_unusable(&self) -> bool {
        let known = self.alerts.list().unwrap_or_default();
        known
            .iter()
            .any(|alert| alert.kind == AlertKind::DiskUnusable)
    }

    fn write_test(&self) -> io::Result<()> {
        let path = self
            .directory
            .join(format!(".written-{}", std::process::id()));
        let mut file = fs::File::create(&path)?;
        let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
        fs::remove_file(&path)?;
        written
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
