//! Writing a snapshot into the store, past the guard.

use store::{Comparison, Difference, Mirrored, Mirroring, Store, StoreError};

use crate::guard::{self, TooMuchLost};

/// A sync did not happen; the mirror is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The guard.
    #[error("{0}")]
    TooMuchLost(TooMuchLost),
    /// Another sync was written while this one read, and what it read may be older.
    #[error("another sync was faster; nothing was changed by this one. Try again")]
    Overtaken,
    /// The store failed, or the snapshot contradicts itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says what [`sync`] would do. Whether the guard would stop it says [`TooMuchLost::of`].
pub async fn compare(store: &Store, mirroring: Mirroring) -> Result<Comparison, SyncError> {
    Ok(store.compare(mirroring).await?)
}

/// Makes the mirror equal to what was read, unless too much would be lost: more of anything than
/// `removals_max`, or without it than [`crate::limits`] allow within a day.
pub async fn sync(
    store: &Store,
    mirroring: Mirroring,
    removals_max: Option<usize>,
) -> Result<Difference, SyncError> {
    let mirrored = store.mirror_if(mirroring, move |losses| guard::ruling(losses, removals_max));
    match mirrored.await? {
        Mirrored::Done(done) => {
            tracing::info!(
                added = done.added,
                changed = done.changed,
                removed = done.removed,
                "the mirror has {} accounts and {} groups",
                done.accounts,
                done.groups
            );
            Ok(done)
        }
        Mirrored::Stopped(losses) => Err(SyncError::TooMuchLost(TooMuchLost::stopped(losses))),
        Mirrored::Overtaken => Err(SyncError::Overtaken),
    }
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
