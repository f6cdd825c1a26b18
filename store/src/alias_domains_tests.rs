use jiff::Timestamp;

use super::*;
use crate::account::Owners;
use crate::fixture::{Fixture, person, time};
use crate::hold::HoldScope;
use crate::mirror::{MirroredGroup, Snapshot};
use crate::readiness::{PeopleFilter, PeopleWanted};
use crate::shadow::{Store, StoreOptions};

fn aliases() -> AliasDomains {
    let domain = ("corp.test".to_owned(), "corp.example".to_owned());
    AliasDomains::new([domain].into())
}

fn now() -> Timestamp {
    time("2026-11-22T09:00:00Z")
}

/// Amy and bo, and all of them; bo has the name that would be amy's, too.
async fn scene() -> (Fixture, Store) {
    let fixture = Fixture::new().await;
    let mut bo = person("bo");
    bo.addresses.push("both@corp.test".parse().unwrap());
    let mut amy = person("amy");
    amy.addresses.push("both@corp.example".parse().unwrap());
    let all = MirroredGroup {
        key: "all".to_owned(),
        address: "all@corp.example".parse().unwrap(),
        name: "all".to_owned(),
        hidden: false,
        members: vec!["amy".to_owned(), "bo".to_owned()],
        groups: Vec::new(),
    };
    let snapshot = Snapshot {
        accounts: vec![amy, bo],
        groups: vec![all],
    };
    fixture.store.mirror(snapshot).await.unwrap();
    let options = StoreOptions {
        aliases: aliases(),
        ..StoreOptions::default()
    };
    let store = Store::open_with(fixture.dir.path(), options).await;
    (fixture, store.unwrap())
}

#[test]
fn what_a_name_stands_for() {
    #[track_caller]
    fn check(name: &str, want: Option<&str>) {
        assert_eq!(aliases().stands_for(name).as_deref(), want, "{name}");
        if let Ok(address) = name.parse() {
            let resolved = aliases().resolved(&address);
            assert_eq!(resolved.as_ref().map(Address::as_str), want, "{name}");
        }
    }
    check("Amy@CORP.test", Some("Amy@corp.example"));
    check(
        "\"a@corp.test\"@corp.test",
        Some("\"a@corp.test\"@corp.example"),
    );
    check("amy@corp.example", None);
    check("amy@sub.corp.test", None);
    check("corp.test", None);
    check("amy", None);
}

#[tokio::test]
async fn whoever_has_an_address_has_it_in_the_other_domain_for_everybody_who_asks() {
    let (fixture, store) = scene().await;
    for (name, want) in [
        ("AMY@Corp.Test", Some(fixture.amy)),
        ("bo@corp.test", Some(fixture.bo)),
        ("both@corp.test", Some(fixture.bo)),
        ("both@corp.example", Some(fixture.amy)),
        ("nobody@corp.test", None),
        ("amy@elsewhere.test", None),
    ] {
        let entrant = store.entrant(name, now()).await.unwrap();
        assert_eq!(entrant.map(|it| it.account.id), want, "{name}");
        let signs_in = store.sign_in_name(name).await.unwrap();
        assert_eq!(signs_in.map(|(it, _)| it.id), want, "{name}");
        let named = store.person_named(name).await.unwrap();
        assert_eq!(named.map(|it| it.id), want, "{name}");
        let address = name.parse().unwrap();
        let owner = match store.owners(&address).await.unwrap() {
            Owners::One(one) => Some(one.account),
            Owners::Nobody => None,
            Owners::Group(members) => panic!("{members:?}"),
        };
        assert_eq!(owner, want, "{name}");
        let scope = store.scope(Vec::new(), vec![name.to_owned()]).await;
        assert_eq!(scope.is_ok(), want.is_some(), "{name}");
        if let Ok(scope) = scope {
            let outside = store.outside_of(scope, vec![address]).await.unwrap();
            assert_eq!(outside, [], "{name}");
        }
    }
    let without = fixture.store.entrant("amy@corp.test", now()).await;
    assert!(without.unwrap().is_none());
}

#[tokio::test]
async fn groups_too() {
    let (_fixture, store) = scene().await;
    let all: Address = "All@corp.test".parse().unwrap();
    let owners = store.owners(&all).await.unwrap();
    assert!(
        matches!(&owners, Owners::Group(members) if members.len() == 2),
        "{owners:?}"
    );
    let filter = PeopleFilter {
        who: PeopleWanted::Missing,
        group: Some(all.clone()),
        ..PeopleFilter::default()
    };
    let missing = store.missing(filter, (0, 9), now()).await.unwrap();
    assert_eq!(missing.total, 2);
    assert!(store.scope(vec![all.to_string()], Vec::new()).await.is_ok());
    for scope in [
        HoldScope::Group(all),
        HoldScope::Account("amy@corp.test".to_owned()),
    ] {
        let held = store.add_hold(scope.clone(), "test", "eva", now()).await;
        assert!(held.is_ok(), "{scope}");
    }
    let held = store.holds().await.unwrap();
    let covered: Vec<u64> = held.iter().map(|it| it.accounts).collect();
    assert_eq!(covered, [1, 2]);
}
