use std::collections::BTreeMap;

use super::*;
use crate::account::AccountId;
use crate::fixture::{Fixture, both_entries, envelope, make_earlier, owed_to, to};
use crate::id::MessageId;
use crate::mailbox::{EntryRow, Folder};
use crate::moves::Flag;
use crate::shadow::Store;
use crate::verify::{Note, verify};

const DAY: &str = "2026-11-22";

/// A closed store with messages of one day: read and starred, owed, merged, not filed.
struct Stage {
    dir: tempfile::TempDir,
    amy: AccountId,
    ids: Vec<MessageId>,
    filings: BTreeMap<MessageId, crate::filing::Filing>,
}

impl Stage {
    async fn new() -> Self {
        let Fixture {
            dir,
            store,
            amy,
            bo,
            ..
        } = Fixture::new().await;
        let mut ids = Vec::new();
        let mut filings = BTreeMap::new();
        for number in 0..40_u8 {
            let at = format!("2026-11-22T09:12:{number:02}Z");
            let mut held = crate::held::Held::new(1000);
            held.append(&[b'a' + number % 26; 200]).unwrap();
            let id = store.keep(held, envelope(&at)).await.unwrap();
            let mut filing = match number % 3 {
                0 => owed_to(amy, "amy@corp.example"),
                1 => to(amy),
                _ => to(bo),
            };
            // Every fourth is a copy of the one before.
            filing.merge_key = Some([number - u8::from(number % 4 == 3); 32]);
            filing.summary.subject = format!("number {number} {}", "x".repeat(100));
            store.file(id, filing.clone()).await.unwrap();
            ids.push(id);
            filings.insert(id, filing);
        }
        for id in ids.iter().step_by(6) {
            store.set_flag(amy, vec![*id], Flag::Flagged).await.unwrap();
            store.set_flag(amy, vec![*id], Flag::Seen).await.unwrap();
        }
        store
            .move_to(amy, both_entries(ids[0]).to_vec(), Folder::Trash)
            .await
            .unwrap();
        store.close().await;
        Self {
            dir,
            amy,
            ids,
            filings,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("days").join(DAY).join("index.db")
    }

    async fn rebuild(&self) -> Rebuilt {
        let only = Some(DAY.parse().unwrap());
        let mut rebuilt = rebuild(self.dir.path(), only, |_| {}).await.unwrap();
        assert_eq!(rebuilt.len(), 1);
        rebuilt.remove(0)
    }

    /// What the filer does with what the rebuild left to it.
    async fn file_again(&self, store: &Store) -> usize {
        let unfiled = store.unfiled(1000).await.unwrap();
        for one in &unfiled {
            let filing = self.filings[&one.id].clone();
            store.file(one.id, filing).await.unwrap();
        }
        unfiled.len()
    }

    async fn seen(&self, store: &Store) -> (Vec<EntryRow>, Vec<EntryRow>, Vec<String>) {
        let page = async |folder| {
            let page = store.mailbox_page(self.amy, folder, None, 100).await;
            page.unwrap().entries
        };
        let ledger = store.ledger(1000).await.unwrap();
        let ledger = ledger
            .iter()
            .map(|row| format!("{} {} {:?}", row.message, row.recipient, row.state));
        let lists = (page(Folder::Inbox).await, page(Folder::Trash).await);
        (lists.0, lists.1, ledger.collect())
    }
}

#[tokio::test]
async fn a_sound_day_is_the_same_afterwards() {
    let stage = Stage::new().await;
    let store = Store::open(stage.dir.path()).await.unwrap();
    let before = stage.seen(&store).await;
    assert_eq!(before.1.len(), 1);
    drop(store);
    let rebuilt = stage.rebuild().await;
    assert_eq!(
        (rebuilt.messages, rebuilt.unfiled, rebuilt.left_out),
        (40, 0, 0)
    );
    let aside = stage.dir.path().join(rebuilt.set_aside.unwrap());
    assert!(aside.exists());
    let store = Store::open(stage.dir.path()).await.unwrap();
    assert_eq!(stage.seen(&store).await, before);
    let seen = verify(stage.dir.path(), None, |_| {}).await.unwrap();
    assert_eq!(seen.findings, []);
    assert!(matches!(seen.notes.as_slice(), [Note::SetAside { .. }]));
}

#[tokio::test]
async fn a_lost_index_is_filed_again_and_owes_nothing_anew() {
    let stage = Stage::new().await;
    let store = Store::open(stage.dir.path()).await.unwrap();
    let before = stage.seen(&store).await;
    let row = store.ledger_of(stage.ids[0]).await.unwrap().remove(0);
    let now = Timestamp::now();
    store.write_off(row.id, "amy", "spam", now).await.unwrap();
    drop(store);
    fs::remove_file(stage.path()).unwrap();
    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.unfiled), (40, 40));
    assert_eq!(rebuilt.set_aside, None);

    let store = Store::open(stage.dir.path()).await.unwrap();
    // Since then somebody has joined the group that the first mail went to.
    let mut filing = stage.filings[&stage.ids[0]].clone();
    filing.owed.push(crate::filing::Owed {
        purpose: crate::queue::Purpose::Return,
        recipient: "new@corp.example".parse().unwrap(),
        account: None,
    });
    store.file(stage.ids[0], filing).await.unwrap();
    stage.file_again(&store).await;
    let after = stage.seen(&store).await;
    assert_eq!(after.2.len(), before.2.len(), "no debt is made anew");
    let settled = store.ledger_of(stage.ids[0]).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert!(settled[0].state.is_settled());
    // Flags and moves were in the index alone.
    assert_eq!(after.0.len(), before.0.len() + before.1.len());
    let seen = verify(stage.dir.path(), None, |_| {}).await.unwrap();
    assert_eq!(seen.findings, []);
}

