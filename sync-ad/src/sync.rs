//! Writing a snapshot into the store, past the guard.

use store::{Comparison, Difference, Loss, Mirrored, Mirroring, Question, Store, StoreError};

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

/// Says what [`sync`] would do, and what the guard would say to it.
pub async fn compare(
    store: &Store,
    mirroring: Mirroring,
) -> Result<(Comparison, Option<TooMuchLost>), SyncError> {
    let judge = |losses: &[Loss]| guard::ruling(losses, None);
    let comparison = store.compare(mirroring, judge).await?;
    let losses = || comparison.losses.clone();
    let refusal = comparison.shut_out.map(|it| TooMuchLost::new(losses(), it));
    Ok((comparison, refusal))
}

/// Makes the mirror equal to what was read, unless more would be lost than [`crate::limits`] allow
/// within a day, and `accepted` is not the question about just that.
pub async fn sync(
    store: &Store,
    mirroring: Mirroring,
    accepted: Option<Question>,
) -> Result<Difference, SyncError> {
    let mirrored = store.mirror_if(mirroring, move |losses| guard::ruling(losses, accepted));
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
        Mirrored::Stopped(losses, shut_out) => {
            Err(SyncError::TooMuchLost(TooMuchLost::new(losses, shut_out)))
        }
        Mirrored::Overtaken => Err(SyncError::Overtaken),
    }
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
