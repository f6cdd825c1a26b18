use std::fs;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::*;
use crate::fixture::{Fixture, both_entries, to};

const FIRST_SCHEMA: &[M<'static>] = &[M::up(include_str!("../migrations/day/1.sql"))];
const SECOND_SCHEMA: &[M<'static>] = &[
    M::up(include_str!("../migrations/day/1.sql")),
    M::up(include_str!("../migrations/day/2.sql")),
];

/// What lies where and how much of it is unread: what the pages list, which must be what the
/// counts say.
async fn folders(fixture: &Fixture) -> Vec<(&'static str, u64, u64)> {
    let counts = fixture.store.folder_counts(fixture.amy).await.unwrap();
    for count in &counts {
        let page = fixture
            .store
            .mailbox_page(fixture.amy, count.folder, None, 200)
            .await
            .unwrap();
        let unread = page.entries.iter().filter(|entry| !entry.seen).count();
        let listed = (page.entries.len() as u64, unread as u64);
        assert_eq!((count.total, count.unread), listed, "{}", count.folder);
        assert!(
            page.entries
                .iter()
                .all(|entry| entry.folder == count.folder)
        );
    }
    let counts = counts.into_iter().filter(|count| count.total > 0);
    counts
        .map(|count| (count.folder.as_str(), count.total, count.unread))
        .collect()
}

fn names(messages: &[MessageId]) -> Vec<EntryName> {
    messages.iter().map(|id| (*id).into()).collect()
}

fn is_missing<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Missing(_)))
}

#[tokio::test]
async fn marks_are_set_and_cleared_on_many_at_once() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let one = fixture.receive("2026-11-21T09:12:00Z").await;
    let two = fixture.receive("2026-11-22T09:12:00Z").await;
    let foreign = fixture.keep("2026-11-22T09:13:00Z", b"x").await;
    store.file(foreign, to(fixture.bo)).await.unwrap();
    let all = vec![one, two, foreign];
    for flag in [Flag::Seen, Flag::Answered, Flag::Forwarded, Flag::Flagged] {
        store.set_flag(amy, all.clone(), flag).await.unwrap();
    }
    for id in [one, two] {
        let entry = store.entry(amy, id).await.unwrap();
        assert!(entry.seen && entry.answered && entry.forwarded && entry.flagged);
    }
    assert!(!store.entry(fixture.bo, foreign).await.unwrap().seen);
    assert_eq!(folders(&fixture).await, [("inbox", 2, 0)]);
    store.clear_flag(amy, all, Flag::Seen).await.unwrap();
    assert_eq!(folders(&fixture).await, [("inbox", 2, 2)]);
    assert!(store.entry(amy, one).await.unwrap().flagged);
    assert!(is_missing(
        &store.set_flag(amy, vec![foreign], Flag::Seen).await
    ));
}

#[tokio::test]
async fn entries_move_between_folders_and_back() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let one = fixture.receive("2026-11-21T09:12:00Z").await;
    let two = fixture.receive("2026-11-22T09:12:00Z").await;
    fixture.receive("2026-11-22T09:13:00Z").await;
    let both = names(&[one, two]);
    store.set_flag(amy, vec![one], Flag::Seen).await.unwrap();
    for (to, lies) in [
        (Folder::Archive, ("archive", 2, 1)),
        (Folder::Junk, ("junk", 2, 1)),
        (Folder::Trash, ("trash", 2, 1)),
    ] {
        assert_eq!(store.move_to(amy, both.clone(), to).await.unwrap(), 2);
        assert_eq!(folders(&fixture).await, [("inbox", 1, 1), lies]);
        assert_eq!(store.entry(amy, one).await.unwrap().folder, to);
    }
    // Undo, and what a mail that came in does in Sent: it goes home.
    for home in [Folder::Inbox, Folder::Sent] {
        store
            .move_to(amy, both.clone(), Folder::Trash)
            .await
            .unwrap();
        store.move_to(amy, both.clone(), home).await.unwrap();
        assert_eq!(folders(&fixture).await, [("inbox", 3, 2)]);
    }
    // Another copy of the mail does not bring it back.
    store
        .move_to(amy, both.clone(), Folder::Trash)
        .await
        .unwrap();
    store.file(one, to(amy)).await.unwrap();
    assert_eq!(store.entry(amy, one).await.unwrap().folder, Folder::Trash);
}

