//! A lane: the rows of some purposes, one after the other, on one way. A way that is slow or
//! down does not hold up the others.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use store::{Claim, Purpose, QueueId, Settled, Store, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::config::Config;
use crate::failure::Ending;
use crate::limits;
use crate::outcome::{Told, UnderWay, wait, write_down};
use crate::plan::{Breaker, Trial, after, allowed};
use crate::row::{self, Row};
use crate::way::{Carrier, Way};

/// What all lanes share.
#[derive(Clone)]
pub(crate) struct Common {
    /// The store.
    pub store: Store,
    /// The configuration.
    pub config: Arc<Config>,
    /// The key that seals the marker.
    pub key: [u8; 32],
    /// When to stop.
    pub shutdown: CancellationToken,
    /// Changes when there may be something to do.
    pub wake: watch::Receiver<()>,
}

/// What all lanes to one destination know of it: one try finds out for all of them.
#[derive(Debug, Default)]
pub(crate) struct Destination {
    breaker: Breaker,
    /// It took or refused the last thing it was asked, so it is there.
    answers: bool,
}

/// What a lane does.
#[derive(Clone)]
pub(crate) struct Task {
    /// Rows with one of these.
    pub purposes: Vec<Purpose>,
    /// Go there.
    pub way: Way,
    /// How that destination is.
    pub destination: Arc<Mutex<Destination>>,
    /// Which lane to it goes first.
    pub rank: Rank,
}

/// Whether a lane is the one that finds out whether its destination is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    /// It is.
    First,
    /// It comes along when the destination answers.
    Further,
}

/// One lane.
pub(crate) struct Lane {
    common: Common,
    purposes: Vec<Purpose>,
    way: Way,
    carrier: Carrier,
    destination: Arc<Mutex<Destination>>,
    rank: Rank,
    /// Number of the mode change seen last.
    mode_seen: Option<i64>,
    told_unconfigured: bool,
    /// Rows that may be next where a mode holds for some only.
    ahead: VecDeque<QueueId>,
    under_way: UnderWay,
}

impl Lane {
    /// A lane with a task, which says what is `under_way`.
    pub fn new(common: Common, task: Task, under_way: UnderWay) -> Self {
        let Task {
            purposes,
            way,
            destination,
            rank,
        } = task;
        let carrier = Carrier::new(common.config.clone(), common.shutdown.clone());
        Self {
            common,
            purposes,
            way,
            carrier,
            destination,
            rank,
            mode_seen: None,
            told_unconfigured: false,
            ahead: VecDeque::new(),
            under_way,
        }
    }

