use std::fs;
use std::time::Duration;

use super::*;
use crate::error::OpenError;
use crate::fixture::{Fixture, envelope};

#[tokio::test]
async fn many_sessions_keep_at_once_and_each_finds_its_own_bytes() {
    let fixture = Fixture::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..300_u32 {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            let mut held = Held::new(100);
            held.append(&number.to_le_bytes()).unwrap();
            // Half of them on the other side of midnight.
            let at = if number % 2 == 0 {
                "2026-11-21T23:59:59Z"
            } else {
                "2026-11-22T00:00:00Z"
            };
            (number, store.keep(held, envelope(at)).await.unwrap())
        });
    }
    let kept = tasks.join_all().await;
    let later = fixture.reopened().await;
    for (number, id) in kept {
        assert_eq!(later.record(id).await.unwrap(), number.to_le_bytes());
    }
    assert_eq!(later.unfiled(1000).await.unwrap().len(), 300);
    assert_eq!(later.days().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_cut_tail_is_no_message_and_is_never_appended_to() {
    let fixture = Fixture::new().await;
    let id = fixture.keep("2026-11-22T09:12:00Z", b"kept").await;
    let day = fixture.dir.path().join("days/2026-11-22");
    let segment = fs::read_dir(&day)
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes.extend_from_slice(b"SMR\x01 half a rec");
    fs::write(&segment, &bytes).unwrap();

    let later = fixture.reopened().await;
    assert_eq!(later.unfiled(10).await.unwrap().len(), 1);
    let mut held = Held::new(100);
    held.append(b"next").unwrap();
    let next = later
        .keep(held, envelope("2026-11-22T09:13:00Z"))
        .await
        .unwrap();
    assert_eq!(later.record(id).await.unwrap(), b"kept");
    assert_eq!(later.record(next).await.unwrap(), b"next");
    assert_eq!(fs::read(&segment).unwrap(), bytes);
}

#[tokio::test]
async fn a_damaged_message_says_so_and_the_others_are_read() {
    let fixture = Fixture::new().await;
    let first = fixture.keep("2026-11-22T09:12:00Z", &[b'a'; 500]).await;
    let second = fixture.keep("2026-11-22T09:13:00Z", &[b'b'; 500]).await;
    let place = fixture
        .store
        .blocking(move |inner| Ok(inner.row(first)?.place))
        .await
        .unwrap();
    let path = fixture
        .dir
        .path()
        .join("days/2026-11-22")
        .join(&place.segment);
    let mut bytes = fs::read(&path).unwrap();
    let middle = usize::try_from(place.offset + place.length / 2).unwrap();
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        fixture.store.record(first).await,
        Err(StoreError::Damaged(..))
    ));
    assert_eq!(fixture.store.record(second).await.unwrap(), [b'b'; 500]);
}

#[tokio::test]
async fn closing_finishes_and_then_refuses() {
    let fixture = Fixture::new().await;
    let id = fixture.keep("2026-11-22T09:12:00Z", b"x").await;
    fixture.store.close().await;
    let late = fixture
        .store
        .keep(Held::new(0), envelope("2026-11-22T09:12:00Z"))
        .await;
    assert!(matches!(late, Err(KeepError::Failed(_))), "{late:?}");
    assert_eq!(fixture.store.record(id).await.unwrap(), b"x");
}

#[tokio::test]
async fn a_newer_store_is_refused_by_name() {
    for database in ["shadow.db", "days/2026-11-22/index.db"] {
        let fixture = Fixture::new().await;
        fixture.keep("2026-11-22T09:12:00Z", b"x").await;
        fixture.store.close().await;
        let path = fixture.dir.path().join(database);
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", 999).unwrap();
        drop(connection);
        match Store::open(fixture.dir.path()).await {
            Err(OpenError::Newer(found)) => assert_eq!(found, path),
            Err(other) => panic!("{database}: {other}"),
            Ok(_) => panic!("{database} was opened"),
        }
    }
}

#[test]
fn too_much_is_refused_and_not_kept() {
    let mut held = Held::new(5);
    held.append(b"12345").unwrap();
    assert!(matches!(
        held.append(b"6"),
        Err(KeepError::TooLarge { limit_bytes: 5 })
    ));
    assert_eq!(held.into_bytes().unwrap(), b"12345");
}

