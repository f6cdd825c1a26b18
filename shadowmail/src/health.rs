//! What the server itself must look after: its certificate, its clock, how old the mirror is, and a mode
//! that lasts too long. What nobody knows is an alert, too.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::UnixTime;
use store::{AlertKind, Mode, ModeChange, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::config::{Config, DirectorySource, Tls};
use crate::tls;

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How long before its end a certificate is to be renewed.
const RENEWAL: Duration = Duration::from_hours(14 * 24);

/// So old may the mirror be, or as old as ten times the pause between two syncs.
const MIRROR_AGE_MAX: Duration = Duration::from_hours(6);

/// By so much may a clock be put back.
const CLOCK_BACK_MAX: SignedDuration = SignedDuration::from_mins(10);

/// What is looked at.
pub struct Health {
    tls: Option<Tls>,
    hostname: String,
    /// How old the mirror of a server may be; a file is never too old.
    mirror_age: Option<Duration>,
}

impl Health {
    /// That of this configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            tls: config.tls.clone(),
            hostname: config.hostname.clone(),
            mirror_age: match &config.directory {
                DirectorySource::File(_) => None,
                DirectorySource::Server(settings) => {
                    Some(MIRROR_AGE_MAX.max(settings.sync_every * 10))
                }
            },
        }
    }

    /// Looks again and again, until `shutdown`.
    pub async fn watch(self, store: Store, shutdown: CancellationToken) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = look.tick() => {}
            }
            if let Err(error) = self.look(&store, Timestamp::now()).await {
                error!(%error, "what the server must look after can not be read");
            }
        }
    }

    async fn look(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        let mode = store.mode().await?;
        let known = [store.aging_clock().await?, Some(mode.since)];
        let newest = known.into_iter().flatten().max();
        let mirrored = store.directory_answered_at().await?;
        for (kind, words) in [
            (AlertKind::CertificateExpiring, self.certificate()),
            (AlertKind::ClockWrong, newest.and_then(|at| clock(at, now))),
            (AlertKind::SyncOld, self.mirror(mirrored, now)),
            (AlertKind::ModeOverdue, overdue(&mode, now)),
        ] {
            match words {
                Some(words) => store.raise_alert(kind, &words, now).await,
                None => store.clear_alert(kind).await,
            }
        }
        Ok(())
    }

    fn certificate(&self) -> Option<String> {
        let tls = self.tls.as_ref()?;
        let objection = |now| tls::objection(tls, &self.hostname, now);
        let now = UnixTime::now();
        let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + RENEWAL);
        match (objection(now), objection(soon)) {
            (Ok(None), Ok(None)) => None,
            (Ok(None), Ok(Some(_))) => Some(format!(
                "{} expires within {} days; renew it, the running server will notice",
                tls.certificate.display(),
                RENEWAL.as_secs() / (24 * 60 * 60)
            )),
            (Ok(Some(objection)), _) => Some(objection),
            (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
        }
    }

    fn mirror(&self, answered: Option<Timestamp>, now: Timestamp) -> Option<String> {
        let most = self.mirror_age?;
        let signed = SignedDuration::try_from(most).ok()?;
        // A new one has its alert when the directory can not be read.
        let answered = answered.filter(|at| now.duration_since(*at) > signed)?;
        Some(format!(
            "the directory last answered at {answered}, more than {} h ago; the accounts are as they were then: see \
             `shadowmail sync --dry-run`",
            most.as_secs() / 3600
        ))
    }
}

/// A clock that is behind what was written here.
fn clock(newest: Timestamp, now: Timestamp) -> Option<String> {
    (newest.duration_since(now) > CLOCK_BACK_MAX).then(|| {
        format!(
            "the clock says {now}, and something was written down here at {newest}; set it right, `timedatectl` \
             shows whether it follows others"
        )
    })
}

fn overdue(mode: &ModeChange, now: Timestamp) -> Option<String> {
    let is_on = matches!(mode.mode, Mode::Emergency | Mode::Drill);
    let end = mode.expected_end.filter(|end| is_on && *end < now)?;
    Some(format!(
        "the {} was expected to end at {end}; it goes on until somebody ends it: `shadowmail emergency extend --for \
         2h` or `shadowmail emergency end`",
        mode.mode
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn time(at: &str) -> Timestamp {
        at.parse().unwrap()
    }

    #[tokio::test]
    async fn what_nobody_knows_is_an_alert_while_it_lasts() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let health = Health {
            tls: Some(Tls {
                certificate: dir.path().join("none.pem"),
                key: dir.path().join("none.key"),
            }),
            hostname: "shadow.corp.example".to_owned(),
            mirror_age: Some(MIRROR_AGE_MAX),
        };
        store
            .directory_answered(time("2026-11-22T05:00:00Z"))
            .await
            .unwrap();
        store
            .trust_aging_clock(time("2026-11-22T12:20:00Z"))
            .await
            .unwrap();
        health.look(&store, time(NOW)).await.unwrap();
        let kinds = async || {
            let alerts = store.alerts().await.unwrap();
            alerts.iter().map(|it| it.kind).collect::<Vec<_>>()
        };
        let want = [
            AlertKind::SyncOld,
            AlertKind::CertificateExpiring,
            AlertKind::ClockWrong,
        ];
        assert_eq!(kinds().await, want);
        store
            .directory_answered(time("2026-11-22T11:00:00Z"))
            .await
            .unwrap();
        let well = Health {
            tls: None,
            ..health
        };
        well.look(&store, time("2026-11-22T12:15:00Z"))
            .await
            .unwrap();
        assert_eq!(kinds().await, []);
    }

    #[test]
    fn a_mode_is_overdue_after_its_time() {
        let mode = |mode, end: Option<&str>| ModeChange {
            number: 1,
            mode,
            since: time("2026-11-22T08:00:00Z"),
            by: "eva".to_owned(),
            reason: String::new(),
            expected_end: end.map(time),
            scope: store::Scope::Everyone,
        };
        for (mode, want) in [
            (mode(Mode::Emergency, None), false),
            (mode(Mode::Emergency, Some("2026-11-22T13:00:00Z")), false),
            (mode(Mode::Emergency, Some("2026-11-22T11:00:00Z")), true),
            (mode(Mode::Drill, Some("2026-11-22T11:00:00Z")), true),
            (mode(Mode::Recovery, Some("2026-11-22T11:00:00Z")), false),
        ] {
            assert_eq!(overdue(&mode, time(NOW)).is_some(), want, "{mode:?}");
        }
    }
}