    /// Works until told to stop; finishes the row under way.
    pub async fn run(mut self) {
        let shutdown = self.common.shutdown.clone();
        while !shutdown.is_cancelled() {
            match self.next().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    error!(%error, "the queue can not be read, trying again soon");
                    wait(&shutdown, limits::STORE_TROUBLE_PAUSE).await;
                }
            }
            self.carrier.hang_up().await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                _ = self.common.wake.changed() => {}
            }
        }
        self.carrier.hang_up().await;
    }

    /// Claims one row and hands it over. `false` when there is nothing to do now.
    ///
    /// Never more than one: a row that waits for its turn must stay free to be confirmed by a
    /// journal copy, and a crash must leave no more in doubt than what was under way.
    async fn next(&mut self) -> Result<bool, StoreError> {
        let now = Timestamp::now();
        let allowed = self.allowed_now().await?;
        if !self.may_go(now) {
            return Ok(false);
        }
        if !self.take_turn(now) {
            return Ok(false);
        }
        let claim = self.claim(&allowed, now).await;
        if let (Way::Outside(exits), Ok(None) | Err(_)) = (&self.way, &claim) {
            exits.give_back_turn();
        }
        let Some(claim) = claim? else {
            return Ok(false);
        };
        self.under_way.begin(&claim);
        self.hand_over(&claim, &allowed).await;
        Ok(true)
    }

    async fn claim(
        &mut self,
        allowed: &AllowedNow,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let mut claims = self.common.store.claim(&allowed.for_all, now, 1).await?;
        match claims.pop() {
            None => self.claim_beyond_scope(&allowed.beyond_scope, now).await,
            some => Ok(some),
        }
    }

    /// Claims a row that the mode does not hold, where it holds some. Looks for many at once, because
    /// that means to walk past all that is held.
    async fn claim_beyond_scope(
        &mut self,
        purposes: &[Purpose],
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        if purposes.is_empty() {
            return Ok(None);
        }
        let store = &self.common.store;
        if self.ahead.is_empty() {
            let rows = store.due_beyond_scope(purposes, now, limits::ROWS_AHEAD);
            self.ahead = rows.await?.into();
        }
        while let Some(row) = self.ahead.pop_front() {
            let claim = store.claim_beyond_scope(row, now).await?;
            if claim.is_some() {
                return Ok(claim);
            }
        }
        Ok(None)
    }

    /// Whether the pace of the way allows one more row.
    fn take_turn(&self, now: Timestamp) -> bool {
        match &self.way {
            Way::Outside(exits) => exits.take_turn(now),
            _ => true,
        }
    }

    /// Hands a claimed row over, unless the mode was changed before it was claimed.
    async fn hand_over(&mut self, claim: &Claim, before: &AllowedNow) {
        let why_not = match self.allowed_now().await {
            Ok(allowed) if allowed.for_all.contains(&claim.purpose) || allowed == *before => None,
            Ok(_) => Some("given back: the mode has changed"),
            Err(_) => Some("given back: the mode can not be read"),
        };
        match why_not {
            Some(why) => {
                self.give_back(claim, Timestamp::now(), why).await;
            }
            None => self.try_row(claim).await,
        }
    }

    /// Which of our purposes the mode allows. A change of mode ends a rest: an administrator
    /// who declares the primary to be back should not wait for us.
    async fn allowed_now(&mut self) -> Result<AllowedNow, StoreError> {
        let mode = self.common.store.mode().await?;
        if self.mode_seen != Some(mode.number) {
            self.mode_seen = Some(mode.number);
            self.ahead.clear();
            self.destination().breaker = Breaker::default();
        }
        let mut allowed = allowed(mode.mode);
        if self.common.store.standstill().await?.is_some() {
            allowed = allowed.without_primary();
        }
        Ok(AllowedNow {
            mode: mode.number,
            for_all: ours(&self.purposes, allowed.for_all),
            beyond_scope: ours(&self.purposes, allowed.beyond_scope),
        })
    }

    /// One try, and its outcome written down.
    async fn try_row(&mut self, claim: &Claim) {
        if let Way::Unconfigured(words) = self.way {
            self.put_off(claim, words).await;
            return;
        }
        let (mut since, mut mail_id) = (None, None);
        let ending = match Row::read(&self.common.store, claim).await {
            Ok(row) => {
                since = Some(match claim.purpose {
                    Purpose::Send => claim.queued_at,
                    _ => row.since(),
                });
                mail_id.clone_from(&row.envelope.peer.mail_id);
                self.carry(row).await
            }
            Err(ending) => {
                mail_id = row::mail_id(&self.common.store, claim).await;
                ending
            }
        };
        let now = Timestamp::now();
        let wake = if let Ending::Unreachable(words) | Ending::TurnedAway(words) = &ending {
            self.rest(now, words)
        } else {
            *self.destination() = Destination {
                breaker: Breaker::default(),
                answers: true,
            };
            now
        };
        let trial = Trial {
            purpose: claim.purpose,
            attempts: claim.attempts,
            since,
            now,
            jitter: jitter(),
        };
        let (settled, words) = trial.settle(ending, wake);
        let told = Told {
            settled,
            words: &words,
            mail_id: mail_id.as_deref(),
        };
        self.write_down(claim, told).await;
    }

    async fn carry(&mut self, row: Row) -> Ending {
        match &self.way {
            Way::Smtp(door) => {
                let parcel = row.parcel(&self.common.config.hostname, &self.common.key);
                Box::pin(self.carrier.send(door, &parcel)).await
            }
            Way::Outside(exits) => {
                let parcel = row.parcel(&self.common.config.hostname, &self.common.key);
                let parcel = self.common.config.outbound.dkim.signed(parcel);
                Box::pin(self.carrier.send_out(exits, &parcel, jitter())).await
            }
            Way::Imap(imap) => {
                let id = row.claim.id;
                self.carrier.put(imap, &row.sent_copy(), id).await
            }
            Way::Unconfigured(words) => Ending::NotNow((*words).to_owned()),
        }
    }

    /// Nothing was tried: the row waits until somebody has changed the configuration.
    async fn put_off(&mut self, claim: &Claim, words: &str) {
        if !self.told_unconfigured {
            self.told_unconfigured = true;
            warn!("mail waits: {words}");
        }
        let at = after(Timestamp::now(), limits::UNCONFIGURED_RETRY);
        self.give_back(claim, at, words).await;
    }

    /// Nothing was tried; the row is free again at that time.
    async fn give_back(&self, claim: &Claim, at: Timestamp, words: &str) {
        let mail_id = row::mail_id(&self.common.store, claim).await;
        let told = Told {
            settled: Settled::GivenBack(at),
            words,
            mail_id: mail_id.as_deref(),
        };
        self.write_down(claim, told).await;
    }

    /// Lets the destination rest. Only the first failure is worth a warning.
    fn rest(&self, now: Timestamp, words: &str) -> Timestamp {
        let mut destination = self.destination();
        destination.answers = false;
        if destination.breaker == Breaker::default() {
            warn!(
                why = words,
                "a destination can not be reached, trying again and again"
            );
        }
        destination.breaker.failed(now, jitter())
    }

    /// Whether this lane may try its destination now.
    fn may_go(&self, now: Timestamp) -> bool {
        let destination = self.destination();
        let comes_along = self.rank == Rank::First || destination.answers;
        comes_along && destination.breaker.resting(now).is_none()
    }

    fn destination(&self) -> MutexGuard<'_, Destination> {
        self.destination
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_down(&self, claim: &Claim, told: Told<'_>) {
        let Common {
            store, shutdown, ..
        } = &self.common;
        write_down(store, shutdown, claim, told).await;
        self.under_way.end();
    }
}

/// Which of a lane's purposes the mode of a number allows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AllowedNow {
    mode: i64,
    for_all: Vec<Purpose>,
    beyond_scope: Vec<Purpose>,
}

/// The purposes that are both ours and the mode's.
fn ours(purposes: &[Purpose], allowed: &[Purpose]) -> Vec<Purpose> {
    purposes
        .iter()
        .copied()
        .filter(|purpose| allowed.contains(purpose))
        .collect()
}

/// Chance that nobody needs to trust: each [`RandomState`] has other keys.
fn jitter() -> u8 {
    let [chance, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    chance
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
