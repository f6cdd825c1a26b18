//! What the tests of the filer and of the indexer share.

use jiff::Timestamp;
use store::{Envelope, Held, MessageId, Peer, ReversePath, Source, Store};

/// Keeps a small mail.
pub(super) async fn keep(store: &Store) -> MessageId {
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
        dsn: None,
    };
    store.keep(held, envelope).await.unwrap()
}
