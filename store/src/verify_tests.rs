use std::fs;
use std::path::PathBuf;

use super::*;
use crate::fixture::{Fixture, envelope, make_earlier, owed_to, to};
use crate::held::Held;
use crate::segment;

const AT: &str = "2026-11-22T09:12:00Z";
const DAY: &str = "days/2026-11-22";

/// A store with three messages of one day: filed and owed, merged into the first, unfiled.
async fn stage() -> Fixture {
    let fixture = Fixture::new().await;
    let first = fixture.keep(AT, b"Subject: one\r\n\r\nfirst\r\n").await;
    let mut filing = owed_to(fixture.amy, "amy@corp.example");
    filing.merge_key = Some([7; 32]);
    fixture.store.file(first, filing.clone()).await.unwrap();
    let second = fixture.keep(AT, b"Subject: one\r\n\r\ncopy\r\n").await;
    fixture.store.file(second, filing).await.unwrap();
    fixture.keep(AT, &[b'x'; 300]).await;
    // What is on disk is complete only when nobody has it open any more: the WAL is merged.
    fixture.store.close().await;
    fixture
}

async fn look(fixture: &Fixture) -> Verification {
    verify(fixture.dir.path(), None, |_| {}).await.unwrap()
}

fn segment_of(fixture: &Fixture) -> PathBuf {
    let files = fs::read_dir(fixture.dir.path().join(DAY)).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    files
        .find(|path| path.extension().is_some_and(|it| it == "seg"))
        .unwrap()
}

fn sql(fixture: &Fixture, database: &str, change: &str) {
    let connection = rusqlite::Connection::open(fixture.dir.path().join(database)).unwrap();
    connection.execute_batch(change).unwrap();
}

/// After a change to an index or to `shadow.db`, verify says this and nothing else.
#[track_caller]
fn says(seen: &Verification, want: &[&str]) {
    let got: Vec<String> = seen.findings.iter().map(ToString::to_string).collect();
    assert_eq!(got.len(), want.len(), "{got:#?}");
    for (got, want) in got.iter().zip(want) {
        assert!(got.contains(want), "{got:?} does not say {want:?}");
    }
}

#[tokio::test]
async fn a_sound_store_has_no_finding() {
    let fixture = stage().await;
    let seen = look(&fixture).await;
    says(&seen, &[]);
    assert_eq!(seen.notes, []);
    assert_eq!((seen.days, seen.records), (1, 3));
    assert!(seen.is_sound());
}

#[tokio::test]
async fn any_changed_byte_of_a_segment_is_found() {
    let fixture = stage().await;
    let path = segment_of(&fixture);
    let sound = fs::read(&path).unwrap();
    // All bytes are tried where a segment is read (`scan`); here those of every region.
    for at in (0..sound.len()).step_by(5) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x04;
        fs::write(&path, damaged).unwrap();
        let seen = look(&fixture).await;
        assert_eq!(seen.findings.len(), 1, "byte {at}: {seen:?}");
        assert_eq!(seen.records, 2, "byte {at}: the others are read");
    }
}

#[tokio::test]
async fn any_truncation_of_a_segment_is_found() {
    let fixture = stage().await;
    let path = segment_of(&fixture);
    let sound = fs::read(&path).unwrap();
    for length in (0..sound.len()).step_by(5) {
        fs::write(&path, &sound[..length]).unwrap();
        assert!(!look(&fixture).await.is_sound(), "cut at {length}");
    }
    fs::remove_file(&path).unwrap();
    says(&look(&fixture).await, &["is missing, and 3 messages"]);
}

