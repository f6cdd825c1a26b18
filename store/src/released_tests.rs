//! A data directory as an earlier release left it. `tests/released/schema-2.tar.gz` has two days:
//! a mail that came twice, one that is owed, one with a star in the trash, an unsorted one, a held
//! one, a shared mailbox with a text too long for the index, one that is not filed; and a draft.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::account::AccountId;
use crate::aging::{Aging, Fate};
use crate::backup::{backup, restore};
use crate::day::Day;
use crate::fixture::{time, to};
use crate::hold::HoldScope;
use crate::mailbox::Folder;
use crate::rebuild::rebuild;
use crate::search::{Found, IndexText, Query, Scope};
use crate::shadow::Store;
use crate::survivor::DayLimit;
use crate::verify::verify;

const RELEASED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/released/schema-2.tar.gz"
);

const FIRST: &str = "2026-10-01";

/// The directory, untouched.
pub(crate) fn released() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar")
        .arg("-xzf")
        .arg(RELEASED)
        .arg("-C")
        .arg(dir.path())
        .status();
    assert!(unpacked.unwrap().success());
    dir
}

/// Nothing is wrong with it.
async fn is_sound(data_dir: &Path) {
    let seen = verify(data_dir, None, |_| {}).await.unwrap();
    assert_eq!(seen.findings, []);
}

async fn account(store: &Store, login: &str) -> AccountId {
    let accounts = store.accounts().await.unwrap();
    accounts.iter().find(|it| it.login == login).unwrap().id
}

/// Subjects and bytes of what lies in a folder.
async fn folder(store: &Store, (login, folder): (&str, Folder)) -> Vec<(String, String)> {
    let account = account(store, login).await;
    let page = store.mailbox_page(account, folder, None, 50).await.unwrap();
    let mut mails = Vec::new();
    for entry in page.entries {
        let bytes = store.content(entry.message).await.unwrap();
        mails.push((entry.subject, String::from_utf8(bytes).unwrap()));
    }
    mails
}

#[track_caller]
fn has(mails: &[(String, String)], subjects: &[&str]) {
    let found: Vec<&str> = mails.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(found, subjects);
    for (subject, text) in mails {
        assert!(
            text.starts_with(&format!("Subject: {subject}\r\n\r\n")),
            "{text:?}"
        );
    }
}

/// What people see.
async fn is_all_there(store: &Store) {
    has(
        &folder(store, ("amy", Folder::Inbox)).await,
        &["owed", "whole"],
    );
    has(&folder(store, ("amy", Folder::Trash)).await, &["trash"]);
    has(
        &folder(store, ("bo", Folder::Inbox)).await,
        &["held", "whole"],
    );
    has(&folder(store, ("info", Folder::Inbox)).await, &["shared"]);
    let amy = account(store, "amy").await;
    let trash = store.mailbox_page(amy, Folder::Trash, None, 50).await;
    assert!(trash.unwrap().entries[0].flagged);
    let drafts = store.drafts((amy, amy)).await.unwrap();
    assert_eq!(drafts[0].preview, "a draft");
}

/// What administrators see, and what is still to be done.
async fn is_all_to_be_done(store: &Store) {
    let owed = store.ledger(10).await.unwrap();
    let owed: Vec<String> = owed.iter().map(|row| row.recipient.to_string()).collect();
    assert_eq!(owed, ["amy@corp.example"]);
    // Why nobody has a mail was not written down then, so the unsorted one is filed again.
    let mut unfiled = Vec::new();
    for message in store.unfiled(10).await.unwrap() {
        let bytes = store.record(message.id).await.unwrap();
        unfiled.push(String::from_utf8(bytes).unwrap());
    }
    let wanted = ["unsorted", "unfiled"].map(|it| format!("Subject: {it}\r\n\r\n{it}\r\n"));
    assert_eq!(unfiled, wanted);
}

