use super::*;
use crate::account::{AccountKind, Role, Standing};
use crate::fixture::{Fixture, person, time};
use crate::mirror::{
    Accepted, DirectoryKind, Listing, MirroredAccount, MirroredGroup, Mirroring, Ruling,
};
use crate::secret::Secret;

fn company() -> Snapshot {
    let many = (0..8).map(|number| person(&format!("user{number}")));
    let mut info = person("info");
    info.kind = AccountKind::Shared;
    info.opened_by = vec!["amy".to_owned(), "bo".to_owned()];
    let group = MirroredGroup {
        hidden: false,
        key: "all".to_owned(),
        address: "all@corp.example".parse().unwrap(),
        name: "All".to_owned(),
        members: vec!["amy".to_owned()],
        groups: Vec::new(),
    };
    let inner = MirroredGroup {
        address: "inner@corp.example".parse().unwrap(),
        ..group.clone()
    };
    Snapshot {
        accounts: [person("amy"), person("bo"), info]
            .into_iter()
            .chain(many)
            .collect(),
        groups: vec![group, inner],
    }
}

/// What changes in the company say, each with its values.
async fn said(change: impl FnOnce(&mut Snapshot)) -> Vec<String> {
    let fixture = Fixture::new().await;
    fixture.store.mirror(company()).await.unwrap();
    let mut snapshot = company();
    change(&mut snapshot);
    let mirroring = Mirroring {
        snapshot,
        memory: None,
        kind: DirectoryKind::File,
        now: time("2026-11-22T12:00:00Z"),
    };
    let judge = |_: &[_]| Ruling::Write(Accepted::Unasked);
    let compared = fixture.store.compare(mirroring, judge).await.unwrap();
    let line = |change: Change| {
        let values: Vec<String> = change.values.iter().map(ToString::to_string).collect();
        format!("{}: {}", change.who, values.join("; "))
    };
    compared.changes.into_iter().map(line).collect()
}

#[tokio::test]
async fn values_of_an_account_are_old_and_new() {
    let changed = said(|it| {
        let amy = &mut it.accounts[0];
        let address = |text: &str| text.parse().unwrap();
        *amy = MirroredAccount {
            login: "anna".to_owned(),
            addresses: ["anna@corp.example", "amy@corp.example"]
                .map(address)
                .to_vec(),
            roles: vec![Role::Admin],
            standing: Standing::Disabled,
            language: Some("de".to_owned()),
            listing: Listing {
                department: Some("Sales".to_owned()),
                ..Listing::default()
            },
            ..amy.clone()
        };
    });
    let want = "anna: login amy → anna; primary address amy@corp.example → anna@corp.example; \
        standing active → disabled; language + de; department + Sales; \
        addresses + anna@corp.example; roles + admin";
    assert_eq!(changed.await, [want]);
}

#[tokio::test]
async fn what_a_password_is_known_by_is_never_a_value() {
    let changed = said(|it| {
        it.accounts[0].verifier = Some(Secret::new("$argon2id$of hers"));
        it.accounts[0].password_mark = Some("20261122".to_owned());
    });
    assert_eq!(changed.await, ["amy: "]);
}

#[tokio::test]
async fn openers_and_members_are_named_and_many_are_counted() {
    let changed = said(|it| {
        // Bo is gone himself, and is called by his name all the same.
        it.accounts.remove(1);
        it.accounts[1].opened_by = vec!["amy".to_owned(), "user1".to_owned()];
        let group = &mut it.groups[0];
        group.members = (0..7).map(|number| format!("user{number}")).collect();
        group.groups = vec!["inner@corp.example".parse().unwrap()];
        group.hidden = true;
    });
    let want = [
        "all@corp.example: hidden + yes; members - amy + inner@corp.example, user0, user1, user2, \
         user3 and 3 more",
        "info: opened_by bo → user1",
        "bo: ",
    ];
    assert_eq!(changed.await, want);
}
