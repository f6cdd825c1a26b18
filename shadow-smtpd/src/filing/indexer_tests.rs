use jiff::Timestamp;
use store::{Envelope, Held, Peer, ReversePath, Source};

use super::*;

async fn keep(store: &Store) -> MessageId {
    let mut held = Held::new(100);
    held.append(b"Subject: hi\r\n\r\nhi\r\n").unwrap();
    let envelope = Envelope {
        source: Source::JournalCopy,
        reverse_path: ReversePath::Null,
        recipients: Vec::new(),
        received_at: Timestamp::now(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
    };
    store.keep(held, envelope).await.unwrap()
}

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
