//! Probes of a real primary: one that hangs is found, one that comes and goes does not make the mode come
//! and go, and a journal that is dead alone only alerts.

use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::Value;
use store::{Envelope, Held, Peer, ReversePath, Source};

use crate::harness::{
    Copying, Dovecot, JournalTls, Postfix, ServerConfig, Shadowmail, Turn, free_address, mailbox,
    seeded, wait,
};

/// Probes of both parts of the primary, quick ones, and an emergency that starts by itself.
fn quick(dovecot: &Dovecot) -> String {
    format!(
        r#"
[[probe]]
name = "mail"
kind = "smtp"
recipient = "{}"
every_seconds = 1
timeout_seconds = 1
fails = 3
within_seconds = 10

[[probe]]
name = "mailboxes"
kind = "imap"
address = "{}"
every_seconds = 1
timeout_seconds = 1
fails = 3
within_seconds = 10

[continuity]
automatic = "start"
start_after_seconds = 5
probes_agree = 2
"#,
        mailbox("anna").address(),
        dovecot.imap(),
    )
}

/// The alerts about the primary; the disk and the certificate of a scenario may have others.
fn alerts(shadowmail: &Shadowmail) -> Vec<String> {
    let status = shadowmail.json("status");
    let alerts = status["alerts"].as_array().unwrap().iter();
    let kinds = alerts.map(|it| it["kind"].as_str().unwrap().to_owned());
    let others = ["disk-filling", "certificate-expiring"];
    kinds.filter(|it| !others.contains(&it.as_str())).collect()
}

