use jiff::Timestamp;

use super::*;
use crate::alert_kind::AlertKind;
use crate::fixture::Fixture;
use crate::released::released;
use crate::shadow::Store;

const FIRST: &str = "days/2026-10-01/index.db";

fn schemas(data_dir: &Path) -> [usize; 2] {
    ["shadow.db", FIRST].map(|name| asked(&data_dir.join(name)).unwrap())
}

#[tokio::test]
async fn nothing_is_migrated_while_an_earlier_version_runs() {
    let dir = released();
    let before = schemas(dir.path());
    let running = lock::share(dir.path()).unwrap();
    match Store::open(dir.path()).await {
        Err(OpenError::InUse(words)) => {
            assert!(words.contains("of an earlier Shadowmail"), "{words}");
        }
        other => panic!("{:?}", other.err()),
    }
    assert_eq!(schemas(dir.path()), before);
    drop(running);
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(schemas(dir.path()), [SHADOW_SCHEMA.len(), DAY_SCHEMA.len()]);
    store.close().await;
}

#[tokio::test]
async fn a_day_that_can_not_be_migrated_locks_nobody_out() {
    let dir = released();
    // The head says its version, and the rest is gone.
    let index = dir.path().join(FIRST);
    let mut bytes = std::fs::read(&index).unwrap();
    bytes[4096..].fill(0x55);
    std::fs::write(&index, bytes).unwrap();
    let open = || Store::open(dir.path());
    let first = open().await.unwrap();
    let damaged = first.damaged_days().await.unwrap();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
    let second = open().await.unwrap();
    second.close().await;
    first.close().await;
    drop((first, second));
    open().await.unwrap();
}

#[tokio::test]
async fn one_day_of_an_earlier_version_is_enough() {
    let old = released();
    let fixture = Fixture::new().await;
    let day = fixture.dir.path().join("days/2026-10-01");
    std::fs::rename(old.path().join("days/2026-10-01"), day).unwrap();
    fixture.store.close().await;
    let dir = fixture.dir;
    drop(fixture.store);
    let _running = lock::share(dir.path()).unwrap();
    let again = Store::open(dir.path()).await;
    assert!(
        matches!(again, Err(OpenError::InUse(_))),
        "{:?}",
        again.err()
    );
}

#[tokio::test]
async fn processes_of_this_version_start_beside_each_other() {
    let dir = released();
    let open = || Store::open(dir.path());
    let (first, second) = tokio::join!(open(), open());
    let (_first, second) = (first.unwrap(), second.unwrap());
    // What was written a moment ago lies in the WAL, and the file looks older than it is.
    second
        .raise_alert(AlertKind::DayDamaged, "a word", Timestamp::now())
        .await;
    open().await.unwrap();
}
