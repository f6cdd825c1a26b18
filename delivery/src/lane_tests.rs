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
    let mut lane = Lane::new(
        common,
        purposes.clone(),
        Way::Unconfigured("no way"),
        UnderWay::default(),
    );
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
