//! What Shadowmail does with the mode by itself.

use std::time::Instant;

use jiff::Timestamp;
use store::{Mode, ModeChange, Store};
use tokio_util::sync::CancellationToken;

use crate::limits;
use crate::person::{ModeRefusal, Opening, Order, change};

/// Watches the mode until `shutdown`: Recovery becomes Normal when nothing is owed, and an
/// emergency that lasts longer than expected is called to mind.
pub async fn run(store: Store, shutdown: CancellationToken) {
    let mut look = tokio::time::interval(limits::LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut reminded: Option<Instant> = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        let mode = match store.mode().await {
            Ok(mode) => mode,
            Err(error) => {
                tracing::error!("the mode can not be read: {error}");
                continue;
            }
        };
        if mode.mode == Mode::Recovery
            && let Err(error) = finish_recovery(&store, &mode).await
        {
            tracing::error!("recovery can not be ended: {error}");
        }
        let since_reminder = reminded.map(|at| at.elapsed());
        if is_overdue(&mode, Timestamp::now())
            && since_reminder.is_none_or(|elapsed| elapsed >= limits::REMIND_EVERY)
        {
            reminded = Some(Instant::now());
            tracing::warn!("the {} {OVERDUE}", mode.mode);
        }
    }
}

const OVERDUE: &str = "lasts longer than expected; it goes on until somebody ends it: `shadowmail emergency extend --for 2h` or `shadowmail emergency end`";

fn is_overdue(mode: &ModeChange, now: Timestamp) -> bool {
    let is_on = matches!(mode.mode, Mode::Emergency | Mode::Drill);
    is_on && mode.expected_end.is_some_and(|end| end < now)
}

/// Goes to Normal when everything is settled.
async fn finish_recovery(store: &Store, recovery: &ModeChange) -> Result<(), ModeRefusal> {
    let owed = store.owed().await?;
    if owed.open + owed.for_a_person > 0 {
        return Ok(());
    }
    let order = Order {
        by: "shadowmail".to_owned(),
        reason: format!("all {} deliveries to the primary are settled", owed.settled),
        now: Timestamp::now(),
    };
    let nothing = Opening::default();
    change(store, recovery, Mode::Normal, (order, nothing)).await?;
    Ok(())
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
