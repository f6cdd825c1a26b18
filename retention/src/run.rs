//! Doing what the policy says.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use store::{
    Address, Aged, Aging, AgingStep, AlertKind, Day, DayLimit, Fate, Mode, Outlook, Owners, Store,
    StoreError,
};
use tokio_util::sync::CancellationToken;

use crate::guard::{Suspicion, guard, went_back};
use crate::limits;
use crate::policy::{Limits, Policy, due, is_old};

/// Nothing was aged, or not all that is due.
#[derive(Debug, thiserror::Error)]
pub enum AgingError {
    /// Aging stands still outside Normal: what arrived before the outage may be needed in it.
    #[error("aging stands still: the mode is {0}, and mail ages in normal mode only")]
    StandsStill(Mode),
    /// The guard against a clock that jumped.
    #[error(transparent)]
    Suspicious(#[from] Suspicion),
    /// One day or several could not be aged; the others were.
    #[error("{day} could not be aged and will be tried again: {source}")]
    Day {
        /// The first of them.
        day: Day,
        /// Why.
        source: StoreError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became, or would become, of one day that is over for somebody.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// Which day.
    pub day: Day,
    /// What became of it.
    pub what: T,
}

/// Ages what is due at `now`, because `by` said so, and says what became of each day that is over
/// for somebody. `tell` hears how far it is.
pub async fn run_once(
    store: &Store,
    policy: &Policy,
    (by, now): (&str, Timestamp),
    tell: impl Fn(Day, AgingStep) + Clone + Send + 'static,
) -> Result<Vec<Done<Aged>>, AgingError> {
    refuse_while_standing_still(store).await?;
    let over = over(store, policy, now).await?;
    let done = age(store, over, (by, now), tell).await?;
    // Whoever says so has looked at the clock.
    store.see_days(now).await?;
    store.trust_aging_clock(now).await?;
    store.clear_alert(AlertKind::AgingRefused).await;
    drop_drafts(store, policy, now).await?;
    Ok(done)
}

/// What [`run_once`] would do at `now`. `tell` hears which day it looks at.
pub async fn preview(
    store: &Store,
    policy: &Policy,
    now: Timestamp,
    tell: impl Fn(Day),
) -> Result<Vec<Done<Outlook>>, AgingError> {
    let mut previews = Vec::new();
    for (day, limit) in over(store, policy, now).await? {
        tell(day);
        let what = store.day_outlook(day, limit).await?;
        previews.push(Done { day, what });
    }
    Ok(previews)
}

/// Ages by the schedule until `shutdown`, and looks how full the disk is.
pub async fn run(store: Store, policy: Policy, shutdown: CancellationToken) {
    let mut schedule = tokio::time::interval(limits::RUN_EVERY);
    let mut disk = tokio::time::interval(limits::WATCH_DISK_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = schedule.tick() => scheduled(&store, &policy, Timestamp::now()).await,
            _ = disk.tick() => {
                if let Err(error) = store.watch_disk().await {
                    tracing::error!("cannot look at the disk: {error}");
                }
            }
        }
    }
}

/// One run of the schedule, with the alerts it makes.
async fn scheduled(store: &Store, policy: &Policy, now: Timestamp) {
    let result = run_guarded(store, policy, now).await;
    match &result {
        Err(AgingError::Suspicious(why)) => {
            let words = why.to_string();
            return store
                .raise_alert(AlertKind::AgingRefused, &words, now)
                .await;
        }
        Err(AgingError::StandsStill(_)) => {}
        Ok(_) => {
            store.clear_alert(AlertKind::AgingRefused).await;
            store.clear_alert(AlertKind::AgingFailed).await;
        }
        Err(error @ (AgingError::Day { .. } | AgingError::Store(_))) => {
            let words = format!("aging: {error}");
            store.raise_alert(AlertKind::AgingFailed, &words, now).await;
        }
    }
    match unknown_groups(store, policy).await {
        Ok(None) => store.clear_alert(AlertKind::AgingGroupUnknown).await,
        Ok(Some(words)) => {
            let kind = AlertKind::AgingGroupUnknown;
            store.raise_alert(kind, &words, now).await;
        }
        Err(error) => tracing::warn!("cannot tell whether all groups are known: {error}"),
    }
}

async fn run_guarded(
    store: &Store,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<Done<Aged>>, AgingError> {
    let last = store.aging_clock().await?;
    // In an emergency aging does not look, so a gap says nothing then.
    went_back(now, last)?;
    // In every mode: what comes in an emergency is as old as it is.
    let seen = store.see_days(now).await?;
    refuse_while_standing_still(store).await?;
    let mut over = over(store, policy, now).await?;
    let limits = resolve(store, policy).await?;
    let mut young = None;
    over.retain(|(day, limit)| {
        let seen = seen.get(day).copied().unwrap_or(now);
        let is_old = is_old(now, (*day, limit), seen, &limits);
        if !is_old {
            young = young.or(Some(Suspicion::Young { day: *day, seen }));
        }
        is_old
    });
    let before = match last {
        Some(last) => self::over(store, policy, last).await?,
        None => Vec::new(),
    };
    let fresh = fresh(store, &over, &before).await?;
    guard(now, last, fresh, policy.days_at_once)?;
    store.trust_aging_clock(now).await?;
    let done = age(store, over, ("shadowmail", now), |_, _| {}).await?;
    drop_drafts(store, policy, now).await?;
    young.map_or(Ok(done), |young| Err(young.into()))
}

/// Drafts that nobody has touched for as long as mail is kept.
async fn drop_drafts(store: &Store, policy: &Policy, now: Timestamp) -> Result<(), StoreError> {
    let kept = SignedDuration::from_hours(24 * i64::from(policy.days));
    let Ok(before) = now.checked_sub(kept) else {
        return Ok(());
    };
    let drafts = store.drop_drafts_before(before).await?;
    if drafts > 0 {
        tracing::info!(
            drafts,
            "dropped {drafts} drafts that nobody has touched for long"
        );
    }
    Ok(())
}

/// How many days would lose something that they would not have lost `before`, when aging last
/// looked; or lose most of what they hold. Each limit for itself: every midnight one day may pass
/// that of the trainees, one everybody's, and one the board's.
async fn fresh(
    store: &Store,
    over: &[(Day, DayLimit)],
    before: &[(Day, DayLimit)],
) -> Result<usize, StoreError> {
    // A day of which only survivors are left has lost most of it before.
    let thinned: Vec<Day> = store
        .days()
        .await?
        .iter()
        .filter(|state| state.thinned)
        .map(|state| state.day)
        .collect();
    let mut fresh: BTreeMap<&DayLimit, usize> = BTreeMap::new();
    for now_over in over {
        let (day, limit) = now_over;
        let is_whole = matches!(limit, DayLimit::OverBut(_)) && !thinned.contains(day);
        let is_fresh = is_whole || !before.contains(now_over);
        if is_fresh && store.is_due(*day, limit.clone()).await? {
            *fresh.entry(limit).or_default() += 1;
        }
    }
    Ok(fresh.into_values().max().unwrap_or(0))
}

async fn refuse_while_standing_still(store: &Store) -> Result<(), AgingError> {
    match store.mode().await?.mode {
        mode if mode.ages() => Ok(()),
        mode => Err(AgingError::StandsStill(mode)),
    }
}

async fn over(
    store: &Store,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<(Day, DayLimit)>, StoreError> {
    let days: Vec<Day> = store.days().await?.iter().map(|state| state.day).collect();
    Ok(due(now, &days, &resolve(store, policy).await?))
}

/// The people of a policy's groups, as the directory has them now.
async fn resolve(store: &Store, policy: &Policy) -> Result<Limits, StoreError> {
    let mut members = Vec::new();
    for group in &policy.groups {
        members.push(match store.owners(&group.address).await? {
            Owners::Nobody => Vec::new(),
            Owners::One(one) => vec![one.account],
            Owners::Group(all) => all.iter().map(|it| it.account).collect(),
        });
    }
    Ok(Limits::new(policy, &members))
}

/// In words, which groups of the policy the directory does not know, or knows without members;
/// `None` when all are well.
pub async fn unknown_groups(store: &Store, policy: &Policy) -> Result<Option<String>, StoreError> {
    let limits = resolve(store, policy).await?;
    let unknown = limits.unknown_groups();
    if unknown.is_empty() {
        return Ok(None);
    }
    let names: Vec<&str> = unknown.iter().map(Address::as_str).collect();
    Ok(Some(format!(
        "the directory knows no group {} with anybody in it, which [[retention.group]] names; \
         until it does, or the config names another, no mail goes before such a group's days are \
         over",
        names.join(", ")
    )))
}

/// Ages one day after the other. One that fails does not stop the others.
async fn age(
    store: &Store,
    over: Vec<(Day, DayLimit)>,
    (by, now): (&str, Timestamp),
    tell: impl Fn(Day, AgingStep) + Clone + Send + 'static,
) -> Result<Vec<Done<Aged>>, AgingError> {
    let (mut done, mut failed) = (Vec::new(), None);
    for (day, limit) in over {
        let aging = Aging {
            day,
            limit,
            by: by.to_owned(),
            now,
        };
        let tell = tell.clone();
        match store.age_day(aging, move |step| tell(day, step)).await {
            Ok(aged) => {
                log(day, &aged);
                done.push(Done { day, what: aged });
            }
            Err(source) => {
                // An emergency may have begun meanwhile; then nothing is wrong.
                refuse_while_standing_still(store).await?;
                tracing::error!(%day, "cannot age {day}: {source}");
                failed = failed.or(Some(AgingError::Day { day, source }));
            }
        }
    }
    failed.map_or(Ok(done), Err)
}

fn log(day: Day, aged: &Aged) {
    let Aged {
        survivors, entries, ..
    } = *aged;
    // Of so many one line each would be a flood; what the id of a message begins with leads here.
    let messages = format!("{}-*", day.compact());
    match &aged.fate {
        Fate::Stays => {}
        Fate::StaysWhole(why) => tracing::warn!(%day, "{day} is due and stays whole: {why}"),
        Fate::EntriesRemoved => {
            tracing::info!(%day, messages, entries, "removed {entries} entries of {day} whose time is over");
        }
        Fate::Thinned => {
            tracing::info!(%day, messages, survivors, "thinned {day} to {survivors} messages");
        }
        Fate::Dropped => tracing::info!(%day, messages, "dropped {day}"),
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
