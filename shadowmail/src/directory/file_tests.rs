use std::fs;
use std::time::Instant;

use store::ShutOut;
use sync_ad::TooMuchLost;

use super::*;

const ANNA: &str =
    "[[account]]\nlogin = \"anna\"\nname = \"Anna\"\naddresses = [\"a@corp.example\"]\n";

async fn names(store: &Store) -> Vec<String> {
    store
        .accounts()
        .await
        .unwrap()
        .into_iter()
        .map(|account| account.name)
        .collect()
}

#[tokio::test]
async fn a_broken_file_stops_the_first_start_only() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("data")).await.unwrap();
    let file = directory.path().join("users.toml");
    assert!(
        read_at_start(&store, &file).await.is_err(),
        "nobody could sign in"
    );
    fs::write(&file, ANNA).unwrap();
    read_at_start(&store, &file).await.unwrap();
    fs::write(&file, "[[acount]]").unwrap();
    read_at_start(&store, &file).await.unwrap();
    assert_eq!(names(&store).await, ["Anna"]);
}

#[tokio::test]
async fn a_change_is_read_and_a_broken_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("data")).await.unwrap();
    let file = directory.path().join("users.toml");
    fs::write(&file, ANNA).unwrap();
    let seen = read_at_start(&store, &file).await.unwrap();
    let shutdown = CancellationToken::new();
    let watching = tokio::spawn({
        let (store, file, shutdown) = (store.clone(), file.clone(), shutdown.clone());
        async move { watch(&store, &file, seen, shutdown).await }
    });

    fs::write(&file, "broken").unwrap();
    fs::write(&file, ANNA.replace("\"Anna\"", "\"Anna Becker\"")).unwrap();
    let began = Instant::now();
    while names(&store).await != ["Anna Becker"] {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the change was not read"
        );
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    watching.await.unwrap();
}

#[test]
fn only_a_store_that_fails_is_worth_another_try() {
    let failed = || SyncError::Store(StoreError::Missing("it".to_owned()));
    let guarded = TooMuchLost::new(Vec::new(), ShutOut::default());
    let guarded = SyncError::TooMuchLost(guarded);
    assert!(is_final(&Ok(())));
    assert!(is_final(&Err(anyhow::anyhow!("the file is wrong"))));
    assert!(is_final(&Err(guarded.into())));
    let refused = SyncError::Store(StoreError::Refused("twice".to_owned()));
    assert!(is_final(&Err(refused.into())));
    assert!(!is_final(&Err(failed().into())));
    assert!(!is_final(&Err(
        anyhow::Error::new(failed()).context("not mirrored")
    )));
}