#[tokio::test]
async fn what_a_crash_left_is_no_damage() {
    let fixture = stage().await;
    let path = segment_of(&fixture);
    let mut bytes = fs::read(&path).unwrap();
    let id = crate::id::MessageId::new(crate::fixture::time(AT), 99);
    let name = path.file_name().unwrap().to_str().unwrap();
    let seal = segment::Seal::new(name, bytes.len() as u64);
    let record = segment::encode(seal, id, &envelope(AT), b"nobody was told").unwrap();
    bytes.extend(&record);
    bytes.extend(&record[..record.len() / 2]);
    fs::write(&path, bytes).unwrap();
    let seen = look(&fixture).await;
    says(&seen, &[]);
    assert!(
        matches!(
            seen.notes.as_slice(),
            [Note::RowsToCome { messages: 1, .. }]
        ),
        "{:?}",
        seen.notes
    );
    // As an earlier release wrote it.
    make_earlier(path.parent().unwrap());
    let seen = look(&fixture).await;
    says(&seen, &[]);
    assert!(
        matches!(seen.notes.as_slice(), [Note::Tail { messages: 1, .. }]),
        "{:?}",
        seen.notes
    );
}

/// Changes one thing in a sound store, and looks what verify says.
async fn check(database: &str, change: &str, want: &[&str]) {
    let fixture = stage().await;
    sql(&fixture, database, change);
    says(&look(&fixture).await, want);
}

const INDEX: &str = "days/2026-11-22/index.db";

#[tokio::test]
async fn rows_are_compared_with_records() {
    let filed = async |what: &str, want: &str| {
        let change = format!("UPDATE message SET {what} WHERE state = 'filed'");
        check(INDEX, &change, &[want]).await;
    };
    filed("size = size + 1", "another size").await;
    filed("length = 5", "another length").await;
    filed("envelope = '{}'", "another envelope").await;
    let unfiled = async |what: &str, want: &str| {
        let change = format!("UPDATE message SET {what} WHERE state = 'unfiled'");
        check(INDEX, &change, &[want]).await;
    };
    unfiled("offset = offset + 1", "no such record").await;
    unfiled("offset = 1", "no record begins there").await;
    let lost = "DELETE FROM message WHERE state = 'merged'";
    check(INDEX, lost, &["is not in the index"]).await;
    let lost = "DELETE FROM message WHERE state = 'unfiled'";
    check(INDEX, lost, &["is not in the index"]).await;
    // In segments of earlier releases nobody knows whether the last batch was committed.
    let earlier = async |lost: &str, want: &[&str]| {
        let fixture = stage().await;
        make_earlier(segment_of(&fixture).parent().unwrap());
        sql(&fixture, INDEX, lost);
        says(&look(&fixture).await, want);
    };
    earlier("DELETE FROM message WHERE state = 'unfiled'", &[]).await;
    let lost = "DELETE FROM message WHERE state <> 'filed'";
    earlier(lost, &["is not in the index"]).await;
}

#[tokio::test]
async fn rows_keep_the_rules() {
    let filed = async |what: &str, want: &str| {
        let change = format!("UPDATE message SET {what} WHERE state = 'filed'");
        check(INDEX, &change, &[want]).await;
    };
    filed("state = 'lost'", "no state \"lost\"").await;
    filed("content_start = 0, content_end = 9999", "outside of its").await;
    filed("merged_into = 'x'", "merged and not merged").await;
    let into = |id: &str| format!("UPDATE message SET merged_into = '{id}' WHERE state = 'merged'");
    let nowhere = "20261122-0000000000001";
    check(
        INDEX,
        &into(nowhere),
        &["merged into 20261122-0000000000001, which"],
    )
    .await;
    check(INDEX, &into("20261001-0000000000001"), &[]).await; // aged meanwhile
    let chain = "UPDATE message SET state = 'merged', merged_into = '20261001-0000000000001'
        WHERE state = 'filed'";
    check(INDEX, chain, &["which is merged itself"]).await;
}

