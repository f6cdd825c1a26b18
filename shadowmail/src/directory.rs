//! Keeps the mirror equal to the directory file, also when the file changes.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use store::Store;
use tokio_util::sync::CancellationToken;
use tracing::error;

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What tells that a file is another one now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    fn of(file: &Path) -> Self {
        let known = fs::metadata(file).and_then(|it| Ok((it.modified()?, it.len())));
        Self(known.ok())
    }
}

/// Reads the file at the start. A broken one is an error only when there is no mirror yet:
/// yesterday's accounts are better than none.
pub async fn read_at_start(store: &Store, file: &Path) -> anyhow::Result<Stamp> {
    let stamp = Stamp::of(file);
    if let Err(broken) = read(store, file).await {
        if !store.directory_loaded().await? {
            return Err(broken);
        }
        error!("{broken:#}; the accounts stay as they were");
    }
    Ok(stamp)
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
        seen = stamp;
        if let Err(broken) = read(store, file).await {
            error!("{broken:#}; the accounts stay as they were");
        }
    }
}

async fn read(store: &Store, file: &Path) -> anyhow::Result<()> {
    let snapshot = sync_ad::read_file(file)?;
    sync_ad::sync(store, snapshot, None)
        .await
        .context("the directory is not mirrored")?;
    Ok(())
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
