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
async fn a_message_that_can_not_be_filed_stops_no_other_of_its_batch() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let filer = Filer::new(store.clone(), "shadow.example", &[]);
    let (first, last) = (keep(&store).await, keep(&store).await);
    let aged: MessageId = "20200101-0000000000000".parse().unwrap();

    let batch = [first, aged, last].map(|id| (id, Filing::default()));
    let outcomes = filer.file(batch.to_vec()).await;
    let filed: Vec<_> = outcomes
        .iter()
        .map(|(id, outcome)| (*id, outcome.is_ok()))
        .collect();
    assert_eq!(filed, [(first, true), (aged, false), (last, true)]);
    assert_eq!(store.unfiled(10).await.unwrap().len(), 0);
    store.close().await;
}
