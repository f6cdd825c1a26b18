//! Keeps the mirror equal to a directory server.

use std::time::Duration;

use jiff::Timestamp;
use store::{Difference, DirectoryNote, Question, Store, StoreError};
use sync_ad::{
    Directory, DirectoryError, Dispute, Extent, Flaw, Found, Lately, LeftOut, Reading, SyncError,
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::alerts;
use super::reading::Report;

/// How often one sync begins again because another was faster.
const TRIES_MAX: u32 = 3;

/// A server that is asked again and again.
pub struct Followed {
    /// Which.
    pub directory: Directory,
    /// How often.
    pub every: Duration,
}

/// What came of a sync that found something.
pub struct Synced {
    /// What it changed.
    pub difference: Difference,
    /// Names that two entries claim.
    pub disputes: Vec<Dispute>,
    /// Entries that have no mailbox here.
    pub left_out: Vec<LeftOut>,
    /// Entries of which something can not be used.
    pub flaws: Vec<Flaw>,
    /// How much was read.
    pub extent: Extent,
    /// Whether names that two claim, and what can not be used, were looked for among all entries.
    pub looked_at_all: bool,
}

impl Followed {
    /// Asks until `shutdown`, the first time at once.
    pub async fn watch(self, store: &Store, shutdown: CancellationToken) {
        let mut ask = tokio::time::interval(self.every);
        ask.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ask.tick() => {}
            }
            let sync = sync(store, &self.directory, Extent::WhatChanged, None);
            tokio::select! {
                // What was read and not written is read again.
                () = shutdown.cancelled() => return,
                synced = sync => match synced {
                    Ok(None) => debug!("nothing has changed in the directory"),
                    Ok(Some(synced)) => super::note(store, &Report::of(synced)).await,
                    // The alert says it once.
                    Err(failed) => {
                        super::note_stopped(store, &failed).await;
                        debug!("{failed:#}; the accounts stay as they were");
                    }
                }
            }
        }
    }
}

/// Makes the mirror equal to what the server has. `None` when nothing has changed there. What keeps
/// it from that is an alert until it is over.
pub async fn sync(
    store: &Store,
    directory: &Directory,
    extent: Extent,
    accepted: Option<Question>,
) -> anyhow::Result<Option<Synced>> {
    let mut tries = 1;
    loop {
        match sync_once(store, directory, extent, accepted).await {
            Err(failed) if tries < TRIES_MAX && is_overtaken(&failed) => tries += 1,
            synced => return synced,
        }
    }
}

fn is_overtaken(failed: &anyhow::Error) -> bool {
    matches!(failed.downcast_ref(), Some(SyncError::Overtaken))
}

async fn sync_once(
    store: &Store,
    directory: &Directory,
    extent: Extent,
    accepted: Option<Question>,
) -> anyhow::Result<Option<Synced>> {
    let now = Timestamp::now();
    let extent = extent_of(store, extent).await?;
    if extent == Extent::WhatChanged
        && accepted.is_none()
        && let Some(done) = sync_few(store, directory, now).await?
    {
        return Ok(done);
    }
    let found = match directory.read(store, extent, now).await {
        Ok(found) => found,
        Err(failed) => return Err(unreadable(store, directory, failed, now).await),
    };
    alerts::shown(store, directory.shown(store).await?, now).await;
    let reading = match found {
        Found::Something(reading) => *reading,
        Found::Nothing(unchanged) => {
            unchanged.remember(store).await?;
            // The directory is as the mirror again, also when the guard stopped what was there before.
            alerts::mirrored(store).await;
            return Ok(None);
        }
    };
    let Reading {
        mirroring,
        disputes,
        left_out,
        flaws,
        extent,
        ..
    } = reading;
    let difference = match sync_ad::sync(store, mirroring, accepted).await {
        Ok(difference) => difference,
        Err(failed) => {
            if extent == Extent::Everything && matches!(failed, SyncError::TooMuchLost(_)) {
                let note = store.note_directory(DirectoryNote::Stopped, Some(String::new()));
                note.await?;
            }
            alerts::not_mirrored(store, &failed, now).await;
            return Err(failed.into());
        }
    };
    store.note_directory(DirectoryNote::Stopped, None).await?;
    alerts::mirrored(store).await;
    alerts::disputed(store, &disputes, now).await;
    alerts::flawed(store, &flaws, now).await;
    Ok(Some(Synced {
        difference,
        disputes,
        left_out,
        flaws,
        extent,
        looked_at_all: true,
    }))
}

/// How much is to be read. What the guard saw when everything was read, such as a right that we lost,
/// need not be a change to the server: until that is decided, or over, everything is read again.
pub async fn extent_of(store: &Store, wanted: Extent) -> Result<Extent, StoreError> {
    let stopped = store.directory_note(DirectoryNote::Stopped).await?;
    Ok(stopped.map_or(wanted, |_| Extent::Everything))
}

/// The same when a few accounts have changed, each for itself, or nothing has. `None` when everybody
/// must be looked at.
async fn sync_few(
    store: &Store,
    directory: &Directory,
    now: Timestamp,
) -> anyhow::Result<Option<Option<Synced>>> {
    let done = match directory.read_lately(store, now).await {
        Ok(Lately::Nothing(unchanged)) => {
            unchanged.remember(store).await?;
            None
        }
        Ok(Lately::Few(few)) => {
            let Some(difference) = few.write(store, now).await? else {
                return Ok(None);
            };
            Some(Synced {
                difference,
                disputes: Vec::new(),
                left_out: Vec::new(),
                flaws: Vec::new(),
                extent: Extent::WhatChanged,
                looked_at_all: false,
            })
        }
        Ok(Lately::More) => return Ok(None),
        Err(failed) => return Err(unreadable(store, directory, failed, now).await),
    };
    alerts::mirrored(store).await;
    Ok(Some(done))
}

/// Nobody answers, but what was read last says whose time is over by now.
async fn unreadable(
    store: &Store,
    directory: &Directory,
    failed: DirectoryError,
    now: Timestamp,
) -> anyhow::Error {
    alerts::unreadable(store, &failed, now).await;
    match directory.remembered(store, now).await {
        Ok(None) => {}
        Ok(Some(reading)) => {
            if let Err(failed) = sync_ad::sync(store, reading.mirroring, None).await {
                debug!("what was read before is not mirrored again: {failed}");
            }
        }
        Err(failed) => debug!("what was read before can not be used: {failed}"),
    }
    failed.into()
}
