use super::*;
use crate::account::Owners;
use crate::fixture::{Fixture, person};

fn group(address: &str, members: &[&str], groups: &[&str]) -> MirroredGroup {
    MirroredGroup {
        address: address.parse().unwrap(),
        name: address.to_owned(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
        groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
    }
}

async fn owners(store: &Store, address: &str) -> Vec<String> {
    match store.owners(&address.parse().unwrap()).await.unwrap() {
        Owners::Nobody => Vec::new(),
        Owners::One(one) => vec![one.primary.to_string()],
        Owners::Group(members) => members
            .into_iter()
            .map(|member| member.primary.to_string())
            .collect(),
    }
}

#[tokio::test]
async fn addresses_and_nested_groups_find_their_owners() {
    let fixture = Fixture::new().await;
    let mut amy = person("amy");
    amy.addresses.push("A.Smith@Corp.Example".parse().unwrap());
    let snapshot = Snapshot {
        accounts: vec![amy, person("bo"), person("cy")],
        groups: vec![
            group("all@corp.example", &["cy"], &["sales@corp.example"]),
            // A loop, and amy twice.
            group("sales@corp.example", &["amy", "bo"], &["all@corp.example"]),
        ],
    };
    fixture.store.mirror(snapshot).await.unwrap();

    assert_eq!(
        owners(&fixture.store, "a.smith@corp.example").await,
        ["amy@corp.example"]
    );
    let all = ["amy@corp.example", "bo@corp.example", "cy@corp.example"];
    assert_eq!(owners(&fixture.store, "ALL@corp.example").await, all);
    assert_eq!(owners(&fixture.store, "sales@corp.example").await, all);
    assert!(
        owners(&fixture.store, "stranger@corp.example")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_difference_is_counted_and_a_removed_account_comes_back_as_the_same() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut renamed = person("amy");
    renamed.name = "Amy Smith".to_owned();
    let snapshot = Snapshot {
        accounts: vec![renamed, person("cy")],
        groups: Vec::new(),
    };
    let want = Difference {
        added: 1,
        changed: 1,
        removed: 2,
        accounts: 2,
        groups: 0,
    };
    assert_eq!(store.compare(snapshot.clone()).await.unwrap(), want);
    assert_eq!(
        store.accounts().await.unwrap().len(),
        3,
        "comparing changes nothing"
    );
    assert_eq!(store.mirror(snapshot).await.unwrap(), want);
    assert!(matches!(
        store.account(fixture.bo).await,
        Err(StoreError::Missing(_))
    ));
    assert!(owners(store, "bo@corp.example").await.is_empty());

    let back = Snapshot {
        accounts: vec![person("amy"), person("bo")],
        groups: Vec::new(),
    };
    store.mirror(back).await.unwrap();
    assert_eq!(store.account(fixture.bo).await.unwrap().login, "bo");
}

#[tokio::test]
async fn shared_mailboxes_are_opened_by_their_people_and_sign_nobody_in() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let opened: Vec<_> = store.opens(fixture.amy).await.unwrap();
    assert_eq!(
        opened.iter().map(|account| account.id).collect::<Vec<_>>(),
        [fixture.info]
    );
    assert!(store.opens(fixture.bo).await.unwrap().is_empty());
    assert!(store.sign_in_name("info").await.unwrap().is_none());
    for name in ["amy", "AMY@corp.example"] {
        assert_eq!(
            store.sign_in_name(name).await.unwrap().unwrap().0.id,
            fixture.amy
        );
    }
}

#[tokio::test]
async fn two_owners_of_one_name_are_refused() {
    let fixture = Fixture::new().await;
    let check = async |accounts: Vec<MirroredAccount>, groups: Vec<MirroredGroup>, want: &str| {
        let error = fixture
            .store
            .mirror(Snapshot { accounts, groups })
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains(want),
            "{error} does not say {want}"
        );
    };
    let mut thief = person("cy");
    thief.addresses.push("AMY@corp.example".parse().unwrap());
    check(
        vec![person("amy"), thief],
        vec![],
        "amy@corp.example belongs to both amy and cy",
    )
    .await;
    let twice = vec![
        person("amy"),
        MirroredAccount {
            key: "2".to_owned(),
            ..person("amy")
        },
    ];
    check(twice, vec![], "belongs to both").await;
    let homonym = MirroredAccount {
        login: "amy@corp.example".to_owned(),
        ..person("cy")
    };
    check(
        vec![person("amy"), homonym],
        vec![],
        "amy@corp.example belongs to both",
    )
    .await;
    check(
        vec![person("amy")],
        vec![group("amy@corp.example", &[], &[])],
        "belongs to both",
    )
    .await;
    let nowhere = MirroredAccount {
        addresses: vec![],
        ..person("cy")
    };
    check(vec![nowhere], vec![], "cy has no address").await;
    assert_eq!(
        fixture.store.accounts().await.unwrap().len(),
        3,
        "the mirror is as it was"
    );
}
