use store::{Address, Envelope, Filing, Held, ModeChange, Owed, Peer, QueueState, ReversePath};
use store::{MessageId, Mode, Source};
use tempfile::TempDir;

use super::*;
use crate::config::RawPrimary;

/// A store with one row for the primary, and what a lane on it needs.
pub(crate) async fn owing() -> (TempDir, Common, MessageId) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let mut held = Held::new(1 << 10);
    held.append(b"Subject: x\r\n\r\nhello\r\n").unwrap();
    let recipient: Address = "amy@corp.example".parse().unwrap();
    let envelope = Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec![recipient.clone()],
        received_at: Timestamp::now(),
        peer: Peer {
            mail_id: Some("7-1/1".to_owned()),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let message = store.keep(held, envelope).await.unwrap();
    let owed = vec![Owed {
        purpose: Purpose::Return,
        recipient,
        account: None,
    }];
    let filing = Filing {
        owed,
        ..Filing::default()
    };
    store.file(message, filing).await.unwrap();

    let config = Config::new("shadow.example", &RawPrimary::default(), None).unwrap();
    let common = Common {
        store,
        config: Arc::new(config),
        key: [7; 32],
        shutdown: CancellationToken::new(),
        wake: watch::channel(()).1,
    };
    (directory, common, message)
}

#[tokio::test]
async fn a_row_claimed_after_the_mode_changed_is_given_back() {
    let (_directory, common, message) = owing().await;
    let store = common.store.clone();
    let purposes = vec![Purpose::Return];
    let task = Task {
        purposes: purposes.clone(),
        way: Way::Unconfigured("no way"),
        destination: Arc::default(),
        rank: Rank::First,
    };
    let mut lane = Lane::new(common, task, UnderWay::default());
    let before = lane.allowed_now().await.unwrap();
    let from = store.mode().await.unwrap();
    let to = ModeChange {
        mode: Mode::Emergency,
        ..from.clone()
    };
    store.append_mode(&from, to).await.unwrap();
    let claims = store.claim(&purposes, Timestamp::now(), 1).await.unwrap();
    let mail_id = row::mail_id(&store, &claims[0]).await;
    assert_eq!(mail_id.as_deref(), Some("7-1/1"));
    lane.hand_over(&claims[0], &before).await;
    let row = store.ledger_of(message).await.unwrap().remove(0);
    assert_eq!((row.state, row.attempts), (QueueState::Waiting, 0));
    assert_eq!(row.last_words, "given back: the mode has changed");
}

#[tokio::test]
async fn nothing_goes_to_the_primary_while_a_person_wants_that() {
    let (_directory, common, _) = owing().await;
    let store = common.store.clone();
    let task = |purposes| Task {
        purposes,
        way: Way::Unconfigured("no way"),
        destination: Arc::default(),
        rank: Rank::First,
    };
    let to_primary = task(vec![Purpose::Return, Purpose::Resend]);
    let mut to_primary = Lane::new(common.clone(), to_primary, UnderWay::default());
    let mut outside = Lane::new(common, task(vec![Purpose::Send]), UnderWay::default());
    let both = vec![Purpose::Return, Purpose::Resend];
    assert_eq!(to_primary.allowed_now().await.unwrap().for_all, both);
    let standstill = store::Standstill {
        since: Timestamp::now(),
        by: "shell:root".to_owned(),
        reason: "its disk is full".to_owned(),
    };
    store.stand_still(standstill).await.unwrap();
    assert!(to_primary.allowed_now().await.unwrap().for_all.is_empty());
    assert!(!to_primary.next().await.unwrap());
    let to_outside = outside.allowed_now().await.unwrap().for_all;
    assert_eq!(to_outside, [Purpose::Send]);
    store.go_on("shell:root", Timestamp::now()).await.unwrap();
    assert_eq!(to_primary.allowed_now().await.unwrap().for_all, both);
}

#[tokio::test]
async fn further_lanes_come_along_when_the_destination_answers() {
    let (_directory, common, _) = owing().await;
    let task = Task {
        purposes: vec![Purpose::Return],
        way: Way::Unconfigured("no way"),
        destination: Arc::default(),
        rank: Rank::First,
    };
    let further = Task {
        rank: Rank::Further,
        ..task.clone()
    };
    let first = Lane::new(common.clone(), task, UnderWay::default());
    let further = Lane::new(common, further, UnderWay::default());
    let now = Timestamp::now();
    assert!(first.may_go(now) && !further.may_go(now));
    first.destination().answers = true;
    assert!(first.may_go(now) && further.may_go(now));
    let until = further.rest(now, "no route");
    assert!(!first.may_go(now) && !further.may_go(now));
    assert!(first.may_go(until) && !further.may_go(until));
}
