//! Bringing a backup back.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use serde::Serialize;

use super::manifest::{DayCopy, Manifest};
use super::ways_in::WaysIn;
use super::{BackupError, at, dir_of, make_dir, refused};
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::database::{Database, SHADOW_SCHEMA};
use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::inspect;
use crate::lock;
use crate::outbox;
use crate::queue::{self, QueueId, QueueState};
use crate::segment::sync_dir;
use crate::verify::{Progress, Verification, verify};

/// While this file is there a restore is not finished, and nobody may open the directory.
pub(crate) const UNFINISHED: &str = "restore-unfinished";

/// What was brought back.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// The moment that the backup shows.
    pub at: Timestamp,
    /// Messages that are there again.
    pub messages: u64,
    /// Rows of the queue for messages that came after the backup: they are written off.
    pub written_off: u64,
    /// Rows of the queue that are still owed, as far as the backup knows.
    pub still_owed: u64,
    /// What lets people in and was taken back since, perhaps.
    pub ways_in: WaysIn,
    /// What a check of everything has seen.
    pub seen: Verification,
}

/// Brings a backup back into a data directory that is missing or empty, and checks everything.
/// `by` is who did it, for the audit log.
pub async fn restore(
    backup: &Path,
    data_dir: &Path,
    by: &str,
    progress: impl Fn(&Progress) + Send + Clone + 'static,
) -> Result<Restored, BackupError> {
    let (from, into, by) = (backup.to_owned(), data_dir.to_owned(), by.to_owned());
    let told = progress.clone();
    let copied = tokio::task::spawn_blocking(move || run(&from, &into, &by, &told));
    let mut restored = copied.await.map_err(|_| BackupError::Closed)??;
    restored.seen = verify(data_dir, None, progress).await?;
    Ok(restored)
}

fn run(
    backup: &Path,
    data_dir: &Path,
    by: &str,
    progress: &dyn Fn(&Progress),
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(backup)?.ok_or_else(|| {
        refused(
            backup,
            "is no backup, or one that was not finished: its manifest.json is missing",
        )
    })?;
    let owner = fs::metadata(data_dir)
        .ok()
        .map(|dir| (dir.uid(), dir.gid()));
    refuse_unless_empty(data_dir)?;
    make_dir(data_dir)?;
    let alone = lock::alone(data_dir).map_err(at(data_dir))?;
    let _alone = alone.ok_or_else(|| refused(data_dir, "is in use; stop the server first"))?;
    let marker = data_dir.join(UNFINISHED);
    File::create(&marker).map_err(at(&marker))?;
    sync_dir(data_dir).map_err(at(data_dir))?;

    let total = manifest.days.values().flat_map(|day| day.segments.values());
    let mut copy = Copying {
        progress,
        done: 0,
        total: total.sum(),
    };
    make_dir(&data_dir.join("days"))?;
    for (day, parts) in &manifest.days {
        let day = day.parse::<Day>().map_err(|_| foreign(backup))?;
        copy.day((&dir_of(backup, day), &dir_of(data_dir, day)), parts)?;
    }
    let shadow = data_dir.join("shadow.db");
    copy.file((&backup.join("shadow.db"), &shadow), u64::MAX)?;
    sync_dir(&data_dir.join("days")).map_err(at(data_dir))?;

    let failed = |source| BackupError::Database {
        path: shadow.clone(),
        source,
    };
    let database = Database::open(&shadow, SHADOW_SCHEMA)?;
    let ((written_off, still_owed), ways_in) = database
        .write(|shadow| {
            let settled = settle_queue(shadow, data_dir, (by, manifest.at))?;
            Ok((settled, WaysIn::count(shadow)?))
        })
        .map_err(failed)?;
    drop(database);
    if let Some(owner) = owner {
        give_to(data_dir, owner).map_err(at(data_dir))?;
    }
    fs::remove_file(&marker).map_err(at(&marker))?;
    sync_dir(data_dir).map_err(at(data_dir))?;
    Ok(Restored {
        at: manifest.at,
        messages: manifest.days.values().map(|day| day.messages).sum(),
        written_off,
        still_owed,
        ways_in,
        seen: Verification::default(),
    })
}

/// A restore that was interrupted left its marker: it begins anew.
fn refuse_unless_empty(data_dir: &Path) -> Result<(), BackupError> {
    let files = match fs::read_dir(data_dir) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(data_dir)(error)),
    };
    let mut names = Vec::new();
    for file in files {
        names.push(file.map_err(at(data_dir))?.file_name());
    }
    if names.iter().any(|name| name == UNFINISHED) {
        for name in ["days", "shadow.db"] {
            let path = data_dir.join(name);
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(at(&path)(error));
                }
                _ => {}
            }
        }
        return Ok(());
    }
    let harmless = ["lost+found", "store.lock"];
    match names
        .iter()
        .find(|name| !harmless.iter().any(|it| it == name))
    {
        None => Ok(()),
        Some(name) => {
            let name = name.display();
            let advice = format!(
                "is not empty ({name} is in it); stop the server and move it aside, then restore \
                 into an empty directory"
            );
            Err(refused(data_dir, &advice))
        }
    }
}

