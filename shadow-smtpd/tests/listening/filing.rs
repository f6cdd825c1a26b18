//! From a listener into mailboxes and the ledger, with a real store.

use std::collections::HashMap;

use shadow_smtpd::{CopyRules, Role, Senders};
use store::{Folder, Replayed};

use crate::house::{House, bring, keep, wait_until_filed};
use crate::telnet::Telnet;

const REPORT: &[u8] = include_bytes!("../messages/report_inbound.eml");
const INNER: &[u8] = include_bytes!("../messages/inner.eml");

fn mail(subject: &str) -> Vec<u8> {
    let head = format!("Message-ID: <{subject}@x.test>\r\nFrom: Ann <ann@x.test>\r\n");
    format!("{head}To: whoever@corp.example\r\nSubject: {subject}\r\n\r\nhi\r\n").into_bytes()
}

#[tokio::test]
async fn fallback_mail_is_filed_and_owed() {
    let house = House::open().await;
    let to = [
        "A@corp.example",
        "sales@corp.example",
        "bob+lists@corp.example",
    ];
    let id = bring(
        &house.store,
        &house.fallback,
        ("ann@x.test", &to),
        &mail("one"),
    )
    .await;

    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["one"]);
    assert_eq!(house.subjects("bob", Folder::Inbox).await, ["one"]);
    assert_eq!(
        house.ledger(id).await,
        [
            "return a@corp.example waiting",
            "return bob+lists@corp.example waiting"
        ]
    );
    assert_eq!(house.store.record(id).await.unwrap(), mail("one"));
    let envelope = house.store.envelope(id).await.unwrap();
    assert_eq!(envelope.peer.listener, "test");
    assert_eq!(envelope.peer.helo, "c.test");
    house.close().await;
}

#[tokio::test]
async fn fallback_takes_known_recipients_only() {
    let house = House::open().await;
    let mut client = Telnet::connect(&house.fallback).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    client.ask("MAIL FROM:<ann@x.test>").await;
    for known in [
        "amy@corp.example",
        "AMY+x@Corp.Example",
        "sales@corp.example",
    ] {
        assert!(
            client
                .ask(&format!("RCPT TO:<{known}>"))
                .await
                .starts_with("250 "),
            "{known}"
        );
    }
    for unknown in [
        "eve@corp.example",
        "amy@x.test",
        "postmaster",
        "amy=corp.example@shadow.corp.example",
    ] {
        let reply = client.ask(&format!("RCPT TO:<{unknown}>")).await;
        assert!(reply.starts_with("550 5.1.1 "), "{unknown}: {reply}");
    }
    drop(client);
    house.close().await;
}

#[tokio::test]
async fn fallback_waits_for_the_directory() {
    let house = House::without_directory().await;
    let mut client = Telnet::connect(&house.fallback).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    client.ask("MAIL FROM:<ann@x.test>").await;
    assert!(
        client
            .ask("RCPT TO:<amy@corp.example>")
            .await
            .starts_with("451 4.3.0 ")
    );
    drop(client);
    house.close().await;
}

#[tokio::test]
async fn copies_of_a_gateway_merge_and_owe_nothing() {
    let house = House::open().await;
    let from = "ann@x.test";
    let first = ["amy=corp.example@shadow.corp.example"];
    let id = bring(&house.store, &house.journal, (from, &first), &mail("two")).await;
    let traced = [
        b"Received: from gateway\r\n\tby shadow; now\r\n",
        &mail("two")[..],
    ]
    .concat();
    let second = ["bob=corp.example@shadow.corp.example"];
    bring(&house.store, &house.journal, (from, &second), &traced).await;

    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["two"]);
    assert_eq!(house.subjects("bob", Folder::Inbox).await, ["two"]);
    let bob = house.account("bob").await;
    let entry = house.store.entry(bob, id).await.unwrap();
    assert_eq!(
        (entry.from_name.as_str(), entry.preview.as_str()),
        ("Ann", "hi")
    );
    assert!(house.ledger(id).await.is_empty());
    house.close().await;
}

