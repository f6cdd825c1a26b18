//! The primary is back, and dies again while it gets what it missed.

use crate::harness::{
    Copying, Cut, Dovecot, Inbox, LineCutter, Message, Postfix, ServerConfig, Shadowmail,
    SmtpClient, Turn, mailbox, wait,
};

/// Mails that come during the outage: more than connections that are cut.
const MAILS: usize = 40;

/// Each moment, more than once.
const ROUNDS: usize = 2;

#[tokio::test]
async fn whenever_the_line_breaks_each_mail_arrives_once() {
    let _turn = Turn::take();
    let dovecot = Dovecot::start();
    // Nothing is copied to us: only the mailboxes can tell what arrived.
    let postfix = Postfix::start(dovecot.lmtp(), Copying::Nothing);
    let line = LineCutter::start(postfix.address());
    let shadowmail = Shadowmail::start(ServerConfig {
        imap: Some(dovecot.imap()),
        ..ServerConfig::for_primary(line.address())
    });
    shadowmail.succeed("emergency start --reason outage");
    let to = mailbox("anna").address();
    let mut client = SmtpClient::connect(shadowmail.config().fallback).unwrap();
    for number in 0..MAILS {
        let mail = Message::numbered(number);
        let reply = client.send("kunde@outside.example", &[to], &mail.bytes);
        assert_eq!(reply.unwrap().code, 250);
    }

    for _ in 0..ROUNDS {
        line.cut(Cut::ALL);
    }
    shadowmail.succeed("emergency end --reason back");
    // What was not taken is tried again much later, and whoever hurries can say so.
    let hurry = || shadowmail.succeed("reinject run");
    let left = || {
        hurry();
        let plan = shadowmail.json("reinject plan");
        (line.left(), plan.as_array().unwrap().len())
    };
    wait::until("nothing is owed any more", || left() == (0, 0));
    postfix.wait_until_idle();

    let arrived = Inbox::of(dovecot.imap()).ids(to, "INBOX").await;
    assert_eq!(arrived, Message::ids(0..MAILS), "each mail is there once");
    let status = shadowmail.json("reinject status");
    assert_eq!(status["owed"]["settled"], MAILS, "{status}");
    assert_eq!(status["owed"]["open"], 0, "{status}");
    assert_eq!(status["owed"]["for_a_person"], 0, "{status}");
    // Whoever has sent all of a short mail can not know how much of it was read.
    let log = shadowmail.succeed("audit --limit 1000");
    let count = |words: &str| log.matches(words).count();
    assert_eq!(count("has it, in INBOX"), ROUNDS, "{log}");
    assert_eq!(count("does not have it"), 2 * ROUNDS, "{log}");
}
