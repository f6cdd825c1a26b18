//! Doing what the policy says.

use jiff::Timestamp;
use store::{Day, Mode, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::limits;
use crate::policy::{Policy, due};

/// Nothing was aged.
#[derive(Debug, thiserror::Error)]
pub enum AgingError {
    /// Aging stands still outside Normal: what arrived before the outage may be needed in it.
    #[error("the mode is {0}; aging runs in normal mode only")]
    StandsStill(Mode),
    /// The guard against a clock that jumped.
    #[error(
        "{0} days are due at once, as if the clock had jumped; nothing was dropped. If the clock \
         is right, drop them with `shadowmail retention run`"
    )]
    TooMany(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ages what is due at `now`, because a person said so, and says which days went.
pub async fn run_once(
    store: &Store,
    policy: Policy,
    now: Timestamp,
) -> Result<Vec<Day>, AgingError> {
    age(store, policy, (now, usize::MAX)).await
}

/// Ages by the schedule until `shutdown`.
pub async fn run(store: Store, policy: Policy, shutdown: CancellationToken) {
    let mut schedule = tokio::time::interval(limits::RUN_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = schedule.tick() => {}
        }
        match age(&store, policy, (Timestamp::now(), limits::DAYS_AT_ONCE_MAX)).await {
            Ok(_) | Err(AgingError::StandsStill(_)) => {}
            Err(error) => tracing::error!("aging: {error}"),
        }
    }
}

async fn age(
    store: &Store,
    policy: Policy,
    (now, days_max): (Timestamp, usize),
) -> Result<Vec<Day>, AgingError> {
    let mode = store.mode().await?.mode;
    if mode != Mode::Normal {
        return Err(AgingError::StandsStill(mode));
    }
    let due = due(now, &store.days().await?, policy);
    if due.len() > days_max {
        return Err(AgingError::TooMany(due.len()));
    }
    for day in &due {
        store.drop_day(*day).await?;
        tracing::info!(%day, "aged the day {day}");
    }
    Ok(due)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
