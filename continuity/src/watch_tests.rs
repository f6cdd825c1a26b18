use std::net::SocketAddr;

use store::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::judge::Rule;
use crate::policy::Automatic;
use crate::probe::Asks;
use crate::wire::{Place, Security};

const POLICY: Policy = Policy {
    automatic: Automatic::Start,
    start_after: Duration::ZERO,
    agree: 2,
    hold_off: Duration::from_hours(1),
};

/// A probe of an LDAP server there.
fn ldap(name: &str, address: SocketAddr) -> Probe {
    Probe {
        name: name.to_owned(),
        asks: Asks::Ldap {
            place: Place {
                host: address.ip().to_string(),
                port: address.port(),
            },
            security: Security::Clear,
        },
        every: Duration::from_millis(20),
        timeout: Duration::from_millis(200),
        rule: Rule {
            fails: 2,
            wells: 2,
            within: Duration::from_mins(1),
        },
    }
}

/// One that takes connections and never says anything, and one that answers each.
async fn servers() -> (SocketAddr, SocketAddr) {
    let (silent, answering) = (
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    );
    let addresses = (
        silent.local_addr().unwrap(),
        answering.local_addr().unwrap(),
    );
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = answering.accept().await {
            let mut question = [0; 64];
            let _ = stream.read(&mut question).await;
            let _ = stream
                .write_all(&[0x30, 0x0c, 2, 1, 1, 0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0])
                .await;
        }
    });
    addresses
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_probe_that_hangs_holds_up_no_other_and_one_vote_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let (silent, answering) = servers().await;
    let shutdown = CancellationToken::new();
    let probes = vec![ldap("hangs", silent), ldap("answers", answering)];
    let watching = tokio::spawn(watch(store.clone(), probes, POLICY, shutdown.clone()));
    until("one is down and the other up", async || {
        let states: Vec<_> = store.probes().await.unwrap();
        let states: Vec<_> = states
            .iter()
            .map(|it| (it.name.as_str(), it.state))
            .collect();
        states == [("answers", ProbeState::Up), ("hangs", ProbeState::Down)]
    })
    .await;
    until("there is an alert", async || {
        !store.alerts().await.unwrap().is_empty()
    })
    .await;
    let alerts = store.alerts().await.unwrap();
    assert_eq!(alerts[0].kind, AlertKind::PrimaryFailing);
    let words = &alerts[0].words;
    assert!(
        words.contains("hangs") && !words.contains("answers"),
        "{words}"
    );
    assert_eq!(store.mode().await.unwrap().mode, Mode::Normal);
    shutdown.cancel();
    watching.await.unwrap();
}

#[tokio::test]
async fn enough_of_them_start_an_emergency_once_and_the_alert_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let (silent, _) = servers().await;
    let shutdown = CancellationToken::new();
    let probes = vec![ldap("one", silent), ldap("other", silent)];
    let watching = tokio::spawn(watch(store.clone(), probes, POLICY, shutdown.clone()));
    until("there is an emergency", async || {
        store.mode().await.unwrap().mode == Mode::Emergency
    })
    .await;
    let mode = store.mode().await.unwrap();
    assert_eq!(mode.by, RULE);
    assert!(mode.reason.contains("one fails") && mode.reason.contains("other fails"));
    until("the alert of it is raised", async || {
        let alerts = store.alerts().await.unwrap();
        let kinds: Vec<AlertKind> = alerts.iter().map(|it| it.kind).collect();
        kinds == [AlertKind::EmergencyByRule]
    })
    .await;
    // A person ends it, and it stays ended.
    let order = Order {
        by: "eva".to_owned(),
        reason: "it is a drill of the network".to_owned(),
        now: Timestamp::now(),
    };
    crate::end(&store, order).await.unwrap();
    until("the alert comes back", async || {
        let alerts = store.alerts().await.unwrap();
        alerts.iter().any(|it| it.kind == AlertKind::PrimaryFailing)
    })
    .await;
    assert_eq!(store.mode().await.unwrap().mode, Mode::Recovery);
    let history = store.mode_history(10).await.unwrap();
    assert_eq!(history.len(), 2);
    shutdown.cancel();
    watching.await.unwrap();
}

#[test]
fn a_clock_that_was_set_is_noticed() {
    let passed = Duration::from_secs(30);
    for (seconds, want) in [
        (30, false),
        (33, false),
        (36, true),
        (24, true),
        (-3600, true),
    ] {
        let got = has_jumped(SignedDuration::from_secs(seconds), passed);
        assert_eq!(got, want, "{seconds}");
    }
}
