use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::aging::{Aging, Fate};
use crate::fixture::{Fixture, drop_day, envelope, make_earlier, owed_to, time, to};
use crate::press::{Contexts, Effort, Pressed};
use crate::rebuild::rebuild;
use crate::segment::{OpenSegment, Record, Seal, encode};
use crate::shadow::Store;
use crate::survivor::DayLimit;
use crate::verify::{Note, verify};

const DAY: &str = "2026-11-22";
/// Bytes of one page in the log, and of the head of the log
/// (<https://www.sqlite.org/fileformat.html>, 4.1).
const FRAME_BYTES: usize = 24 + 4096;
const LOG_HEAD_BYTES: usize = 32;

type Kept = BTreeMap<MessageId, Vec<u8>>;

fn index(root: &Path) -> PathBuf {
    root.join("days").join(DAY).join("index.db")
}

fn log(root: &Path) -> PathBuf {
    root.join("days").join(DAY).join("index.db-wal")
}

/// The segments of the day.
fn segments(root: &Path) -> Vec<PathBuf> {
    let dir = root.join("days").join(DAY);
    let names = crate::verify::segments(&dir).unwrap();
    names.into_iter().map(|(name, _)| dir.join(name)).collect()
}

/// What the disk holds while the store runs. The shared memory beside the databases is none of it.
fn image(root: &Path) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    copy(root, image.path());
    image
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let name = file.file_name();
        if file.file_type().unwrap().is_dir() {
            fs::create_dir_all(to.join(&name)).unwrap();
            copy(&file.path(), &to.join(&name));
        } else if !name.to_str().unwrap().ends_with("-shm") {
            fs::copy(file.path(), to.join(&name)).unwrap();
        }
    }
}

/// Everything is there, and nothing twice; and a second start changes nothing.
async fn check(image: &TempDir, kept: &Kept, filed: &[MessageId], what: &str) {
    for _ in 0..2 {
        let store = Store::open(image.path()).await.unwrap();
        let unfiled = store.unfiled(1000).await.unwrap();
        let ids: Vec<MessageId> = unfiled.iter().map(|it| it.id).collect();
        let want: Vec<MessageId> = kept
            .keys()
            .filter(|it| !filed.contains(it))
            .copied()
            .collect();
        assert_eq!(ids, want, "{what}");
        for (id, bytes) in kept {
            assert_eq!(store.record(*id).await.unwrap(), *bytes, "{what}");
        }
        store.close().await;
    }
    let seen = verify(image.path(), None, |_| {}).await.unwrap();
    assert_eq!((seen.findings, seen.notes), (vec![], vec![]), "{what}");
    assert_eq!(seen.records, kept.len() as u64, "{what}");
}

/// Keeps messages, the first of them filed, and gives what of the log no sync has seen yet.
async fn scene() -> (Fixture, Kept, MessageId, Range<usize>) {
    let fixture = Fixture::new().await;
    let mut kept = Kept::new();
    let first = fixture.keep("2026-11-22T09:12:00Z", b"filed").await;
    kept.insert(first, b"filed".to_vec());
    fixture.store.file(first, to(fixture.amy)).await.unwrap();
    let synced = fs::read(log(fixture.dir.path())).unwrap().len();
    for number in 0..6_u8 {
        let bytes = vec![number; 300];
        kept.insert(fixture.keep("2026-11-22T09:13:00Z", &bytes).await, bytes);
    }
    let length = fs::read(log(fixture.dir.path())).unwrap().len();
    assert!(length > synced + 6 * FRAME_BYTES, "{synced} {length}");
    (fixture, kept, first, synced..length)
}

