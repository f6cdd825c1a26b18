use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use jiff::ToSpan;
use store::{AccountId, AccountKind, Folder, MirroredAccount, Snapshot};
use tokio_util::sync::CancellationToken;

use super::super::What;
use super::*;
use crate::config::Config;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    store: super::super::Store,
}

/// Runs `store …`.
async fn run(opened: &Opened, words: &[&str]) -> anyhow::Result<ExitCode> {
    let words = ["store"].iter().chain(words).chain(&["--reason", "test"]);
    match Cli::try_parse_from(words)?.store.what {
        What::Export(export) => export.run(opened).await,
        What::Import(import) => import.run(opened).await,
        _ => panic!("neither an export nor an import"),
    }
}

/// An empty store of an organisation with Amy and Bo.
async fn stage(dir: &Path) -> Opened {
    fs::create_dir(dir).unwrap();
    let text = "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\n\
        data_dir = \"data\"\nlistener = []\n[directory]\nkind = \"file\"\npath = \"users.toml\"\n";
    let config = Config::parse(&dir.join("shadowmail.toml"), text).unwrap();
    let store = Store::open(&config.data_dir).await.unwrap();
    let accounts = ["amy", "bo"].map(|name| MirroredAccount {
        key: name.to_owned(),
        login: name.to_owned(),
        name: name.to_owned(),
        addresses: vec![format!("{name}@corp.example").parse().unwrap()],
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    });
    let (accounts, groups) = (accounts.to_vec(), Vec::new());
    store.mirror(Snapshot { accounts, groups }).await.unwrap();
    Opened { config, store }
}

async fn account(opened: &Opened, login: &str) -> AccountId {
    let accounts = opened.store.accounts().await.unwrap();
    let found = accounts.iter().find(|account| account.login == login);
    found.unwrap().id
}

/// Lets the server's filer work until nothing is left to file.
async fn file_all(opened: &Opened) {
    let shutdown = CancellationToken::new();
    let domains = ["corp.example".to_owned()];
    let filer = shadow_smtpd::Filer::new(opened.store.clone(), "shadow.corp.example", &domains);
    let running = tokio::spawn(filer.run(shutdown.clone()));
    let all_filed = async {
        while !opened.store.unfiled(1).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let deadline = Duration::from_mins(1);
    tokio::time::timeout(deadline, all_filed).await.unwrap();
    shutdown.cancel();
    running.await.unwrap();
}

/// All mails of a folder with the time of their arrival, the oldest first.
async fn mails(opened: &Opened, login: &str, folder: Folder) -> Vec<(Timestamp, Vec<u8>)> {
    let account = account(opened, login).await;
    let page = opened.store.mailbox_page(account, folder, None, 100);
    let mut mails = Vec::new();
    for entry in page.await.unwrap().entries.iter().rev() {
        let mut content = opened.store.open_content(entry.message).await.unwrap();
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut content, &mut bytes).unwrap();
        mails.push((entry.message.arrived_at(), bytes));
    }
    mails
}

async fn inbox(opened: &Opened, login: &str) -> Vec<String> {
    let mails = mails(opened, login, Folder::Inbox).await;
    let text = |(_, bytes)| String::from_utf8(bytes).unwrap();
    mails.into_iter().map(text).collect()
}

const MAILS: [&[u8]; 3] = [
    b"Message-ID: <1@x.example>\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\nFrom here 12:00\r\n\r\n\r\n",
    b"Message-ID: <2@x.example>\r\nFrom: bo@corp.example\r\n\r\n>From\r\n\r\nFrom 12:00\r\n",
    b"Message-ID: <3@x.example>\r\n\r\nno end of a line, \xff",
];

/// Mail of two days that came to Amy and that the headers do not say is hers.
async fn keep_mails(opened: &Opened) {
    for (days, mail) in MAILS.iter().enumerate() {
        let mut held = Held::new(1000);
        held.append(mail).unwrap();
        let age = i64::try_from(days).unwrap() * 25;
        let envelope = Envelope {
            source: Source::JournalCopy,
            reverse_path: ReversePath::Address("bo@corp.example".parse().unwrap()),
            recipients: vec!["amy@corp.example".parse().unwrap()],
            received_at: Timestamp::now() - age.hours(),
            peer: Peer::default(),
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        opened.store.keep(held, envelope).await.unwrap();
    }
    file_all(opened).await;
}

#[tokio::test]
async fn what_was_exported_is_imported_once_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let from = stage(&dir.path().join("from")).await;
    keep_mails(&from).await;
    let had = mails(&from, "amy", Folder::Inbox).await;
    assert_eq!(had.len(), MAILS.len());
    for form in ["eml", "maildir", "mbox"] {
        let out = dir.path().join(form);
        let out = out.to_str().unwrap();
        let words = ["export", "--format", form, "--out", out];
        assert_eq!(run(&from, &words).await.unwrap(), ExitCode::SUCCESS);
        let into = stage(&dir.path().join(format!("into-{form}"))).await;
        for _ in 0..2 {
            let code = run(&into, &["import", out]).await.unwrap();
            assert_eq!(code, ExitCode::SUCCESS);
            file_all(&into).await;
            let mut want = had.clone();
            if form == "mbox" {
                // The last line of each mail ends there.
                let unended = want.iter_mut().find(|it| !it.1.ends_with(b"\n"));
                unended.unwrap().1.extend_from_slice(b"\r\n");
            }
            assert_eq!(mails(&into, "amy", Folder::Inbox).await, want, "{form}");
            // From says that he wrote one of them, and the reverse path all: only From counts.
            assert_eq!(mails(&into, "bo", Folder::Sent).await.len(), 1, "{form}");
        }
        let owed = into.store.owed().await.unwrap();
        assert_eq!(owed, store::OwedCount::default(), "{form}");
        let log = into.store.audit_log(9).await.unwrap();
        let imports = log.iter().filter(|row| row.action == "import");
        assert!(imports.clone().all(|row| row.detail.contains("test")));
        assert_eq!(imports.count(), 2);
    }
}