#[tokio::test]
async fn the_two_entries_of_a_mail_to_oneself_go_their_own_ways() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let id = fixture.write_to_oneself("2026-11-22T09:12:00Z").await;
    let [inbox, sent] = both_entries(id);
    assert_eq!(folders(&fixture).await, [("inbox", 1, 1), ("sent", 1, 0)]);
    assert_eq!(store.entry(amy, sent).await.unwrap().folder, Folder::Sent);
    assert_eq!(store.entry(amy, sent).await.unwrap().name(), sent);

    store
        .move_to(amy, vec![inbox], Folder::Trash)
        .await
        .unwrap();
    assert_eq!(folders(&fixture).await, [("sent", 1, 0), ("trash", 1, 1)]);
    store.move_to(amy, vec![sent], Folder::Trash).await.unwrap();
    assert_eq!(folders(&fixture).await, [("trash", 2, 1)]);
    store.move_to(amy, vec![sent], Folder::Inbox).await.unwrap();
    assert_eq!(folders(&fixture).await, [("sent", 1, 0), ("trash", 1, 1)]);

    // Read is read: the mark is on the message.
    store.set_flag(amy, vec![id], Flag::Seen).await.unwrap();
    assert_eq!(folders(&fixture).await, [("sent", 1, 0), ("trash", 1, 0)]);

    store.delete_for_good(amy, vec![inbox]).await.unwrap();
    assert_eq!(folders(&fixture).await, [("sent", 1, 0)]);
    assert_eq!(store.entry(amy, id).await.unwrap().name(), sent);
}

#[tokio::test]
async fn what_is_deleted_for_good_is_gone_for_its_owner_alone() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let one = fixture.receive("2026-11-21T09:12:00Z").await;
    let two = fixture.receive("2026-11-22T09:12:00Z").await;
    let shared = fixture.receive("2026-11-22T09:13:00Z").await;
    store.file(shared, to(fixture.bo)).await.unwrap();
    // Only from the trash.
    assert!(is_missing(&store.delete_for_good(amy, names(&[one])).await));
    let all = names(&[one, two, shared]);
    store
        .move_to(amy, all.clone(), Folder::Trash)
        .await
        .unwrap();
    assert_eq!(store.delete_for_good(amy, names(&[one])).await.unwrap(), 1);
    assert_eq!(folders(&fixture).await, [("trash", 2, 2)]);
    assert_eq!(store.empty_trash(amy).await.unwrap(), 2);
    assert!(folders(&fixture).await.is_empty());
    for id in [one, two, shared] {
        assert!(is_missing(&store.entry(amy, id).await));
        assert!(is_missing(&store.set_flag(amy, vec![id], Flag::Seen).await));
        assert!(is_missing(
            &store.move_to(amy, names(&[id]), Folder::Inbox).await
        ));
        // Filing it again does not bring it back, and tracing has its bytes.
        store.file(id, to(amy)).await.unwrap();
        assert!(is_missing(&store.entry(amy, id).await));
        assert!(!store.content(id).await.unwrap().is_empty());
    }
    assert_eq!(
        store.entry(fixture.bo, shared).await.unwrap().folder,
        Folder::Inbox
    );
}