#[tokio::test]
async fn whatever_a_power_cut_leaves_of_the_log_every_message_is_there_once() {
    let (fixture, kept, first, unsynced) = scene().await;
    let at_end = image(fixture.dir.path());
    let whole = fs::read(log(at_end.path())).unwrap();
    for cut in unsynced.clone().step_by(FRAME_BYTES) {
        for (what, left) in [
            ("cut", whole[..cut].to_vec()),
            ("cut in a page", whole[..cut + FRAME_BYTES / 3].to_vec()),
            // What was written later may be on the disk sooner.
            ("a hole", {
                let mut left = whole.clone();
                left[cut..cut + FRAME_BYTES].fill(0);
                left
            }),
        ] {
            let image = image(at_end.path());
            fs::write(log(image.path()), left).unwrap();
            check(&image, &kept, &[first], &format!("{what} at {cut}")).await;
        }
    }
    check(&at_end, &kept, &[first], "nothing lost").await;
}

#[tokio::test]
async fn the_first_rows_of_a_segment_come_back_too() {
    let fixture = Fixture::new().await;
    let id = fixture.keep("2026-11-22T09:12:00Z", b"first").await;
    let kept = Kept::from([(id, b"first".to_vec())]);
    let whole = fs::read(log(fixture.dir.path())).unwrap();
    let mut lost = 0;
    for cut in (LOG_HEAD_BYTES..whole.len()).step_by(FRAME_BYTES) {
        let left = image(fixture.dir.path());
        fs::write(log(left.path()), &whole[..cut]).unwrap();
        // Looking makes an end of the log.
        let looked_at = image(left.path());
        let index = Connection::open(index(looked_at.path())).unwrap();
        let count = |table| {
            let sql = format!("SELECT count(*) FROM {table}");
            index.query_row(&sql, [], |row| row.get::<_, u64>(0))
        };
        // The tables were synced before the first record was.
        if count("segment").is_ok() {
            lost += u64::from(count("message").unwrap() == 0);
            check(&left, &kept, &[], &format!("cut at {cut}")).await;
        }
    }
    assert!(lost > 0);
}

#[tokio::test]
async fn a_hole_in_front_of_what_was_synced_takes_no_message() {
    let fixture = Fixture::new().await;
    let first = fixture.keep("2026-11-22T09:12:00Z", b"first").await;
    let hole = fs::read(log(fixture.dir.path())).unwrap().len();
    let second = fixture.keep("2026-11-22T09:13:00Z", b"second").await;
    // Another segment, and something that is synced in the log.
    let path = segments(fixture.dir.path()).remove(0);
    let copied = path.with_extension("copy");
    fs::copy(&path, &copied).unwrap();
    fs::rename(&copied, &path).unwrap();
    let third = fixture.keep("2026-11-22T09:14:00Z", b"third").await;
    fixture.store.file(third, to(fixture.amy)).await.unwrap();
    let image = image(fixture.dir.path());
    let mut whole = fs::read(log(image.path())).unwrap();
    whole[hole..hole + FRAME_BYTES].fill(0);
    fs::write(log(image.path()), whole).unwrap();
    let kept = [(first, "first"), (second, "second"), (third, "third")];
    let kept = kept.map(|(id, text)| (id, text.as_bytes().to_vec()));
    check(&image, &Kept::from(kept), &[], "a hole").await;
}

#[tokio::test]
async fn what_could_not_be_done_at_the_start_is_told_and_done_later() {
    let (image, kept, first) = cut_image().await;
    let in_the_way = image.path().join("regain.lock");
    fs::create_dir(&in_the_way).unwrap();
    let store = Store::open(image.path()).await.unwrap();
    assert_eq!(store.unfiled(10).await.unwrap().len(), 0);
    let told = store.damaged_days().await.unwrap();
    assert!(
        told[0].1.contains("newest messages may be missing"),
        "{told:?}"
    );
    // It can be done, and is not tried all the time.
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(store.unfiled(10).await.unwrap().len(), 0);
    let long_ago = Instant::now().checked_sub(limits::UNREAD_DAY_REST).unwrap();
    for (at, _) in store.inner().days.behind.0.lock().unwrap().values_mut() {
        *at = long_ago;
    }
    assert_eq!(store.unfiled(10).await.unwrap().len(), kept.len() - 1);
    assert_eq!(store.damaged_days().await.unwrap(), []);
    store.close().await;
    check(&image, &kept, &[first], "later").await;
}

