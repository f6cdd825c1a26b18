//! The recipes of `docs/recipes`, as their pages have them: a gateway copies what passes through it.

use std::fs;
use std::net::SocketAddr;

use crate::harness::{
    Copying, Dovecot, Exim, Inbox, JournalTls, Message, Postfix, Scratch, ServerConfig, Shadowmail,
    SmtpClient, Turn, exim, free_address, mailbox, postfix, recipe, swaks, swaks_with, wait,
    without_trace,
};

/// Somebody outside.
const CUSTOMER: &str = "kunde@outside.example";

/// An address of this host that the gateways do not take for one of theirs.
const STRANGER: &str = "127.0.0.9";

/// The parts around the gateway.
struct House {
    dovecot: Dovecot,
    shadowmail: Shadowmail,
    scratch: Scratch,
}

impl House {
    /// With the listener as this page has it.
    fn new(page: &str) -> (Self, SocketAddr) {
        let journal = free_address();
        let config = ServerConfig {
            journal,
            journal_lines: recipe::block(page, "toml"),
            journal_tls: JournalTls::Required,
            ..ServerConfig::for_primary(free_address())
        };
        let house = Self {
            dovecot: Dovecot::start(),
            shadowmail: Shadowmail::start(config),
            scratch: Scratch::new("exports"),
        };
        (house, journal)
    }

    /// Waits until a folder in Shadowmail has just these mails.
    #[track_caller]
    fn has(&self, login: &str, folder: &str, want: &[&Message]) {
        let mut want: Vec<Vec<u8>> = want.iter().map(|it| it.bytes.clone()).collect();
        want.sort();
        wait::until_equal(&format!("{folder} of {login}"), &want, || {
            let mut found = self.export(login, folder);
            found.sort();
            found
        });
    }

    fn export(&self, login: &str, folder: &str) -> Vec<Vec<u8>> {
        let out = self.scratch.path().join("export");
        let _ = fs::remove_dir_all(&out);
        self.shadowmail.succeed(&format!(
            "store export --format eml --account {login} --folder {folder} --reason test --out {}",
            out.display()
        ));
        let files = fs::read_dir(&out).unwrap().map(|file| file.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|it| it == "eml"))
            .map(|path| without_trace(&fs::read(path).unwrap()).to_vec())
            .collect()
    }
}

