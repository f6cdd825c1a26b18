use store::{Filing, MirroredAccount, Purpose, Snapshot};

use super::*;

fn reminders() -> Reminders {
    Reminders {
        hostname: "shadow.corp.example".to_owned(),
        page: "https://shadow.corp.example/ready".to_owned(),
        from: Sender {
            address: "it@corp.example".parse().unwrap(),
            name: String::new(),
        },
        language: "en".to_owned(),
        pace: Pace {
            pause: Duration::from_hours(24),
            every: None,
        },
    }
}

async fn store_with(logins: &[&str]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let account = |login: &&str| MirroredAccount {
        key: (*login).to_owned(),
        login: (*login).to_owned(),
        name: (*login).to_owned(),
        addresses: vec![format!("{login}@corp.example").parse().unwrap()],
        ..MirroredAccount::default()
    };
    let accounts = logins.iter().map(account).collect();
    let groups = Vec::new();
    store.mirror(Snapshot { accounts, groups }).await.unwrap();
    (dir, store)
}

async fn ask(store: &Store) -> RemindersAsked {
    let of = PeopleFilter::default();
    let by = "eva".to_owned();
    let asked = reminders().ask(store, of, by, Timestamp::now()).await;
    asked.unwrap()
}

#[tokio::test]
async fn each_gets_one_mail_from_the_address_of_the_config() {
    let (_dir, store) = store_with(&["amy", "bo"]).await;
    assert_eq!(ask(&store).await.asked, 2);
    assert_eq!(
        ask(&store).await,
        RemindersAsked {
            asked: 0,
            recently: 2
        }
    );
    while reminders().write_next(&store).await.unwrap() {}
    let kept = store.unfiled(10).await.unwrap();
    let told = |it: &store::Unfiled| {
        let envelope = &it.envelope;
        let to: Vec<&str> = envelope.recipients.iter().map(Address::as_str).collect();
        (
            envelope.source,
            envelope.reverse_path.to_string(),
            to.join(" "),
        )
    };
    let mut told: Vec<_> = kept.iter().map(told).collect();
    told.sort_by(|a, b| a.2.cmp(&b.2));
    let from = ReversePath::Address("it@corp.example".parse().unwrap()).to_string();
    assert_eq!(
        told,
        [
            (Source::Notice, from.clone(), "amy@corp.example".to_owned()),
            (Source::Notice, from, "bo@corp.example".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_mail_that_was_kept_and_not_noted_is_the_same_when_it_is_written_again() {
    let (_dir, store) = store_with(&["amy"]).await;
    ask(&store).await;
    let due = store.due_reminder(Timestamp::now()).await.unwrap().unwrap();
    let first = reminders()
        .keep(&store, &due, Timestamp::now())
        .await
        .unwrap();
    reminders().write_next(&store).await.unwrap();
    let kept = store.unfiled(10).await.unwrap();
    let [one, other] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(one.id, first);
    let bytes = async |id| store.content(id).await.unwrap();
    assert_eq!(bytes(one.id).await, bytes(other.id).await);
    // As the filer does it for two that are the same.
    let notice = store::Owed {
        purpose: Purpose::Notice,
        recipient: due.address.clone(),
        account: Some(due.account),
    };
    let filing = Filing {
        merge_key: Some([7; 32]),
        owed: vec![notice],
        entries: vec![store::Entry {
            account: due.account,
            folder: store::Folder::Inbox,
            seen: false,
        }],
        ..Filing::default()
    };
    let batch = vec![(one.id, filing.clone()), (other.id, filing)];
    store.file_many(batch).await.unwrap();
    assert_eq!(store.ledger(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_written_in_an_emergency() {
    let (_dir, store) = store_with(&["amy"]).await;
    ask(&store).await;
    let order = crate::Order {
        by: "eva".to_owned(),
        reason: "the mail server burns".to_owned(),
        now: Timestamp::now(),
    };
    crate::start(&store, order, crate::Opening::default())
        .await
        .unwrap();
    assert!(!reminders().write_next(&store).await.unwrap());
    assert!(store.unfiled(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_schedule_asks_once_in_its_days() {
    let (_dir, store) = store_with(&["amy"]).await;
    let of = |every| Reminders {
        pace: Pace {
            pause: Duration::from_hours(24),
            every,
        },
        ..reminders()
    };
    let waiting = async || store.reminders().await.unwrap().waiting;
    of(None).ask_by_schedule(&store, Timestamp::now()).await;
    assert_eq!(waiting().await, 0);
    let monthly = of(Some(Duration::from_hours(30 * 24)));
    for _ in 0..2 {
        monthly.ask_by_schedule(&store, Timestamp::now()).await;
    }
    assert_eq!(waiting().await, 1);
    let log = store.audit_log(10).await.unwrap();
    assert_eq!(log.iter().filter(|row| row.action == "remind").count(), 1);
}
