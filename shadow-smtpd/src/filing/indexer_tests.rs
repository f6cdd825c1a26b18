use super::*;
use crate::filing::fixture::keep;

#[tokio::test]
async fn mail_that_can_not_be_filed_does_not_slow_the_full_text() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    keep(&store).await;
    let indexer = Indexer::new(store.clone());
    let at_once = limits::INDEXING_YIELDS_MAX * 2 / 3;
    let waited = tokio::time::timeout(at_once, indexer.wait(1)).await;
    assert!(waited.is_ok(), "it waited for mail that nobody files");
    store.close().await;
}