/// The rows are gone, and nothing else.
async fn cut_image() -> (TempDir, Kept, MessageId) {
    let (fixture, kept, first, unsynced) = scene().await;
    let image = image(fixture.dir.path());
    let whole = fs::read(log(image.path())).unwrap();
    fs::write(log(image.path()), &whole[..unsynced.start]).unwrap();
    (image, kept, first)
}

#[tokio::test]
async fn a_check_says_that_the_next_start_brings_them_back() {
    let (image, _, _) = cut_image().await;
    let seen = verify(image.path(), None, |_| {}).await.unwrap();
    assert_eq!(seen.findings, []);
    let [note @ Note::RowsToCome { messages: 6, .. }] = seen.notes.as_slice() else {
        panic!("{:?}", seen.notes);
    };
    assert!(note.to_string().contains("the next start puts them in"));
}

#[tokio::test]
async fn a_backup_before_the_next_start_has_them() {
    let (image, kept, first) = cut_image().await;
    let copies = tempfile::tempdir().unwrap();
    let into = copies.path().join("backup");
    let copied = crate::backup::backup(image.path(), &into, |_| {}).await;
    let copied = copied.unwrap();
    assert_eq!((copied.messages, copied.trouble), (7, vec![]));
    let again = copies.path().join("data");
    crate::backup::restore(&into, &again, "amy", |_| {})
        .await
        .unwrap();
    let restored = tempfile::tempdir().unwrap();
    copy(&again, restored.path());
    check(&restored, &kept, &[first], "restored").await;
    check(&image, &kept, &[first], "the original").await;
}

#[tokio::test]
async fn a_rebuild_before_the_next_start_has_them() {
    let (image, kept, first) = cut_image().await;
    let rebuilt = rebuild(image.path(), None, |_| {}).await.unwrap();
    assert_eq!(rebuilt.len(), 1);
    assert_eq!((rebuilt[0].messages, rebuilt[0].left_out), (7, 0));
    for file in fs::read_dir(index(image.path()).parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let is_aside = |name: &str| name.starts_with("index.db.damaged");
        if file.file_name().to_str().is_some_and(is_aside) {
            fs::remove_file(file.path()).unwrap();
        }
    }
    check(&image, &kept, &[first], "rebuilt").await;
}

