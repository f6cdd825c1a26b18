use clap::Parser;
use store::{MirroredAccount, Snapshot};

use super::*;
use crate::cli::{Cli, Command};

const MESSAGE: &str = "20261122-0f3b2c1a9d04e";

/// Whether these words find a line about Anna's mailbox of 14:30 on 17 November.
fn finds(words: &[&str]) -> bool {
    let row = AuditRow {
        at: begin("2026-11-17T14:30").unwrap(),
        actor: "jens".to_owned(),
        action: "read-message".to_owned(),
        object: MESSAGE.to_owned(),
        detail: "mailbox anna".to_owned(),
        address: None,
    };
    let cli = Cli::try_parse_from(["shadowmail", "audit"].iter().chain(words)).unwrap();
    let Command::Audit(audit) = &cli.command else {
        unreachable!()
    };
    audit.wants(&row, audit.mailbox.as_deref())
}

#[test]
fn lines_are_found_by_what_is_asked() {
    assert!(finds(&[]));
    assert!(finds(&["--since", "2026-11-17", "--until", "2026-11-17"]));
    assert!(!finds(&["--since", "2026-11-18"]));
    assert!(!finds(&["--until", "2026-11-16"]));
    assert!(finds(&["--until", "2026-11-17 14:31"]));
    assert!(!finds(&["--until", "2026-11-17T14:30"]));
    assert!(finds(&[
        "--who",
        "jens",
        "--mailbox",
        "anna",
        "--message",
        MESSAGE
    ]));
    assert!(!finds(&["--who", "anna"]));
    assert!(!finds(&["--mailbox", "ann"]));
    assert!(!finds(&["--message", "20261122-0f3b2c1a9d04f"]));
}

#[test]
fn a_wrong_time_is_refused() {
    assert!(begin("last Tuesday").is_err());
    assert!(end("2026-13-01").is_err());
}

#[tokio::test]
async fn whose_mailbox_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let amy = MirroredAccount {
        key: "amy".to_owned(),
        login: "amy".to_owned(),
        name: "Amy".to_owned(),
        addresses: vec!["a.little@corp.example".parse().unwrap()],
        ..MirroredAccount::default()
    };
    let snapshot = Snapshot {
        accounts: vec![amy],
        groups: Vec::new(),
    };
    store.mirror(snapshot).await.unwrap();
    for (text, want) in [
        ("amy", Some("amy")),
        ("A.Little@corp.example", Some("amy")),
        ("gone", Some("gone")),
        ("gone@corp.example", None),
    ] {
        let login = login_of(text, &store).await.ok();
        assert_eq!(login.as_deref(), want, "{text}");
    }
}
