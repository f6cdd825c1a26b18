use std::sync::Arc;

use async_trait::async_trait;
use store::{Address, Source};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::access::{Access, Proof};
use crate::checks::{Checks, ChecksConfig, ClamdAt, Examiner};
use crate::client_certificate::ClientCertificates;
use crate::config::{ListenerConfig, Protocol, Role, TlsPolicy};
use crate::connection::ConnectionId;
use crate::desk::Desk;
use crate::guests::Places;
use crate::mail_log::Origin;
use crate::peer_limits::PeerLimits;
use crate::proto::{Manners, Peers, Xclient};
use crate::room::{Room, Share};

/// Keeps everything.
struct Everything;

#[async_trait]
impl Desk for Everything {
    async fn recipient(&self, _: &Address) -> Answer {
        Answer::Ours
    }

    async fn keep(&self, held: Held, _: Envelope) -> Result<String, KeepError> {
        Ok(format!("{}-bytes", held.len()))
    }
}

fn session(room: &'static Room) -> Session {
    session_of(room, 20, PeerLimits::NONE)
}

fn session_of(room: &'static Room, bytes_max: u64, limits: PeerLimits) -> Session {
    let manners = Manners {
        hostname: "s.example".into(),
        protocol: Protocol::Smtp,
        tls: TlsPolicy::Off,
        has_certificate: false,
        size_bytes_max: bytes_max,
        peers: Peers::Anybody,
        standing: Standing::Open,
        has_users: false,
        xclient: Xclient::Refused,
    };
    let places = Places::new(&limits);
    let config = ListenerConfig {
        name: "test".into(),
        role: Role::Fallback,
        address: ([127, 0, 0, 1], 0).into(),
        protocol: Protocol::Smtp,
        allow: Vec::new(),
        proxy: Vec::new(),
        xclient: Vec::new(),
        tls: TlsPolicy::Off,
        certificates: ClientCertificates::default(),
        message_bytes_max: bytes_max,
        limits,
    };
    let guest = places.admit(Some([192, 0, 2, 1].into()), &Standing::Open);
    let around = Circumstances {
        origin: Origin {
            listener: "test".into(),
            connection: ConnectionId::next(),
            address: None,
            mail: None,
        },
        source: Source::FallbackMail,
        message_bytes_max: bytes_max,
        room,
        guest: guest.ok().unwrap(),
        places,
        via: None,
        access: Arc::new(Access::new(&config, Proof::Nothing)),
        users: None,
        examiner: Examiner::new(None),
        desk: Arc::new(Everything),
        shutdown: CancellationToken::new(),
        stop: CancellationToken::new(),
    };
    Session::new(Dialogue::new(manners), around)
}

async fn ask(client: &mut BufReader<DuplexStream>, words: &str) -> String {
    client.write_all(words.as_bytes()).await.unwrap();
    loop {
        let mut line = String::new();
        assert_ne!(client.read_line(&mut line).await.unwrap(), 0, "{words}");
        if line.get(3..4) == Some(" ") {
            return line;
        }
    }
}

#[tokio::test]
async fn mail_beyond_the_room_is_asked_to_come_again() {
    static ROOM: Room = Room::new(10);
    let mut others = Share::empty(&ROOM);
    assert!(others.grow(4));

    let (client, mut server) = tokio::io::duplex(4096);
    let talk = tokio::spawn(async move { session(&ROOM).talk(&mut server).await });
    let mut client = BufReader::new(client);
    assert!(ask(&mut client, "").await.starts_with("220 "));
    ask(&mut client, "EHLO c.test\r\n").await;
    let mut bring = async |body: &str| {
        ask(&mut client, "MAIL FROM:<a@x.test>\r\n").await;
        ask(&mut client, "RCPT TO:<b@y.test>\r\n").await;
        assert!(ask(&mut client, "DATA\r\n").await.starts_with("354 "));
        ask(&mut client, &format!("{body}\r\n.\r\n")).await
    };
    let kept = "250 2.0.0 Message kept as";
    assert_eq!(bring("1234").await, format!("{kept} 6-bytes\r\n"));
    assert!(bring("12345").await.starts_with("452 4.3.1 "));
    assert_eq!(bring("1234").await, format!("{kept} 6-bytes\r\n"));

    drop(others);
    // Alone it may be as large as its listener allows, and not larger.
    assert_eq!(bring(&"x".repeat(18)).await, format!("{kept} 20-bytes\r\n"));
    assert!(bring(&"x".repeat(19)).await.starts_with("552 5.3.4 "));
    let mut all = Share::empty(&ROOM);
    let mut probe = Share::empty(&ROOM);
    assert!(all.grow(9) && probe.grow(1), "all was given back");

    drop(client);
    assert_eq!(talk.await.unwrap(), Ending::Closed);
}