#[tokio::test]
async fn what_is_torn_is_no_message_and_is_read_once() {
    let fixture = Fixture::new().await;
    let at = "2026-11-22T09:12:00Z";
    fixture.keep(at, b"first").await;
    fixture.store.close().await;
    let path = segments(fixture.dir.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let id = MessageId::new(time(at), 99);
    let seal = Seal::new(
        path.file_name().unwrap().to_str().unwrap(),
        bytes.len() as u64,
    );
    let record = encode(seal, id, &envelope(at), b"synced").unwrap();
    bytes.extend(&record);
    bytes.extend(&record[..record.len() / 2]);
    fs::write(&path, &bytes).unwrap();
    let store = fixture.reopened().await;
    assert_eq!(store.unfiled(10).await.unwrap().len(), 2);
    assert_eq!(store.record(id).await.unwrap(), b"synced");
    let day = store.inner().days.at(DAY.parse().unwrap()).unwrap();
    assert_eq!(behind(&day).unwrap(), []);
}

#[tokio::test]
async fn a_batch_between_bytes_and_rows_is_left_to_its_writer() {
    let fixture = Fixture::new().await;
    let at = "2026-11-22T09:12:00Z";
    fixture.keep(at, b"first").await;
    let day = fixture.store.inner().days.at(DAY.parse().unwrap()).unwrap();
    let mut segment = OpenSegment::create(&day.dir).unwrap();
    let mut pressed = Pressed::small();
    let contexts = Contexts::default();
    pressed.add(&contexts, Effort::Usual, b"late").unwrap();
    let id = MessageId::new(time(at), 99);
    let mut record = Record::new(id, &envelope(at), pressed).unwrap();
    segment.append(std::iter::once(&mut record)).unwrap();

    let other = fixture.reopened().await;
    assert_eq!(other.unfiled(10).await.unwrap().len(), 1);
    // Its process dies.
    drop(segment);
    let later = fixture.reopened().await;
    assert_eq!(later.unfiled(10).await.unwrap().len(), 2);
    assert_eq!(other.record(id).await.unwrap(), b"late");
}

/// Takes the rows of unfiled messages, as a disk does that was gone for a moment.
fn lose_rows(root: &Path) {
    let index = Connection::open(index(root)).unwrap();
    let lose = "DELETE FROM message WHERE state = 'unfiled'; DELETE FROM segment";
    index.execute_batch(lose).unwrap();
}

#[tokio::test]
async fn who_begins_a_segment_looks_after_those_before() {
    let fixture = Fixture::new().await;
    let first = fixture.keep("2026-11-22T09:12:00Z", b"first").await;
    lose_rows(fixture.dir.path());
    let path = segments(fixture.dir.path()).remove(0);
    let copied = path.with_extension("copy");
    fs::copy(&path, &copied).unwrap();
    // Another file by now, so it is not appended to any more.
    fs::rename(&copied, &path).unwrap();
    let second = fixture.keep("2026-11-22T09:12:01Z", b"second").await;
    assert_eq!(segments(fixture.dir.path()).len(), 2);
    let ids: Vec<_> = fixture.store.unfiled(10).await.unwrap();
    let ids: Vec<_> = ids.iter().map(|it| it.id).collect();
    assert_eq!(ids, [first, second]);
}

#[tokio::test]
async fn aging_sees_what_lost_its_row_and_what_is_deleted_stays_deleted() {
    let fixture = Fixture::new().await;
    let at = "2026-11-22T09:12:00Z";
    let gone = fixture.receive(at).await;
    let owed = fixture.keep(at, b"owed").await;
    let filing = owed_to(fixture.amy, "amy@corp.example");
    fixture.store.file(owed, filing).await.unwrap();
    let unfiled = fixture.keep(at, b"not filed").await;
    fixture.store.close().await;
    lose_rows(fixture.dir.path());
    let aging = Aging {
        day: DAY.parse().unwrap(),
        limit: DayLimit::OverBut(BTreeSet::new()),
        by: "shadowmail".to_owned(),
        now: time("2026-12-24T00:00:00Z"),
    };
    let aged = fixture.store.age_day(aging, |_| {}).await.unwrap();
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 2));
    let later = fixture.reopened().await;
    let ids: Vec<_> = later.unfiled(10).await.unwrap();
    let ids: Vec<_> = ids.iter().map(|it| it.id).collect();
    assert_eq!(ids, [unfiled]);
    assert_eq!(later.record(owed).await.unwrap(), b"owed");
    assert!(matches!(
        later.record(gone).await,
        Err(StoreError::Missing(_))
    ));

    // What the copies hold and no row names is not theirs to bring back, and a day that went is gone.
    lose_rows(fixture.dir.path());
    later.close().await;
    let later = fixture.reopened().await;
    assert_eq!(later.unfiled(10).await.unwrap().len(), 0);
    let other = "2026-11-23T09:12:00Z";
    let id = later.keep(crate::held::Held::new(0), envelope(other)).await;
    later.file(id.unwrap(), to(fixture.amy)).await.unwrap();
    drop_day(&later, other[..10].parse().unwrap()).await;
    later.close().await;
    let later = fixture.reopened().await;
    assert_eq!(later.days().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_tail_of_an_earlier_release_stays_nobodys() {
    let fixture = Fixture::new().await;
    fixture.keep("2026-11-22T09:12:00Z", b"first").await;
    fixture.store.close().await;
    make_earlier(index(fixture.dir.path()).parent().unwrap());
    lose_rows(fixture.dir.path());
    let store = fixture.reopened().await;
    assert_eq!(store.unfiled(10).await.unwrap().len(), 0);
    store.close().await;
    let seen = verify(fixture.dir.path(), None, |_| {}).await.unwrap();
    assert_eq!(seen.findings, []);
    assert!(matches!(seen.notes.as_slice(), [Note::Tail { .. }]));
}