#[tokio::test]
async fn entries_and_the_queue_keep_the_rules() {
    let counted = "account 1 hold others than are counted";
    let strange = ["account 99 of", "account 99 hold others", counted];
    check(INDEX, "UPDATE entry SET account = 99", &strange).await;
    let strange = ["folder \"x\"", counted];
    check(INDEX, "UPDATE entry SET folder = 'x'", &strange).await;
    let change = "UPDATE entry SET moved = 'attic'";
    check(INDEX, change, &["moved to \"attic\""]).await;
    for change in [
        "UPDATE folder_count SET total = total + 1",
        "UPDATE folder_count SET unread = 0",
        "DELETE FROM folder_count",
        "INSERT INTO folder_count VALUES (99, 'inbox', 1, 0)",
    ] {
        check(INDEX, change, &["others than are counted"]).await;
    }
    let empty = "INSERT INTO folder_count VALUES (99, 'inbox', 0, 0)";
    check(INDEX, empty, &[]).await;
    let change = "PRAGMA foreign_keys = OFF; UPDATE entry SET message = 5";
    check(INDEX, change, &["points at nothing in message"]).await;
    let change = "UPDATE queue SET message = 5";
    let want = "message 20261122-0000000000005, which it hands over, is not";
    check("shadow.db", change, &[want]).await;
    let change = "UPDATE queue SET state = 'gone'";
    check("shadow.db", change, &["row 1 of the queue"]).await;
    let change = "UPDATE queue SET message = 5, state = 'delivered'";
    check("shadow.db", change, &[]).await;
}

#[tokio::test]
async fn a_missing_or_empty_index_is_found() {
    let fixture = stage().await;
    let path = fixture.dir.path().join(INDEX);
    fs::write(&path, b"").unwrap();
    let _ = fs::remove_file(path.with_extension("db-wal"));
    says(&look(&fixture).await, &["missing or empty"]);
    fs::write(&path, [b'x'; 9000]).unwrap();
    says(&look(&fixture).await, &["index.db can not be read"]);
    fs::remove_file(&path).unwrap();
    let seen = look(&fixture).await;
    says(&seen, &["missing or empty"]);
    assert_eq!(seen.records, 3, "the records are checked all the same");
    assert!(!path.exists(), "nothing is made");
}

#[tokio::test]
async fn leftovers_and_strange_files_are_named() {
    let fixture = stage().await;
    let root = fixture.dir.path();
    fs::create_dir(root.join("days/.dropped-2026-10-01")).unwrap();
    fs::create_dir(root.join("days/.thinned-2026-10-02")).unwrap();
    sql(
        &fixture,
        "shadow.db",
        "INSERT INTO dropped_day (day) VALUES ('2026-10-02')",
    );
    fs::write(root.join("days/2026-11-22/notes.txt"), b"").unwrap();
    let seen = look(&fixture).await;
    says(&seen, &[]);
    let notes: Vec<String> = seen.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].contains("notes.txt"), "{notes:?}");
    assert!(notes[1].contains("aging of 2026-10-01"), "{notes:?}");
    assert!(notes[2].contains("aging of 2026-10-02"), "{notes:?}");
}

#[tokio::test]
async fn a_store_that_is_written_meanwhile_is_sound() {
    let fixture = Fixture::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let (store, amy) = (fixture.store.clone(), fixture.amy);
        tasks.spawn(async move {
            for number in 0..60 {
                // Two of one millisecond may by chance get one id, and the batch is refused.
                let at = format!("2026-11-22T09:12:{number:02}.{task:03}Z");
                let mut held = Held::new(100);
                held.append(b"Subject: x\r\n\r\n").unwrap();
                let id = store.keep(held, envelope(&at)).await.unwrap();
                store.file(id, to(amy)).await.unwrap();
            }
        });
    }
    let mut looked = 0;
    while tasks.try_join_next().is_none() || looked == 0 {
        let seen = look(&fixture).await;
        says(&seen, &[]);
        assert_eq!(seen.notes, []);
        looked += 1;
    }
    tasks.join_all().await;
    assert_eq!(look(&fixture).await.records, 480);
}

/// A copy of what aged with a thinned day is no damage; of another day it is.
#[tokio::test]
async fn a_copy_outlives_its_home() {
    let fixture = stage().await;
    let home = "20261001-0000000000001";
    fs::create_dir(fixture.dir.path().join("days/2026-10-01")).unwrap();
    let change = format!("UPDATE message SET merged_into = '{home}' WHERE state = 'merged'");
    sql(&fixture, INDEX, &change);
    fixture.reopened().await.close().await;
    says(&look(&fixture).await, &["is not in the store"]);
    for table in ["thinned_day", "dropped_day"] {
        let values = if table == "thinned_day" {
            "('2026-10-01', 0, 1)"
        } else {
            "('2026-10-01', 1)"
        };
        sql(
            &fixture,
            "shadow.db",
            &format!("INSERT INTO {table} VALUES {values}"),
        );
        says(&look(&fixture).await, &[]);
        sql(&fixture, "shadow.db", &format!("DELETE FROM {table}"));
    }
}

