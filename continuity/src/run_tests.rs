use store::{Envelope, Filing, Held, Owed, Peer, Purpose, ReversePath, Settled, Source};

use super::*;
use crate::person::{end, start};

fn order() -> Order {
    Order {
        by: "test".to_owned(),
        reason: "test".to_owned(),
        now: Timestamp::now(),
    }
}

async fn owe_one_mail(store: &Store) {
    let envelope = Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: Vec::new(),
        received_at: Timestamp::now(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let id = store.keep(Held::new(0), envelope).await.unwrap();
    let owed = Owed {
        purpose: Purpose::Return,
        recipient: "amy@corp.example".parse().unwrap(),
        account: None,
    };
    store
        .file(
            id,
            Filing {
                owed: vec![owed],
                ..Filing::default()
            },
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn recovery_ends_when_and_only_when_all_is_settled() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    owe_one_mail(&store).await;
    start(&store, order(), Opening::default()).await.unwrap();
    let recovery = end(&store, order()).await.unwrap();

    finish_recovery(&store, &recovery).await.unwrap();
    assert_eq!(store.mode().await.unwrap().mode, Mode::Recovery);
    assert!(matches!(
        end(&store, order()).await,
        Err(ModeRefusal::StillOwed(_))
    ));

    let now = Timestamp::now();
    let claims = store.claim(&[Purpose::Return], now, 10).await.unwrap();
    store
        .settle(claims[0].id, Settled::Refused, "550 no", now)
        .await
        .unwrap();
    finish_recovery(&store, &recovery).await.unwrap();
    assert_eq!(
        store.mode().await.unwrap().mode,
        Mode::Recovery,
        "a person must decide"
    );

    store
        .write_off(claims[0].id, "amy", "an advertisement", now)
        .await
        .unwrap();
    finish_recovery(&store, &recovery).await.unwrap();
    assert_eq!(store.mode().await.unwrap().mode, Mode::Normal);
}

#[test]
fn only_an_emergency_past_its_time_is_overdue() {
    let check = |mode, expected_end: Option<&str>, want| {
        let mode = ModeChange {
            number: 1,
            mode,
            since: "2026-11-22T09:00:00Z".parse().unwrap(),
            by: String::new(),
            reason: String::new(),
            expected_end: expected_end.map(|end| end.parse().unwrap()),
            scope: store::Scope::Everyone,
        };
        assert_eq!(
            is_overdue(&mode, "2026-11-22T18:00:00Z".parse().unwrap()),
            want,
            "{mode:?}"
        );
    };
    check(Mode::Emergency, Some("2026-11-22T17:59:59Z"), true);
    check(Mode::Emergency, Some("2026-11-22T18:00:00Z"), false);
    check(Mode::Emergency, None, false);
    check(Mode::Recovery, Some("2026-11-22T17:00:00Z"), false);
}
