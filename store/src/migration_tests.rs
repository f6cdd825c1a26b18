use jiff::Timestamp;

use super::*;
use crate::alert::AlertKind;
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
        Err(OpenError::InUse(words)) => assert!(words.contains("stop all"), "{words}"),
        other => panic!("{:?}", other.err()),
    }
    assert_eq!(schemas(dir.path()), before);
    drop(running);
    let store = Store::open(dir.path()).await.unwrap();
    assert_eq!(schemas(dir.path()), [SHADOW_SCHEMA.len(), DAY_SCHEMA.len()]);
    store.close().await;
}

#[tokio::test]
async fn one_day_of_an_earlier_version_is_enough() {
    let old = released();
    let fixture = Fixture::new().await;
    let day = fixture.dir.path().join("days/2026-10-01");
    std::fs::rename(old.path().join("days/2026-10-01"), day).unwrap();
    let again = Store::open(fixture.dir.path()).await;
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
