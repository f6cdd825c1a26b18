use super::*;
use crate::account::Owners;
use crate::database::{Database, SHADOW_SCHEMA};
use crate::fixture::{Fixture, person};

fn group(address: &str, members: &[&str], groups: &[&str]) -> MirroredGroup {
    MirroredGroup {
        hidden: false,
        key: String::new(),
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
        ..Difference::default()
    };
    let mirroring = Mirroring {
        snapshot: snapshot.clone(),
        memory: None,
        kind: DirectoryKind::File,
        now: Timestamp::now(),
    };
    let comparison = store
        .compare(mirroring, |_| Ruling::Write(Accepted::ByPerson))
        .await
        .unwrap();
    assert_eq!(comparison.difference, want);
    let changes: Vec<_> = comparison
        .changes
        .iter()
        .map(|it| (it.what, &it.who[..], it.fields.join(" ")))
        .collect();
    assert_eq!(
        changes,
        [
            (Changed::Added, "cy", String::new()),
            (Changed::Changed, "amy", "name".to_owned()),
            (Changed::Removed, "bo", String::new()),
            (Changed::Removed, "info", String::new()),
        ]
    );
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

/// All rows of the mirror, so that what two ways lead to can be compared.
fn rows(store: &Store) -> Vec<String> {
    let tables = [
        "SELECT 'account', key, login, name, kind, roles, standing FROM account WHERE removed = 0",
        "SELECT 'address', address.key, position, account.key FROM address
             JOIN account ON account.id = account",
        "SELECT 'name', sign_in_name.name, account.key FROM sign_in_name
             JOIN account ON account.id = account",
        "SELECT 'opener', person.key, mailbox.key FROM opener
             JOIN account AS person ON person.id = account
             JOIN account AS mailbox ON mailbox.id = mailbox",
        "SELECT 'group', mail_group.key, mail_group.name FROM mail_group",
        "SELECT 'member', mail_group, account.key FROM group_account
             JOIN account ON account.id = account",
        "SELECT 'nested', mail_group, member FROM group_group",
    ];
    let read = store.inner().shadow.read(|shadow| {
        let mut all = Vec::new();
        for table in tables {
            let mut statement = shadow.prepare(table)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let cells = (0..columns).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
                let cells: Result<Vec<String>, StoreError> = cells.collect();
                all.push(cells?.join(" "));
            }
        }
        all.sort();
        Ok(all)
    });
    read.unwrap()
}

fn steps() -> [Snapshot; 5] {
    let shared = |opened_by: &[&str]| MirroredAccount {
        kind: AccountKind::Shared,
        opened_by: opened_by.iter().map(|it| (*it).to_owned()).collect(),
        ..person("info")
    };
    let with = |login: &str, addresses: &[&str]| MirroredAccount {
        addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
        ..person(login)
    };
    [
        (vec![person("amy"), person("bo")], vec![]),
        // They exchange their addresses, and a group takes a third one.
        (
            vec![
                with("amy", &["bo@corp.example"]),
                with("bo", &["amy@corp.example"]),
            ],
            vec![group("all@corp.example", &["amy", "bo", "cy"], &[])],
        ),
        // cy was named before he was there; info is opened by him.
        (
            vec![person("amy"), person("cy"), shared(&["cy", "bo"])],
            vec![
                group(
                    "all@corp.example",
                    &["amy", "bo", "cy"],
                    &["few@corp.example"],
                ),
                group("few@corp.example", &["cy"], &["all@corp.example"]),
            ],
        ),
        // bo is back: what names him counts again.
        (
            vec![
                person("amy"),
                person("bo"),
                person("cy"),
                shared(&["cy", "bo"]),
            ],
            vec![group("all@corp.example", &["bo"], &["few@corp.example"])],
        ),
        (
            vec![
                MirroredAccount {
                    standing: Standing::Disabled,
                    sign_in_names: vec!["amy@local".to_owned()],
                    ..person("amy")
                },
                MirroredAccount {
                    sign_in_names: vec!["bo@local".to_owned()],
                    ..person("bo")
                },
            ],
            vec![],
        ),
    ]
    .map(|(accounts, groups)| Snapshot { accounts, groups })
}

