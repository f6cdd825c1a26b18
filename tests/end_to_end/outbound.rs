//! The way to the outside: real smarthosts that want encryption and a sign-in.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::harness::{
    Chromium, Dovecot, Outside, Relay, Scratch, ServerConfig, Shadowmail, Turn, free_address,
    installed, mailbox, wait,
};

/// Verifies the signature of a mail as others do, with this record for the only one in the DNS.
const VERIFY: &str = "
import dkim, sys
mail, name, record = open(sys.argv[1], 'rb').read(), sys.argv[2], sys.argv[3]
dns = lambda asked, timeout=5: record.encode() if asked.decode().rstrip('.') == name else None
sys.exit(0 if dkim.verify(mail, dnsfunc=dns) else 1)
";

/// `[outbound]` for a smarthost where tom's mailbox password opens the way.
fn smarthost(relay: &Relay, scratch: &Scratch) -> String {
    let tom = mailbox("tom");
    let password = scratch.write("smarthost-password", tom.password() + "\n");
    format!(
        "smarthost = \"{}\"\ntls = \"required\"\nca = \"{}\"\nlogin = \"{}\"\n\
         password_file = \"{}\"\n",
        relay.place(),
        relay.authority().display(),
        tom.address(),
        password.display()
    )
}

/// Signs in as somebody in an emergency.
async fn signed_in(shadowmail: &Shadowmail, login: &str) -> Chromium {
    let browser = Chromium::start("de").await;
    browser.open(&shadowmail.url("/signin")).await;
    browser.fill("login", login).await;
    browser.fill("password", &mailbox(login).password()).await;
    browser.click("main form button").await;
    browser
}

/// Writes to somebody outside.
async fn write(browser: &Chromium, shadowmail: &Shadowmail, to: &str, subject: &str) {
    browser.open(&shadowmail.url("/mail/")).await;
    browser.click("a[href$='/write']").await;
    browser.fill("to", to).await;
    browser.fill("subject", subject).await;
    browser.fill("text", "Grüße").await;
    browser.click("form.write button.primary").await;
}

#[tokio::test]
async fn smarthosts_that_want_encryption_and_a_sign_in() {
    let _turn = Turn::take();
    let scratch = Scratch::new("outbound");
    let (outside, dovecot) = (Outside::start(), Dovecot::start());
    let mut first = Relay::start(outside.address(), dovecot.sasl());
    let second = Relay::start(outside.address(), dovecot.sasl());
    let mut end = format!("\n[outbound]\n{}", smarthost(&first, &scratch));
    let _ = write!(
        end,
        "\n[[outbound.spare]]\n{}",
        smarthost(&second, &scratch)
    );
    let config = ServerConfig {
        end,
        ..ServerConfig::for_primary(free_address())
    };
    let mut shadowmail = Shadowmail::start(config);
    let said = shadowmail.command("check").stdout;
    assert!(
        said.contains("takes mail (encrypted, signed in as tom"),
        "{said}"
    );

    shadowmail.succeed("emergency start --reason primary-is-down");
    let browser = signed_in(&shadowmail, "anna").await;
    write(&browser, &shadowmail, "kunde@outside.example", "eins").await;
    wait::until("it has reached the customer", || {
        outside.arrived().len() == 1
    });
    assert!(first.log().contains("sasl_method=PLAIN"), "{}", first.log());

    // One smarthost dies, the next one comes in.
    first.stop();
    write(&browser, &shadowmail, "kunde@outside.example", "zwei").await;
    wait::until("the second one has come too", || {
        outside.arrived().len() == 2
    });
    browser.close().await;
    assert!(
        second.log().contains("sasl_method=PLAIN"),
        "{}",
        second.log()
    );

    let password = mailbox("tom").password();
    let log = shadowmail.process().said();
    assert!(!log.contains(&password), "a password stands in the log");
    for mail in outside.arrived() {
        let text = String::from_utf8(mail.bytes).unwrap();
        assert!(text.contains("From: ") && mail.from == mailbox("anna").address());
    }

    // With a wrong password mail would wait, and `check` says why.
    first.start_again();
    fs::write(scratch.path().join("smarthost-password"), "wrong\n").unwrap();
    let said = shadowmail.command("check").stdout;
    assert!(said.contains("(at sign-in)"), "{said}");
}

/// All that `trace` says about a mail to somebody, with the last words of the smarthost.
fn last_words(shadowmail: &Shadowmail, to: &str) -> String {
    shadowmail.json(&format!("trace {to}")).to_string()
}

