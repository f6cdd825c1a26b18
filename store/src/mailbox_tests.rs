use super::*;
use crate::fixture::{Fixture, both_entries};
use crate::moves::Flag;

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
async fn what_moves_or_ages_between_two_pages_makes_no_gap_and_no_repeat() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut all = Vec::new();
    for day in ["20", "21", "22"] {
        for minute in 10..13 {
            let at = format!("2026-11-{day}T09:{minute}:00Z");
            all.push(fixture.receive(&at).await);
        }
    }
    all.reverse();
    let first = page(&fixture, Folder::Inbox, None).await;
    assert_eq!(ids(&first), all[..3]);
    // The cursor itself goes to the trash, its day ages away, and new mail arrives.
    store
        .move_to(fixture.amy, vec![all[2].into()], Folder::Trash)
        .await
        .unwrap();
    crate::fixture::drop_day(store, all[2].day()).await;
    fixture.receive("2026-11-23T10:00:00Z").await;
    let second = page(&fixture, Folder::Inbox, first.older).await;
    assert_eq!(ids(&second), all[3..6]);
    store
        .move_to(fixture.amy, vec![all[6].into()], Folder::Archive)
        .await
        .unwrap();
    let third = page(&fixture, Folder::Inbox, second.older).await;
    assert_eq!(ids(&third), all[7..]);
    assert_eq!(third.older, None);
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
    assert!(missing(
        store.set_flag(fixture.bo, vec![id], Flag::Seen).await
    ));
    let moved = store.move_to(fixture.bo, vec![id.into()], Folder::Trash);
    assert!(missing(moved.await.map(drop)));
    let nowhere: MessageId = "20200101-0000000000000".parse().unwrap();
    assert!(matches!(
        store.entry(fixture.amy, nowhere).await,
        Err(StoreError::Missing(_))
    ));
}

#[tokio::test]
async fn both_entries_of_a_mail_to_oneself_stand_on_one_page() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for minute in 10..16 {
        let at = format!("2026-11-22T09:{minute}:00Z");
        all.push(fixture.write_to_oneself(&at).await);
    }
    all.reverse();
    let both: Vec<EntryName> = all.iter().flat_map(|id| both_entries(*id)).collect();
    let store = &fixture.store;
    let moved = store
        .move_to(fixture.amy, both.clone(), Folder::Archive)
        .await;
    assert_eq!(moved.unwrap(), 12);
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = page(&fixture, Folder::Archive, before).await;
        assert_eq!(page.entries.len(), 4);
        seen.extend(page.entries.iter().map(EntryRow::name));
        before = page.older;
        if before.is_none() {
            break;
        }
    }
    seen.sort_by_key(|name| {
        (
            std::cmp::Reverse(name.message),
            name.copy == EntryCopy::Sent,
        )
    });
    assert_eq!(seen, both);
}

/// How SQLite finds the entries of a page: never by reading those of others or all of one's own.
#[tokio::test]
async fn pages_and_counts_are_found_by_their_indexes() {
    let fixture = Fixture::new().await;
    let id = fixture.receive("2026-11-22T09:12:00Z").await;
    let plan = async |sql: String| {
        let read = move |inner: &Inner| {
            inner.days.of(id)?.index.read(|index| {
                let mut plan = index.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps = plan.raw_bind_parameter(1, 0).map(|()| plan.raw_query());
                let mut steps = steps?;
                let mut lines = Vec::new();
                while let Some(step) = steps.next()? {
                    lines.push(step.get::<_, String>(3)?);
                }
                Ok(lines)
            })
        };
        fixture.store.blocking(read).await.unwrap()
    };
    for folder in Folder::ALL {
        let steps = plan(page_query(folder)).await;
        let entry = match folder {
            Folder::Inbox | Folder::Sent => {
                "SEARCH entry USING PRIMARY KEY (account=? AND folder=? AND message<?)"
            }
            _ => "SEARCH entry USING INDEX entry_moved (account=? AND moved=? AND message<?)",
        };
        let message = "SEARCH message USING INTEGER PRIMARY KEY (rowid=?)";
        assert_eq!(steps, [entry, message], "{folder}");
    }
}
