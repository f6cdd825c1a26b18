use std::collections::BTreeMap;

use store::{Entry, Filing, Flag, Held, MirroredAccount, Peer, ReversePath, Snapshot, Source};

use super::*;

const MAIL: &[u8] = b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\nFrom here\r\n";

/// A store with one mail that Amy has read, and a config that names it.
async fn stage(dir: &Path) -> Opened {
    let text = "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\n\
        data_dir = \"data\"\nlistener = []\n[directory]\nkind = \"file\"\npath = \"users.toml\"\n";
    let config = crate::config::Config::parse(&dir.join("shadowmail.toml"), text).unwrap();
    let store = Store::open(&config.data_dir).await.unwrap();
    let amy = MirroredAccount {
        key: "amy".to_owned(),
        login: "amy".to_owned(),
        name: "Amy".to_owned(),
        addresses: vec!["amy@corp.example".parse().unwrap()],
        kind: store::AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    };
    let accounts = vec![amy];
    let groups = Vec::new();
    store.mirror(Snapshot { accounts, groups }).await.unwrap();
    let account = store.accounts().await.unwrap()[0].id;
    let mut held = Held::new(1000);
    held.append(MAIL).unwrap();
    let envelope = Envelope {
        source: Source::JournalCopy,
        reverse_path: ReversePath::Address("bo@x.example".parse().unwrap()),
        recipients: vec!["amy@corp.example".parse().unwrap()],
        received_at: "2026-11-22T09:12:03Z".parse().unwrap(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let id = store.keep(held, envelope).await.unwrap();
    let folder = Folder::Inbox;
    let mut filing = Filing {
        entries: vec![Entry {
            account,
            folder,
            seen: true,
        }],
        ..Filing::default()
    };
    filing.summary.subject = "Grüße".to_owned();
    store.file(id, filing).await.unwrap();
    store
        .set_flag(account, vec![id], Flag::Flagged)
        .await
        .unwrap();
    Opened { config, store }
}

/// All files of an export with their bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            for (below, bytes) in files(&path) {
                found.insert(format!("{name}/{below}"), bytes);
            }
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

async fn export(opened: &Opened, format: Format, out: &Path) -> anyhow::Result<ExitCode> {
    let export = Export {
        format,
        out: out.to_owned(),
        account: Some("amy@corp.example".to_owned()),
        since: None,
        until: None,
        folder: None,
        query: None,
        reason: "she asked".to_owned(),
        output: Output::default(),
    };
    export.run(opened).await
}

#[tokio::test]
async fn each_format_has_the_mail_and_a_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let opened = stage(dir.path()).await;
    let written = async |format| {
        let out = dir.path().join(format!("{format:?}"));
        assert_eq!(
            export(&opened, format, &out).await.unwrap(),
            ExitCode::SUCCESS
        );
        let mut files = files(&out);
        let manifest = files.remove("manifest.jsonl").unwrap();
        let line: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(line["owners"][0]["account"], "amy");
        assert_eq!(line["owners"][0]["seen"], true);
        assert_eq!(line["envelope"]["reverse_path"], "bo@x.example");
        let (name, bytes) = files.pop_first().unwrap();
        assert_eq!(line["file"], name.as_str());
        assert!(files.is_empty(), "{files:?}");
        (name, bytes)
    };
    let (name, bytes) = written(Format::Eml).await;
    assert!(
        name.starts_with("2026-11-22_0912_gruesse_20261122-"),
        "{name}"
    );
    assert_eq!(bytes, MAIL);
    let (name, bytes) = written(Format::Maildir).await;
    assert!(
        name.starts_with("cur/") && name.ends_with(":2,FS"),
        "{name}"
    );
    assert_eq!(bytes, MAIL);
    let (name, bytes) = written(Format::Mbox).await;
    assert_eq!(name, "mail.mbox");
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        text,
        "From bo@x.example Sun Nov 22 09:12:03 2026\nSubject: Grüße\n\n>From here\n\n"
    );
    let log = opened.store.audit_log(9).await.unwrap();
    let exports: Vec<_> = log.iter().filter(|row| row.action == "export").collect();
    assert_eq!(exports.len(), 3);
    assert!(
        exports[0].detail.contains("she asked"),
        "{}",
        exports[0].detail
    );
}

#[tokio::test]
async fn what_can_not_be_read_is_named_and_a_full_directory_refused() {
    let dir = tempfile::tempdir().unwrap();
    let opened = stage(dir.path()).await;
    let out = dir.path().join("out");
    let segments = dir.path().join("data/days/2026-11-22");
    for file in fs::read_dir(segments).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|it| it == "seg") {
            fs::write(path, b"garbage").unwrap();
        }
    }
    let code = export(&opened, Format::Eml, &out).await.unwrap();
    assert_eq!(code, ExitCode::FAILURE);
    assert_eq!(files(&out).len(), 1, "the manifest alone");
    let error = export(&opened, Format::Eml, &out).await.unwrap_err();
    assert!(error.to_string().contains("is not empty"), "{error}");
}