#[tokio::test]
async fn a_copy_to_nobody_of_ours_is_read_from_the_header() {
    let house = House::open().await;
    let archive = ["archive@shadow.corp.example"];
    let outgoing = b"From: bob@corp.example\r\nTo: x@y.test\r\nSubject: out\r\n\r\nhi\r\n";
    bring(
        &house.store,
        &house.journal,
        ("bob@corp.example", &archive),
        outgoing,
    )
    .await;
    let incoming = b"From: x@y.test\r\nCc: Amy <a@corp.example>\r\nSubject: in\r\n\r\nhi\r\n";
    bring(
        &house.store,
        &house.journal,
        ("x@y.test", &archive),
        incoming,
    )
    .await;
    let forged = b"From: bob@corp.example\r\nTo: amy@corp.example\r\nSubject: forged\r\n\r\nhi\r\n";
    bring(&house.store, &house.journal, ("x@y.test", &archive), forged).await;

    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["forged", "in"]);
    assert!(house.subjects("bob", Folder::Inbox).await.is_empty());
    assert!(house.subjects("bob", Folder::Sent).await.is_empty());
    house.close().await;
}

/// Anybody can say `MAIL FROM:<bob@corp.example>` to a gateway that takes it.
#[tokio::test]
async fn a_sender_is_believed_where_the_source_checks_senders() {
    let copy = |from: &str, to: &str, subject: &str| {
        let text = format!("From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nhi\r\n");
        text.into_bytes()
    };
    for (senders, want) in [
        (Senders::Unchecked, &[][..]),
        (Senders::Checked, &["out", "within"]),
    ] {
        let rules = CopyRules {
            senders,
            ..CopyRules::of_hostname("shadow.corp.example")
        };
        let house = House::open().await;
        let house = house
            .with_sources(HashMap::from([("test".into(), rules)]))
            .await;
        let (bob, amy) = ("bob@corp.example", "amy=corp.example@shadow.corp.example");
        let within = copy(bob, "amy@corp.example", "within");
        bring(&house.store, &house.journal, (bob, &[amy]), &within).await;
        let archive = ["archive@shadow.corp.example"];
        let out = copy(bob, "x@y.test", "out");
        let out = bring(&house.store, &house.journal, (bob, &archive), &out).await;
        // A list of ours leaves From as a stranger wrote it.
        let list = "list-bounces@corp.example";
        let forged = copy(bob, "amy@corp.example", "forged");
        bring(&house.store, &house.journal, (list, &[amy]), &forged).await;

        let inbox = house.subjects("amy", Folder::Inbox).await;
        assert_eq!(inbox, ["forged", "within"], "{senders:?}");
        let sent = house.subjects("bob", Folder::Sent).await;
        assert_eq!(sent, want, "{senders:?}");
        let unsorted = house.store.unsorted_messages(10).await.unwrap();
        if senders == Senders::Unchecked {
            assert_eq!(unsorted.len(), 1);
            assert_eq!(unsorted[0].id, out);
            let because = unsorted[0].because.as_deref().unwrap();
            assert!(because.contains("\"senders\""), "{because}");
        } else {
            assert!(unsorted.is_empty());
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_journal_report_is_opened() {
    let house = House::open().await;
    let journal = ["journal@shadow.corp.example"];
    let id = bring(&house.store, &house.journal, ("", &journal), REPORT).await;
    // Only bob of the three is in the directory.
    assert_eq!(
        house.subjects("bob", Folder::Inbox).await,
        ["Quarterly plan"]
    );
    assert!(house.subjects("amy", Folder::Inbox).await.is_empty());
    assert_eq!(house.store.content(id).await.unwrap(), INNER);
    assert_eq!(house.store.record(id).await.unwrap(), REPORT);
    house.close().await;
}

/// Its owners must not read in the report who got a blind copy.
#[tokio::test]
async fn of_a_report_whose_mail_is_encoded_the_mail_is_shown() {
    let house = House::open().await;
    let journal = ["journal@shadow.corp.example"];
    let encoded = include_bytes!("../messages/report_base64_mail.eml");
    let id = bring(&house.store, &house.journal, ("", &journal), encoded).await;
    assert_eq!(house.store.content(id).await.unwrap(), INNER);
    assert_eq!(house.store.record(id).await.unwrap(), encoded);

    // Another copy of the mail is the same mail.
    let direct = ["bob=corp.example@shadow.corp.example"];
    let from = "ann@partner.example";
    bring(&house.store, &house.journal, (from, &direct), INNER).await;
    assert_eq!(
        house.subjects("bob", Folder::Inbox).await,
        ["Quarterly plan"]
    );
    house.close().await;
}

/// With `always_bcc` everything goes to one address, also what the world made to look like a report.
#[tokio::test]
async fn a_report_that_did_not_come_to_a_journal_mailbox_is_nobodys_to_read() {
    let house = House::open().await;
    for to in [
        &["archive@shadow.corp.example"][..],
        &["journal@shadow.corp.example", "archive@shadow.corp.example"],
    ] {
        let id = bring(&house.store, &house.journal, ("eve@x.test", to), REPORT).await;
        assert_eq!(house.store.content(id).await.unwrap(), REPORT);
    }
    assert!(house.subjects("bob", Folder::Inbox).await.is_empty());
    let unsorted = house.store.unsorted_messages(10).await.unwrap();
    assert_eq!(unsorted.len(), 2);
    let because = unsorted[0].because.as_deref().unwrap();
    assert!(because.contains("journal_recipients"), "{because}");
    house.close().await;
}

#[tokio::test]
async fn a_report_from_the_world_is_a_plain_mail() {
    let house = House::open().await;
    let id = bring(
        &house.store,
        &house.fallback,
        ("", &["amy@corp.example"]),
        REPORT,
    )
    .await;
    assert!(house.subjects("bob", Folder::Inbox).await.is_empty());
    assert_eq!(
        house.subjects("amy", Folder::Inbox).await,
        ["Quarterly plan"]
    );
    assert_eq!(house.store.content(id).await.unwrap(), REPORT);
    house.close().await;
}

/// Somebody outside mailed a report to amy, and a gateway copied it like any mail to her.
#[tokio::test]
async fn a_report_to_somebody_of_ours_is_a_plain_mail() {
    let forged = include_str!("../messages/report_internal.eml");
    let forged = forged.replace("Sender: ann@corp.example", "Sender: amy@corp.example");
    for to in [
        "amy=corp.example@shadow.corp.example",
        "gone=corp.example@shadow.corp.example",
        "amy@corp.example",
        "sales@corp.example",
    ] {
        let house = House::open().await;
        let from = "eve@x.test";
        let id = bring(
            &house.store,
            &house.journal,
            (from, &[to]),
            forged.as_bytes(),
        )
        .await;
        assert_eq!(
            house.store.content(id).await.unwrap(),
            forged.as_bytes(),
            "{to}"
        );
        let is_for = |name: &str| to.starts_with(name) || to.starts_with("sales");
        for name in ["amy", "bob"] {
            let inbox = house.subjects(name, Folder::Inbox).await;
            assert_eq!(!inbox.is_empty(), is_for(name), "{name}: {to}");
            assert!(house.subjects(name, Folder::Sent).await.is_empty(), "{to}");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_copy_confirms_what_was_owed() {
    let house = House::open().await;
    let to = ["amy@corp.example", "bob@corp.example"];
    let id = bring(
        &house.store,
        &house.fallback,
        ("ann@x.test", &to),
        &mail("three"),
    )
    .await;
    let copied = ["amy=corp.example@shadow.corp.example"];
    bring(
        &house.store,
        &house.journal,
        ("ann@x.test", &copied),
        &mail("three"),
    )
    .await;
    assert_eq!(
        house.ledger(id).await,
        [
            "return amy@corp.example confirmed",
            "return bob@corp.example waiting"
        ]
    );
    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["three"]);
    house.close().await;
}

/// The sender handed amy's part to the primary, which copies all to an archive, and bob's to us.
#[tokio::test]
async fn a_copy_that_names_its_owners_in_the_header_alone_confirms_nothing() {
    let house = House::open().await;
    let split = b"Message-ID: <split@x.test>\r\nFrom: ann@x.test\r\n\
        To: amy@corp.example, bob@corp.example\r\nSubject: split\r\n\r\nhi\r\n";
    let from = "ann@x.test";
    let bobs = ["bob@corp.example"];
    let id = bring(&house.store, &house.fallback, (from, &bobs), split).await;
    let archive = ["archive@shadow.corp.example"];
    bring(&house.store, &house.journal, (from, &archive), split).await;
    assert_eq!(house.ledger(id).await, ["return bob@corp.example waiting"]);
    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["split"]);
    assert_eq!(house.subjects("bob", Folder::Inbox).await, ["split"]);
    house.close().await;
}

#[tokio::test]
async fn our_own_mail_that_comes_back_confirms_and_is_not_filed_again() {
    let house = House::open().await;
    let store = &house.store;
    let from = "ann@x.test";
    let id = bring(
        store,
        &house.fallback,
        (from, &["amy@corp.example"]),
        &mail("four"),
    )
    .await;
    let row = store.ledger_of(id).await.unwrap()[0].id;

    let key = store.replay_key().await.unwrap();
    let digest = store::marker::body_digest(&mail("four"));
    let seal = store::marker::seal(
        &key,
        Replayed {
            message: id,
            queue: row,
        },
        &digest,
    );
    let marked = |seal: &str, subject: &str| {
        let head = format!("{}: {seal}\r\nX-Spam-Status: no\r\n", store::marker::NAME);
        [head.as_bytes(), &mail(subject)].concat()
    };
    let copied = ["amy=corp.example@shadow.corp.example"];
    bring(
        store,
        &house.journal,
        (from, &copied),
        &marked("v1; id=x; q=1; mac=x", "four"),
    )
    .await;
    assert_eq!(
        house.ledger(id).await,
        ["return amy@corp.example waiting"],
        "a forged marker"
    );
    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["four", "four"]);

    bring(
        store,
        &house.journal,
        (from, &copied),
        &marked(&seal, "four"),
    )
    .await;
    assert_eq!(
        house.ledger(id).await,
        ["return amy@corp.example confirmed"]
    );
    assert_eq!(
        house.subjects("amy", Folder::Inbox).await,
        ["four", "four"],
        "no third one"
    );
    house.close().await;
}

#[tokio::test]
async fn what_the_primary_sends_back_is_owed_again() {
    let house = House::open().await;
    let store = &house.store;
    let from = "ann@x.test";
    let id = bring(
        store,
        &house.fallback,
        (from, &["amy@corp.example"]),
        &mail("five"),
    )
    .await;
    let row = store.ledger_of(id).await.unwrap()[0].id;
    let key = store.replay_key().await.unwrap();
    let digest = store::marker::body_digest(&mail("five"));
    let seal = store::marker::seal(
        &key,
        Replayed {
            message: id,
            queue: row,
        },
        &digest,
    );
    let looped = format!("{}: {seal}\r\n", store::marker::NAME).into_bytes();
    let looped = [looped, mail("five")].concat();

    let again = bring(
        store,
        &house.fallback,
        (from, &["amy@corp.example"]),
        &looped,
    )
    .await;
    assert_ne!(again, id);
    assert_eq!(
        house.ledger(again).await,
        ["return amy@corp.example waiting"]
    );
    house.close().await;
}

/// Whose 250 was lost with the connection, or was never said because the writer failed after the sync,
/// sends it once more.
#[tokio::test]
async fn what_comes_twice_because_nobody_heard_the_answer_is_one_mail_and_owed_once() {
    let house = House::open().await;
    let envelope = ("ann@x.test", &["amy@corp.example"][..]);
    let first = bring(&house.store, &house.fallback, envelope, &mail("seven")).await;
    let traced = [b"Received: from the.same by retry\r\n", &*mail("seven")].concat();
    let again = bring(&house.store, &house.fallback, envelope, &traced).await;
    assert_ne!(again, first);
    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["seven"]);
    assert_eq!(
        house.ledger(first).await,
        ["return amy@corp.example waiting"]
    );
    assert_eq!(house.ledger(again).await, [] as [&str; 0]);
    house.close().await;
}

#[tokio::test]
async fn written_mail() {
    let house = House::open().await;
    let id = house
        .write(
            &["sales@corp.example", "x@y.test", "bob@corp.example"],
            &mail("six"),
        )
        .await;
    assert_eq!(house.subjects("amy", Folder::Sent).await, ["six"]);
    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["six"]);
    assert_eq!(house.subjects("bob", Folder::Inbox).await, ["six"]);
    assert_eq!(
        house.ledger(id).await,
        [
            "return amy@corp.example waiting",
            "return bob@corp.example waiting",
            "send x@y.test waiting",
            "sentcopy amy@corp.example waiting",
        ]
    );
    house.close().await;
}

#[tokio::test]
async fn nobodys_mail_is_unsorted_and_next_to_nothing_is_mail() {
    let house = House::open().await;
    let journal = ["journal@shadow.corp.example"];
    let unsorted = bring(&house.store, &house.journal, ("", &journal), b"").await;
    assert_eq!(house.store.unsorted(10).await.unwrap(), [unsorted]);
    let empty = bring(
        &house.store,
        &house.fallback,
        ("", &["amy@corp.example"]),
        b"",
    )
    .await;
    assert!(house.store.record(empty).await.unwrap().is_empty());
    assert_eq!(house.subjects("amy", Folder::Inbox).await, [""]);
    assert_eq!(
        house.ledger(empty).await,
        ["return amy@corp.example waiting"]
    );
    house.close().await;
}

#[tokio::test]
async fn roles_leave_their_mark() {
    let mark = |role: Role| role.source();
    assert_eq!(mark(Role::Journal), store::Source::JournalCopy);
    assert_eq!(mark(Role::Relay), store::Source::FallbackMail);
    let house = House::open().await;
    let id = bring(
        &house.store,
        &house.journal,
        ("", &["amy@corp.example"]),
        &mail("seven"),
    )
    .await;
    assert_eq!(
        house.store.envelope(id).await.unwrap().source,
        store::Source::JournalCopy
    );
    house.close().await;
}

#[tokio::test]
async fn a_damaged_message_is_filed_by_its_envelope_and_others_go_on() {
    let house = House::open().await;
    let house = house.pause_filer().await;
    let from = "ann@x.test";
    let damaged = keep(
        &house.fallback,
        (from, &["amy@corp.example"]),
        &mail("damaged"),
    )
    .await;
    house.damage_records();
    let sound = keep(
        &house.fallback,
        (from, &["bob@corp.example"]),
        &mail("sound"),
    )
    .await;
    let house = house.resume_filer();
    wait_until_filed(&house.store, damaged).await;
    wait_until_filed(&house.store, sound).await;
    assert_eq!(house.subjects("bob", Folder::Inbox).await, ["sound"]);
    assert_eq!(house.subjects("amy", Folder::Inbox).await, [""]);
    assert_eq!(
        house.ledger(damaged).await,
        ["return amy@corp.example waiting"]
    );
    house.close().await;
}

#[tokio::test]
async fn many_copies_at_once_are_one_mail() {
    let house = House::open().await;
    let house = house.pause_filer().await;
    let mut ids = Vec::new();
    for to in ["amy", "bob", "amy", "bob", "amy", "bob", "amy", "bob"] {
        let to = format!("{to}=corp.example@shadow.corp.example");
        ids.push(keep(&house.journal, ("ann@x.test", &[&to]), &mail("eight")).await);
    }
    let house = house.resume_filer();
    for id in ids {
        wait_until_filed(&house.store, id).await;
    }
    assert_eq!(house.subjects("amy", Folder::Inbox).await, ["eight"]);
    assert_eq!(house.subjects("bob", Folder::Inbox).await, ["eight"]);
    house.close().await;
}
