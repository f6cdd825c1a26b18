use jiff::SignedDuration;

use super::*;
use crate::filing::{Filing, Owed};
use crate::fixture::{Fixture, envelope, time};
use crate::outbox::Posting;
use crate::queue::{Purpose, Settled};

const NOW: &str = "2026-11-22T09:12:00Z";

/// Amy writes to somebody outside.
async fn write(fixture: &Fixture, purpose: Purpose) {
    let id = fixture.keep(NOW, b"x").await;
    let owed = vec![Owed {
        purpose,
        recipient: "cy@out.example".parse().unwrap(),
        account: None,
    }];
    let filing = Filing {
        owed,
        writer: Some(fixture.amy),
        ..Filing::default()
    };
    fixture.store.file(id, filing).await.unwrap();
}

async fn settle(fixture: &Fixture, outcome: Settled) -> QueueId {
    let (store, now) = (&fixture.store, time("2027-01-01T00:00:00Z"));
    let claims = store.claim(&[Purpose::Send, Purpose::Return], now, 1);
    let id = claims.await.unwrap().remove(0).id;
    let words = "550 5.1.1 no";
    store.settle(id, outcome, words, time(NOW)).await.unwrap();
    id
}

fn notice() -> Posting {
    Posting {
        envelope: envelope(NOW),
        bytes: b"x".to_vec(),
        due_at: time(NOW),
        undo: None,
    }
}

#[tokio::test]
async fn a_writer_is_told_once_that_it_is_late_and_once_that_it_failed() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    write(&fixture, Purpose::Send).await;
    let untold = async |late| store.untold(late, 10).await.unwrap();
    let arrived = store.ledger(1).await.unwrap()[0].changed_at;
    let later = arrived.checked_add(SignedDuration::from_millis(1)).unwrap();
    assert_eq!(untold(Some(arrived)).await, []);
    assert_eq!(untold(None).await, []);
    let late = untold(Some(later)).await.remove(0);
    assert_eq!((late.tell, late.writer), (Told::Delayed, Some(fixture.amy)));
    store
        .post_notice((late.id, Told::Delayed), notice())
        .await
        .unwrap();
    store
        .post_notice((late.id, Told::Delayed), notice())
        .await
        .unwrap();
    assert_eq!(untold(Some(later)).await, []);

    let id = settle(&fixture, Settled::Refused).await;
    let failed = untold(Some(later)).await.remove(0);
    assert_eq!((failed.id, failed.tell), (id, Told::Failed));
    assert_eq!(failed.last_words, "550 5.1.1 no");
    store
        .post_notice((id, Told::Failed), notice())
        .await
        .unwrap();
    store
        .post_notice((id, Told::Failed), notice())
        .await
        .unwrap();
    assert_eq!(untold(Some(later)).await, []);
    for _ in 0..2 {
        let notice = store.leaving(time(NOW)).await.unwrap().unwrap();
        let kept = fixture.keep(NOW, b"x").await;
        store.has_left(notice.id, kept, time(NOW)).await.unwrap();
    }
    assert!(store.leaving(time(NOW)).await.unwrap().is_none());

    // A person lets it be tried again, and it fails again.
    store.release(id, "root", time(NOW)).await.unwrap();
    settle(&fixture, Settled::Refused).await;
    assert_eq!(untold(None).await.len(), 1);
    store.untellable(id, Told::Failed).await.unwrap();
    assert_eq!(untold(None).await, []);
}

#[tokio::test]
async fn what_is_stopped_or_goes_to_the_primary_is_not_told_of() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    write(&fixture, Purpose::Return).await;
    settle(&fixture, Settled::Refused).await;
    write(&fixture, Purpose::Send).await;
    let because = (Some(fixture.amy), "stolen");
    store
        .stop_outbound(because, "root", time(NOW))
        .await
        .unwrap();
    assert_eq!(store.untold(Some(Timestamp::MAX), 10).await.unwrap(), []);
}
