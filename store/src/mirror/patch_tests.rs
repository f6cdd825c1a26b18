use super::*;
use crate::account::Standing;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{DirectoryKind, Lost, Mirrored, Mirroring, Ruling};

fn now() -> Timestamp {
    time("2026-11-22T12:00:00Z")
}

fn memory(from: Option<&str>, to: &str) -> Memory {
    let entry = |key: &str| (key.to_owned(), format!("{key} at {to}"));
    Memory {
        began_from: from.map(str::to_owned),
        state: to.to_owned(),
        is_whole: false,
        put: vec![entry("amy"), entry("a group")],
        gone: Vec::new(),
    }
}

fn mirroring(memory: Memory) -> Mirroring {
    let mut info = person("info");
    info.kind = crate::account::AccountKind::Shared;
    info.opened_by = vec!["amy".to_owned()];
    Mirroring {
        snapshot: Snapshot {
            accounts: vec![person("amy"), person("bo"), info],
            groups: Vec::new(),
        },
        memory: Some(memory),
        kind: DirectoryKind::File,
        now: now(),
    }
}

async fn amy(store: &Store) -> MirroredAccount {
    let keys = ["amy", "a group", "nobody"].map(str::to_owned).to_vec();
    let known = store.remembered_of(keys).await.unwrap();
    let keys: Vec<&str> = known.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["amy", "a group"]);
    assert!(known[1].account.is_none());
    known[0].account.clone().unwrap()
}

#[tokio::test]
async fn one_account_is_another_and_all_else_stays() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let all = |_: &[_]| Ruling::Write(crate::mirror::Accepted::ByPerson);
    let first = store.mirror_if(mirroring(memory(None, "1")), all).await;
    assert!(matches!(first.unwrap(), Mirrored::Done(_)));
    let syncs = store.directory_syncs().await.unwrap();
    let new = MirroredAccount {
        name: "Amy Groß".to_owned(),
        ..amy(store).await
    };
    let patch = store.patch(vec![new.clone()], memory(Some("1"), "2"), now());
    let Patched::Done(difference) = patch.await.unwrap() else {
        panic!("it was not written");
    };
    let counts = [difference.changed, difference.accounts, difference.removed];
    assert_eq!(counts, [1, 3, 0]);
    let account = store.account(fixture.amy).await.unwrap();
    assert_eq!(account.name, "Amy Groß");
    assert_eq!(account.primary_address().as_str(), "amy@corp.example");
    assert_eq!(store.opens(fixture.amy).await.unwrap()[0].id, fixture.info);
    assert!(store.sign_in_name("AMY").await.unwrap().is_some());
    assert_eq!(store.directory_state().await.unwrap().unwrap(), "2");
    assert_eq!(store.directory_syncs().await.unwrap(), syncs + 1);
    // What is the same moves the memory alone.
    store
        .patch(vec![new.clone()], memory(Some("2"), "3"), now())
        .await
        .unwrap();
    assert_eq!(store.directory_syncs().await.unwrap(), syncs + 1);

    let refused = async |account: MirroredAccount, from: &str| {
        let patch = store
            .patch(vec![account], memory(Some(from), "4"), now())
            .await;
        assert_eq!(patch.unwrap(), Patched::LooksAtAll);
        assert_eq!(store.directory_state().await.unwrap().unwrap(), "3");
    };
    // Another sync was faster, nobody has this key, and somebody would be shut out.
    refused(new.clone(), "2").await;
    refused(person("cy"), "3").await;
    let off = MirroredAccount {
        standing: Standing::Disabled,
        ..new.clone()
    };
    refused(off.clone(), "3").await;
    // A sync waits for a person.
    let mut waiting = mirroring(memory(Some("3"), "4"));
    waiting.snapshot.accounts[0] = off;
    let wait = |_: &[_]| Ruling::Wait {
        at_once: vec![Lost::SignIn],
    };
    store.mirror_if(waiting, wait).await.unwrap();
    refused(new, "3").await;
}
