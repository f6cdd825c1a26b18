//! The worker: its lanes, and what wakes them.

use std::sync::Arc;

use jiff::Timestamp;
use store::{Mode, ModeChange, OwedCount, Purpose, Settled, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::asking::Asking;
use crate::config::Config;
use crate::exits::Exits;
use crate::lane::{Common, Lane, Rank, Task};
use crate::limits;
use crate::outcome::{Told, UnderWay, wait, write_down};
use crate::post;
use crate::row;
use crate::way::Way;

/// Hands over what the mode allows, until `shutdown`; then finishes what is under way.
///
/// Only one worker may run on a store: an error says that there is one already, or that the
/// store can not be used.
pub async fn run(
    store: Store,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let unknown = store.begin_work(Timestamp::now()).await?;
    if unknown > 0 {
        warn!(
            rows = unknown,
            "were being handed over when Shadowmail ended; a person must decide"
        );
    }
    let key = store.replay_key().await?;
    let (waker, wake) = watch::channel(());
    let config = Arc::new(config);
    let common = Common {
        store: store.clone(),
        config,
        key,
        shutdown: shutdown.clone(),
        wake,
    };

    let exits = Exits::of(&common.config.outbound).map(Arc::new);
    let mut lanes = JoinSet::new();
    for task in lanes_of(&common.config, exits.as_ref()) {
        let parts = common.clone();
        let lane = move |under_way| Lane::new(parts.clone(), task.clone(), under_way).run();
        lanes.spawn(supervise(common.clone(), lane));
    }
    if let Some(imap) = &common.config.imap {
        let (parts, imap) = (common.clone(), imap.clone());
        let asking = move || Asking::new(parts.clone(), imap.clone()).run();
        lanes.spawn(revive(common.clone(), asking));
    }
    let parts = common.clone();
    let posting = move || post::run(parts.clone(), exits.clone());
    lanes.spawn(revive(common.clone(), posting));
    lanes.spawn(tell_progress(store.clone(), shutdown.clone()));
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = store.queue_wanted() => waker.send_replace(()),
        }
    }
    // One that fails ends no other: what they have under way is finished.
    while let Some(ended) = lanes.join_next().await {
        if let Err(panicked) = ended {
            error!(%panicked, "a part of the queue ended early");
        }
    }
    Ok(())
}

fn lanes_of(config: &Config, exits: Option<&Arc<Exits>>) -> Vec<Task> {
    let mut to_primary = vec![Purpose::Return, Purpose::Resend, Purpose::Notice];
    let task = |purposes, way| Task {
        purposes,
        way,
        destination: Arc::default(),
        rank: Rank::First,
    };
    let mut lanes = Vec::new();
    match &config.imap {
        Some(imap) => lanes.push(task(vec![Purpose::SentCopy], Way::Imap(imap.clone()))),
        None => to_primary.push(Purpose::SentCopy),
    }
    let primary = match &config.primary {
        Some(door) => Way::Smtp(door.clone()),
        None => Way::Unconfigured("no primary configured: set [primary] smtp"),
    };
    let primary = task(to_primary, primary);
    for _ in 1..config.primary_connections {
        let rank = Rank::Further;
        lanes.push(Task {
            rank,
            ..primary.clone()
        });
    }
    lanes.push(primary);
    let Some(exits) = exits else {
        let nowhere = Way::Unconfigured("no smarthost configured: set [outbound] smarthost");
        lanes.push(task(vec![Purpose::Send], nowhere));
        return lanes;
    };
    for _ in 0..config.outbound.connections {
        lanes.push(task(vec![Purpose::Send], Way::Outside(Arc::clone(exits))));
    }
    lanes
}

/// Starts work again when it panics.
async fn revive<W>(common: Common, work: impl Fn() -> W)
where
    W: Future<Output = ()> + Send + 'static,
{
    while let Err(panicked) = tokio::spawn(work()).await {
        error!(%panicked, "a part of the queue ended, starting it again");
        wait(&common.shutdown, limits::STORE_TROUBLE_PAUSE).await;
    }
}

/// Starts a lane again when it panics. What it had under way is unknown then.
async fn supervise<L>(common: Common, lane: impl Fn(UnderWay) -> L)
where
    L: Future<Output = ()> + Send + 'static,
{
    let under_way = UnderWay::default();
    loop {
        match tokio::spawn(lane(under_way.clone())).await {
            Ok(()) => return,
            Err(panicked) => error!(%panicked, "a lane of the queue ended, starting it again"),
        }
        if let Some(claim) = under_way.end() {
            let mail_id = row::mail_id(&common.store, &claim).await;
            let told = Told {
                settled: Settled::Unknown,
                words: "Shadowmail failed while handing it over",
                mail_id: mail_id.as_deref(),
            };
            write_down(&common.store, &common.shutdown, &claim, told).await;
        }
        wait(&common.shutdown, limits::STORE_TROUBLE_PAUSE).await;
    }
}

/// Tells how far a recovery is, when that has changed.
async fn tell_progress(store: Store, shutdown: CancellationToken) {
    let mut told = OwedCount::default();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(limits::PROGRESS_EVERY) => {}
        }
        // Counting what is owed opens every day there is; only a recovery is worth that.
        let is_recovery = |mode: ModeChange| mode.mode == Mode::Recovery;
        if !store.mode().await.is_ok_and(is_recovery) {
            continue;
        }
        let Ok(owed) = store.owed().await else {
            continue;
        };
        if owed != told {
            let OwedCount {
                open,
                for_a_person,
                settled,
            } = owed;
            info!(
                open,
                for_a_person, settled, "handing back what the primary lacks"
            );
            told = owed;
        }
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
