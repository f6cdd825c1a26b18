use store::{Arrival, Lying, MessageId, QueueId, ReversePath};

use super::*;

const NOON: &str = "2026-11-03T13:02:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn arrival_of(source: Source, state: ArrivalState, at: &str) -> Arrival {
    Arrival {
        id: id(),
        state,
        size_bytes: 1000,
        envelope: Some(Envelope {
            source,
            reverse_path: ReversePath::Null,
            recipients: vec!["anna@corp.example".parse().unwrap()],
            received_at: time(at),
            peer: Peer {
                helo: "mx.acme.example".to_owned(),
                address: Some("192.0.2.7".parse().unwrap()),
                ..Peer::default()
            },
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        }),
    }
}

fn id() -> MessageId {
    "20261103-0f3b2c1a9d04e".parse().unwrap()
}

/// A mail that came once and lies in anna's mailbox.
fn mail(source: Source) -> Trace {
    Trace {
        id: id(),
        subject: String::new(),
        from: String::new(),
        header_message_id: None,
        arrivals: vec![arrival_of(source, ArrivalState::Filed, NOON)],
        places: vec![lying("anna", "inbox")],
        unsorted_because: None,
        unknown_names: Vec::new(),
        deliveries: Vec::new(),
    }
}

fn lying(login: &str, folder: &str) -> Lying {
    Lying {
        login: login.to_owned(),
        folder: folder.to_owned(),
        seen: false,
        at_primary: false,
    }
}

fn row(purpose: Purpose, state: QueueState) -> LedgerRow {
    LedgerRow {
        id: QueueId(17),
        message: id().to_string(),
        recipient: "anna@corp.example".parse().unwrap(),
        purpose,
        state,
        attempts: 2,
        next_attempt_at: time(NOON),
        changed_at: time(NOON),
        last_words: "250 2.0.0 Ok".to_owned(),
    }
}

/// The verdict has these words, in this order.
#[track_caller]
fn says(trace: &Trace, words: &[&str]) {
    says_in(Mode::Normal, trace, words);
}

fn in_mode(mode: Mode, scope: Scope) -> ModeChange {
    ModeChange {
        number: 1,
        mode,
        since: time(NOON),
        by: "shell:root".to_owned(),
        reason: "Exchange is down".to_owned(),
        expected_end: None,
        scope,
    }
}

#[track_caller]
fn says_in(mode: Mode, trace: &Trace, words: &[&str]) {
    let verdict = verdict(trace, &in_mode(mode, Scope::Everyone));
    let mut rest = verdict.as_str();
    for word in words {
        let Some(at) = rest.find(word) else {
            panic!("{word:?} is not where it should be in {verdict:?}");
        };
        rest = &rest[at + word.len()..];
    }
}

#[test]
fn it_says_how_a_mail_came() {
    let noon = print::local(time(NOON));
    let from = "from mx.acme.example [192.0.2.7]";
    let check = |source, words: &[&str]| {
        says(&mail(source), &[&[words[0], &noon], &words[1..]].concat());
    };
    let ours = "It lies in the mailbox of anna.";
    check(
        Source::JournalCopy,
        &["Arrived", from, "a copy of what the primary has.", ours],
    );
    check(
        Source::FallbackMail,
        &["Arrived", from, "; the primary did not have it yet.", ours],
    );
    let account = serde_json::from_str("1").unwrap();
    check(
        Source::Written { account },
        &["Was written in the webmail", ours],
    );
    check(
        Source::Imported { account: None },
        &["Was brought from files, which date it", ours],
    );
}

#[test]
fn it_says_that_the_primary_has_it_after_all() {
    let mut trace = mail(Source::FallbackMail);
    let late = "2026-11-03T15:00:00Z";
    trace
        .arrivals
        .push(arrival_of(Source::JournalCopy, ArrivalState::Merged, late));
    let copied = format!(
        "The primary copied it to us on {}.",
        print::local(time(late))
    );
    says(
        &trace,
        &[
            "; the primary did not have it yet.",
            "It came 2 times.",
            &copied,
        ],
    );
}

