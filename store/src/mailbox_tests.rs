use super::*;
use crate::filing::{Entry, Filing};
use crate::fixture::Fixture;

async fn page(fixture: &Fixture, folder: Folder, before: Option<MessageId>) -> MailboxPage {
    fixture
        .store
        .mailbox_page(fixture.amy, folder, before, 3)
        .await
        .unwrap()
}

fn ids(page: &MailboxPage) -> Vec<MessageId> {
    page.entries.iter().map(|entry| entry.message).collect()
}

#[tokio::test]
async fn pages_go_back_through_the_days_without_gap_or_repeat() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for day in ["20", "21", "22"] {
        for minute in 10..14 {
            all.push(
                fixture
                    .receive(&format!("2026-11-{day}T09:{minute}:00Z"))
                    .await,
            );
        }
    }
    all.reverse();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = page(&fixture, Folder::Inbox, before).await;
        seen.extend(ids(&page));
        before = page.older;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);

    // A cursor holds when new mail comes in between, also when its day is gone.
    let cursor = all[2];
    fixture.receive("2026-11-22T10:00:00Z").await;
    assert_eq!(
        ids(&page(&fixture, Folder::Inbox, Some(cursor)).await),
        all[3..6]
    );
}

#[tokio::test]
async fn marks_counts_and_the_trash() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.receive("2026-11-22T09:12:00Z").await;
    let other = fixture.receive("2026-11-22T09:13:00Z").await;
    let counts = async || {
        let counts = store.folder_counts(fixture.amy).await.unwrap();
        counts
            .iter()
            .map(|count| (count.total, count.unread))
            .collect::<Vec<_>>()
    };
    assert_eq!(counts().await, [(2, 2), (0, 0), (0, 0)]);
    store.set_flag(fixture.amy, id, Flag::Seen).await.unwrap();
    store
        .set_flag(fixture.amy, id, Flag::Answered)
        .await
        .unwrap();
    let entry = store.entry(fixture.amy, id).await.unwrap();
    assert!(entry.seen && entry.answered && !entry.forwarded && !entry.flagged);
    assert_eq!(counts().await, [(2, 1), (0, 0), (0, 0)]);
    store.clear_flag(fixture.amy, id, Flag::Seen).await.unwrap();
    assert_eq!(counts().await, [(2, 2), (0, 0), (0, 0)]);

    store.trash(fixture.amy, id).await.unwrap();
    assert_eq!(ids(&page(&fixture, Folder::Inbox, None).await), [other]);
    assert_eq!(ids(&page(&fixture, Folder::Trash, None).await), [id]);
    assert_eq!(
        store.entry(fixture.amy, id).await.unwrap().folder,
        Folder::Trash
    );
    assert_eq!(counts().await, [(1, 1), (0, 0), (1, 1)]);
    store.untrash(fixture.amy, id).await.unwrap();
    assert_eq!(ids(&page(&fixture, Folder::Inbox, None).await), [other, id]);
}

#[tokio::test]
async fn nobody_touches_what_is_not_in_their_mailbox() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.receive("2026-11-22T09:12:00Z").await;
    let missing = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Missing(_)));
    assert!(matches!(
        store.entry(fixture.bo, id).await,
        Err(StoreError::Missing(_))
    ));
    assert!(missing(store.set_flag(fixture.bo, id, Flag::Seen).await));
    assert!(missing(store.trash(fixture.bo, id).await));
    let nowhere = "20200101-0000000000000".parse().unwrap();
    assert!(matches!(
        store.entry(fixture.amy, nowhere).await,
        Err(StoreError::Missing(_))
    ));
}

#[tokio::test]
async fn a_mail_to_oneself_lies_in_both_folders_and_once_in_the_trash() {
    let fixture = Fixture::new().await;
    let id = fixture.keep("2026-11-22T09:12:00Z", b"x").await;
    let entries = [(Folder::Inbox, false), (Folder::Sent, true)].map(|(folder, seen)| Entry {
        account: fixture.amy,
        folder,
        seen,
    });
    let filing = Filing {
        entries: entries.to_vec(),
        ..Filing::default()
    };
    fixture.store.file(id, filing).await.unwrap();
    assert_eq!(ids(&page(&fixture, Folder::Inbox, None).await), [id]);
    assert_eq!(ids(&page(&fixture, Folder::Sent, None).await), [id]);
    assert_eq!(
        fixture.store.entry(fixture.amy, id).await.unwrap().folder,
        Folder::Inbox
    );
    fixture.store.trash(fixture.amy, id).await.unwrap();
    assert_eq!(ids(&page(&fixture, Folder::Trash, None).await), [id]);
    assert!(ids(&page(&fixture, Folder::Sent, None).await).is_empty());
    fixture.store.untrash(fixture.amy, id).await.unwrap();
    assert_eq!(ids(&page(&fixture, Folder::Sent, None).await), [id]);
}
