use super::*;
use crate::envelope::{Envelope, Source};
use crate::fixture::{Fixture, envelope, time};
use crate::held::Held;

async fn copy(store: &Store, at: &str) {
    let envelope = Envelope {
        source: Source::JournalCopy,
        ..envelope(at)
    };
    store.keep(Held::new(0), envelope).await.unwrap();
}

#[tokio::test]
async fn copies_are_counted_in_spans_that_begin_and_end_anywhere() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for at in [
        "2026-11-20T23:30:00Z",
        "2026-11-20T23:59:59.999Z",
        "2026-11-21T00:00:00Z",
        "2026-11-21T00:30:00Z",
    ] {
        copy(store, at).await;
    }
    // What did not come as a copy does not count.
    fixture.receive("2026-11-20T23:45:00Z").await;
    let span = |from: &str, to: &str| time(from)..time(to);
    let spans = vec![
        span("2026-11-20T23:30:00Z", "2026-11-21T00:30:00Z"),
        span("2026-11-20T23:00:00Z", "2026-11-20T23:30:00Z"),
        span("2026-11-21T00:30:00Z", "2026-11-21T01:30:00Z"),
        span("2026-11-22T00:30:00Z", "2026-11-22T01:30:00Z"),
        span("2026-11-19T00:30:00Z", "2026-11-19T01:30:00Z"),
    ];
    let counts = store.copies_in(spans).await.unwrap();
    assert_eq!(counts, [Some(3), Some(0), Some(1), Some(0), None]);
}
