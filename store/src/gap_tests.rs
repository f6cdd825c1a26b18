use super::*;
use crate::fixture::{Fixture, time, to};
use crate::mailbox::Folder;
use crate::queue::Settled;

const MONDAY: &str = "2026-11-16T09:00:00Z";
const TUESDAY: &str = "2026-11-17T09:00:00Z";

#[tokio::test]
async fn all_of_a_time_is_there_but_for_what_was_deleted_for_good() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut ids = Vec::new();
    for at in [
        MONDAY,
        TUESDAY,
        "2026-11-17T10:00:00Z",
        "2026-11-18T00:00:00Z",
    ] {
        let id = fixture.keep(at, at.as_bytes()).await;
        store.file(id, to(fixture.amy)).await.unwrap();
        ids.push(id);
    }
    let span = || time(TUESDAY)..time("2026-11-18T00:00:00Z");
    let messages = async || -> Vec<MessageId> {
        let kept = store.kept_in(fixture.amy, span()).await.unwrap();
        kept.iter().map(|it| it.message).collect()
    };
    assert_eq!(messages().await, ids[1..3]);
    assert!(store.kept_in(fixture.bo, span()).await.unwrap().is_empty());

    let name = store.entry(fixture.amy, ids[1]).await.unwrap().name();
    let moved = store.move_to(fixture.amy, vec![name], Folder::Trash).await;
    assert_eq!(moved.unwrap(), 1);
    assert_eq!(messages().await, ids[1..3]);
    store.empty_trash(fixture.amy).await.unwrap();
    assert_eq!(messages().await, ids[2..3]);
}

#[tokio::test]
async fn what_was_settled_once_is_brought_back_again() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.keep(MONDAY, b"mail").await;
    store
        .file(id, crate::fixture::owed_to(fixture.amy, "amy@corp.example"))
        .await
        .unwrap();
    let now = time(TUESDAY);
    let key = (fixture.amy, id, Purpose::Resend);
    let claim = store
        .claim(&[Purpose::Return], now, 1)
        .await
        .unwrap()
        .remove(0);
    store
        .settle(claim.id, Settled::Delivered, "250", now)
        .await
        .unwrap();
    let before = store.bringing().await.unwrap()[&key];
    assert_eq!(
        (before.state, before.is_again),
        (QueueState::Delivered, false)
    );

    let owner = Recipient {
        account: fixture.amy,
        primary: "amy@corp.example".parse().unwrap(),
    };
    let by = || ("shell:root".to_owned(), "restored".to_owned());
    for purpose in [Purpose::Resend, Purpose::SentCopy] {
        let mails = vec![(id, purpose)];
        let count = store
            .bring_back(owner.clone(), mails.clone(), by(), (now, now))
            .await;
        assert_eq!(count.unwrap(), 1);
        // Somebody else who compared at the same time queues it no second time.
        let again = store
            .bring_back(owner.clone(), mails, by(), (now, now))
            .await;
        assert_eq!(again.unwrap(), 0);
    }
    let after = store.bringing().await.unwrap()[&key];
    assert_eq!((after.state, after.is_again), (QueueState::Waiting, true));
    let both = [Purpose::Resend, Purpose::SentCopy];
    let claims = store.claim(&both, now, 10).await.unwrap();
    assert_eq!(claims.len(), 2);
    assert!(claims.iter().all(|it| it.account == Some(fixture.amy)));
    let rows = store.audit_log(10).await.unwrap();
    assert!(
        rows.iter()
            .any(|row| row.action == "bring-back" && row.detail == "1 mails: restored")
    );
}
