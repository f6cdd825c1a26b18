use store::{MirroredAccount, MirroredGroup, Snapshot};

use super::*;

async fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let person = |login: &str, name: &str| MirroredAccount {
        key: login.into(),
        login: login.into(),
        name: name.into(),
        addresses: vec![format!("{login}@corp.example").parse().unwrap()],
        ..MirroredAccount::default()
    };
    let group = MirroredGroup {
        hidden: false,
        key: "sales".into(),
        address: "sales@corp.example".parse().unwrap(),
        name: "Sales".into(),
        members: vec!["anna.weiss".into(), "anna.klein".into()],
        groups: Vec::new(),
    };
    let snapshot = Snapshot {
        accounts: vec![
            person("anna.weiss", "Anna Weiß"),
            person("anna.klein", "Anna Klein"),
            person("tom", "Tom Baker"),
        ],
        groups: vec![group],
    };
    store.mirror(snapshot).await.unwrap();
    (directory, store)
}

#[tokio::test]
async fn it_must_be_clear_who_is_meant() {
    let (_directory, store) = store().await;
    let check = async |to: &str, want: Result<&str, &str>| {
        let found = owner(&store, to).await;
        let found = found.map(|it| it.login).map_err(|it| {
            assert!(it.is::<UsageError>());
            it.to_string()
        });
        match want {
            Ok(login) => assert_eq!(found.as_deref(), Ok(login), "{to}"),
            Err(words) => {
                let said = found.unwrap_err();
                assert!(said.contains(words), "{to}: {said}");
            }
        }
    };
    check("Anna.Weiss@corp.example", Ok("anna.weiss")).await;
    check("tom", Ok("tom")).await;
    let both = "do you mean anna.klein@corp.example, anna.weiss@corp.example?";
    check("anna", Err(both)).await;
    check("anna@corp.example", Err(both)).await;
    check("Baker", Err("do you mean tom@corp.example?")).await;
    check(
        "zoe@corp.example",
        Err("knows nobody called zoe@corp.example: "),
    )
    .await;
    check("", Err("knows nobody")).await;
    check(
        "sales@corp.example",
        Err(
            "is a group: name one of its members, anna.weiss@corp.example, anna.klein@corp.example",
        ),
    )
    .await;
}

#[test]
fn many_names_are_cut_short() {
    assert_eq!(named(&["a"]), "a");
    assert_eq!(named(&["a"; 5]), "a, a, a, a, a");
    assert_eq!(named(&["a"; 7]), "a, a, a, a, a or one of 2 more");
}
