//! Writing a snapshot into the store, past the guard.

use store::{Change, Difference, Memory, Mirrored, Snapshot, Store, StoreError};

use crate::limits;

/// A sync did not happen; the mirror is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The guard: a half answer from a directory must not lock half the company out.
    #[error(
        "the directory lacks {removed} of {before} {what} that the mirror has; nothing was \
         changed. If that is right, accept it with `shadowmail sync --accept-removals {removed}`"
    )]
    TooManyRemovals {
        /// Accounts or groups that would go.
        removed: usize,
        /// Those in the mirror.
        before: usize,
        /// Which of both.
        what: &'static str,
    },
    /// The store failed, or the snapshot contradicts itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says what [`sync`] would change, all in all and one by one.
pub async fn compare(
    store: &Store,
    snapshot: Snapshot,
) -> Result<(Difference, Vec<Change>), SyncError> {
    Ok(store.compare(snapshot).await?)
}

/// Makes the mirror equal to `snapshot`, and remembers `memory` with it, unless more accounts or
/// groups would vanish than `removals_max` (without it: than [`limits`] allow).
pub async fn sync(
    store: &Store,
    snapshot: Snapshot,
    memory: Option<Memory>,
    removals_max: Option<usize>,
) -> Result<Difference, SyncError> {
    let allowed = move |difference: &Difference| refusal(difference, removals_max).is_none();
    match store.mirror_if(snapshot, memory, allowed).await? {
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
        Mirrored::Stopped(difference) => {
            Err(refusal(&difference, removals_max).unwrap_or(StoreError::Closed.into()))
        }
    }
}

/// What the guard has against it.
fn refusal(difference: &Difference, removals_max: Option<usize>) -> Option<SyncError> {
    let Difference {
        accounts,
        added,
        removed,
        groups,
        groups_added,
        groups_removed,
        ..
    } = *difference;
    let stops = |removed: usize, before: usize, what| {
        let most = removals_max.unwrap_or_else(|| unasked(before));
        (removed > most).then_some(SyncError::TooManyRemovals {
            removed,
            before,
            what,
        })
    };
    let of_accounts = stops(removed, accounts + removed - added, "accounts");
    of_accounts.or_else(|| {
        let before = groups + groups_removed - groups_added;
        stops(groups_removed, before, "groups")
    })
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