#[tokio::test]
async fn writers_hear_what_became_of_their_mail_and_admins_can_stop_it() {
    let _turn = Turn::take();
    let scratch = Scratch::new("outbound");
    let (outside, dovecot) = (Outside::start(), Dovecot::start());
    let relay = Relay::start(outside.address(), dovecot.sasl());
    let shadowmail = Shadowmail::start(ServerConfig {
        end: format!("\n[outbound]\n{}", smarthost(&relay, &scratch)),
        ..ServerConfig::for_primary(free_address())
    });
    shadowmail.succeed("emergency start --reason primary-is-down");
    let browser = signed_in(&shadowmail, "anna").await;

    // Refused: the writer reads why in the inbox.
    write(&browser, &shadowmail, "nobody@outside.example", "eins").await;
    wait::until("it was refused", || {
        last_words(&shadowmail, "nobody@outside.example").contains("no such user")
    });
    let inbox = shadowmail.url("/mail/");
    wait::until_async("the notice is in the inbox", async || {
        browser.open(&inbox).await;
        browser.text().await.contains("Nicht zugestellt: eins")
    })
    .await;
    browser.follow("Nicht zugestellt: eins").await;
    browser
        .shows("Der andere Server kennt diese Adresse nicht.")
        .await;
    browser.shows("550 5.1.1").await;

    // Deferred: it waits, and is tried again.
    write(&browser, &shadowmail, "later@outside.example", "zwei").await;
    wait::until("it was put off", || {
        last_words(&shadowmail, "later@outside.example").contains("busy")
    });

    // Stopped for one writer: it waits, and says so.
    shadowmail.succeed("outbound stop --account anna --reason stolen");
    write(&browser, &shadowmail, "kunde@outside.example", "drei").await;
    wait::until("both wait", || {
        shadowmail.json("outbound status")["waiting"] == 2
    });
    let said = shadowmail.succeed("status");
    assert!(said.contains("STOPPED for anna"), "{said}");
    assert_eq!(outside.arrived(), []);
    shadowmail.succeed("outbound go --account anna");
    wait::until("it has gone", || outside.arrived().len() == 1);
    browser.close().await;
    let log = shadowmail.succeed("audit --limit 20");
    assert!(log.contains("outbound-stop") && log.contains("outbound-go"));
}

#[tokio::test]
async fn others_believe_the_signature() {
    let _turn = Turn::take();
    installed("dkimpy", "/usr/bin/dkimverify");
    let scratch = Scratch::new("outbound");
    let key = scratch.path().join("dkim.pem");
    let made = Command::new("openssl")
        .args(["genrsa", "-out", key.to_str().unwrap(), "2048"])
        .output();
    assert!(made.is_ok_and(|it| it.status.success()), "openssl genrsa");
    let (outside, dovecot) = (Outside::start(), Dovecot::start());
    let relay = Relay::start(outside.address(), dovecot.sasl());
    let dkim = format!(
        "\n[[outbound.dkim]]\ndomain = \"corp.example\"\nselector = \"shadow\"\n\
         key_file = \"{}\"\n",
        key.display()
    );
    let shadowmail = Shadowmail::start(ServerConfig {
        end: format!("\n[outbound]\n{}{dkim}", smarthost(&relay, &scratch)),
        ..ServerConfig::for_primary(free_address())
    });
    let record = shadowmail.json("dkim")[0].clone();
    let [name, value] = ["name", "value"].map(|it| record[it].as_str().unwrap());
    assert_eq!(name, "shadow._domainkey.corp.example");

    shadowmail.succeed("emergency start --reason primary-is-down");
    let browser = signed_in(&shadowmail, "anna").await;
    write(&browser, &shadowmail, "kunde@outside.example", "Grüße").await;
    browser.close().await;
    let arrived = wait::until_some("it has reached the customer", || {
        outside.arrived().into_iter().next()
    });
    let verifies = |bytes: &[u8]| {
        let mail = scratch.path().join("arrived.eml");
        fs::write(&mail, bytes).unwrap();
        let asked = Command::new("/usr/bin/python3")
            .args(["-c", VERIFY, mail.to_str().unwrap(), name, value])
            .output()
            .unwrap();
        asked.status.success()
    };
    let text = String::from_utf8(arrived.bytes.clone()).unwrap();
    assert!(verifies(&arrived.bytes), "{text}");
    let forged = text.replace("Subject: ", "Subject: not ");
    assert!(!verifies(forged.as_bytes()));
}

#[tokio::test]
async fn what_was_sent_is_taken_back_in_time() {
    let _turn = Turn::take();
    let outside = Outside::start();
    let shadowmail = Shadowmail::start(ServerConfig {
        smarthost: Some(outside.address()),
        undo_seconds: 20,
        ..ServerConfig::for_primary(free_address())
    });
    shadowmail.succeed("emergency start --reason primary-is-down");
    let browser = signed_in(&shadowmail, "anna").await;
    write(&browser, &shadowmail, "kunde@outside.example", "eins").await;
    browser.shows("Ihre Nachricht geht gleich hinaus.").await;
    browser.click(".notice button").await;
    browser.shows("Nicht gesendet").await;
    assert_eq!(browser.value("subject").await, "eins");
    assert_eq!(browser.value("text").await, "Grüße");

    // Changed and sent again it goes, once, and the page tells by itself.
    browser.fill("subject", "zwei").await;
    browser.click("form.write button.primary").await;
    browser.shows("Ihre Nachricht geht gleich hinaus.").await;
    wait::until("it has reached the customer", || {
        outside.arrived().len() == 1
    });
    wait::until_async("the page says so", async || {
        browser
            .text()
            .await
            .contains("Ihre Nachricht ist unterwegs.")
    })
    .await;
    browser.shows("zwei").await;
    browser.close().await;
    let arrived = outside.arrived();
    let text = String::from_utf8(arrived[0].bytes.clone()).unwrap();
    assert!(text.contains("Subject: zwei\r\n"), "{text}");
    let log = shadowmail.succeed("audit --limit 20");
    assert_eq!(
        (log.matches("undo").count(), arrived.len()),
        (1, 1),
        "{log}"
    );
}
