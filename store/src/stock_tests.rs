use crate::fixture::{Fixture, envelope, to};
use crate::held::Held;

use super::*;
use crate::filing::{Filing, Owed};

#[tokio::test]
async fn the_newest_copy_is_looked_for_among_what_is_new() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let keep = async |at: &str, source| {
        let mut envelope = envelope(at);
        envelope.source = source;
        store.keep(Held::new(10), envelope).await.unwrap()
    };
    let newest = async |store: &Store| {
        let newest = store.stock().await.unwrap().newest_copy;
        newest.map(|at| at.to_string()).unwrap_or_default()
    };
    let (copy, mail) = (Source::JournalCopy, Source::FallbackMail);
    let older = keep("2026-11-20T10:00:00Z", copy).await;
    keep("2026-11-20T11:00:00Z", mail).await;
    assert_eq!(newest(store).await, "2026-11-20T10:00:00Z");
    // It is not read again.
    let forget = move |inner: &Inner| {
        inner.days.of(older)?.index.write(|index| {
            let forget = "UPDATE message SET envelope = '{}' WHERE id = ?1";
            Ok(index.execute(forget, [older.number()])?)
        })
    };
    assert_eq!(store.blocking(forget).await.unwrap(), 1);
    assert_eq!(newest(store).await, "2026-11-20T10:00:00Z");
    // Kept a little later than what came after it.
    keep("2026-11-20T10:59:50Z", copy).await;
    assert_eq!(newest(store).await, "2026-11-20T10:59:50Z");
    let last = keep("2026-11-22T10:00:00Z", mail).await;
    keep("2026-11-21T10:00:00Z", copy).await;
    assert_eq!(newest(store).await, "2026-11-21T10:00:00Z");

    let flood = move |inner: &Inner| {
        inner.days.of(last)?.index.write(|index| {
            let flood = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT ?2)
                INSERT INTO message (id, segment, offset, length, size, envelope, state)
                SELECT ?1 + n, '', 0, 0, 0, '{}', 'filed' FROM n";
            Ok(index.execute(flood, (last.number(), limits::COPIES_LOOKED_AT_MAX))?)
        })
    };
    store.blocking(flood).await.unwrap();
    assert_eq!(newest(store).await, "2026-11-21T10:00:00Z");
    assert_eq!(newest(&fixture.reopened().await).await, "", "too far back");
}

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
