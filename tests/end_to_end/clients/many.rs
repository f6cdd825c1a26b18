//! smtp-source with 500 sessions at once.

use crate::harness::{
    ServerConfig, Shadowmail, Turn, free_address, mailbox, smtp_source_at_once, wait,
};

/// Sessions that are open at the same time.
const SESSIONS: usize = 500;

/// What they send together.
const MAILS: usize = 2000;

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
