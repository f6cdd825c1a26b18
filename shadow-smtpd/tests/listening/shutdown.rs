//! Stopping, panics and ports.

use std::sync::Arc;

use shadow_smtpd::{BindError, Listener, Role};

use crate::desk::TestDesk;
use crate::telnet::{self, Telnet};

#[tokio::test]
async fn mail_under_way_is_finished_and_then_421() {
    let desk = Arc::new(TestDesk::default());
    let running = telnet::run(telnet::config(Role::Fallback), desk.clone(), None).await;
    let mut idle = Telnet::connect(&running).await;
    idle.expect("220 ").await;
    let mut busy = Telnet::connect(&running).await;
    busy.expect("220 ").await;
    busy.ask("EHLO c.test").await;
    busy.ask("MAIL FROM:<a@x.test>").await;
    busy.ask("RCPT TO:<b@y.test>").await;
    assert!(busy.ask("DATA").await.starts_with("354 "));

    running.shutdown.cancel();
    idle.expect("421 4.3.2 ").await;
    assert_eq!(idle.reply().await, None);

    assert!(busy.ask("hi\r\n.").await.starts_with("250 2.0.0 "));
    busy.expect("421 4.3.2 ").await;
    assert_eq!(busy.reply().await, None);
    drop((idle, busy));
    running.task.await.unwrap();
    assert_eq!(desk.kept().len(), 1);
}

#[tokio::test]
async fn a_panic_ends_one_session() {
    let panics_at = Some("crash@y.test".parse().unwrap());
    let desk = Arc::new(TestDesk {
        panics_at,
        ..TestDesk::default()
    });
    let running = telnet::run(telnet::config(Role::Fallback), desk, None).await;
    let mut unlucky = Telnet::connect(&running).await;
    unlucky.expect("220 ").await;
    unlucky.ask("EHLO c.test").await;
    unlucky.ask("MAIL FROM:<a@x.test>").await;
    unlucky.send("RCPT TO:<crash@y.test>\r\n").await;
    assert_eq!(unlucky.reply().await, None);

    let mut other = Telnet::connect(&running).await;
    other.expect("220 ").await;
    assert!(other.ask("NOOP").await.starts_with("250 "));
}

#[tokio::test]
async fn a_port_in_use_is_a_sentence() {
    let first = Listener::bind(telnet::config(Role::Journal)).await.unwrap();
    let mut config = telnet::config(Role::Journal);
    config.address = first.local_addr();
    let error = Listener::bind(config).await.err().unwrap();
    assert!(matches!(error, BindError::InUse { .. }));
    let sentence = error.to_string();
    assert!(
        sentence.contains(&first.local_addr().to_string()),
        "{sentence}"
    );
    assert!(sentence.contains("choose another port"), "{sentence}");
}
