//! Many sessions at once.

use std::thread;

use crate::harness::{
    Message, ServerConfig, Shadowmail, SmtpClient, Turn, free_address, mailbox,
    smtp_source_at_once, wait,
};

/// Sessions of smtp-source that are open at the same time.
const SESSIONS: usize = 500;

/// What they send together.
const MAILS: usize = 2000;

/// Sessions that say nothing for a while: a listener has room for a few more.
const IDLE: usize = 1000;

#[test]
fn five_hundred_sessions_are_all_heard() {
    let _turn = Turn::take();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
    let journal = shadowmail.config().journal;
    let to = mailbox("info").address();
    smtp_source_at_once(journal, "quelle@outside.example", to, (SESSIONS, MAILS));
    let said = shadowmail.process().said();
    assert_eq!(said.matches("kept message").count(), MAILS);
    assert_eq!(said.matches("turned a connection away").count(), 0);
    let out = shadowmail.directory().join("exported");
    let mut seen = 0;
    wait::until_equal("all is filed", &MAILS, || {
        seen += 1;
        shadowmail
            .exported("info", &out.with_extension(seen.to_string()))
            .len()
    });
    shadowmail.succeed("store verify");
}

#[test]
fn a_thousand_idle_sessions_and_load_starve_nobody() {
    let _turn = Turn::take();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
    let journal = shadowmail.config().journal;
    let to = mailbox("info").address();
    let connect = |_| SmtpClient::connect(journal).unwrap();
    let mut idle: Vec<SmtpClient> = (0..IDLE).map(connect).collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            smtp_source_at_once(journal, "quelle@outside.example", to, (20, MAILS));
        });
        // Each of them gets its turn while the others are busy, and those get theirs.
        for (number, client) in idle.iter_mut().enumerate() {
            let mail = Message::numbered(number).bytes;
            let reply = client.send("flut@outside.example", &[to], &mail);
            reply.unwrap().expect(250).unwrap();
        }
    });
    for client in &mut idle {
        client.say("NOOP").unwrap().expect(250).unwrap();
    }
    let said = shadowmail.process().said();
    assert_eq!(said.matches("kept message").count(), MAILS + IDLE);
    assert_eq!(said.matches("turned a connection away").count(), 0);
}
