//! What the console asks for: pages and the worker may be different processes, so the worker looks for
//! it in the store.

use std::time::Duration;

use jiff::Timestamp;
use store::{DirectoryReport, DirectoryRunState, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::reading;
use crate::config::DirectorySource;

/// How often the store is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// Reads the directory when somebody asks for it, until `shutdown`.
pub async fn run(store: &Store, source: &DirectorySource, shutdown: CancellationToken) {
    let mut orders = Orders::default();
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
            done = orders.follow(store, source) => if let Err(error) = done {
                error!("what the console asks of the directory can not be read or written: {error}");
            }
        }
    }
}

/// What the one worker does of them.
#[derive(Default)]
struct Orders {
    /// Whether it is known that no other worker runs, and what one before had begun has failed.
    has_begun: bool,
    /// What came of a reading, until it is written down: or else nobody could ask for another one.
    ended: Option<(i64, (DirectoryRunState, DirectoryReport))>,
}

impl Orders {
    /// Does what is asked for, if something is.
    async fn follow(&mut self, store: &Store, source: &DirectorySource) -> Result<(), StoreError> {
        if !self.has_begun {
            if !store.is_worker() {
                return Ok(());
            }
            store.fail_directory_runs(Timestamp::now()).await?;
            self.has_begun = true;
        }
        if self.ended.is_none() {
            let Some(run) = store.take_directory_order(Timestamp::now()).await? else {
                return Ok(());
            };
            let (state, report) = reading::run(store, source, run.order).await;
            if state == DirectoryRunState::Failed {
                error!("the directory was not read: {}", report.problem);
            }
            self.ended = Some((run.number, (state, report)));
        }
        if let Some((number, end)) = &self.ended {
            let ended = store.end_directory_run(*number, end.clone(), Timestamp::now());
            ended.await?;
            self.ended = None;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
