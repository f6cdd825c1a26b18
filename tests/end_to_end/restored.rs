//! The primary lost its mailboxes and was restored from a backup: it gets what came since, once.

use std::ops::Range;

use serde_json::Value;

use crate::harness::{
    Copying, Dovecot, Inbox, JournalTls, Message, Postfix, ServerConfig, Shadowmail, Turn,
    free_address, mailbox, swaks, wait,
};

const CUSTOMER: &str = "kunde@outside.example";

/// Mails of before the backup, and of after it.
const BEFORE: usize = 4;
const SINCE: usize = 7;

/// What a plan or a run says of a mailbox: kept, there, lacking.
fn told(compared: &Value, address: &str) -> [u64; 3] {
    let all = compared.as_array().unwrap();
    let one = all.iter().find(|it| it["mailbox"] == address).unwrap();
    ["kept", "there", "lacking"].map(|key| one[key].as_u64().unwrap())
}

#[tokio::test]
async fn a_restored_primary_gets_what_it_lacks_and_nothing_twice() {
    let _turn = Turn::take();
    let mut dovecot = Dovecot::start();
    let journal = free_address();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::To(journal));
    let shadowmail = Shadowmail::start(ServerConfig {
        journal,
        journal_tls: JournalTls::Required,
        imap: Some(dovecot.imap()),
        ..ServerConfig::for_primary(postfix.address())
    });
    let (anna, tom) = (mailbox("anna").address(), mailbox("tom").address());
    let send = |numbers: Range<usize>, to: &[&str]| {
        for number in numbers {
            swaks(postfix.address(), CUSTOMER, to, &Message::numbered(number));
        }
        postfix.wait_until_idle();
    };
    send(0..BEFORE, &[anna]);
    dovecot.back_up();
    send(BEFORE..BEFORE + SINCE, &[anna, tom]);
    dovecot.restore();
    let inbox = Inbox::of(dovecot.imap());
    assert_eq!(inbox.ids(anna, "INBOX").await, Message::ids(0..BEFORE));

    let yesterday = jiff::Zoned::now().date().yesterday().unwrap();
    let plan = || shadowmail.json(&format!("reinject plan --since {yesterday}"));
    let run = || shadowmail.json(&format!("reinject run --since {yesterday}"));
    let (before, since) = (BEFORE as u64, SINCE as u64);
    let all = before + since;
    // What came a moment ago may still be on its way into the mailbox.
    let lacking = [all, before, since];
    wait::until_equal("the plan says what is lacking", &lacking, || {
        told(&plan(), anna)
    });
    assert_eq!(told(&plan(), tom), [since, 0, since]);
    let words = format!("reinject plan --since {yesterday} --account tom");
    assert_eq!(shadowmail.json(&words).as_array().unwrap().len(), 1);
    assert!(
        inbox.ids(tom, "INBOX").await.is_empty(),
        "a plan changes nothing"
    );

    let ran = run();
    assert_eq!((told(&ran, anna)[2], told(&ran, tom)[2]), (since, since));
    // Impatience does no harm, neither at once nor later.
    assert_eq!(told(&run(), tom)[2], 0);
    inbox.wait_for(tom, "INBOX", SINCE).await;
    inbox.wait_for(anna, "INBOX", BEFORE + SINCE).await;
    postfix.wait_until_idle();
    let nothing = [all, all, 0];
    wait::until_equal("nothing is lacking any more", &nothing, || {
        told(&plan(), anna)
    });
    run();
    postfix.wait_until_idle();
    check(inbox, anna, 0..BEFORE + SINCE).await;
    check(inbox, tom, BEFORE..BEFORE + SINCE).await;
    // What the gateway copies to us of it is no mail of its own.
    let found = shadowmail.json(&format!("trace {tom} --limit 100"));
    assert_eq!(found.as_array().unwrap().len(), SINCE);
}

/// A mailbox has each of these mails once, as it came.
async fn check(inbox: Inbox, address: &str, numbers: Range<usize>) {
    let arrived = inbox.ids(address, "INBOX").await;
    assert_eq!(arrived, Message::ids(numbers), "{address}");
    for stored in inbox.read(address, "INBOX").await {
        let from = stored.header("Return-Path");
        assert_eq!(from.as_deref(), Some("<kunde@outside.example>"));
    }
}

#[tokio::test]
async fn without_imap_duplicates_need_consent() {
    let _turn = Turn::take();
    let mut dovecot = Dovecot::start();
    let journal = free_address();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::To(journal));
    let shadowmail = Shadowmail::start(ServerConfig {
        journal,
        journal_tls: JournalTls::Required,
        ..ServerConfig::for_primary(postfix.address())
    });
    let tom = mailbox("tom").address();
    dovecot.back_up();
    swaks(postfix.address(), CUSTOMER, &[tom], &Message::numbered(1));
    postfix.wait_until_idle();
    dovecot.restore();

    let yesterday = jiff::Zoned::now().date().yesterday().unwrap();
    let run = format!("reinject run --since {yesterday}");
    shadowmail
        .command(&run)
        .complains(&["[primary] imap is not set", "--may-duplicate"]);
    let plan = format!("reinject plan --since {yesterday}");
    wait::until_equal("the mail was filed", &[1, 0, 1], || {
        told(&shadowmail.json(&plan), tom)
    });
    let agreed = format!("{run} --may-duplicate");
    assert_eq!(told(&shadowmail.json(&agreed), tom), [1, 0, 1]);
    let inbox = Inbox::of(dovecot.imap());
    inbox.wait_for(tom, "INBOX", 1).await;
    postfix.wait_until_idle();
    // What was brought back once is not brought again.
    assert_eq!(told(&shadowmail.json(&agreed), tom), [1, 0, 0]);
    assert_eq!(inbox.read(tom, "INBOX").await.len(), 1);
}