fn mode(shadowmail: &Shadowmail) -> String {
    shadowmail.json("status")["mode"]["mode"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What came of the last tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tries {
    Well,
    Failed,
}

/// Waits until the last try of both has this outcome.
fn until_tries(shadowmail: &Shadowmail, tries: Tries) {
    let are_well = tries == Tries::Well;
    wait::until(&format!("the tries are {tries:?}"), || {
        let probes = shadowmail.json("probe list");
        let asks = |it: &&Value| ["smtp", "imap"].contains(&it["kind"].as_str().unwrap());
        let asking: Vec<&Value> = probes.as_array().unwrap().iter().filter(asks).collect();
        asking.len() == 2 && asking.iter().all(|it| it["is_well"] == are_well)
    });
}

/// Both parts of the primary.
struct Primary {
    postfix: Postfix,
    dovecot: Dovecot,
}

impl Primary {
    fn start() -> Self {
        let dovecot = Dovecot::start();
        let postfix = Postfix::start(dovecot.lmtp(), Copying::Nothing);
        Self { postfix, dovecot }
    }

    fn freeze(&self) {
        self.postfix.freeze();
        self.dovecot.freeze();
    }

    fn thaw(&self) {
        self.postfix.thaw();
        self.dovecot.thaw();
    }

    fn watched(&self) -> Shadowmail {
        Shadowmail::start(ServerConfig {
            end: quick(&self.dovecot),
            ..ServerConfig::for_primary(self.postfix.address())
        })
    }
}

fn until_alerted(shadowmail: &Shadowmail, kind: &str) {
    wait::until(&format!("there is an alert {kind}"), || {
        alerts(shadowmail).iter().any(|it| it == kind)
    });
}

#[test]
fn a_primary_that_flaps_leaves_the_mode_alone() {
    let _turn = Turn::take();
    let primary = Primary::start();
    let shadowmail = primary.watched();
    until_tries(&shadowmail, Tries::Well);
    let now = shadowmail.json("probe run");
    let is_well = |it: &Value| it["is_well"] == true;
    assert!(now.as_array().unwrap().iter().all(is_well), "{now}");
    // It comes and goes, each time for long enough that both probes see it.
    for _ in 0..5 {
        primary.freeze();
        until_tries(&shadowmail, Tries::Failed);
        primary.thaw();
        until_tries(&shadowmail, Tries::Well);
    }
    until_alerted(&shadowmail, "primary-failing");
    assert_eq!(mode(&shadowmail), "normal");
    let history = shadowmail.json("probe history");
    let of_mail = history.as_array().unwrap().iter();
    let of_mail = of_mail.filter(|it| it["probe"] == "mail");
    assert!(of_mail.count() <= 2, "up once and down once: {history}");
    let modes = shadowmail.json("status")["mode"]["number"].clone();
    assert_eq!(modes, 0, "nobody ever changed it");
}

#[test]
fn a_primary_that_hangs_is_found_and_a_person_ends_what_began_by_itself() {
    let _turn = Turn::take();
    let primary = Primary::start();
    let shadowmail = primary.watched();
    until_tries(&shadowmail, Tries::Well);
    primary.freeze();
    wait::until("an emergency has started", || {
        mode(&shadowmail) == "emergency"
    });
    let told = shadowmail.json("status")["mode"].clone();
    assert_eq!(told["by"], "shadowmail:probes");
    for words in [
        "mail fails since",
        "mailboxes fails since",
        "no answer within 1 s",
    ] {
        assert!(told["reason"].as_str().unwrap().contains(words), "{told}");
    }
    wait::until("the alert says so", || {
        alerts(&shadowmail) == ["emergency-by-rule"]
    });

    // It is back, and a person decides.
    primary.thaw();
    until_alerted(&shadowmail, "primary-back");
    assert_eq!(mode(&shadowmail), "emergency");
    shadowmail.succeed("emergency end");
    wait::until("all is settled", || mode(&shadowmail) == "normal");

    // Right after that none starts by itself.
    primary.freeze();
    until_alerted(&shadowmail, "primary-failing");
    wait::until("it has failed for longer than it takes", || {
        let probes = shadowmail.json("probe list");
        let since = |it: &Value| Some(it["failing_since"].as_str()?.parse::<Timestamp>().unwrap());
        let failing = probes.as_array().unwrap().iter().filter_map(since);
        let long_ago = Timestamp::now() - 8.seconds();
        failing.filter(|it| *it < long_ago).count() == 2
    });
    assert_eq!(mode(&shadowmail), "normal");
    let words = shadowmail.json("status")["alerts"].to_string();
    assert!(words.contains("within 60 min of the end"), "{words}");
    primary.thaw();
}

/// Copies of past days at this time of day, as many as on a busy one.
async fn busy_past(shadowmail: &Shadowmail) {
    let seeded = seeded(&shadowmail.data_dir()).await;
    let now = Zoned::now();
    for days in 1..=8 {
        let day = now.checked_sub(days.days()).unwrap();
        for minute in 1..=20 {
            let at = day.checked_sub(minute.minutes()).unwrap().timestamp();
            let envelope = Envelope {
                source: Source::JournalCopy,
                reverse_path: ReversePath::Null,
                recipients: Vec::new(),
                received_at: at,
                peer: Peer::default(),
                bare_line_ends: false,
                smtputf8: false,
                dsn: None,
            };
            seeded.store.keep(Held::new(0), envelope).await.unwrap();
        }
    }
    seeded.store.close().await;
}

#[tokio::test]
async fn a_dead_journal_alone_only_alerts() {
    let _turn = Turn::take();
    let dovecot = Dovecot::start();
    // It delivers, and copies nothing.
    let postfix = Postfix::start(dovecot.lmtp(), Copying::Nothing);
    let anna = mailbox("anna").address();
    let more = format!(
        r#"{}
[[probe]]
name = "silence"
kind = "journal"
every_seconds = 1
fails = 2
within_seconds = 10

[[probe]]
name = "canary"
kind = "canary"
from = "shadow@corp.example"
to = "{anna}"
every_seconds = 2
timeout_seconds = 2
fails = 2
within_seconds = 20
"#,
        quick(&dovecot).replace("probes_agree = 2", "probes_agree = 1")
    );
    let mut shadowmail = Shadowmail::install(ServerConfig {
        end: more,
        ..ServerConfig::for_primary(postfix.address())
    });
    busy_past(&shadowmail).await;
    shadowmail.start_again();
    wait::until("both are alerts", || {
        let mut alerts = alerts(&shadowmail);
        alerts.sort();
        alerts == ["canary-lost", "copies-silent"]
    });
    until_tries(&shadowmail, Tries::Well);
    assert_eq!(mode(&shadowmail), "normal");
    let words = shadowmail.json("status")["alerts"].to_string();
    for word in ["0 copies in 60 min", "mostly 20", "no copy of it came back"] {
        assert!(words.contains(word), "{word} is not in {words}");
    }
    let failed = shadowmail.command("probe run silence");
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
}

#[test]
fn a_canary_comes_back_as_a_copy() {
    let _turn = Turn::take();
    let dovecot = Dovecot::start();
    let journal = free_address();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::To(journal));
    let anna = mailbox("anna").address();
    let shadowmail = Shadowmail::start(ServerConfig {
        journal,
        journal_tls: JournalTls::Required,
        end: format!(
            "\n[[probe]]\nname = \"canary\"\nkind = \"canary\"\nfrom = \"shadow@corp.example\"\nto = \"{anna}\"\n"
        ),
        ..ServerConfig::for_primary(postfix.address())
    });
    wait::until("it is up", || {
        let probes = shadowmail.json("probe list");
        let is_up = |it: &Value| it["name"] == "canary" && it["state"] == "up";
        probes.as_array().unwrap().iter().any(is_up)
    });
    let list = shadowmail.succeed("probe list");
    assert!(list.contains("its copy came after"), "{list}");
    assert_eq!(alerts(&shadowmail), Vec::<String>::new());
}
