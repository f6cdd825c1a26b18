//! Watching the primary: every probe by itself, and the one place that draws the consequences.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use store::{AlertKind, Mode, ModeChange, ProbeStanding, ProbeState, Store, StoreError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::judge::Judge;
use crate::limits;
use crate::person::{ModeRefusal, Opening, Order, change};
use crate::policy::{Consequence, Policy, Seen};
use crate::probe::{Probe, Tried};

/// Who starts an emergency that the probes ask for, in the history and in the audit log.
pub const RULE: &str = "shadowmail:probes";

/// Watches the primary until `shutdown`. A probe that hangs holds up nobody else.
pub async fn watch(store: Store, probes: Vec<Probe>, policy: Policy, shutdown: CancellationToken) {
    let names = probes.iter().map(|it| it.name.clone()).collect();
    if let Err(error) = store.keep_probes(names).await {
        error!(%error, "how probes stood that are not in the configuration any more can not be forgotten");
    }
    let mut parts = JoinSet::new();
    for probe in probes {
        parts.spawn(follow(store.clone(), probe, shutdown.clone()));
    }
    parts.spawn(draw(store, policy, shutdown));
    while let Some(ended) = parts.join_next().await {
        if let Err(error) = ended {
            error!(%error, "a probe ended by itself; restart the server");
        }
    }
}

/// Tries one probe again and again.
async fn follow(store: Store, probe: Probe, shutdown: CancellationToken) {
    let stood = store.probes().await.unwrap_or_default();
    let kind = probe.asks.kind().to_string();
    let mut stood = stood.iter();
    let stood = stood.find(|it| it.name == probe.name && it.kind == kind);
    let mut judge = Judge::resume(probe.rule, stood, Timestamp::now());
    let mut turn = tokio::time::interval(probe.every);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut clock = Clock::now();
    loop {
        let tried = async {
            turn.tick().await;
            probe.try_once(&store).await
        };
        let tried = tokio::select! {
            () = shutdown.cancelled() => return,
            tried = tried => tried,
        };
        if clock.has_jumped() {
            warn!(
                "the clock was set: how long the probe {} failed is counted anew",
                probe.name
            );
            judge.forget_tries(tried.at);
        }
        let before = judge.state();
        judge.hear((tried.at, tried.saw.is_ok()));
        let standing = standing(&probe, &judge, tried);
        if judge.state() != before {
            tell(&standing);
        }
        if let Err(error) = store.note_probe(standing).await {
            error!(%error, "what the probe {} saw can not be written down", probe.name);
        }
    }
}

fn standing(probe: &Probe, judge: &Judge, tried: Tried) -> ProbeStanding {
    let is_well = tried.saw.is_ok();
    let (Ok(words) | Err(words)) = tried.saw;
    ProbeStanding {
        name: probe.name.clone(),
        kind: probe.asks.kind().to_string(),
        state: judge.state(),
        since: judge.since(),
        tried_at: tried.at,
        took: u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX),
        is_well,
        words,
        failing_since: judge.failing_since(),
    }
}

fn tell(standing: &ProbeStanding) {
    let ProbeStanding {
        name, state, words, ..
    } = standing;
    match state {
        ProbeState::Down => warn!("the probe {name} is down: {words}"),
        ProbeState::Up | ProbeState::Unknown => info!("the probe {name} is {state}: {words}"),
    }
}

/// Draws the consequences again and again.
async fn draw(store: Store, policy: Policy, shutdown: CancellationToken) {
    let mut watched_since = Timestamp::now();
    let mut clock = Clock::now();
    let mut look = tokio::time::interval(limits::LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = look.tick() => {}
        }
        if clock.has_jumped() {
            watched_since = Timestamp::now();
        }
        if let Err(error) = look_once(&store, policy, watched_since).await {
            error!(%error, "what the probes ask for can not be done");
        }
    }
}

async fn look_once(
    store: &Store,
    policy: Policy,
    watched_since: Timestamp,
) -> Result<(), ModeRefusal> {
    let (consequence, mode) = judged(store, policy, watched_since).await?;
    let Consequence {
        failing,
        silent,
        lost,
        back,
        start: begin,
    } = consequence;
    let now = Timestamp::now();
    for (kind, words) in [
        (AlertKind::PrimaryFailing, failing),
        (AlertKind::CopiesSilent, silent),
        (AlertKind::CanaryLost, lost),
        (AlertKind::PrimaryBack, back),
    ] {
        match words {
            Some(words) => store.raise_alert(kind, &words, now).await,
            None => store.clear_alert(kind).await,
        }
    }
    let Some(reason) = begin else {
        return Ok(());
    };
    let order = Order {
        by: RULE.to_owned(),
        reason,
        now,
    };
    // From the very mode that was judged: whatever a person made of it meanwhile stays.
    let opening = Opening::default();
    let started = match change(store, &mode, Mode::Emergency, (order, opening)).await {
        Ok(started) => started,
        // A person was faster.
        Err(ModeRefusal::Mode(store::ModeError::Overtaken(_))) => return Ok(()),
        Err(error) => return Err(error),
    };
    let words = format!(
        "the webmail is open for everyone: {}. `shadowmail emergency end` or the console ends it",
        started.reason
    );
    let kind = AlertKind::EmergencyByRule;
    store.raise_alert(kind, &words, now).await;
    Ok(())
}

async fn judged(
    store: &Store,
    policy: Policy,
    watched_since: Timestamp,
) -> Result<(Consequence, ModeChange), StoreError> {
    let probes = store.probes().await?;
    let mode = store.mode().await?;
    let consequence = policy.judge(Seen {
        now: Timestamp::now(),
        watched_since,
        mode: &mode,
        probes: &probes,
    });
    Ok((consequence, mode))
}

/// Tells whether the clock on the wall was set since the last look.
struct Clock {
    wall: Timestamp,
    passed: Instant,
}

impl Clock {
    fn now() -> Self {
        Self {
            wall: Timestamp::now(),
            passed: Instant::now(),
        }
    }

    fn has_jumped(&mut self) -> bool {
        let now = Self::now();
        let on_wall = now.wall.duration_since(self.wall);
        let passed = now.passed.duration_since(self.passed);
        *self = now;
        has_jumped(on_wall, passed)
    }
}

/// Whether a clock differs too much from the time that has passed.
fn has_jumped(on_wall: SignedDuration, passed: Duration) -> bool {
    let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
    let off = on_wall.saturating_sub(passed).unsigned_abs();
    off > limits::CLOCK_JUMP_LEAST
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
