//! The few mails, days and people that everything happens to.

use jiff::{SignedDuration, Timestamp};
use store::{AccountKind, Address, Day, Envelope, MirroredAccount, Peer, ReversePath, Source};

pub const ACCOUNTS: [&str; 3] = ["amy", "bo", "cy"];

/// Some so near to each other that copies of one mail on two of them are one mail, some not.
pub const DAYS: [&str; 6] = [
    "2026-11-01",
    "2026-11-02",
    "2026-11-04",
    "2026-11-07",
    "2026-11-08",
    "2026-11-12",
];

/// How many different mails there are.
pub const MAILS: u8 = 5;

/// The bytes of a mail.
pub fn bytes(mail: u8) -> Vec<u8> {
    let words = "Wort für Wort. ".repeat(usize::from(mail) * 7);
    format!("Message-ID: <{mail}@x>\r\nSubject: {mail}\r\n\r\n{words}\r\n").into_bytes()
}

pub fn day(number: usize) -> Day {
    DAYS[number].parse().unwrap()
}

/// The envelope of the mail that comes in as the `count`-th.
pub fn envelope(day: Day, count: u32) -> Envelope {
    let received_at: Timestamp = day.start() + SignedDuration::from_secs(i64::from(count));
    Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec![address(0)],
        received_at,
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    }
}

pub fn address(account: usize) -> Address {
    let login = ACCOUNTS[account];
    format!("{login}@corp.example").parse().unwrap()
}

pub fn person(account: usize) -> MirroredAccount {
    let login = ACCOUNTS[account].to_owned();
    MirroredAccount {
        key: login.clone(),
        login: login.clone(),
        name: login,
        addresses: vec![address(account)],
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    }
}

/// Which accounts the bits of a number stand for.
pub fn accounts(bits: u8) -> impl Iterator<Item = usize> {
    (0..ACCOUNTS.len()).filter(move |account| bits & (1 << account) != 0)
}
