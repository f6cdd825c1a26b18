use std::fs;

use rusqlite::Connection;

use super::*;
use crate::fixture::{Fixture, envelope};
use crate::held::Held;
use crate::mailbox::Folder;
use crate::shadow::Store;

const SOUND: &str = "2026-11-21T09:12:00Z";
const DAMAGED: &str = "2026-11-22T09:12:00Z";

/// Damages the index of one of two days; the server starts, shows the other one, refuses mail for
/// the damaged one with a reason that may pass, and says what to do.
async fn check(what: &str, damage: impl Fn(&Path)) {
    let fixture = Fixture::new().await;
    let sound = fixture.receive(SOUND).await;
    for _ in 0..50 {
        fixture.receive(DAMAGED).await;
    }
    fixture.store.close().await;
    let path = fixture.dir.path().join("days/2026-11-22/index.db");
    empty_log(&path);
    damage(&path);

    let store = fixture.reopened().await;
    let read = async || {
        store
            .mailbox_page(fixture.amy, Folder::Inbox, None, 10)
            .await
    };
    // What is seen only by reading costs the first reader an error.
    let page = match read().await {
        Ok(page) => page,
        Err(_) => read().await.unwrap(),
    };
    let ids: Vec<_> = page.entries.iter().map(|entry| entry.message).collect();
    assert_eq!(ids, [sound], "{what}");
    assert_eq!(store.days().await.unwrap().len(), 1, "{what}");
    // Nobody knows what of that day is not filed yet.
    assert_eq!(store.owed().await.unwrap().open, 1, "{what}");
    assert_eq!(
        store.record(sound).await.unwrap(),
        b"Subject: hello\r\n\r\n"
    );
    keep(&store, SOUND).await.unwrap();
    keep(&store, DAMAGED).await.unwrap_err();
    let alerts = store.alerts().await.unwrap();
    let told = |alert: &&crate::alert::Alert| alert.kind == AlertKind::DayDamaged;
    let alert = alerts.iter().find(told).unwrap();
    let command = "shadowmail store rebuild 2026-11-22";
    assert!(alert.words.contains(command), "{}", alert.words);
}