#[tokio::test]
async fn a_mail_that_is_being_checked_hears_that_we_stop() {
    static ROOM: Room = Room::new(1000);
    // A scanner that takes mail and says nothing.
    let scanner = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = ChecksConfig {
        authentication: false,
        clamd: Some(ClamdAt::Tcp(scanner.local_addr().unwrap())),
        ..ChecksConfig::default()
    };
    let mut session = session_of(&ROOM, 1000, PeerLimits::NONE);
    let checks = Checks::new(config, "s.example");
    session.around.examiner = Examiner::new(Some(Arc::new(checks)));
    let stop = session.around.stop.clone();

    let (client, mut server) = tokio::io::duplex(4096);
    let talk = tokio::spawn(async move { session.talk(&mut server).await });
    let mut client = BufReader::new(client);
    ask(&mut client, "").await;
    ask(&mut client, "EHLO c.test\r\n").await;
    ask(&mut client, "MAIL FROM:<a@x.test>\r\n").await;
    ask(&mut client, "RCPT TO:<b@y.test>\r\n").await;
    ask(&mut client, "DATA\r\n").await;
    let begun = std::time::Instant::now();
    let answer = ask(&mut client, "Subject: x\r\n\r\n.\r\n");
    let stopping = async {
        let asked = tokio::task::spawn_blocking(move || scanner.accept());
        let line = asked.await.unwrap();
        stop.cancel();
        line
    };
    let (answer, _line) = tokio::join!(answer, stopping);
    assert!(answer.starts_with("421 4.3.2 "), "{answer}");
    assert!(
        begun.elapsed() < crate::limits::SCAN_TIME,
        "{:?}",
        begun.elapsed()
    );
    drop(client);
    talk.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_trickles_in_is_cut_off() {
    let limits = PeerLimits {
        bytes_per_second: 1,
        ..PeerLimits::NONE
    };
    // It has come this far after this time; is it cut off by one more byte then?
    for (bytes, seconds, cut) in [(1, 60, false), (61, 62, false), (55, 62, true)] {
        static ROOM: Room = Room::new(1 << 20);
        let (client, mut server) = tokio::io::duplex(4096);
        let session = session_of(&ROOM, 1 << 10, limits.clone());
        let talk = tokio::spawn(async move {
            let mut session = session;
            session.talk(&mut server).await
        });
        let mut client = BufReader::new(client);
        ask(&mut client, "").await;
        ask(&mut client, "HELO c.test\r\n").await;
        ask(&mut client, "MAIL FROM:<a@x.test>\r\n").await;
        ask(&mut client, "RCPT TO:<b@y.test>\r\n").await;
        ask(&mut client, "DATA\r\n").await;
        client.write_all(&vec![b'x'; bytes]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        client.write_all(b"x\r\n.\r\n").await.unwrap();
        let heard = ask(&mut client, "").await;
        let cut_off = heard.starts_with("421 4.4.2 ");
        assert_eq!(cut_off, cut, "{bytes} in {seconds} s: {heard}");
        drop(client);
        assert_eq!(talk.await.unwrap(), Ending::Closed);
    }
}

#[tokio::test]
async fn mail_that_is_refused_counts_like_any_other() {
    static ROOM: Room = Room::new(1 << 20);
    let limits = PeerLimits {
        mails_per_minute: 2,
        ..PeerLimits::NONE
    };
    // Too large by DATA and by BDAT, and with a bare LF.
    for refused in [
        "DATA\r\n|12345678901234567890\r\n.\r\n",
        "BDAT 21 LAST\r\n123456789012345678901",
        "DATA\r\n|a\nb\r\n.\r\n",
    ] {
        let (client, mut server) = tokio::io::duplex(4096);
        let mut session = session_of(&ROOM, 20, limits.clone());
        let talk = tokio::spawn(async move { session.talk(&mut server).await });
        let mut client = BufReader::new(client);
        ask(&mut client, "").await;
        ask(&mut client, "EHLO c.test\r\n").await;
        for _ in 0..3 {
            ask(&mut client, "MAIL FROM:<a@x.test>\r\n").await;
            let heard = ask(&mut client, "RCPT TO:<b@y.test>\r\n").await;
            assert!(heard.starts_with("250 "), "{refused:?}: {heard}");
            let mut heard = String::new();
            for words in refused.split('|') {
                heard = ask(&mut client, words).await;
            }
            assert!(heard.starts_with("55"), "{refused:?}: {heard}");
        }
        ask(&mut client, "MAIL FROM:<a@x.test>\r\n").await;
        let heard = ask(&mut client, "RCPT TO:<b@y.test>\r\n").await;
        assert!(heard.starts_with("450 4.7.1 "), "{refused:?}: {heard}");
        drop(client);
        assert_eq!(talk.await.unwrap(), Ending::Closed);
    }
}