#[tokio::test]
async fn whatever_page_is_lost_the_rest_is_carried_over() {
    let stage = Stage::new().await;
    drop(Store::open(stage.dir.path()).await.unwrap());
    let sound = fs::read(stage.path()).unwrap();
    let store = Store::open(stage.dir.path()).await.unwrap();
    let before = stage.seen(&store).await;
    drop(store);
    let mut flags_kept = 0;
    for page in 0..sound.len() / 4096 {
        remove_database(&stage.path()).unwrap();
        let mut damaged = sound.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0x5a);
        fs::write(stage.path(), damaged).unwrap();
        let rebuilt = stage.rebuild().await;
        assert_eq!(rebuilt.messages, 40, "page {page}");
        let store = Store::open(stage.dir.path()).await.unwrap();
        stage.file_again(&store).await;
        let after = stage.seen(&store).await;
        let ids = |lists: &(Vec<EntryRow>, Vec<EntryRow>, Vec<String>)| {
            let rows = lists.0.iter().chain(&lists.1);
            let mut ids: Vec<_> = rows.map(|row| row.message).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(ids(&after), ids(&before), "page {page}");
        assert_eq!(after.2, before.2, "page {page}: the ledger");
        flags_kept += usize::from(after.0 == before.0 && after.1 == before.1);
        drop(store);
        let seen = verify(stage.dir.path(), None, |_| {}).await.unwrap();
        assert!(seen.findings.is_empty(), "page {page}: {seen:?}");
    }
    assert!(flags_kept > 0, "some pages hold no flags");
}

#[tokio::test]
async fn a_tail_that_nobody_was_told_about_gets_no_row() {
    let stage = Stage::new().await;
    let dir = stage.path().parent().unwrap().to_owned();
    let (segment, _) = crate::verify::segments(&dir).unwrap().remove(0);
    let mut bytes = fs::read(dir.join(&segment)).unwrap();
    let at = "2026-11-22T10:00:00Z";
    let id = MessageId::new(at.parse().unwrap(), 7);
    let seal = crate::segment::Seal::new(&segment, bytes.len() as u64);
    let record = crate::segment::encode(seal, id, &envelope(at), b"nobody was told").unwrap();
    bytes.extend(&record);
    bytes.extend(&record[..50]);
    fs::write(dir.join(&segment), bytes).unwrap();
    // As an earlier release wrote it.
    make_earlier(&dir);
    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.left_out), (40, 2));
    // Without an index to ask, a whole record may have been promised: it is kept.
    fs::remove_file(stage.path()).unwrap();
    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.left_out), (41, 1));
}

#[tokio::test]
async fn a_row_that_lost_its_record_stays_and_says_so() {
    let stage = Stage::new().await;
    let dir = stage.path().parent().unwrap().to_owned();
    let (segment, length) = crate::verify::segments(&dir).unwrap().remove(0);
    let file = File::options().write(true).open(dir.join(segment)).unwrap();
    file.set_len(length - 10).unwrap();
    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.unfiled), (40, 0));
}

#[tokio::test]
async fn nothing_is_rebuilt_while_anybody_has_it_open() {
    let stage = Stage::new().await;
    let store = Store::open(stage.dir.path()).await.unwrap();
    let refused = rebuild(stage.dir.path(), None, |_| {}).await;
    assert!(matches!(refused, Err(OpenError::InUse(_))), "{refused:?}");
    drop(store);
    rebuild(stage.dir.path(), None, |_| {}).await.unwrap();
}

#[test]
fn every_column_of_a_day_is_carried_over_or_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let index = create(&directory.path().join("index.db")).unwrap();
    let columns = |table: &str| -> Vec<String> {
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        let mut names = index.prepare(&sql).unwrap();
        let names = names.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    let carried = |columns: &str| -> Vec<String> {
        let mut columns: Vec<_> = columns.split(',').map(|it| it.trim().to_owned()).collect();
        columns.sort_unstable();
        columns
    };
    let mut message = columns("message");
    // The full text is made anew.
    message.retain(|column| column != "indexed");
    message.sort_unstable();
    assert_eq!(message, carried(old::MESSAGE));
    for table in [old::ENTRY, old::REFERENCE] {
        let mut names = columns(table.name);
        names.sort_unstable();
        assert_eq!(names, carried(table.columns));
    }
}