/// What somebody of ours writes to the outside.
fn outgoing() -> Message {
    let text = "From: Tom Baker <tom.baker@corp.example>\r\nTo: kunde@outside.example\r\n\
        Subject: Angebot\r\nDate: Sat, 21 Nov 2026 09:00:00 +0100\r\n\
        Message-ID: <angebot@corp.example>\r\n\r\nWie besprochen.\r\n";
    Message {
        name: "outgoing".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// What a stranger writes to Anna with this From.
fn in_the_name_of(from: &str) -> Message {
    let text = format!(
        "From: <{from}>\r\nTo: anna.weiss@corp.example\r\nSubject: Bitte zahlen\r\n\
         Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMessage-ID: <zahlen@outside.example>\r\n\r\n\
         Sofort.\r\n"
    );
    Message {
        name: "forged".to_owned(),
        bytes: text.into_bytes(),
    }
}

/// Mail from outside with somebody in Bcc, and mail from us to the outside. Whatever the gateway
/// does with it, Shadowmail knows whose it is.
async fn check(house: &House, gateway: SocketAddr, wait_until_idle: impl Fn()) {
    let (anna, juergen) = (mailbox("anna"), mailbox("juergen"));
    let question = Message::load("outage-question");
    let to = [anna.address(), juergen.address()];
    swaks(gateway, CUSTOMER, &to, &question);
    let group = Message::load("outage-group");
    let alias = juergen.addresses[1];
    swaks(gateway, CUSTOMER, &[alias], &group);
    let (tom, outgoing) = (mailbox("tom").address(), outgoing());
    swaks(gateway, tom, &[CUSTOMER], &outgoing);
    // Somebody outside may write to us, and not in the name of one of us.
    let stranger = |from: &str| {
        let words = ["--local-interface", STRANGER, "--from", from];
        let words = [&words[..], &["--to", anna.address()]].concat();
        swaks_with(gateway, &in_the_name_of(tom), &words)
    };
    let (taken, heard) = stranger(tom);
    assert!(!taken && heard.contains("Sign in"), "{heard}");
    let (taken, heard) = stranger(CUSTOMER);
    assert!(taken, "{heard}");
    wait_until_idle();
    let mut client = SmtpClient::connect(gateway).unwrap();
    let forged = "anna.weiss=corp.example@shadow.corp.example";
    let reply = client.send(CUSTOMER, &[forged], &group.bytes).unwrap();
    assert!(
        reply.code >= 550,
        "nobody else writes copies: {}",
        reply.text
    );

    house.has("anna", "inbox", &[&question, &in_the_name_of(tom)]);
    house.has("juergen", "inbox", &[&question, &group]);
    house.has("tom", "inbox", &[]);
    house.has("tom", "sent", &[&outgoing]);
    assert_eq!(house.shadowmail.json("status")["unsorted"], 0);
    let inbox = Inbox::of(house.dovecot.imap());
    let delivered = inbox.read(anna.address(), "INBOX").await;
    assert_eq!(delivered.len(), 2, "the gateway delivers as ever");
}

#[tokio::test]
async fn postfix() {
    let _turn = Turn::take();
    let (house, journal) = House::new(postfix::RECIPE);
    let postfix = Postfix::start(house.dovecot.lmtp(), Copying::To(journal));
    check(&house, postfix.address(), || postfix.wait_until_idle()).await;
}

#[tokio::test]
async fn exim() {
    let _turn = Turn::take();
    let (house, journal) = House::new(exim::RECIPE);
    let exim = Exim::start(house.dovecot.lmtp(), journal);
    // Copies that somebody writes on the gateway itself come to nobody: `check` would see them.
    let forged = Message::load("outage-several");
    exim.submit("anna.weiss=corp.example@shadow.corp.example", &forged.bytes);
    check(&house, exim.address(), || exim.wait_until_idle()).await;
}

/// What the pages about a Postfix say belongs together: whoever follows one of them has all of it.
#[test]
fn the_pages_say_the_same() {
    let postfix = recipe::page("postfix.md");
    let proxmox = recipe::page("proxmox.md");
    for block in postfix.split("\n```").skip(1).step_by(2) {
        let (name, _) = block.split_once('\n').unwrap();
        let is_file = name.starts_with("shadow_");
        assert!(
            !is_file || proxmox.contains(name),
            "proxmox.md lacks {name}"
        );
    }
    // Each line of main.cf stands in it, with what a gateway has already beside it.
    let changed = [
        recipe::block("proxmox.md", "pmg.new"),
        recipe::block("proxmox.md", "pmg.changed"),
    ]
    .concat();
    let main = recipe::block("postfix.md", "main.cf");
    for name in main.lines().filter_map(|line| line.split_once(" = ")) {
        assert!(changed.contains(name.0), "proxmox.md lacks {}", name.0);
    }
    for map in main.split_whitespace().filter(|word| word.contains(":/")) {
        assert!(changed.contains(map), "proxmox.md lacks {map}");
    }
    // A gateway's own restrictions are never replaced.
    for block in ["pmg.new", "pmg.changed", "pmg.internal"] {
        for line in recipe::block("proxmox.md", block).lines() {
            let words: Vec<&str> = line.split(['=', ' ', ',']).collect();
            let is_theirs = words.contains(&"smtpd_recipient_restrictions");
            assert!(
                !is_theirs || block != "pmg.new",
                "it would replace them: {line}"
            );
        }
    }
    let internal = recipe::block("proxmox.md", "pmg.internal");
    for must in [
        "shadow_refuse.pcre",
        "reject_unauth_destination",
        "no_address_mappings",
    ] {
        assert!(internal.contains(must), "the internal port lacks {must}");
    }
    for page in ["postfix.md", "exim.md", "sendmail.md", "proxmox.md"] {
        let text = recipe::page(page);
        assert!(
            text.contains("journal_recipients = []"),
            "{page} leaves the reports open"
        );
        assert!(
            text.contains("copies themselves") || text.contains("shadow_refuse"),
            "{page} lets anybody write copies"
        );
    }
}
