use super::*;
use crate::fixture::{Fixture, time, to};
use crate::moves::Flag;

#[tokio::test]
async fn messages_are_listed_in_order_by_account_folder_and_time() {
    let fixture = Fixture::new().await;
    let mut ids = Vec::new();
    for second in 0..5 {
        let at = format!("2026-11-22T09:12:0{second}Z");
        let id = fixture.keep(&at, b"Subject: x\r\n\r\n").await;
        let whose = if second == 2 { fixture.bo } else { fixture.amy };
        fixture.store.file(id, to(whose)).await.unwrap();
        ids.push(id);
    }
    let store = &fixture.store;
    store
        .set_flag(fixture.amy, vec![ids[1]], Flag::Seen)
        .await
        .unwrap();
    let list = async |wanted: Wanted, after: Option<MessageId>, limit: usize| {
        let day = ids[0].day();
        let page = store.exportable(day, wanted, after, limit).await.unwrap();
        page.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(list(Wanted::default(), None, 3).await, ids[..3]);
    assert_eq!(list(Wanted::default(), Some(ids[2]), 9).await, ids[3..]);
    let amy = Wanted {
        account: Some(fixture.amy),
        ..Wanted::default()
    };
    assert_eq!(list(amy.clone(), Some(ids[0]), 2).await, [ids[1], ids[3]]);
    let sent = Wanted {
        folder: Some(Folder::Sent),
        ..amy.clone()
    };
    assert_eq!(list(sent, None, 9).await, []);
    let between = Wanted {
        since: Some(time("2026-11-22T09:12:01Z")),
        until: Some(time("2026-11-22T09:12:03Z")),
        ..Wanted::default()
    };
    assert_eq!(list(between, None, 9).await, ids[1..3]);
    let before = Wanted {
        until: Some(time("2026-11-21T00:00:00Z")),
        ..Wanted::default()
    };
    assert_eq!(list(before, None, 9).await, []);
    let page = store.exportable(ids[1].day(), amy, Some(ids[0]), 1).await;
    let entry = page.unwrap().remove(0).entries.remove(0);
    assert_eq!((entry.folder.as_str(), entry.seen), ("inbox", true));
}
