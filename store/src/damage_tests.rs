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
    // A copy of the file without a log beside it, as an orderly end leaves it.
    let connection = Connection::open(&path).unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    drop(connection);
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
    assert_eq!(alerts.len(), 1, "{what}");
    assert_eq!(alerts[0].kind, AlertKind::DayDamaged);
    let command = "shadowmail store rebuild 2026-11-22";
    assert!(alerts[0].words.contains(command), "{}", alerts[0].words);
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