/// A name in the manifest that no backup has.
fn foreign(dir: &Path) -> BackupError {
    refused(
        dir,
        "is described by a manifest.json that Shadowmail did not write; use another backup",
    )
}

struct Copying<'a> {
    progress: &'a dyn Fn(&Progress),
    done: u64,
    total: u64,
}

impl Copying<'_> {
    /// What the manifest names, and no more: a backup that was interrupted later has left other days,
    /// and records behind the ends of segments. Of what is missing the check tells.
    fn day(&mut self, (from, to): (&Path, &Path), parts: &DayCopy) -> Result<(), BackupError> {
        make_dir(to)?;
        self.file((&from.join("index.db"), &to.join("index.db")), u64::MAX)?;
        for (name, length) in &parts.segments {
            if name.contains('/') || name == ".." {
                return Err(foreign(from));
            }
            let place = (from.join(name), to.join(name));
            if place.0.exists() {
                self.file((&place.0, &place.1), *length)?;
            }
        }
        sync_dir(to).map_err(at(to))
    }

    /// Copies a file up to `length`, or to its end.
    fn file(&mut self, (from, to): (&Path, &Path), length: u64) -> Result<(), BackupError> {
        let mut source = File::open(from).map_err(at(from))?.take(length);
        let mut copy = || {
            let mut target = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(to)?;
            let bytes = io::copy(&mut source, &mut target)?;
            target.sync_all()?;
            Ok(bytes)
        };
        self.done += copy().map_err(at(to))?;
        (self.progress)(&Progress {
            doing: to.display().to_string(),
            bytes: self.done,
            bytes_total: self.total,
            findings: 0,
        });
        Ok(())
    }
}

/// Writes off what the queue owes of messages that are not in the backup. Nobody is signed in, and
/// no emergency code is good any more: it may have been used since the backup.
fn settle_queue(
    shadow: &Transaction<'_>,
    data_dir: &Path,
    (by, backup_at): (&str, Timestamp),
) -> Result<(u64, u64), StoreError> {
    shadow.execute("DELETE FROM session", [])?;
    shadow.execute("DELETE FROM console_session", [])?;
    shadow.execute("DELETE FROM emergency_code", [])?;
    outbox::after_restore(shadow)?;
    let now = Timestamp::now();
    // Nobody knows what of it has gone since, or was stopped.
    shadow.execute(
        "UPDATE queue SET state = 'unknown', changed_at = ?1, last_words = ?2
         WHERE purpose = 'send' AND state IN ('waiting', 'claimed')",
        (
            now.as_millisecond(),
            "restored from a backup: it may have gone out since",
        ),
    )?;
    let (mut written_off, mut still_owed) = (0, 0);
    for (row, messages) in open_rows(shadow)? {
        if messages.iter().all(|id| is_there(data_dir, *id)) {
            still_owed += 1;
            continue;
        }
        let words = format!("written off: the message came after the backup of {backup_at}");
        if queue::state(shadow, row)? == QueueState::Claimed {
            queue::change(shadow, row, QueueState::Unknown, (now, None))?;
        }
        queue::change(shadow, row, QueueState::WrittenOff, (now, Some(&words)))?;
        written_off += 1;
    }
    let event = AuditEvent {
        actor: by.to_owned(),
        action: "restore",
        object: format!("the backup of {backup_at}"),
        detail: format!("{written_off} rows of the queue written off, {still_owed} still owed"),
        address: None,
    };
    audit::insert(shadow, &event, now)?;
    Ok((written_off, still_owed))
}

fn open_rows(shadow: &Transaction<'_>) -> Result<Vec<(QueueId, [MessageId; 2])>, StoreError> {
    let mut rows = shadow.prepare(
        "SELECT id, day, message, envelope_of FROM queue
         WHERE state NOT IN ('delivered', 'confirmed', 'written-off') ORDER BY id",
    )?;
    let rows = rows.query_map([], |row| {
        let message = queue::message_id(row)?;
        Ok((QueueId(row.get(0)?), [message, columns::parsed(row, 3)?]))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn is_there(data_dir: &Path, id: MessageId) -> bool {
    let look = || {
        let index: Connection = inspect::open(&dir_of(data_dir, id.day()).join("index.db"))?;
        let mut row = index.prepare("SELECT 1 FROM message WHERE id = ?1")?;
        Ok::<_, StoreError>(row.exists([id.number()])?)
    };
    look().unwrap_or(false)
}

/// Who restores as root does it for the server, whose directory it is.
fn give_to(path: &Path, (user, group): (u32, u32)) -> io::Result<()> {
    let is_owned = |path: &Path| fs::metadata(path).map(|it| (it.uid(), it.gid()) == (user, group));
    if is_owned(path)? && !path.is_dir() {
        return Ok(());
    }
    chown(path, Some(user), Some(group))?;
    if path.is_dir() {
        for file in fs::read_dir(path)? {
            give_to(&file?.path(), (user, group))?;
        }
    }
    Ok(())
}
