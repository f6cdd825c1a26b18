//! A drill: people write to each other, and the primary and the world never hear of it.

use crate::harness::{
    Chromium, Copying, Dovecot, Inbox, JournalTls, MAILBOXES, Message, Outside, Postfix,
    ServerConfig, Shadowmail, SmtpClient, Turn, free_address, mailbox, swaks, wait,
};

const CUSTOMER: &str = "kunde@outside.example";
const REHEARSED: &str = "Nur eine Übung";

/// A tab of somebody who takes part, or would like to.
async fn sign_in(shadowmail: &Shadowmail, login: &str) -> Chromium {
    let browser = Chromium::start("de").await;
    browser.open(&shadowmail.url("/signin")).await;
    browser.fill("login", login).await;
    browser.fill("password", &mailbox(login).password()).await;
    browser.click("main form button").await;
    browser
}

async fn write(browser: &Chromium, shadowmail: &Shadowmail, to: &str) {
    browser.open(&shadowmail.url("/mail/")).await;
    browser.click("a[href$='/write']").await;
    browser.fill("to", to).await;
    browser.fill("subject", REHEARSED).await;
    browser.fill("text", "Bitte nicht wundern.").await;
    browser.click("form.write button.primary").await;
}

/// Each mail of the primary: whose, where, its Message-ID, whether it was read.
async fn all_mail(inbox: Inbox) -> Vec<(&'static str, &'static str, String, bool)> {
    let mut all = Vec::new();
    for owner in MAILBOXES.iter().map(crate::harness::Mailbox::address) {
        for folder in ["INBOX", "Sent"] {
            for stored in inbox.read(owner, folder).await {
                let id = stored.header("Message-ID").unwrap_or_default();
                all.push((owner, folder, id, stored.is_seen));
            }
        }
    }
    all
}

/// What those who take part do, and who would like to. Gives Tom's tab.
async fn people_rehearse(shadowmail: &Shadowmail) -> Chromium {
    let of_juergen = sign_in(shadowmail, "juergen").await;
    assert!(
        !of_juergen.url().await.contains("/mail/"),
        "he takes no part"
    );
    let of_anna = sign_in(shadowmail, "anna").await;
    of_anna.shows("Dies ist eine Übung.").await;
    of_anna.follow("Nummer 1").await;
    write(&of_anna, shadowmail, CUSTOMER).await;
    of_anna
        .shows(
            "In einer Übung geht E-Mail nur an Teilnehmer. Nicht dabei ist: kunde@outside.example",
        )
        .await;
    write(&of_anna, shadowmail, mailbox("juergen").address()).await;
    of_anna
        .shows("Nicht dabei ist: juergen.gross@corp.example")
        .await;
    write(&of_anna, shadowmail, mailbox("tom").address()).await;
    let of_tom = sign_in(shadowmail, "tom").await;
    of_tom.follow(REHEARSED).await;
    of_tom.shows("Bitte nicht wundern.").await;
    of_juergen.close().await;
    of_anna.close().await;
    of_tom
}

#[tokio::test]
async fn a_drill_leaves_no_trace_at_the_primary_and_sends_nothing_outside() {
    let _turn = Turn::take();
    let outside = Outside::start();
    let dovecot = Dovecot::start();
    let journal = free_address();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::To(journal));
    let shadowmail = Shadowmail::start(ServerConfig {
        journal,
        journal_tls: JournalTls::Required,
        imap: Some(dovecot.imap()),
        smarthost: Some(outside.address()),
        ..ServerConfig::for_primary(postfix.address())
    });
    let (anna, tom) = (mailbox("anna").address(), mailbox("tom").address());
    swaks(postfix.address(), CUSTOMER, &[anna], &Message::numbered(1));
    postfix.wait_until_idle();
    let inbox = Inbox::of(dovecot.imap());
    let before = all_mail(inbox).await;
    assert_eq!(before.len(), 1);

    shadowmail.succeed("emergency drill --account anna --account tom --reason exercise");
    let of_tom = people_rehearse(&shadowmail).await;

    // All the rest goes on as ever: what came to us instead of the primary is handed over at once.
    let mut client = SmtpClient::connect(shadowmail.config().fallback).unwrap();
    let fallback = Message::numbered(2);
    assert_eq!(
        client
            .send(CUSTOMER, &[anna], &fallback.bytes)
            .unwrap()
            .code,
        250
    );
    inbox.wait_for(anna, "INBOX", 2).await;

    shadowmail.succeed("emergency end --reason done");
    of_tom.open(&shadowmail.url("/mail/")).await;
    of_tom.shows("Notbetrieb ist aus.").await;
    let owed = || shadowmail.json("status")["owed"].clone();
    wait::until("nothing is owed", || owed()["open"] == 0);
    postfix.wait_until_idle();
    let mut after = before;
    after.push((anna, "INBOX", fallback.id(), false));
    after.sort();
    let mut now = all_mail(inbox).await;
    now.sort();
    assert_eq!(now, after);
    assert_eq!(outside.arrived(), []);
    assert_eq!(owed()["settled"], 1, "the fallback mail alone");
    let rehearsed = shadowmail.json(&format!("trace {tom}"));
    let [rehearsed] = &rehearsed.as_array().unwrap()[..] else {
        panic!("{rehearsed}");
    };
    assert!(rehearsed.to_string().contains(REHEARSED), "{rehearsed}");
    assert_eq!(
        rehearsed["deliveries"],
        serde_json::json!([]),
        "{rehearsed}"
    );
    of_tom.close().await;
}
