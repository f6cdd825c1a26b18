//! Somebody who could not sign in with the directory down is reminded, by a mail of the primary's.

use crate::harness::{
    Copying, Dovecot, Inbox, JournalTls, Postfix, ServerConfig, Shadowmail, Turn, free_address,
    mailbox, wait,
};

const READINESS: &str = "
[readiness]
from = \"it@corp.example\"
from_name = \"IT-Störung\"
";

#[tokio::test]
async fn whoever_is_missing_gets_one_mail_and_the_copy_of_it_settles_it() {
    let _turn = Turn::take();
    let dovecot = Dovecot::start();
    let journal = free_address();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::To(journal));
    let shadowmail = Shadowmail::start(ServerConfig {
        journal,
        journal_tls: JournalTls::Required,
        end: READINESS.to_owned(),
        ..ServerConfig::for_primary(postfix.address())
    });
    let anna = mailbox("anna").address();
    assert_eq!(shadowmail.json("user ready")["all"]["ready"], 3);
    shadowmail.succeed("user forget anna");
    let group = shadowmail.json("user ready --group vertrieb@corp.example");
    assert_eq!(group["all"]["people"], 2);
    assert_eq!(group["all"]["ready"], 2);
    let csv = shadowmail.succeed("user ready --missing --csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 2, "{csv}");
    assert!(
        lines[1].starts_with("anna,Anna Weiß,anna.weiss@corp.example,"),
        "{csv}"
    );
    let foretold = shadowmail.succeed("user remind --dry-run");
    assert!(foretold.starts_with(anna), "{foretold}");

    let asked = shadowmail.json("user remind");
    assert_eq!(
        (&asked["asked"], &asked["recently"]),
        (&1.into(), &0.into())
    );
    let inbox = Inbox::of(dovecot.imap());
    let mails = inbox.wait_for(anna, "INBOX", 1).await;
    let mail = String::from_utf8(mails[0].bytes.clone()).unwrap();
    let page = format!("http://{}/ready", shadowmail.config().web);
    for words in [
        "Auto-Submitted: auto-generated",
        "<it@corp.example>",
        "Content-Language: de",
        "Message-ID: <reminder.",
        &page,
    ] {
        assert!(mail.contains(words), "{words} is not in\n{mail}");
    }

    // Asked again, nobody gets a second one.
    let asked = shadowmail.json("user remind");
    assert_eq!(
        (&asked["asked"], &asked["recently"]),
        (&0.into(), &1.into())
    );
    postfix.wait_until_idle();
    let places = || {
        let found = shadowmail.json(&format!("trace {anna}"));
        let found = found.as_array().unwrap();
        assert_eq!(found.len(), 1, "its copy came back as another mail");
        found[0].to_string()
    };
    wait::until("the copy has settled it", || places().contains("confirmed"));
    let owed = &shadowmail.json("status")["owed"];
    assert_eq!((&owed["open"], &owed["settled"]), (&0.into(), &0.into()));
    let log = shadowmail.succeed("audit --limit 20");
    assert_eq!(log.matches("remind").count(), 2, "{log}");
    assert_eq!(inbox.read(anna, "INBOX").await.len(), 1);
    assert!(
        inbox
            .read(mailbox("tom").address(), "INBOX")
            .await
            .is_empty()
    );
}
