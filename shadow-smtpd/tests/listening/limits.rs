//! Both sides of each limit that a file in `tests/dialogs` would be too long for.

use std::sync::Arc;

use shadow_smtpd::{Role, limits};
use tokio::net::TcpStream;

use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

async fn greeted(role: Role) -> (Arc<TestDesk>, Running, Telnet<TcpStream>) {
    let known = vec!["b@y.test".parse().unwrap()];
    let desk = Arc::new(TestDesk {
        known,
        ..TestDesk::default()
    });
    let running = telnet::run(telnet::config(role), desk.clone(), None).await;
    let mut client = Telnet::connect(&running).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    (desk, running, client)
}

#[tokio::test]
async fn recipients() {
    let (desk, _running, mut client) = greeted(Role::Fallback).await;
    client.ask("MAIL FROM:<a@x.test>").await;
    client
        .send("RCPT TO:<b@y.test>\r\n".repeat(limits::RECIPIENTS_MAX))
        .await;
    for _ in 0..limits::RECIPIENTS_MAX {
        client.expect("250 2.1.5 ").await;
    }
    assert!(
        client
            .ask("RCPT TO:<b@y.test>")
            .await
            .starts_with("452 4.5.3 ")
    );
    client.ask("DATA").await;
    assert!(client.ask(".").await.starts_with("250 2.0.0 "));
    assert_eq!(desk.kept()[0].0.recipients.len(), limits::RECIPIENTS_MAX);
}

#[tokio::test]
async fn errors() {
    let (_, _running, mut client) = greeted(Role::Fallback).await;
    for _ in 0..limits::ERRORS_MAX {
        assert!(client.ask("WHAT").await.starts_with("500 5.5.1 "));
    }
    assert!(client.ask("NOOP").await.starts_with("250 "));
    assert!(client.ask("WHAT").await.starts_with("500 5.5.1 "));
    client.expect("421 4.7.0 ").await;
    assert_eq!(client.reply().await, None);
}

#[tokio::test]
async fn unknown_recipients() {
    let (_, _running, mut client) = greeted(Role::Fallback).await;
    client.ask("MAIL FROM:<a@x.test>").await;
    for _ in 0..limits::UNKNOWN_RECIPIENTS_MAX {
        assert!(
            client
                .ask("RCPT TO:<guess@y.test>")
                .await
                .starts_with("550 5.1.1 ")
        );
    }
    assert!(client.ask("RCPT TO:<b@y.test>").await.starts_with("250 "));
    assert!(
        client
            .ask("RCPT TO:<guess@y.test>")
            .await
            .starts_with("550 5.1.1 ")
    );
    client.expect("421 4.7.0 ").await;
}

#[tokio::test]
async fn commands_without_mail() {
    let (_, _running, mut client) = greeted(Role::Fallback).await;
    for _ in 1..limits::IDLE_COMMANDS_MAX {
        assert!(client.ask("NOOP").await.starts_with("250 "));
    }
    assert!(client.ask("NOOP").await.starts_with("250 "));
    client.expect("421 4.7.0 ").await;
}

#[tokio::test]
async fn connections_of_one_address() {
    let (_, running, _first) = greeted(Role::Fallback).await;
    let mut guests = Vec::new();
    for _ in 1..limits::CONNECTIONS_PER_ADDRESS {
        let mut guest = Telnet::connect(&running).await;
        guest.expect("220 ").await;
        guests.push(guest);
    }
    let mut one_more = Telnet::connect(&running).await;
    one_more.expect("421 4.7.0 ").await;
    assert_eq!(one_more.reply().await, None);

    let mut leaving = guests.pop().unwrap();
    assert!(leaving.ask("QUIT").await.starts_with("221 "));
    assert_eq!(leaving.reply().await, None);
    drop(leaving);
    // Its place is free as soon as its task has ended.
    let free = async {
        loop {
            let mut guest = Telnet::connect(&running).await;
            if guest.reply().await.unwrap().starts_with("220 ") {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), free)
        .await
        .unwrap();
}

#[tokio::test]
async fn many_connections_of_a_journal_peer() {
    let (_, running, _first) = greeted(Role::Journal).await;
    let mut guests = Vec::new();
    for _ in 0..2 * limits::CONNECTIONS_PER_ADDRESS {
        let mut guest = Telnet::connect(&running).await;
        guest.expect("220 ").await;
        guests.push(guest);
    }
}