#[tokio::test]
async fn mail_of_other_programs_is_for_whom_it_names_or_for_an_account() {
    let dir = tempfile::tempdir().unwrap();
    let date = jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).unwrap();
    let file = dir.path().join("old mail");
    let mbox = format!(
        "From x Thu Jan  1 00:00:00 1970\nDate: {date}\nTo: Amy <amy@corp.example>\n\n\
         From here on\n>From\n>From x\n\nFrom y Thu Jan  1 00:00:01 1970\nDate: {date}\n\
         Cc: bo@corp.example\nFrom: Amy <amy@corp.example>\n\nhi\n"
    );
    fs::write(&file, mbox).unwrap();
    let file = file.to_str().unwrap();
    let first = format!(
        "Date: {date}\r\nTo: Amy <amy@corp.example>\r\n\r\nFrom here on\r\n>From\r\nFrom x\r\n"
    );

    let named = stage(&dir.path().join("named")).await;
    run(&named, &["import", file, "--dry-run"]).await.unwrap();
    assert!(named.store.unfiled(9).await.unwrap().is_empty());
    run(&named, &["import", file]).await.unwrap();
    file_all(&named).await;
    assert_eq!(inbox(&named, "amy").await, [first.as_str()]);
    assert_eq!(inbox(&named, "bo").await.len(), 1);
    assert_eq!(mails(&named, "amy", Folder::Sent).await.len(), 1);

    let amys = stage(&dir.path().join("amys")).await;
    let words = ["import", file, "--account", "amy@corp.example"];
    run(&amys, &words).await.unwrap();
    file_all(&amys).await;
    assert_eq!(inbox(&amys, "amy").await, [first.as_str()]);
    assert_eq!(inbox(&amys, "bo").await.len(), 0);
    assert_eq!(mails(&amys, "amy", Folder::Sent).await.len(), 1);
}

#[tokio::test]
async fn what_can_not_come_in_is_left_out_and_the_rest_comes_in() {
    let dir = tempfile::tempdir().unwrap();
    let opened = stage(&dir.path().join("into")).await;
    let from = dir.path().join("from");
    fs::create_dir_all(from.join("below")).unwrap();
    fs::write(from.join("a.eml"), "Subject: good\r\n\r\n").unwrap();
    fs::write(from.join("below/not.eml"), "Subject: below\r\n\r\n").unwrap();
    fs::write(from.join("notes.txt"), "Subject: no mail\r\n\r\n").unwrap();
    let path = from.to_str().unwrap();
    let import = async |more: &[&str]| {
        let words = [&["import", path, "--account", "amy"], more].concat();
        run(&opened, &words).await
    };
    let secret = dir.path().join("secret");
    fs::write(&secret, "Subject: secret\r\n\r\n").unwrap();
    symlink(&secret, from.join("b.eml")).unwrap();
    assert_eq!(import(&[]).await.unwrap(), ExitCode::FAILURE);
    fs::remove_file(from.join("b.eml")).unwrap();
    fs::remove_file(from.join("a.eml")).unwrap();

    // Without a byte on the disk.
    let large = fs::File::create(from.join("c.eml")).unwrap();
    large.set_len(MAIL_BYTES_MAX + 1).unwrap();
    assert_eq!(import(&[]).await.unwrap(), ExitCode::FAILURE);
    fs::remove_file(from.join("c.eml")).unwrap();

    let old = "Date: Thu, 1 Jan 2015 00:00:00 +0000\r\n\r\n";
    fs::write(from.join("d.eml"), old).unwrap();
    assert_eq!(import(&[]).await.unwrap(), ExitCode::SUCCESS);
    file_all(&opened).await;
    assert_eq!(inbox(&opened, "amy").await, ["Subject: good\r\n\r\n"]);

    assert_eq!(import(&["--old"]).await.unwrap(), ExitCode::SUCCESS);
    file_all(&opened).await;
    assert_eq!(inbox(&opened, "amy").await.len(), 2);

    fs::write(from.join("manifest.jsonl"), "{}\n").unwrap();
    let error = import(&[]).await.unwrap_err();
    assert!(format!("{error:#}").contains("line 1 of "), "{error:#}");
}

#[test]
fn lone_line_ends_are_seen_across_pieces() {
    let check = |pieces: &[&str], want: bool| {
        let mut ends = LineEnds::default();
        for piece in pieces {
            ends.look(piece.as_bytes());
        }
        assert_eq!(ends.bare || ends.cr, want, "{pieces:?}");
    };
    check(&["a\r", "\nb"], false);
    check(&["a\r", "b"], true);
    check(&["a", "\n"], true);
    check(&["a\r"], true);
    check(&[], false);
}
