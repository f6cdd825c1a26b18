use store::{
    AccountKind, Entry, Envelope, Filing, Folder, Held, MessageId, MirroredAccount, ModeChange,
    Owed, Peer, Purpose, ReversePath, Snapshot, Source,
};

use super::*;
use crate::policy::GroupPolicy;

/// A store with one filed mail that arrived on 1 October; `owed` says whom it is owed to.
async fn store_with_old_mail(owed: &[&str]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    receive(&store, "2026-10-01T12:00:00Z", owed).await;
    (dir, store)
}

async fn receive(store: &Store, at: &str, owed: &[&str]) {
    let id = keep(store, at).await;
    let owed = owed.iter().map(|recipient| Owed {
        purpose: Purpose::Return,
        recipient: recipient.parse().unwrap(),
        account: None,
    });
    let filing = Filing {
        owed: owed.collect(),
        ..Filing::default()
    };
    store.file(id, filing).await.unwrap();
}

async fn keep(store: &Store, at: &str) -> MessageId {
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
        dsn: None,
    };
    store.keep(held, envelope).await.unwrap()
}

/// A store with a trainee, whose mail of each of these days is kept for 14 days.
async fn store_of_a_trainee(
    days: std::ops::RangeInclusive<u8>,
) -> (tempfile::TempDir, Store, Policy) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let tim: Address = "tim@corp.example".parse().unwrap();
    let account = MirroredAccount {
        key: "tim".to_owned(),
        login: "tim".to_owned(),
        name: "Tim".to_owned(),
        addresses: vec![tim.clone()],
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    };
    let accounts = vec![account];
    let groups = Vec::new();
    store.mirror(Snapshot { accounts, groups }).await.unwrap();
    let account = store.accounts().await.unwrap()[0].id;
    for day in days {
        let id = keep(&store, &format!("2026-11-{day:02}T12:00:00Z")).await;
        let entry = Entry {
            account,
            folder: Folder::Inbox,
            seen: false,
        };
        let filing = Filing {
            entries: vec![entry],
            ..Filing::default()
        };
        store.file(id, filing).await.unwrap();
    }
    let group = GroupPolicy {
        address: tim,
        days: 14,
    };
    let policy = Policy {
        groups: vec![group],
        ..Policy::default()
    };
    (dir, store, policy)
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

async fn by_hand(store: &Store, policy: &Policy) -> Result<Vec<(String, Fate)>, AgingError> {
    let done = run_once(store, policy, ("shell:eve", now()), |_, _| {}).await?;
    let done = done
        .into_iter()
        .map(|it| (it.day.to_string(), it.what.fate));
    Ok(done.collect())
}

async fn by_schedule(store: &Store, at: &str) -> Vec<AlertKind> {
    scheduled(store, &Policy::default(), at.parse().unwrap()).await;
    let alerts = store.alerts().await.unwrap();
    alerts.iter().map(|alert| alert.kind).collect()
}

#[tokio::test]
async fn an_old_day_goes_with_its_directory() {
    let (dir, store) = store_with_old_mail(&[]).await;
    let policy = Policy::default();
    let previews = preview(&store, &policy, now(), |_| {}).await.unwrap();
    assert_eq!(previews[0].what.going.messages, 1);
    let gone = by_hand(&store, &policy).await.unwrap();
    assert_eq!(gone, [("2026-10-01".to_owned(), Fate::Dropped)]);
    assert_eq!(
        std::fs::read_dir(dir.path().join("days")).unwrap().count(),
        0
    );
    assert_eq!(by_hand(&store, &policy).await.unwrap(), []);
    assert_eq!(store.audit_log(1).await.unwrap()[0].actor, "shell:eve");
}

