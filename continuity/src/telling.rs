//! Telling administrators of alerts: by mail to addresses that the primary need not deliver, and by
//! webhooks. What each was told stands in the store, so a restart tells nobody twice.
//!
//! A mail is kept like any other and handed over by the queue. A webhook is asked at once, and again until
//! it takes the news.

mod due;
mod hook;
mod letter;
mod news;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{
    Address, Alert, AlertKind, AlertNotice, Envelope, Held, KeepError, Mode, Peer, ReversePath,
    Source, StartLink, Store, StoreError,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use due::Repeat;
pub use hook::{Body, Hook};

use crate::limits;
use crate::reminder::Sender;
use due::{Due, What};
use news::News;

/// Who is told, and how.
#[derive(Clone)]
pub struct Alerts {
    /// Our own name.
    pub hostname: String,
    /// What people type for the webmail.
    pub url: String,
    /// Language of what we say: `de` or `en`.
    pub language: String,
    /// What an alert is about, in one sentence of that language.
    pub title: fn(AlertKind, &str) -> &'static str,
    /// Whom mails come from, and the addresses they go to.
    pub mail: Option<(Sender, Vec<Address>)>,
    /// Who is told otherwise.
    pub hooks: Vec<Hook>,
    /// How often.
    pub repeat: Repeat,
    /// How long a link is good that starts an emergency.
    pub link_valid: Duration,
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The addresses of webhooks are secrets.
        let hooks: Vec<&str> = self.hooks.iter().map(|it| it.name.as_str()).collect();
        f.debug_struct("Alerts")
            .field("mail", &self.mail)
            .field("hooks", &hooks)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

/// One way out.
enum Way<'a> {
    Mail(&'a Sender, &'a Address),
    Hook(&'a Hook),
}

impl Way<'_> {
    fn name(&self) -> String {
        match self {
            Self::Mail(_, to) => to.to_string(),
            Self::Hook(hook) => hook.name.clone(),
        }
    }
}

impl Alerts {
    /// Tells until `shutdown`.
    pub async fn run(self, store: Store, shutdown: CancellationToken) {
        let mut look = tokio::time::interval(limits::LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // When a way that did not take the news is tried again.
        let mut rests: HashMap<String, Timestamp> = HashMap::new();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = look.tick() => {}
            }
            let told = async {
                if let Err(error) = self.tell_all(&store, &mut rests).await {
                    error!(%error, "what is to be told of alerts can not be read");
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = told => {}
            }
        }
    }

    /// Tries all ways with some news, for whoever sets them up. Gives each way with what became of it.
    pub async fn try_all(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Vec<(String, Result<(), String>)> {
        let mut all = Vec::new();
        for way in self.ways() {
            let news = News::test(self, now);
            let gone = self.send(store, &way, &news, now).await;
            all.push((way.name(), gone));
        }
        all
    }

    fn ways(&self) -> Vec<Way<'_>> {
        let mails = self.mail.iter().flat_map(|(from, to)| {
            let mail = move |to| Way::Mail(from, to);
            to.iter().map(mail)
        });
        mails.chain(self.hooks.iter().map(Way::Hook)).collect()
    }

