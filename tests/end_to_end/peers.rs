//! The peers alone: when one of these fails, the machine is at fault and not the server.

use crate::harness::{
    Chromium, Copying, Dovecot, Inbox, Message, Postfix, Turn, installed, mailbox, swaks, wait,
};

#[tokio::test]
async fn postfix_delivers_to_dovecot() {
    let _turn = Turn::take();
    let dovecot = Dovecot::start();
    let mut postfix = Postfix::start(dovecot.lmtp(), Copying::Nothing);
    let inbox = Inbox::of(dovecot.imap());
    let anna = mailbox("anna").address();

    let message = Message::load("umlauts");
    swaks(
        postfix.address(),
        "kunde@outside.example",
        &[anna],
        &message,
    );
    let stored = inbox.wait_for(anna, "INBOX", 1).await;
    stored[0].assert_is(&message.bytes);
    assert_eq!(
        stored[0].header("Return-Path").as_deref(),
        Some("<kunde@outside.example>")
    );

    // Stopped and started again, it still has the mail, and takes more.
    postfix.stop();
    assert!(!wait::answers(postfix.address()));
    postfix.start_again();
    let attachment = Message::load("attachment");
    swaks(
        postfix.address(),
        "kunde@outside.example",
        &["vertrieb@corp.example"],
        &attachment,
    );
    for member in ["juergen", "tom"] {
        let stored = inbox.wait_for(mailbox(member).address(), "INBOX", 1).await;
        stored[0].assert_is(&attachment.bytes);
    }
}

#[tokio::test]
async fn chromium_shows_a_page() {
    let _turn = Turn::take();
    let browser = Chromium::start("de").await;
    browser
        .open("data:text/html;charset=utf-8,<form><p>Grüße</p><input name=wort></form>")
        .await;
    assert_eq!(browser.text().await, "Grüße");
    browser.fill("wort", "süß").await;
    assert_eq!(browser.value("wort").await, "süß");
    browser.close().await;
}

#[test]
#[should_panic(expected = "Sendmail is not installed: run `cargo xtask setup`")]
fn a_missing_peer_is_a_failure_that_names_the_command() {
    installed("Sendmail", "/usr/sbin/no-such-program");
}
