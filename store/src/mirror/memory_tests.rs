use jiff::Timestamp;

use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{
    Accepted, DirectoryKind, Loss, Lost, Mirrored, MirroredGroup, Mirroring, Ruling, Snapshot,
};

fn now() -> Timestamp {
    time("2026-11-22T12:00:00Z")
}

fn snapshot(people: &[&str]) -> Snapshot {
    Snapshot {
        accounts: people.iter().map(|it| person(it)).collect(),
        groups: Vec::new(),
    }
}

/// Memory of a sync that ended with the state `to`.
fn memory(from: Option<&str>, to: &str, put: &[(&str, &str)]) -> Memory {
    let owned = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
    Memory {
        began_from: from.map(str::to_owned),
        state: to.to_owned(),
        is_whole: from.is_none(),
        put: put.iter().map(owned).collect(),
        gone: Vec::new(),
    }
}

async fn mirror(store: &Store, snapshot: Snapshot, memory: Option<Memory>) -> Mirrored {
    let mirroring = Mirroring {
        snapshot,
        memory,
        kind: DirectoryKind::File,
        now: now(),
    };
    let mirrored = store.mirror_if(mirroring, |_| Ruling::Write(Accepted::Unasked));
    mirrored.await.unwrap()
}

async fn entries(store: &Store) -> Vec<(String, String)> {
    let remembered = store.directory_memory().await.unwrap().unwrap();
    let mut entries = remembered.entries;
    entries.sort();
    entries
}

#[tokio::test]
async fn nothing_new_is_no_sync_and_what_is_not_allowed_is_not_written() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let syncs = store.directory_syncs().await.unwrap();
    let first = memory(None, "1", &[("a", "A"), ("b", "B")]);
    let mirroring = Mirroring {
        snapshot: snapshot(&["amy", "bo"]),
        memory: Some(first.clone()),
        kind: DirectoryKind::File,
        now: now(),
    };
    let wait = |_: &[Loss]| Ruling::Wait {
        at_once: Vec::new(),
    };
    let stopped = store.mirror_if(mirroring, wait);
    let Mirrored::Stopped(losses, _) = stopped.await.unwrap() else {
        panic!("it was written");
    };
    assert_eq!(losses.len(), 1);
    assert_eq!((losses[0].what, losses[0].before), (Lost::Account, 3));
    assert_eq!(losses[0].who, ["info"]);
    assert_eq!(store.accounts().await.unwrap().len(), 3);
    assert_eq!(store.directory_state().await.unwrap(), None);
    assert_eq!(store.directory_syncs().await.unwrap(), syncs);

    mirror(store, snapshot(&["amy", "bo"]), Some(first)).await;
    assert_eq!(store.directory_syncs().await.unwrap(), syncs + 1);
    let second = Memory {
        gone: vec!["a".to_owned()],
        ..memory(Some("1"), "2", &[("b", "BB"), ("c", "C")])
    };
    mirror(store, snapshot(&["amy", "bo"]), Some(second)).await;
    assert_eq!(store.directory_syncs().await.unwrap(), syncs + 1);
    assert_eq!(store.directory_state().await.unwrap().unwrap(), "2");
    let want = [("b", "BB"), ("c", "C")].map(|(key, entry)| (key.to_owned(), entry.to_owned()));
    assert_eq!(entries(store).await, want);
}

#[tokio::test]
async fn who_read_before_another_wrote_writes_nothing() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let first = memory(None, "1", &[("amy", "A"), ("bo", "B")]);
    mirror(store, snapshot(&["amy", "bo", "info"]), Some(first)).await;
    // One reads and knows bo; meanwhile another sees that he is gone.
    let slow = memory(Some("1"), "2 of the slow one", &[("amy", "AA")]);
    let fast = Memory {
        gone: vec!["bo".to_owned()],
        ..memory(Some("1"), "2", &[])
    };
    mirror(store, snapshot(&["amy", "info"]), Some(fast)).await;
    let late = mirror(store, snapshot(&["amy", "bo", "info"]), Some(slow)).await;
    assert_eq!(late, Mirrored::Overtaken);
    assert!(store.sign_in_name("bo").await.unwrap().is_none());
    assert_eq!(entries(store).await, [("amy".to_owned(), "A".to_owned())]);
    // The same of one that found nothing.
    let remember =
        |from: &str, to: &str| store.remember_directory_state(from.to_owned(), to.to_owned());
    remember("1", "old").await.unwrap();
    assert_eq!(store.directory_state().await.unwrap().unwrap(), "2");
    remember("2", "3").await.unwrap();
    assert_eq!(store.directory_state().await.unwrap().unwrap(), "3");
}

#[tokio::test]
async fn a_file_leaves_nothing_of_a_server() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let first = memory(None, "1", &[("amy", "A")]);
    mirror(store, snapshot(&["amy", "bo", "info"]), Some(first)).await;
    mirror(store, snapshot(&["amy", "bo", "info"]), None).await;
    assert_eq!(store.directory_state().await.unwrap(), None);
    assert!(store.directory_memory().await.unwrap().is_none());
    // What begins anew finds nothing of before.
    let again = memory(None, "1", &[("bo", "B")]);
    mirror(store, snapshot(&["amy", "bo", "info"]), Some(again)).await;
    assert_eq!(entries(store).await, [("bo".to_owned(), "B".to_owned())]);
}

#[tokio::test]
async fn names_lead_to_the_keys_of_accounts_and_groups() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let group = |key: &str, address: &str| MirroredGroup {
        hidden: false,
        key: key.to_owned(),
        address: address.parse().unwrap(),
        name: "All".to_owned(),
        members: Vec::new(),
        groups: Vec::new(),
    };
    let with = |key: &str| Snapshot {
        groups: vec![
            group(key, "All@corp.example"),
            group(key, "everybody@corp.example"),
        ],
        ..snapshot(&["amy", "bo", "info"])
    };
    mirror(store, with("group-1"), None).await;
    let names = ["amy@corp.example", "bo", "all@corp.example", "nobody"].map(str::to_owned);
    let keys = store.keys_of_names(names.to_vec()).await.unwrap();
    let want = ["amy", "bo", "group-1", ""].map(|it| (!it.is_empty()).then(|| it.to_owned()));
    assert_eq!(keys, want);
    // Another one in its place.
    mirror(store, with("group-2"), None).await;
    let keys = store
        .keys_of_names(vec!["all@corp.example".to_owned()])
        .await;
    assert_eq!(keys.unwrap(), [Some("group-2".to_owned())]);
}