    async fn tell_all(
        &self,
        store: &Store,
        rests: &mut HashMap<String, Timestamp>,
    ) -> Result<(), StoreError> {
        let alerts = store.alerts().await?;
        let told = store.alert_notices().await?;
        let quiet = store.alerts_quiet().await?;
        let now = Timestamp::now();
        // Nobody looks whether the primary fails once all know: that it is over would be a lie.
        let is_known = store.mode().await?.mode == Mode::Emergency;
        // One way that takes its time holds up the others for no longer than its time limit.
        for way in self.ways() {
            let name = way.name();
            if rests.get(&name).is_some_and(|until| now < *until) {
                continue;
            }
            let is_told = |it: &&AlertNotice| {
                let is_asked_for = alerts.iter().any(|alert| alert.kind == it.kind);
                it.way == name && (is_asked_for || !is_known || !it.kind.is_of_primary())
            };
            let of_way: Vec<&AlertNotice> = told.iter().filter(is_told).collect();
            for due in due::due(now, self.repeat, (&alerts, &of_way, &quiet)) {
                match self.tell(store, &way, (&due, &alerts)).await? {
                    Ok(()) => {
                        rests.remove(&name);
                        info!(alert = %due.kind, "told {name} of {}", due.kind);
                    }
                    Err(why) => {
                        warn!(alert = %due.kind, "{name} can not be told of {}: {why}", due.kind);
                        let until = now.checked_add(limits::WAY_REST);
                        rests.insert(name.clone(), until.unwrap_or(Timestamp::MAX));
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn tell(
        &self,
        store: &Store,
        way: &Way<'_>,
        (due, alerts): (&Due, &[Alert]),
    ) -> Result<Result<(), String>, StoreError> {
        let now = Timestamp::now();
        let words = alerts.iter().find(|it| it.kind == due.kind);
        let words = words.map_or("", |it| it.words.as_str());
        let link = self.link(store, way, (due, now)).await?;
        let news = News::of(self, (due, words), link);
        if let Err(why) = self.send(store, way, &news, now).await {
            return Ok(Err(why));
        }
        let notice = AlertNotice {
            way: way.name(),
            kind: due.kind,
            since: due.since,
            told_at: now,
            times: due.times,
            is_over: due.what == What::Over,
        };
        // It is told, and will be once more: better than at every look.
        let noted = store.note_alert_notice(notice).await;
        Ok(noted.map_err(|error| format!("it was told, which can not be written down: {error}")))
    }

    /// A link that starts an emergency, where somebody may want to.
    async fn link(
        &self,
        store: &Store,
        way: &Way<'_>,
        (due, now): (&Due, Timestamp),
    ) -> Result<Option<String>, StoreError> {
        let mode = store.mode().await?;
        if !due.kind.is_of_primary() || due.what == What::Over || mode.mode == Mode::Emergency {
            return Ok(None);
        }
        let valid = SignedDuration::try_from(self.link_valid).unwrap_or(SignedDuration::MAX);
        let link = StartLink {
            mode_number: mode.number,
            expires_at: now.checked_add(valid).unwrap_or(Timestamp::MAX),
            to: way.name(),
        };
        let token = match store.seal_start_link(link).await {
            Ok(token) => token,
            Err(error) => {
                warn!(%error, "an alert goes out without a link");
                return Ok(None);
            }
        };
        Ok(Some(format!("{}/admin/start/{token}", self.url)))
    }

    async fn send(
        &self,
        store: &Store,
        way: &Way<'_>,
        news: &News,
        now: Timestamp,
    ) -> Result<(), String> {
        match way {
            Way::Hook(hook) => hook.send(news).await,
            Way::Mail(from, to) => {
                let bytes = letter::write(&self.hostname, (from, to), (news, now));
                let bytes = bytes.map_err(|error| error.to_string())?;
                let kept = keep(store, (from, to), &bytes, now).await;
                kept.map_err(|error| error.to_string())
            }
        }
    }
}

async fn keep(
    store: &Store,
    (from, to): (&Sender, &Address),
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), KeepError> {
    let mut held = Held::new(limits::LETTER_BYTES_MAX);
    held.append(bytes)?;
    let envelope = Envelope {
        source: Source::Notice,
        reverse_path: ReversePath::Address(from.address.clone()),
        recipients: vec![to.clone()],
        received_at: now,
        peer: Peer {
            listener: "alert".to_owned(),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: !to.as_str().is_ascii(),
        dsn: None,
    };
    store.keep(held, envelope).await?;
    Ok(())
}

#[cfg(test)]
#[path = "telling_tests.rs"]
mod tests;
