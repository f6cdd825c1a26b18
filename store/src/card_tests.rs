use jiff::SignedDuration;

use super::*;
use crate::emergency_code::NewCode;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{Listing, Lost, MirroredAccount, MirroredGroup, Mirroring, Ruling, Snapshot};
use crate::secret::Secret;
use crate::verifier::NewVerifier;

const NOW: &str = "2026-11-22T09:00:00Z";
const END: &str = "2026-11-29T09:00:00Z";
const LATER: &str = "2026-12-22T09:00:00Z";

fn group(name: &str, members: &[&str], groups: &[&str]) -> MirroredGroup {
    let address = |it: &str| format!("{it}@corp.example").parse().unwrap();
    MirroredGroup {
        hidden: name == "inner",
        key: format!("key of {name}"),
        address: address(name),
        name: name.to_uppercase(),
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        groups: groups.iter().map(|it| address(it)).collect(),
    }
}

fn company() -> Snapshot {
    let amy = MirroredAccount {
        login: "Amy".to_owned(),
        addresses: ["amy.gross@corp.example", "Amy@corp.example"]
            .map(|it| it.parse().unwrap())
            .to_vec(),
        roles: vec![Role::Auditor],
        language: Some("de".to_owned()),
        directory_names: vec!["/o=Corp/cn=Amy".to_owned()],
        sign_in_names: vec!["amy@corp.local".to_owned()],
        listing: Listing {
            department: Some("Sales".to_owned()),
            phone: Some("+49 30 1".to_owned()),
            hidden: true,
        },
        ..person("amy")
    };
    let info = MirroredAccount {
        kind: AccountKind::Shared,
        opened_by: vec!["amy".to_owned(), "bo".to_owned()],
        ..person("info")
    };
    Snapshot {
        accounts: vec![amy, person("bo"), info],
        groups: vec![
            group("all", &["bo"], &["inner"]),
            group("inner", &["amy"], &["all"]),
        ],
    }
}

async fn mirrored() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.store.mirror(company()).await.unwrap();
    fixture
}

async fn card(fixture: &Fixture, name: &str, now: &str) -> Option<Card> {
    fixture.store.card(name, time(now)).await.unwrap()
}

async fn account(fixture: &Fixture, name: &str, now: &str) -> AccountCard {
    match card(fixture, name, now).await {
        Some(Card::Account(card)) => *card,
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn all_of_one_account_is_there_by_any_of_its_names() {
    let fixture = mirrored().await;
    let amy = account(&fixture, "AMY", NOW).await;
    let text =
        |words: &[&str]| -> Vec<String> { words.iter().map(|it| (*it).to_owned()).collect() };
    let want = AccountCard {
        key: "amy".to_owned(),
        removed: false,
        login: "Amy".to_owned(),
        name: "amy".to_owned(),
        kind: AccountKind::Person,
        addresses: text(&["amy.gross@corp.example", "Amy@corp.example"]),
        signs_in_as: text(&[
            "amy",
            "amy.gross@corp.example",
            "amy@corp.example",
            "amy@corp.local",
        ]),
        directory_names: text(&["/o=corp/cn=amy"]),
        roles: vec![Role::Auditor],
        standing: Standing::Active,
        suspended: false,
        language: Some("de".to_owned()),
        listing: company().accounts[0].listing.clone(),
        groups: text(&["all@corp.example", "inner@corp.example"]),
        opened_by: Vec::new(),
        opens: text(&["info"]),
        reserve: Reserve::default(),
    };
    assert_eq!(amy, want);
    for name in ["amy.gross@corp.example", "amy@corp.LOCAL"] {
        assert_eq!(account(&fixture, name, NOW).await, amy, "{name}");
    }
    let info = account(&fixture, "info@corp.example", NOW).await;
    assert_eq!(info.opened_by, ["Amy", "bo"]);
    assert!(info.signs_in_as.is_empty(), "nobody signs in as it");
    assert_eq!(account(&fixture, "info", NOW).await, info);
    assert_eq!(card(&fixture, "nobody", NOW).await, None);
}

#[tokio::test]
async fn a_group_says_who_is_in_it_and_whom_it_reaches() {
    let fixture = mirrored().await;
    let Some(Card::Group(all)) = card(&fixture, "All@corp.example", NOW).await else {
        panic!("no group");
    };
    assert_eq!((&all.members[..], all.reaches), (&["bo".to_owned()][..], 2));
    assert_eq!(all.groups, ["inner@corp.example"]);
    let Some(Card::Group(inner)) = card(&fixture, "inner@corp.example", NOW).await else {
        panic!("no group");
    };
    assert_eq!(
        (inner.key.as_str(), inner.listing.hidden),
        ("key of inner", true)
    );
}

#[tokio::test]
async fn what_lets_somebody_in_is_said_as_readiness_says_it() {
    let fixture = mirrored().await;
    let store = &fixture.store;
    let ready = async |now: &str| {
        let people = store.readiness(time(now)).await.unwrap();
        for person in people {
            let card = account(&fixture, &person.login, now).await;
            let ready = card.reserve.ready;
            assert_eq!(ready, person.is_ready(), "{} at {now}", person.login);
        }
        account(&fixture, "amy", now).await.reserve
    };
    assert!(!ready(NOW).await.ready);
    let new = NewVerifier {
        account: fixture.amy,
        hash: Secret::new("$argon2id$of her password"),
        password_mark: None,
        mark_before: None,
    };
    let week = SignedDuration::from_hours(7 * 24);
    store.keep_verifier(new, week, time(NOW)).await.unwrap();
    let reserve = ready(NOW).await;
    let verifier = VerifierCard {
        made_at: time(NOW),
        expires_at: time(END),
        state: VerifierState::Good,
    };
    assert_eq!((reserve.ready, reserve.verifier), (true, Some(verifier)));
    assert!(!ready(END).await.ready, "it is too old");
    let code = NewCode {
        account: fixture.amy,
        hash: Secret::new("hash"),
    };
    let made = (String::from("eva"), time(LATER));
    store
        .issue_codes(vec![code], made, time(NOW))
        .await
        .unwrap();
    let reserve = ready(END).await;
    assert_eq!(
        (reserve.ready, reserve.code_until),
        (true, Some(time(LATER)))
    );
    // Who is switched off gets in by nothing.
    let mut off = company();
    off.accounts[0].standing = Standing::Disabled;
    store.mirror(off).await.unwrap();
    let amy = account(&fixture, "amy", NOW).await;
    assert_eq!(
        (amy.standing, amy.reserve.ready),
        (Standing::Disabled, false)
    );
}

#[tokio::test]
async fn who_is_gone_or_waits_for_a_decision_is_found() {
    let fixture = mirrored().await;
    let store = &fixture.store;
    let mut off = company();
    off.accounts[1].standing = Standing::Disabled;
    let mirroring = Mirroring {
        snapshot: off,
        memory: None,
        kind: crate::mirror::DirectoryKind::File,
        now: time(NOW),
    };
    let wait = |_: &[_]| Ruling::Wait {
        at_once: vec![Lost::SignIn],
    };
    store.mirror_if(mirroring, wait).await.unwrap();
    let bo = account(&fixture, "bo", NOW).await;
    assert!(bo.suspended && !bo.removed);
    assert_eq!(bo.standing, Standing::Disabled);
    let mut without = company();
    without.accounts.remove(1);
    without.groups.clear();
    store.mirror(without).await.unwrap();
    let bo = account(&fixture, "bo", NOW).await;
    assert!(bo.removed && bo.addresses.is_empty(), "{bo:?}");
}
