use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::fixture::{Fixture, both_entries, envelope, owed_to, to};
use crate::held::Held;
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::mode::{Mode, ModeChange};
use crate::moves::Flag;
use crate::proof::{Proof, Proven};
use crate::queue::{QueueState, Settled};
use crate::shadow::Store;

async fn copy(fixture: &Fixture, into: &Path) -> BackedUp {
    let copied = backup(fixture.dir.path(), into, |_| {}).await.unwrap();
    assert_eq!(copied.trouble, [""; 0]);
    copied
}

async fn bring_back(backup: &Path) -> (tempfile::TempDir, Restored, Store) {
    let dir = tempfile::tempdir().unwrap();
    let into = dir.path().join("data");
    let restored = restore(backup, &into, "shell:root", |_| {}).await.unwrap();
    assert_eq!(restored.seen.findings, []);
    let store = Store::open(&into).await.unwrap();
    (dir, restored, store)
}

async fn keep(store: &Store, at: &str, text: &str) -> MessageId {
    let mut held = Held::new(10_000);
    held.append(text.as_bytes()).unwrap();
    store.keep(held, envelope(at)).await.unwrap()
}

fn at_second(second: usize) -> String {
    let day = 20 + second % 3;
    format!(
        "2026-11-{day}T09:{:02}:{:02}.{:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Thirty messages on three days with flags and moves, debts, an emergency and a session.
async fn stage(fixture: &Fixture) -> Vec<(MessageId, String)> {
    let store = &fixture.store;
    let mut before = Vec::new();
    for number in 0..30 {
        let text = format!("Subject: {number}\r\n\r\n{}", "x".repeat(number * 10));
        let id = keep(store, &at_second(number), &text).await;
        let filing = if number % 2 == 0 {
            owed_to(fixture.amy, "amy@corp.example")
        } else {
            to(fixture.bo)
        };
        store.file(id, filing).await.unwrap();
        before.push((id, text));
    }
    store
        .set_flag(fixture.amy, vec![before[0].0], Flag::Flagged)
        .await
        .unwrap();
    let first = both_entries(before[2].0).to_vec();
    store
        .move_to(fixture.amy, first, Folder::Trash)
        .await
        .unwrap();
    let normal = store.mode().await.unwrap();
    let emergency = ModeChange {
        mode: Mode::Emergency,
        since: crate::fixture::time("2026-11-22T10:00:00Z"),
        reason: "Exchange is down".to_owned(),
        ..normal.clone()
    };
    store.append_mode(&normal, emergency).await.unwrap();
    let now = Timestamp::now();
    let proven = Proven {
        account: fixture.amy,
        proof: Proof::Bind(now),
        from: None,
    };
    store
        .open_session(proven, now)
        .await
        .unwrap()
        .token()
        .unwrap();
    before
}

/// Record by record, entries, ledger and the history of the mode.
async fn compare(fixture: &Fixture, later: &Store, before: &[(MessageId, String)]) {
    let store = &fixture.store;
    for (id, text) in before {
        assert_eq!(later.record(*id).await.unwrap(), text.as_bytes());
        let envelopes = (later.envelope(*id).await, store.envelope(*id).await);
        assert_eq!(envelopes.0.unwrap(), envelopes.1.unwrap());
        let ledger = async |store: &Store| {
            let rows = store.ledger_of(*id).await.unwrap();
            rows.iter()
                .map(|row| format!("{row:?}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(ledger(later).await, ledger(store).await);
        for account in [fixture.amy, fixture.bo] {
            let entry = async |store: &Store| store.entry(account, *id).await.ok();
            assert_eq!(entry(later).await, entry(store).await);
        }
    }
    assert_eq!(
        later.mode_history(9).await.unwrap(),
        store.mode_history(9).await.unwrap()
    );
}

/// Every message that was filed as owed is owed in the copy, too.
async fn all_debts_are_there(fixture: &Fixture, later: &Store, day: Day) {
    let mut after = None;
    loop {
        let page = later
            .exportable(day, crate::Wanted::default(), after, 50)
            .await;
        let page = page.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for one in page {
            let is_amys = one.entries.iter().any(|entry| entry.account == fixture.amy);
            let rows = later.ledger_of(one.id).await.unwrap();
            // One that was filed between the two copies has its debt and is not filed.
            assert!(rows.len() == 1 || !is_amys, "{}", one.id);
        }
    }
}

#[tokio::test]
async fn what_is_backed_up_under_load_comes_back_as_it_was() {
    let fixture = Fixture::new().await;
    let store = fixture.store.clone();
    let before = stage(&fixture).await;
    // Mail keeps coming while it is copied, and is filed and owed.
    let stop = Arc::new(AtomicBool::new(false));
    let load = {
        let (store, stop, amy) = (store.clone(), Arc::clone(&stop), fixture.amy);
        tokio::spawn(async move {
            let mut number = 100;
            while !stop.load(Ordering::Relaxed) {
                let id = keep(&store, &at_second(number), "Subject: later\r\n\r\n").await;
                let owed = owed_to(amy, "amy@corp.example");
                store.file(id, owed).await.unwrap();
                number += 1;
            }
        })
    };
    let target = tempfile::tempdir().unwrap();
    copy(&fixture, target.path()).await;
    let copied = copy(&fixture, target.path()).await;
    stop.store(true, Ordering::Relaxed);
    load.await.unwrap();

    let (_dir, restored, later) = bring_back(target.path()).await;
    assert_eq!(restored.messages, copied.messages);
    compare(&fixture, &later, &before).await;
    for (id, _) in &before[..3] {
        all_debts_are_there(&fixture, &later, id.day()).await;
    }
    // The next filer finds what was not filed at that moment.
    for one in later.unfiled(1000).await.unwrap() {
        later.file(one.id, to(fixture.bo)).await.unwrap();
    }
}

#[tokio::test]
async fn the_second_backup_copies_what_is_new_and_drops_what_has_aged() {
    let fixture = Fixture::new().await;
    let old = fixture.receive("2026-10-01T09:12:00Z").await;
    let kept = fixture.receive("2026-11-22T09:12:00Z").await;
    let target = tempfile::tempdir().unwrap();
    let first = copy(&fixture, target.path()).await;
    assert_eq!((first.days, first.messages), (2, 2));
    assert_eq!(first.bytes_copied, first.bytes);
    let second = copy(&fixture, target.path()).await;
    assert_eq!(second.bytes_copied, 0);
    let new = fixture.receive("2026-11-22T09:13:00Z").await;
    crate::fixture::drop_day(&fixture.store, old.day()).await;
    let third = copy(&fixture, target.path()).await;
    assert_eq!((third.days, third.messages), (1, 2));
    assert!(third.bytes_copied > 0 && third.bytes_copied < third.bytes);
    assert!(!target.path().join("days/2026-10-01").exists());
    let (_dir, _, later) = bring_back(target.path()).await;
    for id in [kept, new] {
        assert_eq!(later.record(id).await.unwrap(), b"Subject: hello\r\n\r\n");
    }
}

#[tokio::test]
async fn a_debt_for_mail_that_is_not_in_the_backup_is_written_off() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let there = fixture.keep("2026-11-22T09:12:00Z", b"x").await;
    let owed = owed_to(fixture.amy, "amy@corp.example");
    store.file(there, owed.clone()).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    copy(&fixture, target.path()).await;
    // As if it had been filed between the copies of the index and of shadow.db.
    let lost = fixture.keep("2026-11-22T09:13:00Z", b"x").await;
    store.file(lost, owed).await.unwrap();
    let now = Timestamp::now();
    let purposes = [crate::queue::Purpose::Return];
    for claim in store.claim(&purposes, now, 9).await.unwrap() {
        let later = Settled::GivenBack(now);
        if claim.message == there {
            store.settle(claim.id, later, "", now).await.unwrap();
        }
    }
    fs::remove_file(target.path().join("shadow.db")).unwrap();
    database(
        &fixture.dir.path().join("shadow.db"),
        &target.path().join("shadow.db"),
    )
    .unwrap();
    let (_dir, restored, later) = bring_back(target.path()).await;
    assert_eq!((restored.written_off, restored.still_owed), (1, 1));
    let row = later.ledger_of(lost).await.unwrap().remove(0);
    assert_eq!(row.state, QueueState::WrittenOff);
    assert!(
        row.last_words.contains("came after the backup"),
        "{}",
        row.last_words
    );
    let row = later.ledger_of(there).await.unwrap().remove(0);
    assert_eq!(row.state, QueueState::Waiting);
}

#[tokio::test]
async fn mail_to_the_outside_that_waited_may_have_gone_since() {
    let fixture = Fixture::new().await;
    let id = fixture.keep("2026-11-22T09:12:00Z", b"x").await;
    let mut filing = owed_to(fixture.amy, "cy@out.example");
    filing.owed[0].purpose = crate::queue::Purpose::Send;
    fixture.store.file(id, filing).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    copy(&fixture, target.path()).await;
    let (_dir, _, later) = bring_back(target.path()).await;
    let rows = later.open_ledger(10).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.state, QueueState::Unknown);
    assert!(row.last_words.contains("may have gone out"), "{row:?}");
}

#[tokio::test]
async fn only_what_is_whole_comes_back_and_only_into_nothing() {
    let fixture = Fixture::new().await;
    fixture.receive("2026-11-22T09:12:00Z").await;
    let target = tempfile::tempdir().unwrap();
    let refused = |dir: &Path, from: &Path, why: &'static str| {
        let (dir, from) = (dir.to_owned(), from.to_owned());
        async move {
            let result = restore(&from, &dir, "shell:root", |_| {}).await;
            let words = result.err().unwrap().to_string();
            assert!(words.contains(why), "{words}");
        }
    };
    let empty = tempfile::tempdir().unwrap();
    refused(empty.path(), target.path(), "is no backup").await;
    copy(&fixture, target.path()).await;
    refused(fixture.dir.path(), target.path(), "is not empty").await;
    fs::remove_file(target.path().join("manifest.json")).unwrap();
    refused(empty.path(), target.path(), "was not finished").await;
    copy(&fixture, target.path()).await;

    // A restore that was cut begins anew; until then nobody opens the directory.
    fs::create_dir(empty.path().join("days")).unwrap();
    fs::write(empty.path().join("shadow.db"), b"half").unwrap();
    fs::write(empty.path().join(UNFINISHED), b"").unwrap();
    let opened = Store::open(empty.path()).await;
    assert!(matches!(opened, Err(OpenError::InUse(_))));
    restore(target.path(), empty.path(), "shell:root", |_| {})
        .await
        .unwrap();
    let mode = |path: &str| {
        let metadata = fs::metadata(empty.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("shadow.db"), 0o600);
    assert_eq!(mode("days/2026-11-22"), 0o700);
    assert_eq!(mode("days/2026-11-22/index.db"), 0o600);

    let strange = tempfile::tempdir().unwrap();
    fs::write(strange.path().join("letter.txt"), b"").unwrap();
    let into = backup(fixture.dir.path(), strange.path(), |_| {}).await;
    assert!(matches!(into, Err(BackupError::Refused(_))), "{into:?}");
    let inside = fixture.dir.path().join("backup");
    let into = backup(fixture.dir.path(), &inside, |_| {}).await;
    assert!(matches!(into, Err(BackupError::Refused(_))), "{into:?}");
}

#[tokio::test]
async fn a_store_without_mail_is_backed_up_and_checked_where_it_lies() {
    let fixture = Fixture::new().await;
    let target = tempfile::tempdir().unwrap();
    copy(&fixture, target.path()).await;
    let seen = crate::verify(target.path(), None, |_| {}).await.unwrap();
    assert_eq!((seen.findings, seen.notes), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_damaged_day_keeps_its_earlier_copy() {
    let fixture = Fixture::new().await;
    let id = fixture.receive("2026-11-22T09:12:00Z").await;
    let target = tempfile::tempdir().unwrap();
    copy(&fixture, target.path()).await;
    let Fixture { dir, store, .. } = fixture;
    store.close().await;
    drop(store);
    fs::remove_file(dir.path().join("days/2026-11-22/index.db")).unwrap();
    let copied = backup(dir.path(), target.path(), |_| {}).await.unwrap();
    assert_eq!(copied.trouble.len(), 1, "{:?}", copied.trouble);
    assert!(copied.trouble[0].contains("the earlier backup of that day stays"));
    let (_dir, _, later) = bring_back(target.path()).await;
    assert_eq!(later.record(id).await.unwrap(), b"Subject: hello\r\n\r\n");
}

#[tokio::test]
async fn what_a_later_unfinished_backup_left_is_not_brought_back() {
    let fixture = Fixture::new().await;
    let kept = fixture.receive("2026-11-22T09:12:00Z").await;
    let target = tempfile::tempdir().unwrap();
    copy(&fixture, target.path()).await;
    let later = fixture.keep("2026-11-22T09:13:00Z", b"later").await;
    fixture.keep("2026-11-23T09:13:00Z", b"the day after").await;
    // Up to the moment before it takes the place of the first.
    let longer = tempfile::tempdir().unwrap();
    copy(&fixture, longer.path()).await;
    for day in ["2026-11-22", "2026-11-23"] {
        let (from, to) = (longer.path().join("days"), target.path().join("days"));
        fs::create_dir_all(to.join(day)).unwrap();
        for file in fs::read_dir(from.join(day)).unwrap() {
            let name = file.unwrap().file_name();
            let into = match name.to_str() {
                Some("index.db") => "index.db.next",
                Some(name) => name,
                None => continue,
            };
            fs::copy(from.join(day).join(&name), to.join(day).join(into)).unwrap();
        }
    }
    let (dir, restored, store) = bring_back(target.path()).await;
    assert_eq!((restored.messages, restored.seen.notes), (1, vec![]));
    assert_eq!(store.unfiled(10).await.unwrap().len(), 0);
    assert_eq!(store.record(kept).await.unwrap(), b"Subject: hello\r\n\r\n");
    assert!(store.record(later).await.is_err());
    assert!(!dir.path().join("data/days/2026-11-23").exists());
    assert!(
        !dir.path()
            .join("data/days/2026-11-22/index.db.next")
            .exists()
    );
}
