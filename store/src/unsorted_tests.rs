use rusqlite_migration::{M, Migrations};

use super::*;
use crate::database::{DAY_SCHEMA, Database};
use crate::fixture::Fixture;

const SECOND_SCHEMA: &[M<'static>] = &[
    M::up(include_str!("../migrations/day/1.sql")),
    M::up(include_str!("../migrations/day/2.sql")),
];

#[test]
fn what_was_unsorted_before_is_filed_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index.db");
    let mut old = rusqlite::Connection::open(&path).unwrap();
    Migrations::from_slice(SECOND_SCHEMA)
        .to_latest(&mut old)
        .unwrap();
    old.execute_batch(
        "INSERT INTO message (id, segment, offset, length, size, envelope, state, content_start, content_end)
         VALUES (1, 'x.seg', 0, 100, 50, '{}', 'unsorted', NULL, NULL),
                (2, 'x.seg', 100, 100, 50, '{}', 'filed', 3, 9)",
    )
    .unwrap();
    drop(old);
    let index = Database::open(&path, DAY_SCHEMA).unwrap();
    let rows: Vec<(i64, String, Option<u64>)> = index
        .read(|index| {
            let sql = "SELECT id, state, coalesce(content_size, content_end - content_start)
                       FROM message ORDER BY id";
            let mut rows = index.prepare(sql)?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap();
    let want = [
        (1, "unfiled".to_owned(), None),
        (2, "filed".to_owned(), Some(6)),
    ];
    assert_eq!(rows, want);
}

#[tokio::test]
async fn an_envelope_that_can_not_be_read_hides_nothing() {
    let fixture = Fixture::new().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = fixture.keep("2026-11-22T09:00:00Z", b"12345").await;
        fixture.store.file(id, Filing::default()).await.unwrap();
        ids.insert(0, id);
    }
    let index = fixture.dir.path().join("days/2026-11-22/index.db");
    rusqlite::Connection::open(index)
        .unwrap()
        .execute(
            "UPDATE message SET envelope = '{\"source\"' WHERE id = ?1",
            [ids[0].number()],
        )
        .unwrap();
    let unsorted = fixture.store.unsorted_messages(10).await.unwrap();
    let told: Vec<_> = unsorted
        .iter()
        .map(|one| (one.id, one.envelope.is_some()))
        .collect();
    assert_eq!(told, [(ids[0], false), (ids[1], true)]);
}