#[test]
fn it_says_what_became_of_each_delivery() {
    use QueueState::{Claimed, Confirmed, Delivered, Refused, Unknown, Waiting, WrittenOff};
    let check = |purpose, state, words: &str| {
        let mut trace = mail(Source::FallbackMail);
        trace.deliveries.push(row(purpose, state));
        says(&trace, &[words, "It lies in"]);
    };
    check(
        Purpose::Return,
        Delivered,
        "It was handed to the primary for anna@corp.example, which answered \"250 2.0.0 Ok\" on ",
    );
    check(
        Purpose::Send,
        Delivered,
        "handed to the other side for anna@corp.example, which",
    );
    check(
        Purpose::SentCopy,
        Delivered,
        "for the Sent folder of anna@corp.example, which",
    );
    check(
        Purpose::Resend,
        Delivered,
        "for anna@corp.example, once more, which",
    );
    check(
        Purpose::Return,
        Confirmed,
        "For anna@corp.example, the primary has shown on ",
    );
    check(
        Purpose::Return,
        Claimed,
        "is being handed to the primary for anna@corp.example right now.",
    );
    check(
        Purpose::Return,
        Waiting,
        "It waits to be handed to the primary for anna@corp.example; it was tried 2 times, and the last answer \
         was \"250 2.0.0 Ok\".",
    );
    check(
        Purpose::Return,
        Refused,
        "`shadowmail reinject release 17` tries again.",
    );
    check(
        Purpose::Return,
        Unknown,
        "Nobody knows whether the primary took it for anna@corp.example",
    );
    check(
        Purpose::Return,
        WrittenOff,
        "that anna@corp.example need not get it",
    );
}

#[test]
fn it_says_why_a_delivery_waits() {
    let check = |mode, purpose, change: &dyn Fn(&mut LedgerRow), words: &str| {
        let mut trace = mail(Source::FallbackMail);
        let mut waiting = row(purpose, QueueState::Waiting);
        change(&mut waiting);
        trace.deliveries.push(waiting);
        says_in(mode, &trace, &[words]);
    };
    let to = "for anna@corp.example";
    let untried = |row: &mut LedgerRow| {
        row.attempts = 0;
        row.last_words.clear();
    };
    check(
        Mode::Normal,
        Purpose::Return,
        &untried,
        &format!("It waits to be handed to the primary {to}."),
    );
    check(
        Mode::Emergency,
        Purpose::Return,
        &untried,
        &format!("{to} until the emergency is over."),
    );
    check(
        Mode::Emergency,
        Purpose::Send,
        &|row| {
            row.attempts = 0;
            row.last_words = "no smarthost is configured".to_owned();
        },
        &format!("It waits to be handed to the other side {to} (no smarthost is configured)."),
    );
    let later = time("2100-01-01T00:00:00Z");
    check(
        Mode::Normal,
        Purpose::Return,
        &|row| {
            row.attempts = 1;
            row.next_attempt_at = later;
        },
        &format!(
            "{to}, next on {}; it was tried once, and",
            print::local(later)
        ),
    );
}

#[test]
fn many_deliveries_of_a_kind_are_one_sentence() {
    let mut trace = mail(Source::FallbackMail);
    trace.deliveries = vec![row(Purpose::Return, QueueState::Delivered); NAMED_MAX + 1];
    trace
        .deliveries
        .push(row(Purpose::Return, QueueState::Refused));
    says(
        &trace,
        &[
            "It was handed",
            "1 more of its deliveries are delivered.",
            "It was refused",
        ],
    );
}

#[test]
fn it_says_where_a_mail_is() {
    let check = |change: &dyn Fn(&mut Trace), words: &str| {
        let mut trace = mail(Source::JournalCopy);
        change(&mut trace);
        says(&trace, &[words]);
    };
    check(
        &|trace| trace.places.push(lying("bo", "trash")),
        "It lies in the mailboxes of anna, bo.",
    );
    check(
        &|trace| {
            trace
                .places
                .extend(["b", "c", "d"].map(|login| lying(login, "inbox")));
        },
        "It lies in the mailboxes of anna and 3 others.",
    );
    check(
        &|trace| trace.places = vec![lying("anna", "gone")],
        "Everybody who had it has deleted it.",
    );
    check(
        &|trace| trace.places.push(lying("anna", "sent")),
        "It lies in the mailbox of anna.",
    );
    check(
        &|trace| trace.places.clear(),
        "No mailbox shows it any more: its time there is over.",
    );
    check(
        &|trace| {
            trace.places.clear();
            trace.arrivals[0].state = ArrivalState::Merged;
        },
        "It is a copy of a mail that has aged",
    );
    check(
        &|trace| trace.arrivals[0].envelope = None,
        "Arrived on 2026-11-03",
    );
    check(
        &|trace| {
            trace.places.clear();
            trace.arrivals[0].state = ArrivalState::Unsorted;
            trace.unknown_names.push("zoe@corp.example".to_owned());
        },
        "No mailbox shows it: the directory does not know zoe@corp.example.",
    );
    check(
        &|trace| {
            trace.places.clear();
            trace.arrivals[0].state = ArrivalState::Unfiled;
        },
        "It is not filed yet",
    );
}
