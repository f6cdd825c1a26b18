use crate::fixture::{Fixture, envelope, to};
use crate::held::Held;

use super::*;
use crate::filing::{Filing, Owed};

#[tokio::test]
async fn all_is_counted() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    assert_eq!(store.stock().await.unwrap(), Stock::default());

    let mut copy = envelope("2026-11-20T10:00:00Z");
    copy.source = Source::JournalCopy;
    store.keep(Held::new(10), copy).await.unwrap();
    let at = async |at| {
        let mut fallback = envelope(at);
        fallback.source = Source::FallbackMail;
        store.keep(Held::new(10), fallback).await.unwrap()
    };
    let owed = at("2026-11-21T10:00:00Z").await;
    let nobodys = at("2026-11-21T10:00:01Z").await;
    let mut filing = to(fixture.amy);
    filing.owed.push(Owed {
        purpose: Purpose::Return,
        recipient: "amy@corp.example".parse().unwrap(),
        account: Some(fixture.amy),
    });
    store.file(owed, filing).await.unwrap();
    store.file(nobodys, Filing::default()).await.unwrap();
    let stock = store.stock().await.unwrap();
    let want = Stock {
        queue: vec![(Purpose::Return, QueueState::Waiting, 1)],
        unfiled: 1,
        unsorted: 1,
        unindexed: 2,
        days: 2,
        days_unread: 0,
        newest_copy: Some("2026-11-20T10:00:00Z".parse().unwrap()),
    };
    assert_eq!(stock, want);
    let texts = store.unindexed(9).await.unwrap();
    store.index_texts(texts).await.unwrap();
    assert_eq!(store.stock().await.unwrap().unindexed, 0);
}
