//! STARTTLS (RFC 3207).

use std::sync::Arc;

use shadow_smtpd::{Role, TlsPolicy};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificate;
use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

async fn running(tls: TlsPolicy) -> (Arc<TestDesk>, Running) {
    let desk = Arc::new(TestDesk::default());
    let mut config = telnet::config(Role::Fallback);
    config.tls = tls;
    let running = telnet::run(config, desk.clone(), Some(certificate::server())).await;
    (desk, running)
}

/// Greets, sends `command` (STARTTLS and whatever comes with it) and does the handshake.
async fn upgrade(running: &Running, command: &str) -> Telnet<TlsStream<TcpStream>> {
    let mut client = Telnet::connect(running).await;
    client.expect("220 ").await;
    assert!(client.ask("EHLO c.test").await.contains("STARTTLS"));
    client.send(command).await;
    client.expect("220 2.0.0 ").await;
    let connector = TlsConnector::from(certificate::client());
    let name = "shadow.corp.example".try_into().unwrap();
    Telnet::over(connector.connect(name, client.into_stream()).await.unwrap())
}

#[tokio::test]
async fn mail_inside_tls() {
    let (desk, running) = running(TlsPolicy::Required).await;
    let mut client = upgrade(&running, "STARTTLS\r\n").await;
    // What was said before TLS does not count.
    assert!(
        client
            .ask("MAIL FROM:<a@x.test>")
            .await
            .starts_with("503 5.5.1 ")
    );
    let hello = client.ask("EHLO c.test").await;
    assert!(!hello.contains("STARTTLS"), "{hello}");
    assert!(client.ask("STARTTLS").await.starts_with("503 5.5.1 "));
    assert!(client.ask("MAIL FROM:<a@x.test>").await.starts_with("250 "));
    assert!(client.ask("RCPT TO:<b@y.test>").await.starts_with("250 "));
    assert!(client.ask("DATA").await.starts_with("354 "));
    assert!(client.ask("hi\r\n.").await.starts_with("250 2.0.0 "));
    assert!(client.ask("QUIT").await.starts_with("221 "));
    assert_eq!(client.reply().await, None);

    let kept = desk.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].0.peer.protocol, "ESMTPS");
}

#[tokio::test]
async fn commands_slipped_in_before_tls_are_dropped() {
    let (_, running) = running(TlsPolicy::Opportunistic).await;
    let mut client = upgrade(
        &running,
        "STARTTLS\r\nEHLO injected.test\r\nMAIL FROM:<evil@x.test>\r\n",
    )
    .await;
    // No reply to the injected EHLO comes first, and no MAIL is open.
    assert!(client.ask("NOOP").await.starts_with("250 2.0.0 "));
    assert!(client.ask("RCPT TO:<b@y.test>").await.starts_with("503 "));
}

#[tokio::test]
async fn a_failed_handshake_ends_the_session_only() {
    let (_, running) = running(TlsPolicy::Opportunistic).await;
    let mut client = Telnet::connect(&running).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    client.ask("STARTTLS").await;
    client.send("this is no handshake\r\n").await;
    let mut other = Telnet::connect(&running).await;
    other.expect("220 ").await;
    assert!(other.ask("NOOP").await.starts_with("250 "));
}
