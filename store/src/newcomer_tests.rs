use super::*;
use crate::filing::Filing;
use crate::fixture::{Fixture, person, to, unknown};
use crate::id::MessageId;
use crate::mirror::Snapshot;

const AT: &str = "2026-11-22T09:12:00Z";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn unfiled(store: &Store) -> Vec<MessageId> {
    let unfiled = store.unfiled(10).await.unwrap();
    unfiled.iter().map(|one| one.id).collect()
}

#[tokio::test]
async fn names_that_nobody_knows_are_listed_in_pages() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let names = ["Cy@corp.example", "/o=x/cn=cy"];
    let filing = Filing {
        unknown_names: names.map(|name| unknown(name, Folder::Inbox)).into(),
        ..Filing::default()
    };
    for _ in 0..2 {
        let id = fixture.keep(AT, b"1").await;
        store.file(id, filing.clone()).await.unwrap();
    }
    let all = store.unknown_names(None, 10).await.unwrap();
    let known: Vec<&str> = all.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(known, ["/o=x/cn=cy", "cy@corp.example"]);
    let first = store.unknown_names(None, 1).await.unwrap();
    assert_eq!(first, all[..1]);
    let second = store.unknown_names(first.first().cloned(), 1).await;
    assert_eq!(second.unwrap(), all[1..]);
    let none = store.unknown_names(all.last().cloned(), 1).await;
    assert_eq!(none.unwrap(), []);
}

#[tokio::test]
async fn unsorted_messages_say_why_and_can_be_filed_again() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.keep(AT, b"12345").await;
    let filing = Filing {
        unsorted_because: Some("the report is cut short".into()),
        unknown_names: vec![unknown("CY@corp.example", Folder::Inbox)],
        ..Filing::default()
    };
    store.file(id, filing).await.unwrap();
    fixture.receive(AT).await;
    let unsorted = store.unsorted_messages(10).await.unwrap();
    let [one] = unsorted.as_slice() else {
        panic!("{unsorted:?}")
    };
    assert_eq!((one.id, one.size_bytes), (id, 5));
    assert_eq!(one.because.as_deref(), Some("the report is cut short"));
    assert_eq!(one.unknown_names, ["cy@corp.example"]);
    assert_eq!(store.unsorted_messages(0).await.unwrap(), []);

    assert_eq!(store.file_unsorted_again().await.unwrap(), 1);
    assert_eq!(unfiled(store).await, [id]);
    store.file(id, Filing::default()).await.unwrap();
    assert_eq!(store.unsorted_messages(1).await.unwrap()[0].because, None);
}

#[tokio::test]
async fn x500_names_have_owners() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let before = store.directory_syncs().await.unwrap();
    let mut amy = person("amy");
    amy.directory_names = names(&["/o=Corp/cn=Amy", " /O=corp/CN=amy "]);
    let sync = |accounts| Snapshot {
        accounts,
        groups: Vec::new(),
    };
    store
        .mirror(sync(vec![amy.clone(), person("bo")]))
        .await
        .unwrap();
    assert_eq!(store.directory_syncs().await.unwrap(), before + 1);
    let owner = store
        .owner_of_directory_name("/o=corp/cn=AMY")
        .await
        .unwrap();
    assert_eq!(owner.unwrap().account, fixture.amy);
    let nobody = store
        .owner_of_directory_name("/o=corp/cn=bo")
        .await
        .unwrap();
    assert_eq!(nobody, None);

    let mut thief = person("bo");
    thief.directory_names = names(&["/o=corp/cn=amy"]);
    let refused = store.mirror(sync(vec![amy, thief])).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("/o=corp/cn=amy belongs to both"),
        "{refused}"
    );
}

#[tokio::test]
async fn what_was_opened_once_is_not_shown_closed() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.keep(AT, b"To: amy\nBcc: bo\n\nthe mail").await;
    let opened = Filing {
        content: Some(crate::piece::Piece::as_is(17..25)),
        ..to(fixture.amy)
    };
    store.file(id, opened).await.unwrap();
    let doubtful = Filing {
        unsorted_because: Some("not at a journal mailbox".into()),
        ..Filing::default()
    };
    store.file(id, doubtful).await.unwrap();
    assert_eq!(store.content(id).await.unwrap(), b"the mail");
}
