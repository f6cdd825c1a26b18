use async_trait::async_trait;
use store::{Address, Held};
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream};

use super::*;
use crate::config::{Protocol, TlsPolicy};
use crate::desk::Answer;
use crate::proto::{Manners, Peers};
use crate::room::Share;

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
    let manners = Manners {
        hostname: "s.example".into(),
        protocol: Protocol::Smtp,
        tls: TlsPolicy::Off,
        has_certificate: false,
        size_bytes_max: 20,
        peers: Peers::Anybody,
    };
    let around = Circumstances {
        listener: "test".into(),
        source: Source::FallbackMail,
        message_bytes_max: 20,
        room,
        address: None,
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