#[tokio::test]
async fn what_is_owed_stays_when_its_day_goes() {
    let (_dir, store) = store_with_old_mail(&["amy@corp.example"]).await;
    receive(&store, "2026-10-01T12:00:00Z", &[]).await;
    let thinned = by_hand(&store, &Policy::default()).await.unwrap();
    assert_eq!(thinned, [("2026-10-01".to_owned(), Fate::Thinned)]);
    let day = store.days().await.unwrap()[0];
    assert_eq!((day.unsettled, day.thinned), (1, true));
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
    let result = by_hand(&store, &Policy::default()).await;
    assert!(
        matches!(result, Err(AgingError::StandsStill(Mode::Emergency))),
        "{result:?}"
    );
    assert_eq!(by_schedule(&store, "2026-11-22T12:00:00Z").await, []);
    assert_eq!(store.days().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_clock_that_jumped_drops_nothing_by_itself() {
    let (_dir, store) = store_with_old_mail(&[]).await;
    for day in 2..=4 {
        receive(&store, &format!("2026-10-0{day}T12:00:00Z"), &[]).await;
    }
    let alerts = by_schedule(&store, "2026-11-22T12:00:00Z").await;
    assert_eq!(alerts, [AlertKind::AgingRefused]);
    assert_eq!(store.days().await.unwrap().len(), 4);
    assert_eq!(by_hand(&store, &Policy::default()).await.unwrap().len(), 4);
    assert_eq!(store.alerts().await.unwrap(), []);

    let alerts = by_schedule(&store, "2026-11-20T12:00:00Z").await;
    assert_eq!(alerts, [AlertKind::AgingRefused], "it went back");
    assert_eq!(by_schedule(&store, "2026-11-22T12:15:00Z").await, []);
}

#[tokio::test]
async fn mail_that_came_while_the_clock_was_wrong_does_not_go_by_itself() {
    let (_dir, store) = store_with_old_mail(&[]).await;
    // A store that nobody has looked at yet is believed.
    assert_eq!(by_schedule(&store, "2026-11-22T12:00:00Z").await, []);
    assert_eq!(store.days().await.unwrap(), []);
    receive(&store, "2020-01-01T00:03:00Z", &[]).await;
    let alerts = by_schedule(&store, "2020-01-01T00:05:00Z").await;
    assert_eq!(alerts, [AlertKind::AgingRefused], "it went back");
    for at in ["2026-11-22T12:15:00Z", "2026-11-23T12:15:00Z"] {
        assert_eq!(by_schedule(&store, at).await, [AlertKind::AgingRefused]);
    }
    let words = store.alerts().await.unwrap().remove(0).words;
    assert!(words.contains("2020-01-01 is over by its name"), "{words}");
    assert_eq!(store.days().await.unwrap().len(), 1);
    // Four weeks after it came it is over by any clock.
    for day in 24..=30 {
        by_schedule(&store, &format!("2026-11-{day}T12:15:00Z")).await;
    }
    for day in 1..=21 {
        let at = format!("2026-12-{day:02}T12:15:00Z");
        let days = store.days().await.unwrap().len();
        let alerts = by_schedule(&store, &at).await;
        let is_over = day >= 20;
        assert_eq!(alerts.is_empty(), is_over, "{at}");
        assert_eq!(days, usize::from(day <= 20), "{at}");
    }
}

#[tokio::test]
async fn a_person_may_say_that_mail_of_a_wrong_clock_goes() {
    let (_dir, store) = store_with_old_mail(&[]).await;
    by_schedule(&store, "2026-11-22T11:45:00Z").await;
    receive(&store, "2020-01-01T00:03:00Z", &[]).await;
    let alerts = by_schedule(&store, "2026-11-22T11:59:00Z").await;
    assert_eq!(alerts, [AlertKind::AgingRefused]);
    let gone = by_hand(&store, &Policy::default()).await.unwrap();
    assert_eq!(gone, [("2020-01-01".to_owned(), Fate::Dropped)]);
    assert_eq!(store.alerts().await.unwrap(), []);
}

#[tokio::test]
async fn days_that_were_thinned_before_do_not_look_like_a_jump() {
    let (_dir, store) = store_with_old_mail(&["amy@corp.example"]).await;
    for day in 2..=5 {
        receive(
            &store,
            &format!("2026-10-0{day}T12:00:00Z"),
            &["amy@corp.example"],
        )
        .await;
        receive(&store, &format!("2026-10-0{day}T12:00:00Z"), &[]).await;
    }
    by_hand(&store, &Policy::default()).await.unwrap();
    for row in store.ledger(10).await.unwrap() {
        store.write_off(row.id, "eve", "spam", now()).await.unwrap();
    }
    // 2026-10-01 held one message only, so nothing of it went before.
    assert_eq!(by_schedule(&store, "2026-11-22T12:15:00Z").await, []);
    assert_eq!(store.days().await.unwrap(), []);
}

#[tokio::test]
async fn an_unknown_group_keeps_mail_and_is_told() {
    let (_dir, store) = store_with_old_mail(&[]).await;
    let policy = Policy {
        groups: vec![GroupPolicy {
            address: "board@corp.example".parse().unwrap(),
            days: 60,
        }],
        ..Policy::default()
    };
    assert_eq!(by_hand(&store, &policy).await.unwrap(), []);
    scheduled(&store, &policy, now()).await;
    let alerts = store.alerts().await.unwrap();
    assert_eq!(alerts[0].kind, AlertKind::AgingGroupUnknown);
    assert!(alerts[0].words.contains("board@corp.example"));
    scheduled(&store, &Policy::default(), now()).await;
    assert_eq!(store.alerts().await.unwrap(), []);
}

#[tokio::test]
async fn a_clock_that_jumped_takes_nothing_from_those_with_a_shorter_limit() {
    let (_dir, store, policy) = store_of_a_trainee(1..=10).await;
    let entries = async || {
        let account = store.accounts().await.unwrap()[0].id;
        let page = store.mailbox_page(account, Folder::Inbox, None, 50).await;
        page.unwrap().entries.len()
    };
    let run = async |at: &str| run_guarded(&store, &policy, at.parse().unwrap()).await;
    let days = |aged: Vec<Done<Aged>>| aged.len();
    // Seventeen days ahead, in a store that nobody has looked at, and in one that runs.
    let jumped = "2026-11-27T12:00:00Z";
    let refused = run(jumped).await;
    let want = Suspicion::TooMany {
        days: 10,
        at_once: 3,
    };
    assert!(matches!(refused, Err(AgingError::Suspicious(why)) if why == want));
    assert_eq!(days(run("2026-11-10T12:00:00Z").await.unwrap()), 0);
    let refused = run(jumped).await;
    assert!(matches!(
        refused,
        Err(AgingError::Suspicious(Suspicion::Gap { .. }))
    ));
    assert_eq!(entries().await, 10);
    // It was set right.
    for (day, left) in [(13, 10), (15, 10), (16, 9), (18, 7)] {
        run(&format!("2026-11-{day}T12:00:00Z")).await.unwrap();
        assert_eq!(entries().await, left, "{day} November");
    }
}

#[tokio::test]
async fn days_that_each_pass_another_limit_do_not_look_like_a_jump() {
    let (_dir, store, mut policy) = store_of_a_trainee(1..=4).await;
    policy.days_at_once = 1;
    policy.days = 16;
    let run = async |at: &str| run_guarded(&store, &policy, at.parse().unwrap()).await;
    run("2026-11-15T12:00:00Z").await.unwrap();
    run("2026-11-16T12:00:00Z").await.unwrap();
    run("2026-11-17T12:00:00Z").await.unwrap();
    // The first day goes, and the trainee's mail of the third.
    run("2026-11-18T12:00:00Z").await.unwrap();
    assert_eq!(store.days().await.unwrap().len(), 3);
}
