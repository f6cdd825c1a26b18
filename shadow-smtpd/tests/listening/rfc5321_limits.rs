//! The limits of RFC 5321 §4.5.3.1, each from both sides: what it asks every server for is taken,
//! and where ours ends the peer hears so and can go on.

use std::sync::Arc;

use shadow_smtpd::{Role, limits};
use tokio::net::TcpStream;

use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

async fn greeted() -> (Arc<TestDesk>, Running, Telnet<TcpStream>) {
    let desk = Arc::new(TestDesk::default());
    let running = telnet::run(telnet::config(Role::Fallback), desk.clone(), None).await;
    let mut client = Telnet::connect(&running).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    (desk, running, client)
}

/// A domain of so many octets, in labels of at most 63 (RFC 1035 §2.3.4).
fn domain(octets: usize) -> String {
    let mut text = "d".repeat(octets);
    for at in (63..octets).step_by(64) {
        text.replace_range(at..=at, ".");
    }
    text
}

#[test]
fn domains_have_their_length() {
    for octets in [1, 63, 64, 65, 255] {
        assert_eq!(domain(octets).len(), octets);
        assert!(domain(octets).split('.').all(|label| label.len() <= 63));
    }
}

/// §4.5.3.1.1 asks for 64, a gateway's encodings of whole addresses need five times that.
#[tokio::test]
async fn local_parts() {
    let (_, _running, mut client) = greeted().await;
    client.ask("MAIL FROM:<>").await;
    for (octets, code) in [(64, "250 "), (320, "250 "), (321, "501 5.1.3 ")] {
        let rcpt = format!("RCPT TO:<{}@y.test>", "l".repeat(octets));
        assert!(client.ask(&rcpt).await.starts_with(code), "{octets}");
        let mail = format!("MAIL FROM:<{}@y.test>", "l".repeat(octets));
        let code = code.replace("5.1.3", "5.1.7");
        assert!(client.ask(&mail).await.starts_with(&code), "{octets}");
        client.ask("MAIL FROM:<>").await;
    }
}

/// §4.5.3.1.2.
#[tokio::test]
async fn domains() {
    let (_, _running, mut client) = greeted().await;
    client.ask("MAIL FROM:<>").await;
    for (octets, code) in [(255, "250 "), (256, "501 5.1.3 ")] {
        let rcpt = format!("RCPT TO:<l@{}>", domain(octets));
        assert!(client.ask(&rcpt).await.starts_with(code), "{octets}");
    }
    for (octets, code) in [(255, "250"), (256, "501 ")] {
        let hello = format!("EHLO {}", domain(octets));
        assert!(client.ask(&hello).await.starts_with(code), "{octets}");
    }
}

/// §4.5.3.1.3 asks for 256 with the brackets.
#[tokio::test]
async fn paths() {
    let (_, _running, mut client) = greeted().await;
    client.ask("MAIL FROM:<>").await;
    let path = format!("<{}@{}>", "l".repeat(64), domain(256 - 64 - 3));
    assert_eq!(path.len(), 256);
    assert!(
        client
            .ask(&format!("RCPT TO:{path}"))
            .await
            .starts_with("250 ")
    );
    let route = format!("<@{}:l@y.test>", domain(240));
    assert!(
        client
            .ask(&format!("RCPT TO:{route}"))
            .await
            .starts_with("250 ")
    );
}

/// §4.5.3.1.4 asks for 512 with CRLF.
#[tokio::test]
async fn command_lines() {
    let (_, _running, mut client) = greeted().await;
    let noop = |octets: usize| format!("NOOP {}", "x".repeat(octets - "NOOP \r\n".len()));
    assert!(client.ask(&noop(512)).await.starts_with("250 "));
    let most = limits::COMMAND_LINE_BYTES_MAX;
    assert!(client.ask(&noop(most)).await.starts_with("250 "));
    assert!(client.ask(&noop(most + 1)).await.starts_with("500 5.5.2 "));
    assert!(client.ask("NOOP").await.starts_with("250 "));
}

/// §4.5.3.1.6 asks for 1000 with CRLF; a longer line is kept as it is.
#[tokio::test]
async fn text_lines() {
    for octets in [1000, 1001, 100_000] {
        let (desk, _running, mut client) = greeted().await;
        client.ask("MAIL FROM:<>").await;
        client.ask("RCPT TO:<b@y.test>").await;
        client.ask("DATA").await;
        let line = format!("{}\r\n", "x".repeat(octets - 2));
        client.send(&line).await;
        assert!(client.ask(".").await.starts_with("250 2.0.0 "), "{octets}");
        assert_eq!(desk.kept()[0].1, line.into_bytes());
    }
}

/// §4.5.3.1.7 asks for 64 KiB; ours is the listener's, and SIZE tells it.
#[tokio::test]
async fn contents() {
    let (desk, _running, mut client) = greeted().await;
    let most = 1 << 20;
    for (octets, code) in [
        (64 << 10, "250 2.0.0 "),
        (most, "250 2.0.0 "),
        (most + 1, "552 5.3.4 "),
    ] {
        client.ask("MAIL FROM:<>").await;
        client.ask("RCPT TO:<b@y.test>").await;
        client.ask("DATA").await;
        client.send(format!("{}\r\n", "x".repeat(octets - 2))).await;
        assert!(client.ask(".").await.starts_with(code), "{octets}");
        let announced = client.ask(&format!("MAIL FROM:<> SIZE={octets}")).await;
        assert_eq!(announced.starts_with("250 "), octets <= most, "{announced}");
        client.ask("RSET").await;
    }
    assert_eq!(desk.kept().len(), 2);
}

/// §4.5.3.1.8 asks for 100; §4.5.3.1.10 for 452 beyond, and for a mail to those before.
#[tokio::test]
async fn recipients() {
    let (desk, _running, mut client) = greeted().await;
    client.ask("MAIL FROM:<>").await;
    for _ in 0..limits::RECIPIENTS_MAX {
        client.send("RCPT TO:<b@y.test>\r\n").await;
        client.expect("250 2.1.5 ").await;
    }
    for _ in 0..3 {
        assert!(
            client
                .ask("RCPT TO:<c@y.test>")
                .await
                .starts_with("452 4.5.3 ")
        );
    }
    client.send("BDAT 0 LAST\r\n").await;
    client.expect("250 2.0.0 ").await;
    assert_eq!(desk.kept()[0].0.recipients.len(), limits::RECIPIENTS_MAX);
}
