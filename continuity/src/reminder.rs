//! Reminders: mails to those who could not sign in while the directory is down.
//!
//! The store knows who is to get one; here they are written. A mail is kept like any other and handed
//! to the primary through the queue, so a crash loses none. Written twice, because the power went
//! between keeping it and noting that, it has the same Message-ID and the same text, and is one mail.

mod letter;

use std::time::Duration;

use jiff::Timestamp;
use store::{
    Address, DueReminder, Envelope, Held, KeepError, MessageId, Mode, Peer, PeopleFilter,
    RemindersAsked, ReversePath, Source, Store, StoreError,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::limits;

/// Who asks, in the audit log, when nobody does.
const SCHEDULE: &str = "shadowmail";

/// Whom reminders come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The address; answers and bounces go there.
    pub address: Address,
    /// Its name as people read it; may be empty.
    pub name: String,
}

/// How often people are reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Nobody is reminded again before this time is over.
    pub pause: Duration,
    /// How often all who are missing are reminded without anybody asking; `None` is never.
    pub every: Option<Duration>,
}

/// What reminders are made of.
#[derive(Clone, Debug)]
pub struct Reminders {
    /// Our own name.
    pub hostname: String,
    /// The address of the page on which people try to sign in.
    pub page: String,
    /// Whom they come from.
    pub from: Sender,
    /// Language of those of whom the directory does not say it: `de` or `en`.
    pub language: String,
    /// How often.
    pub pace: Pace,
}

impl Reminders {
    /// Asks for those of `of` to be reminded who could not sign in now. `by` is who wants that.
    pub async fn ask(
        &self,
        store: &Store,
        of: PeopleFilter,
        by: String,
        now: Timestamp,
    ) -> Result<RemindersAsked, StoreError> {
        let object = match &of.group {
            Some(group) => group.to_string(),
            None => "everybody who is missing".to_owned(),
        };
        let missing = store.missing(of, (0, usize::MAX), now).await?;
        let accounts = missing.people.iter().map(|it| it.account).collect();
        store
            .ask_reminders(accounts, self.pace.pause, (by, object), now)
            .await
    }

    /// Writes the mails that were asked for, in normal times, and asks for them by the schedule,
    /// until `shutdown`.
    pub async fn run(self, store: Store, shutdown: CancellationToken) {
        let mut look = tokio::time::interval(limits::SCHEDULE_LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !shutdown.is_cancelled() {
            let pause = match self.write_next(&store).await {
                Ok(true) => limits::REMINDER_PAUSE,
                Ok(false) => Duration::ZERO,
                Err(error) => {
                    error!(%error, "a reminder can not be written, trying again soon");
                    limits::REMINDER_TROUBLE_PAUSE
                }
            };
            if !pause.is_zero() {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(limits::LOOK_EVERY) => {}
                _ = look.tick() => self.ask_by_schedule(&store, Timestamp::now()).await,
            }
        }
    }

    async fn ask_by_schedule(&self, store: &Store, now: Timestamp) {
        let Some(every) = self.pace.every else {
            return;
        };
        let asked = async {
            let is_normal = store.mode().await?.mode == Mode::Normal;
            if !is_normal || !store.is_reminding_due(every, now).await? {
                return Ok(None);
            }
            let (all, by) = (PeopleFilter::default(), SCHEDULE.to_owned());
            self.ask(store, all, by, now).await.map(Some)
        };
        match asked.await {
            Ok(None) => {}
            Ok(Some(asked)) => {
                info!(
                    people = asked.asked,
                    "reminding those who could not sign in"
                );
            }
            Err(error) => error!(%error, "reminders can not be asked for"),
        }
    }

    /// Writes the reminder that is due. `false` when there is none, or not in this mode.
    async fn write_next(&self, store: &Store) -> Result<bool, KeepError> {
        let now = Timestamp::now();
        let failed = |error: StoreError| KeepError::Failed(error.to_string());
        if store.mode().await.map_err(failed)?.mode != Mode::Normal {
            return Ok(false);
        }
        let Some(due) = store.due_reminder(now).await.map_err(failed)? else {
            return Ok(false);
        };
        let message = self.keep(store, &due, now).await?;
        store
            .reminder_written(due.account, message)
            .await
            .map_err(failed)?;
        info!(message.id = %message, "kept message {message}, a reminder");
        Ok(true)
    }

    async fn keep(
        &self,
        store: &Store,
        due: &DueReminder,
        now: Timestamp,
    ) -> Result<MessageId, KeepError> {
        let bytes =
            letter::write(self, due).map_err(|error| KeepError::Failed(error.to_string()))?;
        let mut held = Held::new(limits::REMINDER_BYTES_MAX);
        held.append(&bytes)?;
        let envelope = Envelope {
            source: Source::Notice,
            reverse_path: ReversePath::Address(self.from.address.clone()),
            recipients: vec![due.address.clone()],
            received_at: now,
            peer: Peer {
                listener: "reminder".to_owned(),
                ..Peer::default()
            },
            bare_line_ends: false,
            smtputf8: !due.address.as_str().is_ascii(),
            dsn: None,
        };
        store.keep(held, envelope).await
    }
}

#[cfg(test)]
#[path = "reminder_tests.rs"]
mod tests;
