//! Writing a snapshot into the store, past the guard.

use store::{Difference, Snapshot, Store, StoreError};

use crate::limits;

/// A sync did not happen; the mirror is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The guard: a half answer from a directory must not lock half the company out.
    #[error(
        "the directory lacks {removed} of {before} accounts that the mirror has; nothing was \
         changed. If that is right, accept it with `shadowmail sync --accept-removals {removed}`"
    )]
    TooManyRemovals {
        /// Accounts that would go.
        removed: usize,
        /// Accounts in the mirror.
        before: usize,
    },
    /// The store failed, or the snapshot contradicts itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says what [`sync`] would change.
pub async fn compare(store: &Store, snapshot: Snapshot) -> Result<Difference, SyncError> {
    Ok(store.compare(snapshot).await?)
}

/// Makes the mirror equal to `snapshot`, unless more accounts would vanish than `removals_max`
/// (without it: than [`limits`] allow).
pub async fn sync(
    store: &Store,
    snapshot: Snapshot,
    removals_max: Option<usize>,
) -> Result<Difference, SyncError> {
    let planned = store.compare(snapshot.clone()).await?;
    let before = planned.accounts + planned.removed - planned.added;
    if planned.removed > removals_max.unwrap_or_else(|| unasked(before)) {
        return Err(SyncError::TooManyRemovals {
            removed: planned.removed,
            before,
        });
    }
    let done = store.mirror(snapshot).await?;
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

/// How many of `before` accounts may vanish without a word. Never all of them.
fn unasked(before: usize) -> usize {
    let share = before * limits::REMOVALS_UNASKED_PERCENT_MAX / 100;
    share
        .max(limits::REMOVALS_UNASKED_MAX)
        .min(before.saturating_sub(1))
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