#[tokio::test]
async fn writing_what_differs_leads_to_the_same_as_writing_all() {
    let fixture = Fixture::new().await;
    for (number, snapshot) in steps().into_iter().enumerate() {
        fixture.store.mirror(snapshot.clone()).await.unwrap();
        let fresh = Fixture::new().await;
        fresh.store.mirror(Snapshot::default()).await.unwrap();
        fresh.store.mirror(snapshot.clone()).await.unwrap();
        assert_eq!(rows(&fixture.store), rows(&fresh.store), "step {number}");
        let again = fixture.store.mirror(snapshot.clone()).await.unwrap();
        let nothing = Difference {
            accounts: again.accounts,
            groups: again.groups,
            ..Difference::default()
        };
        assert_eq!(again, nothing, "step {number}");
    }
    let disabled = fixture.store.sign_in_name("amy").await.unwrap();
    assert!(disabled.is_none(), "who is disabled does not sign in");
    let by_second_name = fixture.store.sign_in_name("BO@local").await.unwrap();
    assert_eq!(by_second_name.unwrap().0.id, fixture.bo);
    let mail = owners(&fixture.store, "amy@corp.example").await;
    assert_eq!(mail, ["amy@corp.example"], "and has a mailbox all the same");
}

#[tokio::test]
async fn a_hash_that_was_forgotten_comes_back_only_when_it_is_another() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mirror = async |name: &str, hash: Option<&str>| {
        let amy = MirroredAccount {
            name: name.to_owned(),
            verifier: hash.map(Secret::new),
            ..person("amy")
        };
        let accounts = vec![amy, person("bo"), person("info")];
        let groups = Vec::new();
        store.mirror(Snapshot { accounts, groups }).await.unwrap();
        let (_, verifier) = store.sign_in_name("amy").await.unwrap().unwrap();
        verifier.map(|it| it.expose().to_owned())
    };
    assert_eq!(mirror("Amy", Some("first")).await.as_deref(), Some("first"));
    let (by, now) = ("shell:eva".to_owned(), Timestamp::now());
    store.forget_sign_in(fixture.amy, by, now).await.unwrap();
    assert_eq!(mirror("Amy S", Some("first")).await, None);
    assert_eq!(
        mirror("Amy S", Some("second")).await.as_deref(),
        Some("second")
    );
    assert_eq!(mirror("Amy S", None).await, None);
}

#[test]
fn the_fingerprint_of_an_account_is_what_earlier_versions_wrote() {
    // Written before there was the fifth schema; another text would make everybody "changed".
    let want = r#"{"login":"amy","name":"amy","addresses":["amy@corp.example"],"kind":"person","roles":[],"language":null,"verifier":null,"opened_by":[]}"#;
    assert_eq!(serde_json::to_string(&person("amy")).unwrap(), want);
}

#[test]
fn the_fourth_schema_becomes_the_fifth_with_its_groups() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shadow.db");
    let fourth = Database::open(&path, &SHADOW_SCHEMA[..4]).unwrap();
    let fill = "INSERT INTO account (id, key, mirrored, login, name, kind, roles)
            VALUES (1, 'amy', '{}', 'amy', 'Amy', 'person', '[]');
        INSERT INTO mail_group VALUES ('all@x', 'all@x', 'All');
        INSERT INTO group_account VALUES ('all@x', 1)";
    fourth
        .write(|shadow| Ok(shadow.execute_batch(fill)?))
        .unwrap();
    drop(fourth);
    let fifth = Database::open(&path, SHADOW_SCHEMA).unwrap();
    let read = fifth.read(|shadow| {
        let all = "SELECT standing, hidden, mirrored = '{}' FROM account";
        let all = shadow.query_row(all, [], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, bool>(1)?,
                row.get::<_, bool>(2)?,
            ))
        })?;
        let group = "SELECT mirrored FROM mail_group";
        Ok((
            all,
            shadow.query_row(group, [], |row| row.get::<_, String>(0))?,
        ))
    });
    let want = (("active".to_owned(), false, true), String::new());
    assert_eq!(read.unwrap(), want);
}