/// What the indexer does in the background.
async fn index(store: &Store) {
    loop {
        let texts = store.unindexed(100).await.unwrap();
        if texts.is_empty() {
            return;
        }
        let mut read = Vec::new();
        for text in texts {
            let bytes = store.content(text.message).await.unwrap();
            let body = String::from_utf8(bytes).unwrap();
            read.push(IndexText { body, ..text });
        }
        store.index_texts(read).await.unwrap();
    }
}

#[tokio::test]
async fn it_is_checked_before_and_after_it_is_opened() {
    let dir = released();
    is_sound(dir.path()).await;
    let store = Store::open(dir.path()).await.unwrap();
    is_all_there(&store).await;
    is_all_to_be_done(&store).await;
    store.close().await;
    is_sound(dir.path()).await;
}

#[tokio::test]
async fn it_takes_mail_and_is_searched() {
    let dir = released();
    let store = Store::open(dir.path()).await.unwrap();
    let unfiled = store.unfiled(10).await.unwrap();
    let amy = account(&store, "amy").await;
    store.file(unfiled[1].id, to(amy)).await.unwrap();
    let found = async |text: &str| {
        let query = Query::parse(text, jiff::civil::date(2026, 10, 3));
        let page = store.search(Scope::Everyone, &query, None, 50).await;
        match page.unwrap().found {
            Found::Messages(messages) => messages.len(),
            Found::Entries(entries) => entries.len(),
        }
    };
    // What the earlier release put into the index is found at once.
    assert_eq!(found("Muller").await, 1);
    index(&store).await;
    assert_eq!(found("Muller").await, 1);
    assert_eq!(found("unfiled").await, 1);
}

#[tokio::test]
async fn a_hold_covers_what_it_had_cut_off() {
    let dir = released();
    let store = Store::open(dir.path()).await.unwrap();
    // Nobody knows what of its text the earlier release put into the index.
    let scope = HoldScope::Query("contract".to_owned());
    let hold = store.add_hold(scope, "a lawsuit", "eve", time("2026-10-03T08:00:00Z"));
    let hold = hold.await.unwrap();
    let coverage = store.hold_coverage(hold).await.unwrap();
    assert_eq!((coverage.messages, coverage.in_doubt), (5, 5));
}

#[tokio::test]
async fn a_day_of_it_is_rebuilt_with_and_without_its_index() {
    for is_lost in [false, true] {
        let dir = released();
        if is_lost {
            std::fs::remove_file(dir.path().join("days").join(FIRST).join("index.db")).unwrap();
        }
        let rebuilt = rebuild(dir.path(), None, |_| {}).await.unwrap();
        let messages: Vec<_> = rebuilt
            .iter()
            .map(|day| (day.messages, day.unfiled))
            .collect();
        let lost = if is_lost { 6 } else { 1 };
        assert_eq!(messages, [(6, lost), (2, 1)]);
        is_sound(dir.path()).await;
        let store = Store::open(dir.path()).await.unwrap();
        if !is_lost {
            is_all_there(&store).await;
            is_all_to_be_done(&store).await;
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_day_of_it_is_thinned() {
    let dir = released();
    let store = Store::open(dir.path()).await.unwrap();
    let day: Day = FIRST.parse().unwrap();
    let aging = Aging {
        day,
        limit: DayLimit::OverBut(BTreeSet::new()),
        by: "shadowmail".to_owned(),
        now: time("2026-11-22T08:00:00Z"),
    };
    let aged = store.age_day(aging, |_| {}).await.unwrap();
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 3));
    has(&folder(&store, ("amy", Folder::Inbox)).await, &["owed"]);
    has(&folder(&store, ("bo", Folder::Inbox)).await, &["held"]);
    store.close().await;
    is_sound(dir.path()).await;
}

#[tokio::test]
async fn it_is_backed_up_and_restored() {
    let dir = released();
    let copies = tempfile::tempdir().unwrap();
    let (copied, back) = (copies.path().join("backup"), copies.path().join("data"));
    backup(dir.path(), &copied, |_| {}).await.unwrap();
    restore(&copied, &back, "shell:root", |_| {}).await.unwrap();
    is_sound(&back).await;
    let store = Store::open(&back).await.unwrap();
    is_all_there(&store).await;
    is_all_to_be_done(&store).await;
}
