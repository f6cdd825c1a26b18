//! What the console asks for: pages and the worker may be different processes, so the worker looks for
//! it in the store.

use std::time::Duration;

use jiff::Timestamp;
use store::{DirectoryRunState, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::reading;
use crate::config::DirectorySource;

/// How often the store is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Reads the directory when somebody asks for it, until `shutdown`.
pub async fn run(store: &Store, source: &DirectorySource, shutdown: CancellationToken) {
    if let Err(error) = store.fail_directory_runs(Timestamp::now()).await {
        error!("what became of readings of the directory can not be written down: {error}");
    }
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        tokio::select! {
            // What was begun has failed then, as the next start says.
            () = shutdown.cancelled() => return,
            done = follow(store, source) => if let Err(error) = done {
                error!("what the console asks of the directory can not be read: {error}");
            }
        }
    }
}

/// Does what is asked for, if something is.
async fn follow(store: &Store, source: &DirectorySource) -> Result<(), StoreError> {
    let Some(run) = store.take_directory_order(Timestamp::now()).await? else {
        return Ok(());
    };
    let (state, report) = reading::run(store, source, run.order).await;
    if state == DirectoryRunState::Failed {
        error!("the directory was not read: {}", report.problem);
    }
    let done = (state, report);
    store
        .end_directory_run(run.number, done, Timestamp::now())
        .await
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