#[tokio::test]
async fn who_finds_the_queue_full_for_too_long_is_asked_to_come_again() {
    let fixture = Fixture::new().await;
    fixture.keep("2026-11-22T09:12:00Z", b"x").await;
    let inner = fixture.store.inner();
    let patience = Patience {
        messages: 3,
        wait: Duration::from_millis(50),
    };
    let (days, disk) = (Arc::clone(&inner.days), Arc::clone(&inner.disk));
    let writer = Arc::new(Writer::start(days, disk, patience).unwrap());
    // A disk that does not answer: nothing gets past the index.
    let (stuck, is_stuck) = oneshot::channel();
    let (free, is_free) = oneshot::channel::<()>();
    let holding = fixture.store.clone();
    let holding = tokio::task::spawn_blocking(move || {
        let index = holding.inner().days.at("2026-11-22".parse().unwrap());
        let held = index.unwrap().index.write(|_| {
            stuck.send(()).unwrap();
            is_free.blocking_recv().unwrap();
            Ok(())
        });
        held.unwrap();
    });
    is_stuck.await.unwrap();

    // What the writer has in hand, what its queue takes, and some more.
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let at = envelope("2026-11-22T09:12:00Z");
        let job = Job::prepare(Held::new(0), &at, &inner.press).unwrap();
        let writer = Arc::clone(&writer);
        tasks.spawn(async move { writer.keep(job).await });
    }
    let first = tasks.join_next().await.unwrap().unwrap();
    assert!(matches!(first, Err(KeepError::Busy)), "{first:?}");
    free.send(()).unwrap();
    holding.await.unwrap();

    let outcomes = tasks.join_all().await;
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(kept >= patience.messages, "{kept}");
    let rows = fixture.store.unfiled(100).await.unwrap().len();
    assert_eq!(rows, 1 + kept, "nobody else was told 250");
    writer.close().await;
}

/// The lengths of the segments of a day, sorted.
fn segments(fixture: &Fixture, day: &str) -> Vec<u64> {
    let files = fs::read_dir(fixture.dir.path().join("days").join(day)).unwrap();
    let mut lengths: Vec<u64> = files
        .map(Result::unwrap)
        .filter(|file| file.path().extension().is_some_and(|end| end == "seg"))
        .map(|file| file.metadata().unwrap().len())
        .collect();
    lengths.sort_unstable();
    lengths
}

/// Changes the index of the day of `id` behind the store's back.
async fn change(fixture: &Fixture, id: MessageId, sql: &'static str) {
    let done = fixture.store.blocking(move |inner| {
        let index = &inner.days.of(id)?.index;
        index.write(|index| Ok(index.execute_batch(sql)?))
    });
    done.await.unwrap();
}

#[tokio::test]
async fn a_batch_without_rows_leaves_no_bytes_behind() {
    let fixture = Fixture::new().await;
    let at = "2026-11-22T09:12:00Z";
    let first = fixture.keep(at, b"first").await;
    let before = segments(&fixture, "2026-11-22");
    let change = async |sql: &'static str| change(&fixture, first, sql).await;
    change(
        "CREATE TRIGGER refuse BEFORE INSERT ON message
         BEGIN SELECT raise(ABORT, 'refused'); END",
    )
    .await;
    for _ in 0..3 {
        let refused = fixture.try_keep(at, &[7; 1000]).await;
        assert!(matches!(refused, Err(KeepError::Failed(_))), "{refused:?}");
        assert_eq!(segments(&fixture, "2026-11-22"), before);
    }
    change("DROP TRIGGER refuse").await;
    let second = fixture.keep(at, b"second").await;
    for (id, bytes) in [(first, b"first".as_slice()), (second, b"second")] {
        assert_eq!(fixture.store.record(id).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_panic_of_the_writer_is_one_batch_and_the_next_is_kept() {
    let fixture = Fixture::new().await;
    let at = envelope("2026-11-22T09:12:00Z");
    // A length that no sum can take makes the arithmetic panic.
    let mut pressed = crate::press::Pressed::small();
    pressed.length = u64::MAX;
    let id = MessageId::next(at.received_at);
    let job = Job {
        id,
        record: Record::new(id, &at, pressed).unwrap(),
        envelope: String::new(),
    };
    let lost = fixture.store.inner().writer.keep(job).await;
    assert!(matches!(lost, Err(KeepError::Failed(_))), "{lost:?}");
    let kept = fixture.keep("2026-11-22T09:12:01Z", b"x").await;
    assert_eq!(fixture.store.record(kept).await.unwrap(), b"x");
}

#[tokio::test]
async fn a_batch_whose_commit_failed_is_taken_back_before_the_next_is_kept() {
    let fixture = Fixture::new().await;
    let at = "2026-11-22T09:12:00Z";
    let first = fixture.keep(at, b"first").await;
    let before = segments(&fixture, "2026-11-22");
    let change = async |sql: &'static str| change(&fixture, first, sql).await;
    // Looked at when it is committed.
    change(
        "CREATE TABLE late (id INTEGER REFERENCES message (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER refuse AFTER INSERT ON message BEGIN INSERT INTO late VALUES (-1); END",
    )
    .await;
    for _ in 0..2 {
        let refused = fixture.try_keep(at, &[7; 1000]).await;
        assert!(matches!(refused, Err(KeepError::Failed(_))), "{refused:?}");
    }
    // Nobody takes it for a message meanwhile.
    let other = fixture.reopened().await;
    assert_eq!(other.unfiled(10).await.unwrap().len(), 1);
    change("DROP TRIGGER refuse; DROP TABLE late").await;
    let second = fixture.keep(at, b"second").await;
    assert_eq!(segments(&fixture, "2026-11-22").len(), 2, "{before:?}");
    assert!(segments(&fixture, "2026-11-22").contains(&before[0]));
    fixture.store.close().await;
    let later = fixture.reopened().await;
    let unfiled = later.unfiled(10).await.unwrap();
    let ids: Vec<_> = unfiled.iter().map(|it| it.id).collect();
    assert_eq!(ids, [first, second]);
}