#[tokio::test]
async fn a_folder_is_marked_as_read_at_once() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    for day in ["20", "21", "22"] {
        fixture.receive(&format!("2026-11-{day}T09:12:00Z")).await;
        let old = fixture.receive(&format!("2026-11-{day}T09:13:00Z")).await;
        store
            .move_to(amy, names(&[old]), Folder::Archive)
            .await
            .unwrap();
    }
    let read = store.mark_folder_seen(amy, Folder::Inbox).await.unwrap();
    assert_eq!(read, 3);
    assert_eq!(
        folders(&fixture).await,
        [("inbox", 3, 0), ("archive", 3, 3)]
    );
    let read = store.mark_folder_seen(amy, Folder::Archive).await.unwrap();
    assert_eq!(read, 3);
    assert_eq!(
        folders(&fixture).await,
        [("inbox", 3, 0), ("archive", 3, 0)]
    );
}

#[tokio::test]
async fn days_of_the_first_release_are_taken_over() {
    let fixture = Fixture::new().await;
    let day = fixture.dir.path().join("days/2026-11-20");
    fs::create_dir(&day).unwrap();
    let mut old = Connection::open(day.join("index.db")).unwrap();
    Migrations::from_slice(FIRST_SCHEMA)
        .to_latest(&mut old)
        .unwrap();
    for (number, folder, trashed, seen) in [
        (1, "inbox", 0, 0),
        (2, "inbox", 1, 0),
        (3, "inbox", 1, 1),
        (3, "sent", 0, 1),
    ] {
        old.execute(
            "INSERT OR IGNORE INTO message (id, segment, offset, length, size, envelope, state)
             VALUES (?1, 'a.seg', 0, 0, 0, '{}', 'filed')",
            [number],
        )
        .unwrap();
        old.execute(
            "INSERT INTO entry (account, folder, message, trashed, seen) VALUES (?1, ?2, ?3, ?4, ?5)",
            (fixture.amy.0, folder, number, trashed, seen),
        )
        .unwrap();
    }
    drop(old);
    assert_eq!(
        folders(&fixture).await,
        [("inbox", 1, 1), ("sent", 1, 0), ("trash", 2, 1)]
    );
    let old = MessageId::from_parts("2026-11-20".parse().unwrap(), 2);
    let home = fixture
        .store
        .move_to(fixture.amy, names(&[old]), Folder::Inbox);
    assert_eq!(home.await.unwrap(), 1);
    assert_eq!(
        folders(&fixture).await,
        [("inbox", 2, 2), ("sent", 1, 0), ("trash", 1, 0)]
    );
}

#[tokio::test]
async fn texts_of_the_second_schema_are_read_again() {
    let fixture = Fixture::new().await;
    let day = fixture.dir.path().join("days/2026-11-20");
    fs::create_dir(&day).unwrap();
    let mut old = Connection::open(day.join("index.db")).unwrap();
    Migrations::from_slice(SECOND_SCHEMA)
        .to_latest(&mut old)
        .unwrap();
    for (number, indexed) in [(1, 0), (2, 1), (3, 1)] {
        old.execute(
            "INSERT INTO message (id, segment, offset, length, size, envelope, state, indexed)
             VALUES (?1, 'a.seg', 0, 0, 0, '{}', 'filed', ?2)",
            [number, indexed],
        )
        .unwrap();
    }
    drop(old);
    fs::write(day.join("text.db"), b"").unwrap();
    let unindexed = fixture.store.unindexed(9).await.unwrap();
    let numbers: Vec<i64> = unindexed.iter().map(|it| it.message.number()).collect();
    // First what nothing is known of. The others stay as they are until then: a day may have many.
    assert_eq!(numbers, [1, 3, 2]);
    let day = fixture.store.blocking(|inner| {
        inner
            .days
            .at("2026-11-20".parse().unwrap())?
            .index
            .read(|index| {
                let unknown = "SELECT count(*) FROM message WHERE indexed = 1";
                Ok(index.query_row(unknown, [], |row| row.get::<_, i64>(0))?)
            })
    });
    assert_eq!(day.await.unwrap(), 2);
}
