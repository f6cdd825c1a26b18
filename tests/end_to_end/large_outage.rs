//! A large outage: thousands of mails for fifty mailboxes, a primary that dies again while it gets them,
//! and a Shadowmail that is killed meanwhile. At the end each mailbox has each mail once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::harness::{
    Copying, Cut, Dovecot, Inbox, JournalTls, LineCutter, Message, Postfix, Scratch, ServerConfig,
    Shadowmail, SmtpClient, Stop, Turn, free_address, wait,
};

const PEOPLE: usize = 50;
const MAILS: usize = 5_000;

/// Each so many are for two.
const EVERY: usize = 10;

/// Somebody the primary does not know.
const STRANGER: &str = "stranger@corp.example";

/// How long it may take until all are back.
const PATIENCE: Duration = Duration::from_mins(15);

fn address(person: usize) -> String {
    format!("user{}@corp.example", person % PEOPLE)
}

fn recipients(number: usize) -> Vec<String> {
    let second = number.is_multiple_of(EVERY).then(|| address(number + 1));
    [address(number)].into_iter().chain(second).collect()
}

/// The directory, as a file.
fn people(scratch: &Scratch) -> String {
    let mut text = String::new();
    let people = (0..PEOPLE).map(address).chain([STRANGER.to_owned()]);
    for address in people {
        let (login, _) = address.split_once('@').unwrap();
        let _ = writeln!(
            text,
            "[[account]]\nlogin = \"{login}\"\nname = \"{login}\"\naddresses = [\"{address}\"]\n"
        );
    }
    let path = scratch.write("people.toml", text);
    format!("kind = \"file\"\npath = \"{}\"", path.display())
}

/// Everybody in it.
struct Story {
    dovecot: Dovecot,
    postfix: Postfix,
    line: LineCutter,
    shadowmail: Shadowmail,
    people: Scratch,
}

impl Story {
    fn begin() -> Self {
        let everybody: Vec<String> = (0..PEOPLE).map(address).collect();
        let dovecot = Dovecot::start_with(&everybody);
        let journal = free_address();
        let postfix = Postfix::start_with(dovecot.lmtp(), Copying::To(journal), &everybody);
        let line = LineCutter::start(postfix.address());
        let scratch = Scratch::new("people");
        let shadowmail = Shadowmail::start(ServerConfig {
            journal,
            journal_tls: JournalTls::Required,
            imap: Some(dovecot.imap()),
            directory: Some(people(&scratch)),
            ..ServerConfig::for_primary(line.address())
        });
        Self {
            dovecot,
            postfix,
            line,
            shadowmail,
            people: scratch,
        }
    }

    fn mail_arrives(&self) {
        self.shadowmail.succeed("emergency start --reason outage");
        let mut client = SmtpClient::connect(self.shadowmail.config().fallback).unwrap();
        let mut send = |number: usize, to: &[&str]| {
            let mail = Message::numbered(number);
            let reply = client.send("kunde@outside.example", to, &mail.bytes);
            assert_eq!(reply.unwrap().code, 250);
        };
        for number in 0..MAILS {
            let to = recipients(number);
            send(number, &to.iter().map(String::as_str).collect::<Vec<_>>());
        }
        send(MAILS, &[STRANGER]);
    }

    /// Rows that are open, wait for a person, are settled.
    fn owed(&self) -> [u64; 3] {
        let status = self.shadowmail.json("reinject status");
        ["open", "for_a_person", "settled"].map(|key| status["owed"][key].as_u64().unwrap())
    }

    fn wait_until_settled(&self, least: u64) {
        wait::within(PATIENCE, "so many are back", || self.owed()[2] >= least);
    }

    /// Hurries what waits for its next try, until nothing is left but what waits for a person.
    fn wait_until_all_is_back(&self) {
        wait::within(PATIENCE, "the primary has everything", || {
            self.shadowmail.succeed("reinject run");
            matches!(self.owed(), [0, 1, _])
        });
        self.postfix.wait_until_idle();
    }
}

#[tokio::test]
async fn thousands_of_mails_arrive_once_though_everything_dies_meanwhile() {
    let _turn = Turn::take();
    let mut story = Story::begin();
    story.mail_arrives();
    story.postfix.stop();
    story.line.cut(Cut::ALL);
    story.shadowmail.succeed("emergency end --reason back");
    // It was not back after all.
    wait::until("the line was tried in vain", || {
        story.line.left() < Cut::ALL.len()
    });
    story.postfix.start_again();
    for settled in [500, 1_500, 3_000] {
        story.wait_until_settled(settled);
        story.shadowmail.stop(Stop::AtOnce);
        story.shadowmail.start_again();
        story.line.cut(Cut::ALL);
    }
    story.postfix.stop();
    story.dovecot.stop();
    story.dovecot.start_again();
    story.postfix.start_again();
    story.wait_until_all_is_back();

    let mut owed = BTreeMap::<String, Vec<usize>>::new();
    for number in 0..MAILS {
        for to in recipients(number) {
            owed.entry(to).or_default().push(number);
        }
    }
    let rows: usize = owed.values().map(Vec::len).sum();
    let inbox = Inbox::of(story.dovecot.imap());
    for (address, numbers) in owed {
        let arrived = inbox.ids(&address, "INBOX").await;
        assert_eq!(arrived, Message::ids(numbers), "{address}");
    }
    assert_eq!(
        story.owed(),
        [0, 1, rows as u64],
        "the ledger says the same"
    );

    let people = story.people.path();
    // Whom the primary does not know a person decides about; then it is over.
    let status = story.shadowmail.json("reinject status");
    let [row] = &status["for_a_person"].as_array().unwrap()[..] else {
        panic!("{status}");
    };
    assert_eq!(
        (&row["recipient"], &row["state"]),
        (&STRANGER.into(), &"refused".into())
    );
    let (html, csv) = (people.join("report.html"), people.join("report.csv"));
    let files = format!("--html {} --csv {}", html.display(), csv.display());
    story
        .shadowmail
        .succeed(&format!("reinject report {files}"));
    let table = std::fs::read_to_string(csv).unwrap();
    assert_eq!(
        table.lines().count(),
        1 + rows + 1,
        "a heading and all rows"
    );
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("For you to decide: 1."), "{page}");
    assert!(
        page.contains(STRANGER) && page.contains("Recipient address rejected"),
        "{page}"
    );
    let write_off = format!("reinject write-off {} --reason gone", row["id"]);
    story.shadowmail.succeed(&write_off);
    wait::until("the mode is normal", || {
        story.shadowmail.json("status")["mode"]["mode"] == "normal"
    });
}
