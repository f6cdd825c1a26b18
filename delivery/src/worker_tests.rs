use std::path::Path;
use std::time::{Duration, Instant};

use store::{
    Address, Envelope, Filing, Held, LedgerRow, MessageId, Owed, Peer, Piece, QueueState,
    ReversePath, Source,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::config::RawPrimary;
use crate::header::value_of;
use crate::scripted_peer::{Manners, Say, ScriptedPeer};

const MAIL: &[u8] = b"From: cy@out.example\r\nSubject: x\r\n\r\nhello\r\n.\r\n";

/// A store, a worker on it, and who it talks to.
struct Scene {
    directory: TempDir,
    store: Store,
    config: Config,
    worker: Option<(JoinHandle<Result<(), StoreError>>, CancellationToken)>,
}

impl Scene {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let config = Config::new("shadow.example", &RawPrimary::default(), None).unwrap();
        Self {
            directory,
            store,
            config,
            worker: None,
        }
    }

    async fn with_primary(peer: &ScriptedPeer) -> Self {
        let mut scene = Self::new().await;
        scene.config.primary = Some(peer.door());
        scene
    }

    fn start(&mut self) {
        let shutdown = CancellationToken::new();
        let worker = run(self.store.clone(), self.config.clone(), shutdown.clone());
        self.worker = Some((tokio::spawn(worker), shutdown));
    }

    async fn stop(&mut self) {
        let (worker, shutdown) = self.worker.take().unwrap();
        shutdown.cancel();
        worker.await.unwrap().unwrap();
    }

    async fn owe(&self, purpose: Purpose) -> MessageId {
        self.owe_to("amy@corp.example", purpose).await
    }

    async fn owe_to(&self, recipient: &str, purpose: Purpose) -> MessageId {
        let recipient: Address = recipient.parse().unwrap();
        let message = self.keep(MAIL, &recipient).await;
        let owed = vec![Owed {
            purpose,
            recipient,
            account: None,
        }];
        self.store
            .file(
                message,
                Filing {
                    owed,
                    ..Filing::default()
                },
            )
            .await
            .unwrap();
        message
    }

    async fn keep(&self, bytes: &[u8], recipient: &Address) -> MessageId {
        let mut held = Held::new(1 << 20);
        held.append(bytes).unwrap();
        let envelope = Envelope {
            source: Source::FallbackMail,
            reverse_path: ReversePath::Address("cy@out.example".parse().unwrap()),
            recipients: vec![recipient.clone()],
            received_at: Timestamp::now(),
            peer: Peer::default(),
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        self.store.keep(held, envelope).await.unwrap()
    }

    async fn change_mode(&self, mode: Mode) {
        let from = self.store.mode().await.unwrap();
        let next = ModeChange {
            mode,
            since: Timestamp::now(),
            ..from.clone()
        };
        self.store.append_mode(&from, next).await.unwrap();
    }

    async fn row(&self, message: MessageId) -> LedgerRow {
        self.store.ledger_of(message).await.unwrap().remove(0)
    }

    /// Waits until the row is as wanted.
    async fn row_when(&self, message: MessageId, wanted: impl Fn(&LedgerRow) -> bool) -> LedgerRow {
        let began = Instant::now();
        loop {
            let row = self.row(message).await;
            if wanted(&row) {
                return row;
            }
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "waited too long: {row:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn state(&self, message: MessageId, state: QueueState) -> LedgerRow {
        self.row_when(message, |row| row.state == state).await
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "waited too long: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn hands_back_with_trace_and_marker() {
    let peer = ScriptedPeer::start(Manners::default()).await;
    let mut scene = Scene::with_primary(&peer).await;
    scene.start();
    let first = scene.owe(Purpose::Return).await;
    let row = scene.state(first, QueueState::Delivered).await;
    assert_eq!(row.last_words, "250 2.0.0 queued as 4F");
    let second = scene.owe(Purpose::SentCopy).await;
    scene.state(second, QueueState::Delivered).await;
    scene.stop().await;

    let messages = peer.messages();
    assert_eq!(messages.len(), 2);
    for (bytes, id) in messages.iter().zip([first, second]) {
        assert!(bytes.ends_with(MAIL));
        assert!(
            value_of(bytes, "Received")
                .unwrap()
                .contains(&format!("id {id}"))
        );
        let seal = value_of(bytes, store::marker::NAME).unwrap();
        let key = scene.store.replay_key().await.unwrap();
        let digest = store::marker::body_digest(bytes);
        assert_eq!(
            store::marker::open(&key, &seal, &digest).unwrap().message,
            id
        );
    }
}

#[tokio::test]
async fn an_emergency_holds_what_is_owed_and_sends_to_the_outside() {
    let (primary, outside) = (
        ScriptedPeer::start(Manners::default()).await,
        ScriptedPeer::start(Manners::default()).await,
    );
    let mut scene = Scene::with_primary(&primary).await;
    scene.config.outbound.smarthosts = vec![outside.door()];
    scene.change_mode(Mode::Emergency).await;
    let owed = scene.owe(Purpose::Return).await;
    let sent = scene.owe(Purpose::Send).await;
    scene.start();
    scene.state(sent, QueueState::Delivered).await;
    assert_eq!(scene.row(owed).await.attempts, 0);
    assert_eq!(primary.connections(), 0);

    scene.change_mode(Mode::Recovery).await;
    scene.state(owed, QueueState::Delivered).await;
    scene.stop().await;
    // What goes to the outside is what was written, and a bounce may come back.
    assert_eq!(outside.messages(), [MAIL]);
    assert!(
        outside
            .commands()
            .contains(&"RCPT TO:<amy@corp.example>".to_owned())
    );
}

/// A worker that has handed over the first of two rows and waits for the answer.
async fn one_of_two_under_way() -> (Scene, ScriptedPeer, [MessageId; 2]) {
    let peer = ScriptedPeer::start(Manners {
        thinks_at_final_dot: true,
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    let messages = [
        scene.owe(Purpose::Return).await,
        scene.owe(Purpose::Return).await,
    ];
    scene.start();
    until("the first message is there", || peer.messages().len() == 1).await;
    assert_eq!(scene.row(messages[0]).await.state, QueueState::Claimed);
    (scene, peer, messages)
}

#[tokio::test]
async fn only_the_row_under_way_is_claimed() {
    let (scene, _peer, [_, second]) = one_of_two_under_way().await;
    // A journal copy may still confirm it, and a crash leaves no doubt about it.
    assert_eq!(scene.row(second).await.state, QueueState::Waiting);
}

#[tokio::test]
async fn a_mode_change_is_noticed_between_two_rows() {
    let (mut scene, peer, [first, second]) = one_of_two_under_way().await;
    scene.change_mode(Mode::Emergency).await;
    peer.go_on();
    scene.state(first, QueueState::Delivered).await;
    scene.stop().await;
    let row = scene.row(second).await;
    assert_eq!((row.state, row.attempts), (QueueState::Waiting, 0));
    assert_eq!(peer.messages().len(), 1);
}

#[tokio::test]
async fn a_stop_finishes_the_row_under_way_and_leaves_the_others() {
    let (mut scene, peer, [first, second]) = one_of_two_under_way().await;
    let (worker, shutdown) = scene.worker.take().unwrap();
    shutdown.cancel();
    peer.go_on();
    worker.await.unwrap().unwrap();
    assert_eq!(scene.row(first).await.state, QueueState::Delivered);
    let row = scene.row(second).await;
    assert_eq!((row.state, row.attempts), (QueueState::Waiting, 0));
}

#[tokio::test]
async fn a_line_that_breaks_after_the_final_dot_is_not_tried_again() {
    let peer = ScriptedPeer::start(Manners {
        final_dot: Say::HangUp,
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    scene.start();
    let doubtful = scene.owe(Purpose::Return).await;
    let row = scene.state(doubtful, QueueState::Unknown).await;
    assert!(
        row.last_words.contains("after the final dot"),
        "{}",
        row.last_words
    );
    peer.behave(Manners::default());
    let next = scene.owe(Purpose::Return).await;
    scene.state(next, QueueState::Delivered).await;
    scene.stop().await;
    assert_eq!(scene.row(doubtful).await.state, QueueState::Unknown);
    assert_eq!(peer.messages().len(), 2);
}

#[tokio::test]
async fn what_a_dead_worker_had_claimed_becomes_unknown() {
    let peer = ScriptedPeer::start(Manners::default()).await;
    let scene = Scene::with_primary(&peer).await;
    let message = scene.owe(Purpose::Return).await;
    let claims = scene
        .store
        .claim(&[Purpose::Return], Timestamp::now(), 9)
        .await
        .unwrap();
    assert_eq!(claims.len(), 1);
    let Scene {
        directory,
        store,
        config,
        ..
    } = scene;
    store.close().await;
    drop(store);

    let mut scene = reopen(directory, config).await;
    scene.start();
    scene.state(message, QueueState::Unknown).await;
    let fresh = scene.owe(Purpose::Return).await;
    scene.state(fresh, QueueState::Delivered).await;
    scene.stop().await;
    assert_eq!(peer.messages().len(), 1);
}

#[tokio::test]
async fn what_a_lane_had_under_way_when_it_panicked_becomes_unknown() {
    let scene = Scene::new().await;
    let message = scene.owe(Purpose::Return).await;
    let common = Common {
        store: scene.store.clone(),
        config: Arc::new(scene.config.clone()),
        key: [7; 32],
        shutdown: CancellationToken::new(),
        wake: watch::channel(()).1,
    };
    let store = scene.store.clone();
    let lane = move |under_way: UnderWay| {
        let store = store.clone();
        async move {
            let claims = store.claim(&[Purpose::Return], Timestamp::now(), 1).await;
            if let Some(claim) = claims.unwrap().first() {
                under_way.begin(claim);
                panic!("a defect");
            }
        }
    };
    supervise(common, lane).await;
    let row = scene.row(message).await;
    assert_eq!(row.state, QueueState::Unknown);
    assert_eq!(row.last_words, "Shadowmail failed while handing it over");
}

async fn reopen(directory: TempDir, config: Config) -> Scene {
    let path: &Path = directory.path();
    let store = Store::open(path).await.unwrap();
    Scene {
        directory,
        store,
        config,
        worker: None,
    }
}

#[tokio::test]
async fn a_destination_that_is_down_is_asked_once_for_all_rows() {
    let peer = ScriptedPeer::start(Manners {
        greeting: Say::HangUp,
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(scene.owe(Purpose::Return).await);
    }
    scene.start();
    scene.row_when(messages[0], |row| row.attempts == 1).await;
    assert_eq!(peer.connections(), 1);
    for untried in &messages[1..] {
        let row = scene.row(*untried).await;
        assert_eq!((row.state, row.attempts), (QueueState::Waiting, 0));
    }

    peer.behave(Manners::default());
    for message in messages {
        scene.state(message, QueueState::Delivered).await;
    }
    scene.stop().await;
    assert_eq!(peer.messages().len(), 3);
}

#[tokio::test]
async fn a_row_that_is_always_turned_away_does_not_hold_up_the_others() {
    let peer = ScriptedPeer::start(Manners {
        rcpt: Say::Line(b"421 4.7.0 not for her\r\n"),
        poisoned_rcpt: Some("poison@corp.example"),
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    let poison = scene.owe_to("poison@corp.example", Purpose::Return).await;
    let sound = scene.owe(Purpose::Return).await;
    scene.start();
    scene.state(sound, QueueState::Delivered).await;
    scene.stop().await;
    let row = scene.row(poison).await;
    assert_eq!((row.state, row.attempts), (QueueState::Waiting, 1));
    assert_eq!(row.last_words, "421 4.7.0 not for her (at RCPT)");
}

#[tokio::test]
async fn a_connection_closed_between_two_rows_is_made_again() {
    let peer = ScriptedPeer::start(Manners {
        hang_up_after: Some(1),
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    let messages = [
        scene.owe(Purpose::Return).await,
        scene.owe(Purpose::Return).await,
        scene.owe(Purpose::Return).await,
    ];
    scene.start();
    for message in messages {
        assert_eq!(
            scene.state(message, QueueState::Delivered).await.attempts,
            1
        );
    }
    scene.stop().await;
    assert_eq!((peer.messages().len(), peer.connections()), (3, 3));
}

#[tokio::test]
async fn without_a_smarthost_mail_waits_and_says_why() {
    let mut scene = Scene::new().await;
    scene.start();
    let sent = scene.owe(Purpose::Send).await;
    let row = scene
        .row_when(sent, |row| {
            !row.last_words.is_empty() && row.state == QueueState::Waiting
        })
        .await;
    assert_eq!(
        row.last_words,
        "no smarthost configured: set [outbound] smarthost"
    );
    assert!(row.next_attempt_at > Timestamp::now());
    scene.stop().await;
}

#[tokio::test]
async fn the_next_smarthost_comes_in_where_one_has_nothing_to_do_with_us() {
    let first = ScriptedPeer::start(Manners {
        greeting: Say::Line(b"554 5.7.1 go away\r\n"),
        ..Manners::default()
    })
    .await;
    let second = ScriptedPeer::start(Manners {
        rcpt: Say::Line(b"550 5.1.1 no such\r\n"),
        poisoned_rcpt: Some("nobody@out.example"),
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::new().await;
    scene.config.outbound.smarthosts = vec![first.door(), second.door()];
    scene.start();
    let good = scene.owe_to("amy@out.example", Purpose::Send).await;
    let row = scene.state(good, QueueState::Delivered).await;
    assert_eq!(row.attempts, 1);

    // What the first one says about the recipient counts, though the second one would take it.
    let nobody = scene.owe_to("nobody@out.example", Purpose::Send).await;
    scene.state(nobody, QueueState::Refused).await;
    scene.stop().await;
    assert_eq!(second.messages().len(), 1);
}

#[tokio::test]
async fn several_connections_and_a_pace() {
    let peer = ScriptedPeer::start(Manners {
        thinks_at_final_dot: true,
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::new().await;
    scene.config.outbound.smarthosts = vec![peer.door()];
    scene.config.outbound.connections = 2;
    scene.config.outbound.mails_per_minute = Some(3);
    let mut rows = Vec::new();
    for number in 0..4 {
        let to = format!("p{number}@out.example");
        rows.push(scene.owe_to(&to, Purpose::Send).await);
    }
    scene.start();
    until("two mails are on their way at once", || {
        peer.messages().len() == 2
    })
    .await;
    for _ in &rows {
        peer.go_on();
    }
    until("the third mail is there", || peer.messages().len() == 3).await;
    for message in &rows[..3] {
        scene.state(*message, QueueState::Delivered).await;
    }
    // Both lanes look once more.
    tokio::time::timeout(Duration::from_secs(2), scene.store.queue_wanted())
        .await
        .unwrap();
    assert_eq!(scene.row(rows[3]).await.state, QueueState::Waiting);
    scene.stop().await;
    assert_eq!((peer.messages().len(), peer.connections()), (3, 2));
}

#[tokio::test]
async fn refused_and_later_are_written_down() {
    let peer = ScriptedPeer::start(Manners {
        rcpt: Say::Line(b"550 5.1.1 no\r\n"),
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    scene.start();
    let refused = scene.owe(Purpose::Return).await;
    let row = scene.state(refused, QueueState::Refused).await;
    assert_eq!(row.last_words, "550 5.1.1 no (at RCPT)");

    peer.behave(Manners {
        rcpt: Say::Line(b"450 4.2.0 later\r\n"),
        ..Manners::default()
    });
    let later = scene.owe(Purpose::Return).await;
    let row = scene
        .row_when(later, |row| {
            row.attempts == 1 && row.state == QueueState::Waiting
        })
        .await;
    assert_eq!(row.last_words, "450 4.2.0 later (at RCPT)");
    let wait = row.next_attempt_at.duration_since(row.changed_at);
    assert!((7..=10).contains(&wait.as_secs()), "{wait:?}");
    scene.stop().await;
}

#[tokio::test]
async fn a_reply_that_makes_a_library_panic_ends_one_try() {
    // A line of white space after EHLO, which lettre's parser does not survive.
    let ehlo = Say::Line(b"250-primary.example\r\n250  \r\n");
    let peer = ScriptedPeer::start(Manners {
        ehlo,
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::with_primary(&peer).await;
    scene.start();
    let message = scene.owe(Purpose::Return).await;
    let row = scene
        .row_when(message, |row| {
            row.attempts == 1 && row.state == QueueState::Waiting
        })
        .await;
    assert!(
        row.last_words.contains("its answer can not be read"),
        "{}",
        row.last_words
    );
    scene.stop().await;
}

#[tokio::test]
async fn a_second_worker_is_refused() {
    let mut scene = Scene::new().await;
    scene.start();
    let sent = scene.owe(Purpose::Send).await;
    scene.row_when(sent, |row| !row.last_words.is_empty()).await;
    let other = Store::open(scene.directory.path()).await.unwrap();
    let refused = run(other, scene.config.clone(), CancellationToken::new())
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
    scene.stop().await;
}

/// The decrypted copy of a protected mail stands behind it in its report, and goes nowhere.
#[tokio::test]
async fn a_decrypted_copy_is_never_sent() {
    let mail = "From: cy@out.example\r\nSubject: protected\r\n\r\n0x5ec9e7\r\n";
    let copy = "From: cy@out.example\r\nSubject: protected\r\n\r\nin the clear\r\n";
    let record = format!("Subject: report\r\n\r\n{mail}--b\r\n{copy}--b--\r\n");
    let at = |piece: &str| {
        let start = record.find(piece).unwrap();
        Some(Piece::as_is(start..start + piece.len()))
    };
    let (content, aside) = (at(mail), record.rfind(copy));
    let aside = aside.map(|start| Piece::as_is(start..start + copy.len()));
    let peer = ScriptedPeer::start(Manners::default()).await;
    let mut scene = Scene::with_primary(&peer).await;
    let recipient: Address = "amy@corp.example".parse().unwrap();
    let owed = |purpose| Owed {
        purpose,
        recipient: recipient.clone(),
        account: None,
    };
    let message = scene.keep(record.as_bytes(), &recipient).await;
    let filing = Filing {
        content,
        aside,
        owed: vec![owed(Purpose::Return), owed(Purpose::SentCopy)],
        ..Filing::default()
    };
    scene.store.file(message, filing).await.unwrap();
    let readable = scene.store.readable(message).await.unwrap();
    assert_eq!(readable, copy.as_bytes(), "its owner reads it");
    let now = Timestamp::now();
    let resend = scene.store.resend(message, &recipient, "shell:eva", now);
    resend.await.unwrap();
    scene.start();
    until("all of it was sent", || peer.messages().len() == 3).await;
    scene.stop().await;
    for sent in peer.messages() {
        let sent = String::from_utf8(sent).unwrap();
        assert!(sent.contains("0x5ec9e7"), "{sent}");
        assert!(!sent.contains("in the clear"), "{sent}");
    }
}

/// A mail that amy wrote here, on its way to somebody outside.
async fn written_by_amy(store: &Store, recipient: &str) -> MessageId {
    let snapshot = store::Snapshot {
        accounts: vec![store::MirroredAccount {
            key: "amy".to_owned(),
            login: "amy".to_owned(),
            name: "Amy".to_owned(),
            addresses: vec!["amy@corp.example".parse().unwrap()],
            language: Some("de".to_owned()),
            ..store::MirroredAccount::default()
        }],
        groups: Vec::new(),
    };
    store.mirror(snapshot).await.unwrap();
    let amy = store.accounts().await.unwrap()[0].id;
    let mut held = Held::new(1 << 20);
    held.append(MAIL).unwrap();
    let recipient: Address = recipient.parse().unwrap();
    let envelope = Envelope {
        source: Source::Written { account: amy },
        reverse_path: ReversePath::Address("amy@corp.example".parse().unwrap()),
        recipients: vec![recipient.clone()],
        received_at: Timestamp::now(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let message = store.keep(held, envelope).await.unwrap();
    let owed = vec![Owed {
        purpose: Purpose::Send,
        recipient,
        account: None,
    }];
    let filing = Filing {
        owed,
        writer: Some(amy),
        ..Filing::default()
    };
    store.file(message, filing).await.unwrap();
    message
}

#[tokio::test]
async fn the_writer_hears_once_that_a_mail_was_refused() {
    let peer = ScriptedPeer::start(Manners {
        rcpt: Say::Line(b"550 5.1.1 no such user\r\n"),
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::new().await;
    scene.config.outbound.smarthosts = vec![peer.door()];
    let refused = written_by_amy(&scene.store, "nobody@out.example").await;
    scene.start();
    scene.state(refused, QueueState::Refused).await;
    let notices = async |store: &Store| {
        let all = store.unfiled(10).await.unwrap();
        all.into_iter()
            .map(|it| (it.id, it.envelope))
            .collect::<Vec<_>>()
    };
    let began = Instant::now();
    while notices(&scene.store).await.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "no notice came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    scene.stop().await;
    // A new worker, as after a crash, tells nobody twice.
    scene.store = Store::open(scene.directory.path()).await.unwrap();
    scene.start();
    scene.store.queue_wanted().await;
    scene.store.queue_wanted().await;
    scene.stop().await;
    let notices = notices(&scene.store).await;
    let [(notice, envelope)] = &notices[..] else {
        panic!("{notices:?}")
    };
    assert_eq!(envelope.source, Source::FallbackMail);
    assert_eq!(envelope.reverse_path, ReversePath::Null);
    assert_eq!(envelope.recipients[0].as_str(), "amy@corp.example");
    let content = scene.store.content(*notice).await.unwrap();
    assert!(
        value_of(&content, "Subject")
            .unwrap()
            .contains("Nicht zugestellt")
    );
    let text = String::from_utf8(content).unwrap();
    assert!(text.contains("Status: 5.1.1\r\n"), "{text}");
}

#[tokio::test]
async fn nobody_hears_of_mail_that_was_not_written_here() {
    let peer = ScriptedPeer::start(Manners {
        rcpt: Say::Line(b"550 5.1.1 no such user\r\n"),
        ..Manners::default()
    })
    .await;
    let mut scene = Scene::new().await;
    scene.config.outbound.smarthosts = vec![peer.door()];
    scene.start();
    let refused = scene.owe_to("nobody@out.example", Purpose::Send).await;
    scene.state(refused, QueueState::Refused).await;
    let began = Instant::now();
    while !scene.store.untold(None, 1).await.unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    scene.stop().await;
    assert!(scene.store.unfiled(10).await.unwrap().is_empty());
    assert!(scene.store.leaving(Timestamp::MAX).await.unwrap().is_none());
}

#[tokio::test]
async fn administrators_hear_of_it_while_nobody_takes_mail() {
    let away = Manners {
        greeting: Say::Line(b"421 4.3.2 maintenance\r\n"),
        ..Manners::default()
    };
    let peer = ScriptedPeer::start(away).await;
    let mut scene = Scene::new().await;
    scene.config.outbound.smarthosts = vec![peer.door()];
    scene.config.outbound.alert_after = Some(jiff::SignedDuration::ZERO);
    scene.start();
    let alerted = async |wanted: bool| {
        let began = Instant::now();
        loop {
            let alerts = scene.store.alerts().await.unwrap();
            let alert = alerts
                .into_iter()
                .find(|it| it.kind == store::AlertKind::OutboundStands);
            if alert.is_some() == wanted {
                return alert;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{alert:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let sent = scene.owe_to("kunde@out.example", Purpose::Send).await;
    let alert = alerted(true).await.unwrap();
    assert!(alert.words.contains("421 4.3.2 maintenance"), "{alert:?}");
    let queue = scene.store.outbound_queue(Timestamp::now()).await.unwrap();
    assert_eq!(queue.waiting, 1);
    assert!(queue.last_words.contains("maintenance"), "{queue:?}");

    peer.behave(Manners::default());
    scene.state(sent, QueueState::Delivered).await;
    alerted(false).await;
    let queue = scene.store.outbound_queue(Timestamp::now()).await.unwrap();
    assert_eq!(queue, store::OutboundQueue::default());
    scene.stop().await;
}
