//! Keeps the mirror equal to the directory file, also when the file changes.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use store::{DirectoryKind, Mirroring, Store, StoreError};
use sync_ad::SyncError;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::alerts;
use super::reading::Report;
use crate::stamp::Stamp;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Reads the file at the start. A broken one is an error only when there is no mirror yet:
/// yesterday's accounts are better than none.
pub async fn read_at_start(store: &Store, file: &Path) -> anyhow::Result<Stamp> {
    let stamp = Stamp::of(file);
    let read = read(store, file).await;
    let is_final = is_final(&read);
    if let Err(broken) = read {
        if !store.directory_loaded().await? {
            return Err(broken);
        }
        error!("{broken:#}; the accounts stay as they were");
    }
    Ok(if is_final { stamp } else { Stamp::UNKNOWN })
}

/// Reads the file again when it changes, until `shutdown`.
pub async fn watch(store: &Store, file: &Path, mut seen: Stamp, shutdown: CancellationToken) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        let stamp = Stamp::of(file);
        if stamp == seen {
            continue;
        }
        let read = read(store, file).await;
        if let Err(broken) = &read {
            super::note_stopped(store, broken).await;
            error!("{broken:#}; the accounts stay as they were");
        }
        if is_final(&read) {
            seen = stamp;
        }
    }
}

/// Whether the same file would be answered the same again. A store that fails now may do
/// better at the next look, and who was removed must not stay until the file is edited again.
fn is_final(read: &anyhow::Result<()>) -> bool {
    let failed = read.as_ref().err().and_then(|error| error.downcast_ref());
    match failed {
        // A file that contradicts itself is refused.
        Some(SyncError::Store(error)) => matches!(error, StoreError::Refused(_)),
        _ => true,
    }
}

async fn read(store: &Store, file: &Path) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let snapshot = match sync_ad::read_file(file) {
        Ok(snapshot) => snapshot,
        Err(failed) => {
            alerts::unreadable(store, &failed, now).await;
            return Err(failed.into());
        }
    };
    let mirroring = Mirroring {
        snapshot,
        memory: None,
        kind: DirectoryKind::File,
        now,
    };
    let difference = match sync_ad::sync(store, mirroring, None).await {
        Ok(difference) => difference,
        Err(failed) => {
            alerts::not_mirrored(store, &failed, now).await;
            return Err(failed).context("the directory is not mirrored");
        }
    };
    alerts::mirrored(store).await;
    let report = Report {
        difference,
        ..Report::default()
    };
    super::note(store, &report).await;
    // What a server said before is not said any more.
    alerts::disputed(store, &[], now).await;
    alerts::flawed(store, &[], now).await;
    Ok(())
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
