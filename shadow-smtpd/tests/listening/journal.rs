//! The corpus of journal reports and other copies, from the listener into the mailboxes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use shadow_smtpd::{CopyRules, Senders};
use store::{
    AccountKind, Envelope, Folder, Held, MessageId, MirroredAccount, MirroredGroup, Peer,
    ReversePath, Snapshot, Source, Store, UnknownName,
};
use tokio::task::JoinSet;

use crate::house::{House, address, bring, wait_until_filed};

const PEOPLE: [(&str, &[&str], &[&str]); 13] = [
    (
        "ann",
        &["ann@corp.example"],
        &["/o=Corp/ou=First/cn=Recipients/cn=ann"],
    ),
    (
        "bob",
        &["bob@corp.example"],
        &["/o=Corp/ou=First/cn=Recipients/cn=bob"],
    ),
    (
        "cara",
        &["cara@corp.example"],
        &[
            "/o=Corp/ou=First/cn=Recipients/cn=cara",
            "/o=corp/ou=first/cn=recipients/cn=cara c",
        ],
    ),
    ("dora", &["dora@corp.example", "d.ora@corp.example"], &[]),
    ("evan", &["evan@corp.example"], &[]),
    ("fay", &["fay@corp.example"], &[]),
    ("gil", &["gil@corp.example"], &[]),
    ("hal", &["hal@corp.example"], &[]),
    ("ida", &["ida@corp.example"], &[]),
    ("boss", &["boss@corp.example"], &[]),
    ("juergen", &["jürgen@corp.example"], &[]),
    ("odd", &["\"odd, Expanded: name\"@corp.example"], &[]),
    ("amy", &["amy@corp.example"], &[]),
];

fn directory() -> Snapshot {
    let person = |(login, addresses, names): &(&str, &[&str], &[&str])| MirroredAccount {
        key: (*login).into(),
        login: (*login).into(),
        name: (*login).into(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        directory_names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..MirroredAccount::default()
    };
    // Groups that contain each other.
    let group = |name: &str, member: &str, other: &str| MirroredGroup {
        hidden: false,
        key: String::new(),
        address: address(&format!("{name}@corp.example")),
        name: name.into(),
        members: vec![member.into()],
        groups: vec![address(&format!("{other}@corp.example"))],
    };
    Snapshot {
        accounts: PEOPLE.iter().map(person).collect(),
        groups: vec![group("loop", "cara", "pool"), group("pool", "evan", "loop")],
    }
}

/// One line of the table.
struct Case<'a> {
    name: &'a str,
    sender: &'a str,
    recipients: Vec<&'a str>,
    want: BTreeSet<String>,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages/journal")
}

fn cases(table: &str) -> Vec<Case<'_>> {
    let lines = table
        .lines()
        .skip_while(|line| !line.starts_with("name |"))
        .skip(1);
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [name, sender, recipients, want] = cells[..] else {
            panic!("not four cells: {line}")
        };
        Case {
            name,
            sender: sender.trim_matches(['<', '>']),
            recipients: recipients.split(',').collect(),
            want: want.split(' ').map(str::to_owned).collect(),
        }
    })
    .collect()
}

/// What has come of a message: `inbox:bob`, `sent:ann`, `unknown:gone@corp.example`, `unsorted`.
async fn outcome(store: &Store, id: MessageId, before: &BTreeSet<String>) -> BTreeSet<String> {
    let mut outcome = BTreeSet::new();
    for (login, ..) in PEOPLE {
        let Some((account, _)) = store.sign_in_name(login).await.unwrap() else {
            continue;
        };
        let account = account.id;
        for folder in [Folder::Inbox, Folder::Sent] {
            let page = store
                .mailbox_page(account, folder, None, 100)
                .await
                .unwrap();
            if page.entries.iter().any(|entry| entry.message == id) {
                outcome.insert(format!("{folder}:{login}"));
            }
        }
    }
    let unknown = unknown_names(store).await;
    outcome.extend(
        unknown
            .difference(before)
            .map(|name| format!("unknown:{name}")),
    );
    if store.unsorted(1000).await.unwrap().contains(&id) {
        outcome.insert("unsorted".into());
    }
    outcome
}