/// The rows are read first, and so much mail comes before the last segment is.
#[tokio::test(flavor = "multi_thread")]
async fn much_mail_that_comes_meanwhile_is_no_damage() {
    let fixture = Fixture::new().await;
    let other = fixture.reopened().await;
    let keep = |store: crate::Store, number: usize| async move {
        let at = format!(
            "2026-11-22T09:{:02}:{:02}.{:03}Z",
            12 + number / 60_000,
            number / 1000 % 60,
            number % 1000
        );
        let mut held = Held::new(100);
        held.append(b"Subject: x\r\n\r\n").unwrap();
        store.keep(held, envelope(&at)).await.unwrap()
    };
    let dir = fixture.dir.path().join(DAY);
    keep(fixture.store.clone(), 0).await;
    let (first, _) = segments(&dir).unwrap().remove(0);
    keep(other.clone(), 1).await;
    // Segments are read in the order of their names.
    let last = if segments(&dir).unwrap()[0].0 == first {
        other
    } else {
        fixture.store.clone()
    };
    let runtime = tokio::runtime::Handle::current();
    let reports = std::sync::atomic::AtomicUsize::new(0);
    let meanwhile = move |progress: &Progress| {
        let of_day = progress.doing == "2026-11-22";
        // The first is told before the rows are read, the second with the first record.
        if of_day && reports.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1 {
            let kept = (2..2002).map(|number| keep(last.clone(), number));
            let kept: tokio::task::JoinSet<_> = runtime.block_on(async { kept.collect() });
            runtime.block_on(kept.join_all());
        }
    };
    let seen = verify(fixture.dir.path(), None, meanwhile).await.unwrap();
    says(&seen, &[]);
    assert_eq!((seen.records, seen.notes.len()), (2002, 0));
}

/// What thinning copied was committed all at once, whichever batches it came from.
#[tokio::test]
async fn a_survivor_that_lost_its_row_is_no_tail() {
    let fixture = stage().await;
    let (store, old) = (&fixture.store, fixture.reopened().await);
    let at = "2026-10-01T09:12:00Z";
    let mut last = None;
    for number in 0..3 {
        let mut held = Held::new(100);
        held.append(b"Subject: x\r\n\r\n").unwrap();
        let id = old.keep(held, envelope(at)).await.unwrap();
        let filing = match number {
            0 => to(fixture.amy),
            _ => owed_to(fixture.amy, "amy@corp.example"),
        };
        old.file(id, filing).await.unwrap();
        last = last.max(Some(id));
    }
    let last = last.unwrap();
    let aging = crate::aging::Aging {
        day: last.day(),
        limit: crate::survivor::DayLimit::OverBut(std::collections::BTreeSet::new()),
        by: "shadowmail".to_owned(),
        now: crate::fixture::time(AT),
    };
    assert_eq!(store.age_day(aging, |_| {}).await.unwrap().survivors, 2);
    old.close().await;
    says(&look(&fixture).await, &[]);
    let lost = format!(
        "PRAGMA foreign_keys = OFF; DELETE FROM entry WHERE message = {0};
         DELETE FROM reference WHERE message = {0}; DELETE FROM message WHERE id = {0}",
        last.number()
    );
    sql(&fixture, "days/2026-10-01/index.db", &lost);
    let want = format!("message {last} at byte");
    let seen = look(&fixture).await;
    let found: Vec<String> = seen.findings.iter().map(ToString::to_string).collect();
    assert!(
        found
            .iter()
            .any(|it| it.contains(&want) && it.contains("is not in the index")),
        "{found:?}"
    );
    assert_eq!(seen.notes, []);
    let root = fixture.dir.path().to_owned();
    drop((old, fixture.store));
    let day = last.day();
    crate::rebuild::of_day(&root, day, &[day]).unwrap();
    let again = crate::Store::open(&root).await.unwrap();
    assert_eq!(again.record(last).await.unwrap(), b"Subject: x\r\n\r\n");
}