/// Leaves the file without a log beside it, as an orderly end does.
fn empty_log(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

async fn keep(store: &Store, at: &str) -> Result<(), crate::error::KeepError> {
    let mut held = Held::new(10);
    held.append(b"x").unwrap();
    store.keep(held, envelope(at)).await.map(drop)
}

#[tokio::test]
async fn a_missing_or_empty_index_is_not_made_anew() {
    check("missing", |path| fs::remove_file(path).unwrap()).await;
    check("empty", |path| fs::write(path, b"").unwrap()).await;
}

#[tokio::test]
async fn a_cut_or_overwritten_index_stops_only_its_day() {
    check("no database", |path| fs::write(path, [b'x'; 9000]).unwrap()).await;
    check("cut", |path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    })
    .await;
    check("overwritten", |path| {
        let mut bytes = fs::read(path).unwrap();
        // All but the first page, which holds the schema.
        bytes[4096..].fill(0x5a);
        fs::write(path, bytes).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_day_that_can_not_be_read_stops_only_itself() {
    // No process may open a directory as a file, as another user's file can not be opened.
    check("unreadable", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_day_that_can_be_read_again_is_used_again() {
    let fixture = Fixture::new().await;
    let ids = [fixture.receive(SOUND).await, fixture.receive(DAMAGED).await];
    let unfiled = fixture.keep(SOUND, b"x").await;
    fixture.store.close().await;
    let path = fixture.dir.path().join("days/2026-11-22/index.db");
    let aside = fixture.dir.path().join("aside");
    empty_log(&path);
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    let store = fixture.reopened().await;
    assert_eq!(store.alerts().await.unwrap().len(), 1);
    // Mail of other days is filed, and merged into what is there.
    assert_eq!(store.unfiled(10).await.unwrap()[0].id, unfiled);
    let mut filing = crate::fixture::to(fixture.amy);
    filing.merge_key = Some([1; 32]);
    store.file(unfiled, filing).await.unwrap();

    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    // It rests for now; when it is tried again, the alert is over.
    assert_eq!(store.days().await.unwrap().len(), 1);
    let seen = store.inner().read_day(ids[1].day(), |_| Ok(())).unwrap();
    assert_eq!(seen, Some(()));
    assert_eq!(store.days().await.unwrap().len(), 2);
    assert_eq!(store.owed().await.unwrap().open, 0);
    assert_eq!(store.alerts().await.unwrap(), []);
}

/// Changes the index as flipped bits would.
fn change(path: &Path, sql: &str) {
    let strictness = |from: &str, to: &str| {
        let index = Connection::open(path).unwrap();
        index.pragma_update(None, "writable_schema", "ON").unwrap();
        let change = "UPDATE sqlite_schema SET sql = replace(sql, ?1, ?2) WHERE name = 'message'";
        index.execute(change, (from, to)).unwrap();
    };
    strictness(") STRICT", ") ");
    Connection::open(path).unwrap().execute(sql, []).unwrap();
    strictness(") ", ") STRICT");
}

#[tokio::test]
async fn a_value_of_a_wrong_type_stops_only_its_day() {
    check("bytes", |path| {
        change(path, "UPDATE message SET subject = CAST('x' AS BLOB)");
    })
    .await;
    check("no UTF-8", |path| {
        change(path, "UPDATE message SET subject = CAST(x'ff' AS TEXT)");
    })
    .await;
}

#[tokio::test]
async fn damage_of_shadow_db_is_told_and_not_written_into_it() {
    let fixture = Fixture::new().await;
    fixture.receive(SOUND).await;
    fixture.store.blocking(|_| Ok(())).await.unwrap();
    assert_eq!(fixture.store.alerts().await.unwrap(), []);
    let path = fixture.dir.path().join("shadow.db");
    empty_log(&path);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8192..].fill(0x5a);
    // In place, as a disk does it.
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|mut file| io::Write::write_all(&mut file, &bytes))
        .unwrap();
    let _ = fixture.store.accounts().await;
    let _ = fixture.store.ledger(10).await;
    let alerts = fixture.store.alerts().await.unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].kind, AlertKind::ShadowDamaged);
    assert!(alerts[0].words.contains("shadowmail restore"), "{alerts:?}");
}

#[tokio::test]
async fn a_damaged_segment_does_not_stop_the_server() {
    let fixture = Fixture::new().await;
    let id = fixture.receive(DAMAGED).await;
    fixture.store.close().await;
    for file in fs::read_dir(fixture.dir.path().join("days/2026-11-22")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|it| it == "seg") {
            fs::write(path, b"garbage").unwrap();
        }
    }
    let store = fixture.reopened().await;
    let record = store.record(id).await;
    assert!(matches!(record, Err(StoreError::Damaged(..))), "{record:?}");
    keep(&store, DAMAGED).await.unwrap();
}

#[tokio::test]
async fn only_shadow_db_is_indispensable() {
    let Fixture { dir, store, .. } = Fixture::new().await;
    store.close().await;
    drop(store);
    fs::write(dir.path().join("shadow.db"), [b'x'; 9000]).unwrap();
    let error = Store::open(dir.path()).await.err().unwrap();
    let words = error.to_string();
    assert!(words.contains("shadowmail restore"), "{words}");
}

#[tokio::test]
async fn a_store_that_has_forgotten_whose_its_mail_is_does_not_open() {
    let forget = [
        |path: &Path| fs::remove_file(path).unwrap(),
        |path: &Path| fs::write(path, "").unwrap(),
    ];
    for forget in forget {
        let fixture = Fixture::new().await;
        fixture.receive(SOUND).await;
        fixture.store.close().await;
        drop(fixture.store);
        for log in ["shadow.db-wal", "shadow.db-shm"] {
            let _ = fs::remove_file(fixture.dir.path().join(log));
        }
        forget(&fixture.dir.path().join("shadow.db"));
        let opened = Store::open(fixture.dir.path()).await;
        let error = opened.err().unwrap().to_string();
        assert!(error.contains("shadowmail restore"), "{error}");
    }
}