#[tokio::test]
async fn the_log_of_an_index_that_is_gone_is_not_played_into_the_new_one() {
    let stage = Stage::new().await;
    // As a kill leaves it: the rows are in the log, and then the file is moved away.
    let killed = {
        let index = Connection::open(stage.path()).unwrap();
        index.pragma_update(None, "journal_mode", "WAL").unwrap();
        index.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        index
            .execute("UPDATE message SET subject = 'old'", [])
            .unwrap();
        fs::read(beside(&stage.path(), "-wal")).unwrap()
    };
    fs::remove_file(stage.path()).unwrap();
    let _ = fs::remove_file(beside(&stage.path(), "-shm"));
    fs::write(beside(&stage.path(), "-wal"), killed).unwrap();

    let rebuilt = stage.rebuild().await;
    assert_eq!(rebuilt.messages, 40);
    assert_eq!(rebuilt.set_aside, None);
    let store = Store::open(stage.dir.path()).await.unwrap();
    assert_eq!(stage.file_again(&store).await, 40);
    let seen = verify(stage.dir.path(), None, |_| {}).await.unwrap();
    assert_eq!(seen.findings, []);
}

#[tokio::test]
async fn a_rebuild_that_was_cut_off_goes_on_with_the_index_it_had_set_aside() {
    let stage = Stage::new().await;
    let store = Store::open(stage.dir.path()).await.unwrap();
    let before = stage.seen(&store).await;
    drop(store);
    let aside = stage
        .path()
        .with_file_name("index.db.damaged-20261122T101112Z");
    fs::rename(stage.path(), aside).unwrap();

    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.left_out), (40, 0));
    let store = Store::open(stage.dir.path()).await.unwrap();
    stage.file_again(&store).await;
    assert_eq!(stage.seen(&store).await, before);
}

#[tokio::test]
async fn a_value_of_another_type_is_damage_of_its_row_alone() {
    let stage = Stage::new().await;
    let path = stage.path();
    // A STRICT table takes no such value: its declaration is changed, as a flipped bit would.
    let change = |sql: &str| {
        let index = Connection::open(&path).unwrap();
        index.execute_batch(sql).unwrap();
    };
    change(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'message';",
    );
    change(
        "UPDATE message SET subject = CAST(subject AS BLOB) WHERE id % 2 = 0; UPDATE message SET merge_key = 7 WHERE id % 2 = 1;",
    );

    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.left_out), (40, 0));
    assert!(rebuilt.unfiled >= 30, "{rebuilt:?}");
}

#[tokio::test]
async fn a_copy_of_a_message_that_is_not_there_is_filed_by_itself() {
    let stage = Stage::new().await;
    let index = Connection::open(stage.path()).unwrap();
    let nowhere = format!("{}-0000000000001", "20261122");
    let copies = index
        .execute(
            "UPDATE message SET merged_into = ?1 WHERE state = 'merged'",
            [nowhere],
        )
        .unwrap();
    assert_eq!(copies, 10);
    drop(index);
    let rebuilt = stage.rebuild().await;
    assert_eq!((rebuilt.messages, rebuilt.unfiled), (40, 10));
}

#[tokio::test]
async fn a_copy_of_a_message_that_aged_stays_one() {
    for home_day in ["2026-11-20", "2026-11-22"] {
        let stage = Stage::new().await;
        let index = Connection::open(stage.path()).unwrap();
        let gone = format!("{}-0000000000001", home_day.replace('-', ""));
        let merge = "UPDATE message SET merged_into = ?1 WHERE state = 'merged'";
        assert_eq!(index.execute(merge, [&gone]).unwrap(), 10);
        drop(index);
        // Something of its day is left: it was thinned.
        let store = Store::open(stage.dir.path()).await.unwrap();
        let left = envelope(&format!("{home_day}T23:00:00Z"));
        store.keep(crate::held::Held::new(9), left).await.unwrap();
        store.close().await;
        drop(store);
        let thinned = |sql: &str| {
            let shadow = Connection::open(stage.dir.path().join("shadow.db")).unwrap();
            shadow.execute(sql, [home_day]).unwrap();
        };
        let unfiled = u64::from(home_day == "2026-11-22");
        thinned("INSERT INTO thinned_day (day, at, survivors) VALUES (?1, 0, 1)");
        assert_eq!(stage.rebuild().await.unfiled, unfiled, "{home_day}");
        thinned("DELETE FROM thinned_day WHERE day = ?1");
        assert_eq!(stage.rebuild().await.unfiled, 10 + unfiled, "{home_day}");
    }
}
