use store::{Envelope, Filing, Held, ModeChange, Owed, Peer, Purpose, ReversePath, Source};

use super::*;

/// A store with one filed mail that arrived on 1 October; `owed` says whom it is owed to.
async fn store_with_old_mail(owed: &[&str]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    receive(&store, "2026-10-01T12:00:00Z", owed).await;
    (dir, store)
}

async fn receive(store: &Store, at: &str, owed: &[&str]) {
    let mut held = Held::new(100);
    held.append(b"Subject: old\r\n\r\n").unwrap();
    let envelope = Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: Vec::new(),
        received_at: at.parse().unwrap(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
    };
    let id = store.keep(held, envelope).await.unwrap();
    let owed = owed.iter().map(|recipient| Owed {
        purpose: Purpose::Return,
        recipient: recipient.parse().unwrap(),
        account: None,
    });
    store
        .file(
            id,
            Filing {
                owed: owed.collect(),
                ..Filing::default()
            },
        )
        .await
        .unwrap();
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn an_old_day_goes_with_its_directory() {
    let (dir, store) = store_with_old_mail(&[]).await;
    let gone = run_once(&store, Policy::default(), now()).await.unwrap();
    assert_eq!(
        gone.iter().map(Day::to_string).collect::<Vec<_>>(),
        ["2026-10-01"]
    );
    assert_eq!(
        std::fs::read_dir(dir.path().join("days")).unwrap().count(),
        0
    );
    assert_eq!(
        run_once(&store, Policy::default(), now()).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn what_is_owed_keeps_its_day() {
    let (_dir, store) = store_with_old_mail(&["amy@corp.example"]).await;
    assert_eq!(
        run_once(&store, Policy::default(), now()).await.unwrap(),
        []
    );
    let day = store.days().await.unwrap()[0].day;
    assert!(store.drop_day(day).await.is_err());
}

#[tokio::test]
async fn aging_stands_still_in_an_emergency() {
    let (_dir, store) = store_with_old_mail(&[]).await;
    let normal = store.mode().await.unwrap();
    let emergency = ModeChange {
        mode: Mode::Emergency,
        since: now(),
        ..normal.clone()
    };
    store.append_mode(&normal, emergency).await.unwrap();
    let result = run_once(&store, Policy::default(), now()).await;
    assert!(
        matches!(result, Err(AgingError::StandsStill(Mode::Emergency))),
        "{result:?}"
    );
    assert_eq!(store.days().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_clock_that_jumped_drops_nothing_by_itself() {
    let (_dir, store) = store_with_old_mail(&[]).await;
    for day in 2..=4 {
        receive(&store, &format!("2026-10-0{day}T12:00:00Z"), &[]).await;
    }
    let by_schedule = (now(), limits::DAYS_AT_ONCE_MAX);
    let guarded = age(&store, Policy::default(), by_schedule).await;
    assert!(
        matches!(guarded, Err(AgingError::TooMany(4))),
        "{guarded:?}"
    );
    assert_eq!(store.days().await.unwrap().len(), 4);
    assert_eq!(
        run_once(&store, Policy::default(), now())
            .await
            .unwrap()
            .len(),
        4
    );
}