async fn unknown_names(store: &Store) -> BTreeSet<String> {
    let names = store.unknown_names(None, 10_000).await.unwrap();
    names.into_iter().map(|(_, name)| name).collect()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[tokio::test]
async fn each_message_of_the_corpus_is_filed_as_the_table_says() {
    let journal = CopyRules {
        reports_only: false,
        recipient_headers: [
            "X-Original-To",
            "Envelope-To",
            "Delivered-To",
            "X-Gm-Original-To",
        ]
        .map(str::to_owned)
        .into(),
        ..CopyRules::of_hostname("shadow.corp.example")
    };
    let house = House::without_directory().await;
    house.store.mirror(directory()).await.unwrap();
    let house = house
        .with_sources(HashMap::from([("test".into(), journal)]))
        .await;
    let table = std::fs::read_to_string(corpus().join("expected.txt")).unwrap();
    let cases = cases(&table);
    let mut listed: BTreeSet<String> = ["expected.txt".to_owned()].into();
    for case in &cases {
        let name = case.name;
        let read = |end: &str| {
            let file = format!("{name}{end}.eml");
            let bytes = std::fs::read(corpus().join(&file)).ok();
            (file, bytes)
        };
        let (file, record) = read("");
        let record = record.expect(&file);
        listed.insert(file);
        let before = unknown_names(&house.store).await;
        let envelope = (case.sender, &case.recipients[..]);
        let id = bring(&house.store, &house.journal, envelope, &record).await;
        assert_eq!(
            outcome(&house.store, id, &before).await,
            case.want,
            "{name}"
        );

        let mut kept = house.store.record(id).await.unwrap();
        // DATA ends with a line end, and brings one where there is none.
        kept.truncate(record.len());
        assert_eq!(escaped(&kept), escaped(&record), "{name}");
        let mut shown = record;
        for (end, is_aside) in [(".mail", false), (".aside", true)] {
            let (file, bytes) = read(end);
            let Some(bytes) = bytes else { continue };
            listed.insert(file);
            if !is_aside {
                let content = house.store.content(id).await.unwrap();
                assert_eq!(escaped(&content), escaped(&bytes), "{name}");
            }
            shown = bytes;
        }
        let readable = house.store.readable(id).await.unwrap();
        assert_eq!(escaped(&readable), escaped(&shown), "{name}");
    }
    let files = std::fs::read_dir(corpus()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.collect::<BTreeSet<_>>(), listed, "files and table");
    assert!(cases.len() > 60);
    house.close().await;
}

/// Servers that do not show whether a sender had signed in: only the config can know.
#[tokio::test]
async fn senders_of_old_servers_are_believed_where_the_config_says_so() {
    let checked = CopyRules {
        senders: Senders::Checked,
        ..CopyRules::of_hostname("shadow.corp.example")
    };
    let house = House::without_directory().await;
    house.store.mirror(directory()).await.unwrap();
    let house = house
        .with_sources(HashMap::from([("test".into(), checked)]))
        .await;
    for (name, want) in [
        ("exchange_2003_outgoing", &["sent:ann"][..]),
        ("citadel_outgoing", &["sent:ann"]),
        // What Exchange says itself is another thing.
        (
            "attack_forged_sender",
            &["inbox:bob", "inbox:cara", "inbox:dora"],
        ),
    ] {
        let report = std::fs::read(corpus().join(format!("{name}.eml"))).unwrap();
        let to = ["journal@shadow.corp.example"];
        let id = bring(&house.store, &house.journal, ("", &to), &report).await;
        let want = want.iter().map(|it| (*it).to_owned()).collect();
        let got = outcome(&house.store, id, &BTreeSet::new()).await;
        assert_eq!(got, want, "{name}");
    }
    house.close().await;
}

/// One mail in several reports: by chunks of a large group, by inside and outside.
#[tokio::test]
async fn several_reports_of_one_mail_are_one_mail() {
    let house = House::without_directory().await;
    house.store.mirror(directory()).await.unwrap();
    let report = std::fs::read(corpus().join("exchange.eml")).unwrap();
    let report = String::from_utf8(report).unwrap();
    let to = ["journal@shadow.corp.example"];
    let other = report
        .replace("Recipient: bob@", "Recipient: evan@")
        .replace("Recipient: dora@", "Bcc: fay@")
        // Another server has handed it on, under another boundary.
        .replace("mbx2.corp.example", "mbx3.corp.example")
        .replace("0123456789ab", "ba9876543210");
    let first = bring(&house.store, &house.journal, ("", &to), report.as_bytes()).await;
    bring(&house.store, &house.journal, ("", &to), other.as_bytes()).await;
    let changed = report.replace("attached to the wall", "attached to a wall");
    let version = bring(&house.store, &house.journal, ("", &to), changed.as_bytes()).await;
    let none = BTreeSet::new();
    let got = outcome(&house.store, first, &none).await;
    let want = ["bob", "cara", "dora", "evan", "fay"].map(|login| format!("inbox:{login}"));
    assert_eq!(got, want.into());
    let got = outcome(&house.store, version, &none).await;
    let want = ["bob", "cara", "dora"].map(|login| format!("inbox:{login}"));
    assert_eq!(got, want.into(), "another version of it is another mail");
    house.close().await;
}

/// Mail of somebody who is not in the directory yet is found by the sync that brings them.
#[tokio::test]
async fn mail_waits_for_its_owner() {
    let house = House::without_directory().await;
    let mut without = directory();
    without
        .accounts
        .retain(|account| !["bob", "cara", "ann"].contains(&account.login.as_str()));
    without.groups.clear();
    house.store.mirror(without.clone()).await.unwrap();
    let to = ["journal@shadow.corp.example"];
    let read = |name: &str| std::fs::read(corpus().join(name)).unwrap();
    let report = async |name: &str| {
        let report = read(&format!("{name}.eml"));
        bring(&house.store, &house.journal, ("", &to), &report).await
    };
    // Nobody of these is known, some of those.
    let names = report("exchange_names_of_the_directory").await;
    let some = report("exchange").await;
    let grouped = report("exchange_alias_tag_and_group").await;
    let none = BTreeSet::new();
    let dn = "/o=corp/ou=first/cn=recipients/cn=";
    let outcome = async |id| outcome(&house.store, id, &none).await;
    let now = outcome(some).await;
    for name in ["bob@corp.example", "cara@corp.example", &format!("{dn}ann")] {
        assert!(now.contains(&format!("unknown:{name}")), "{now:?}");
    }
    assert!(now.contains("unknown:loop@corp.example"), "{now:?}");
    assert!(now.contains("inbox:dora") && !now.contains("inbox:bob"));
    assert_eq!(house.store.unsorted(9).await.unwrap(), [names]);
    // What dora does with it does not keep it from the others.
    let dora = house.account("dora").await;
    let trash = async |folder| {
        let entries = vec![some.into()];
        house.store.move_to(dora, entries, folder).await.unwrap()
    };
    trash(Folder::Trash).await;

    house.store.mirror(directory()).await.unwrap();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let nobody = format!("unknown:{dn}nobody");
    let with = |all: &[&str]| -> BTreeSet<String> {
        let all = all.iter().map(|it| (*it).to_owned());
        all.chain([nobody.clone()]).collect()
    };
    let want = [
        with(&["inbox:bob", "inbox:cara", "sent:ann"]),
        with(&["inbox:bob", "inbox:cara"]),
        with(&[
            "inbox:bob",
            "inbox:cara",
            "inbox:dora",
            "inbox:evan",
            "sent:ann",
        ]),
    ];
    loop {
        let got = [
            outcome(names).await,
            outcome(some).await,
            outcome(grouped).await,
        ];
        if got == want {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{got:?}");
        tokio::task::yield_now().await;
    }
    assert_eq!(trash(Folder::Inbox).await, 1, "dora's stays in the trash");
    for (login, mails) in [("bob", 3), ("dora", 2), ("evan", 1)] {
        let subjects = house.subjects(login, Folder::Inbox).await;
        assert_eq!(subjects.len(), mails, "{login}: each once");
    }
    house.close().await;
}

/// Version 4 of the schema had all unknown names in the inbox.
#[tokio::test]
async fn a_sender_whom_an_earlier_release_did_not_know_gets_it_into_sent() {
    let house = House::without_directory().await;
    let mut without = directory();
    without
        .accounts
        .retain(|account| !["ann", "bob"].contains(&account.login.as_str()));
    house.store.mirror(without).await.unwrap();
    let report = std::fs::read(corpus().join("exchange_names_of_the_directory.eml")).unwrap();
    let to = ["journal@shadow.corp.example"];
    let id = bring(&house.store, &house.journal, ("", &to), &report).await;
    let none = BTreeSet::new();
    let now = outcome(&house.store, id, &none).await;
    assert!(now.contains("inbox:cara"), "{now:?}");
    for login in ["ann", "bob"] {
        let name = format!("/o=corp/ou=first/cn=recipients/cn={login}");
        let unplaced = UnknownName {
            name: name.clone(),
            folder: Folder::Inbox,
            at_primary: false,
        };
        house.store.place((id, name), vec![unplaced]).await.unwrap();
    }
    house.store.mirror(directory()).await.unwrap();
    let want: BTreeSet<String> = [
        "inbox:bob",
        "inbox:cara",
        "sent:ann",
        "unknown:/o=corp/ou=first/cn=recipients/cn=nobody",
    ]
    .map(str::to_owned)
    .into();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let got = outcome(&house.store, id, &none).await;
        if got == want {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{got:?}");
        tokio::task::yield_now().await;
    }
    house.close().await;
}

/// Mail on its way in is answered and filed while newcomers get much that others have.
#[tokio::test]
async fn much_mail_of_newcomers_holds_nobody_up() {
    const MAILS: usize = 1500;
    let house = House::without_directory().await;
    let mut without = directory();
    without.accounts.retain(|account| account.login != "bob");
    house.store.mirror(without).await.unwrap();
    let to = [
        "dora=corp.example@shadow.corp.example",
        "bob=corp.example@shadow.corp.example",
    ];
    let mail = |number: usize| format!("Subject: {number}\r\n\r\n{number}\r\n").into_bytes();
    let mut keeping = JoinSet::new();
    for number in 0..MAILS {
        let (store, to) = (house.store.clone(), to.map(address).to_vec());
        keeping.spawn(async move {
            let mut held = Held::new(1 << 20);
            held.append(&mail(number)).unwrap();
            let peer = Peer {
                listener: "test".into(),
                ..Peer::default()
            };
            let envelope = Envelope {
                source: Source::JournalCopy,
                reverse_path: ReversePath::Null,
                recipients: to,
                received_at: jiff::Timestamp::now(),
                peer,
                bare_line_ends: false,
                smtputf8: false,
                dsn: None,
            };
            store.keep(held, envelope).await.unwrap()
        });
    }
    for id in keeping.join_all().await {
        wait_until_filed(&house.store, id).await;
    }
    let count = async |login: &str| {
        let account = house.account(login).await;
        let counts = house.store.folder_counts(account).await.unwrap();
        counts[0].total
    };
    assert_eq!(count("dora").await, MAILS as u64);

    house.store.mirror(directory()).await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut new = 0;
    loop {
        let asked = tokio::time::Instant::now();
        let envelope = ("a@partner.example", &to[1..]);
        bring(&house.store, &house.journal, envelope, &mail(MAILS + new)).await;
        let took = asked.elapsed();
        assert!(took < std::time::Duration::from_secs(3), "{took:?}");
        new += 1;
        if count("bob").await == (MAILS + new) as u64 {
            break;
        }
        assert!(begun.elapsed() < std::time::Duration::from_mins(1));
    }
    assert_eq!(count("dora").await, MAILS as u64);
    house.close().await;
}
