//! What one address may do, asked from a loopback port.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shadow_smtpd::{PeerLimits, Role};

use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

async fn listener(limits: PeerLimits) -> (Arc<TestDesk>, Running) {
    let known = vec!["b@y.test".parse().unwrap()];
    let desk = Arc::new(TestDesk {
        known,
        ..TestDesk::default()
    });
    let config = shadow_smtpd::ListenerConfig {
        limits,
        ..telnet::config(Role::Fallback)
    };
    let running = telnet::run(config, desk.clone(), None).await;
    (desk, running)
}

/// Says all these, one after the other, over one connection, and gives the codes of the replies.
async fn talk(to: &Running, lines: &[&str]) -> Vec<String> {
    let mut client = Telnet::connect(to).await;
    let mut codes = vec![client.reply().await.unwrap()];
    for line in lines {
        codes.push(client.ask(line).await);
    }
    let code = |reply: String| reply.split(' ').next().unwrap_or_default().to_owned();
    codes.into_iter().map(code).collect()
}

const HELLO: &str = "HELO c.test";
const MAIL: &str = "MAIL FROM:<a@x.test>";
const KNOWN: &str = "RCPT TO:<b@y.test>";
const UNKNOWN: &str = "RCPT TO:<guess@y.test>";

#[tokio::test]
async fn connections_in_a_minute() {
    let (_, running) = listener(PeerLimits {
        connections_per_minute: 2,
        ..PeerLimits::NONE
    })
    .await;
    assert_eq!(talk(&running, &[]).await, ["220"]);
    assert_eq!(talk(&running, &[HELLO]).await, ["220", "250"]);
    assert_eq!(talk(&running, &[]).await, ["421"]);
}

#[tokio::test]
async fn mails_in_a_minute() {
    let (desk, running) = listener(PeerLimits {
        mails_per_minute: 2,
        ..PeerLimits::NONE
    })
    .await;
    let whole = [HELLO, MAIL, KNOWN, "DATA", "."];
    for _ in 0..3 {
        let heard = talk(&running, &whole).await;
        assert_eq!(heard, ["220", "250", "250", "250", "354", "250"]);
    }
    // What came is kept; the peer keeps what it has not sent.
    assert_eq!(desk.kept().len(), 3);
    let heard = talk(&running, &[HELLO, MAIL, KNOWN, "DATA"]).await;
    assert_eq!(heard, ["220", "250", "250", "450", "503"]);
}

#[tokio::test]
async fn recipients_in_a_minute() {
    let (_, running) = listener(PeerLimits {
        recipients_per_minute: 3,
        ..PeerLimits::NONE
    })
    .await;
    let heard = talk(&running, &[HELLO, MAIL, KNOWN, KNOWN]).await;
    assert_eq!(heard, ["220", "250", "250", "250", "250"]);
    let heard = talk(&running, &[HELLO, MAIL, KNOWN, KNOWN]).await;
    assert_eq!(heard, ["220", "250", "250", "250", "450"]);
}

#[tokio::test]
async fn who_guesses_hears_nothing_more() {
    let (_, running) = listener(PeerLimits {
        unknown_recipients_per_minute: 2,
        ..PeerLimits::NONE
    })
    .await;
    let heard = talk(&running, &[HELLO, MAIL, UNKNOWN, UNKNOWN, KNOWN, UNKNOWN]).await;
    assert_eq!(heard[3..], ["550", "550", "250", "550"]);
    // Known and unknown sound alike from here on.
    let heard = talk(&running, &[HELLO, MAIL, KNOWN, UNKNOWN]).await;
    assert_eq!(heard[3..], ["450", "450"]);
}

#[tokio::test]
async fn who_talks_before_the_greeting_is_shown_the_door() {
    let delay = Duration::from_millis(300);
    let (_, running) = listener(PeerLimits {
        greeting_delay: delay,
        ..PeerLimits::NONE
    })
    .await;
    let begun = Instant::now();
    assert_eq!(talk(&running, &[HELLO]).await, ["220", "250"]);
    assert!(begun.elapsed() >= delay);

    let mut talker = Telnet::connect(&running).await;
    talker.send("EHLO spam.test\r\n").await;
    talker.expect("554 5.5.0 ").await;
    assert_eq!(talker.reply().await, None);
}

#[tokio::test]
async fn the_exempt_are_not_held_up() {
    let (_, running) = listener(PeerLimits {
        connections_per_minute: 1,
        greeting_delay: Duration::from_secs(30),
        exempt: vec!["127.0.0.0/8".parse().unwrap()],
        ..PeerLimits::NONE
    })
    .await;
    for _ in 0..5 {
        assert_eq!(talk(&running, &[HELLO]).await, ["220", "250"]);
    }
}
