use super::*;
use crate::fixture::{Fixture, owed_to, person, time};
use crate::mirror::{MirroredGroup, Snapshot};
use crate::mode::{Mode, ModeChange};
use crate::proof::{Proof, Proven};
use crate::queue::{Purpose, Settled};
use crate::session::Entrance;

const NOW: &str = "2026-11-22T09:12:00Z";
const BREMEN: &str = "bremen@corp.example";

/// Bremen has amy, and the harbour in it, which has Bremen in it again, has bo; cy is in none.
async fn company() -> (Fixture, AccountId) {
    let fixture = Fixture::new().await;
    mirror(&fixture, &["amy"]).await;
    let accounts = fixture.store.accounts().await.unwrap();
    let cy = accounts.iter().find(|it| it.login == "cy").unwrap().id;
    (fixture, cy)
}

async fn mirror(fixture: &Fixture, of_bremen: &[&str]) {
    let group = |address: &str, members: &[&str], other: &str| MirroredGroup {
        key: address.to_owned(),
        address: address.parse().unwrap(),
        name: address.to_owned(),
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        groups: vec![other.parse().unwrap()],
        hidden: false,
    };
    let harbour = "harbour@corp.example";
    let snapshot = Snapshot {
        accounts: vec![person("amy"), person("bo"), person("cy")],
        groups: vec![
            group(BREMEN, of_bremen, harbour),
            group(harbour, &["bo"], BREMEN),
            MirroredGroup {
                groups: vec![],
                ..group("empty@corp.example", &[], harbour)
            },
        ],
    };
    fixture.store.mirror(snapshot).await.unwrap();
}

async fn scope(fixture: &Fixture, groups: &[&str], accounts: &[&str]) -> Result<Scope, ScopeError> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    fixture.store.scope(owned(groups), owned(accounts)).await
}

async fn become_mode(fixture: &Fixture, mode: Mode, scope: Scope) {
    let from = fixture.store.mode().await.unwrap();
    let next = ModeChange {
        mode,
        since: time(NOW),
        scope,
        ..from.clone()
    };
    fixture.store.append_mode(&from, next).await.unwrap();
}

async fn enter(fixture: &Fixture, account: AccountId) -> Entrance {
    let proven = Proven {
        account,
        proof: Proof::Bind(time(NOW)),
        from: None,
    };
    fixture.store.open_session(proven, time(NOW)).await.unwrap()
}

#[tokio::test]
async fn groups_within_groups_count_and_wrong_names_are_told() {
    let (fixture, cy) = company().await;
    let bremen = scope(&fixture, &["Bremen@Corp.Example"], &[])
        .await
        .unwrap();
    assert_eq!(fixture.store.people_in(bremen.clone()).await.unwrap(), 2);
    let and_cy = scope(&fixture, &[BREMEN], &["cy@corp.example"])
        .await
        .unwrap();
    assert_eq!(
        and_cy.to_string(),
        "Bremen@corp.example, cy".replace('B', "b")
    );
    assert_eq!(fixture.store.people_in(and_cy.clone()).await.unwrap(), 3);
    assert_eq!(bremen.clone().widened(and_cy), {
        let Scope::Only(mut chosen) = bremen.clone() else {
            panic!("{bremen}");
        };
        chosen
            .groups
            .insert(BREMEN.parse().unwrap(), BREMEN.to_owned());
        chosen.accounts.insert(cy, "cy".to_owned());
        Scope::Only(chosen)
    });
    assert_eq!(bremen.widened(Scope::Everyone), Scope::Everyone);
    assert_eq!(scope(&fixture, &[], &[]).await.unwrap(), Scope::Everyone);
    let refused = [
        scope(&fixture, &["nowhere@corp.example"], &[]).await,
        scope(&fixture, &["no address"], &[]).await,
        scope(&fixture, &[], &["nobody"]).await,
        scope(&fixture, &[], &["info"]).await,
    ];
    let [
        Err(ScopeError::NoGroup(_)),
        Err(ScopeError::NoGroup(_)),
        Err(ScopeError::NoAccount(_)),
        Err(_),
    ] = refused
    else {
        panic!("{refused:?}");
    };
}

#[tokio::test]
async fn a_shared_mailbox_alone_opens_for_nobody() {
    let fixture = Fixture::new().await;
    let refused = scope(&fixture, &[], &["info"]).await;
    assert!(matches!(refused, Err(ScopeError::Nobody)), "{refused:?}");
}

#[tokio::test]
async fn who_is_not_meant_does_not_come_in_and_does_not_stay() {
    let (fixture, cy) = company().await;
    let bremen = scope(&fixture, &[BREMEN], &[]).await.unwrap();
    for mode in [Mode::Emergency, Mode::Recovery, Mode::Normal, Mode::Drill] {
        become_mode(&fixture, mode, bremen.clone()).await;
        let comes_in = enter(&fixture, fixture.bo).await.token().is_some();
        assert_eq!(comes_in, mode != Mode::Normal, "{mode}");
        let refused = enter(&fixture, cy).await;
        match mode {
            Mode::Normal => assert!(matches!(refused, Entrance::Locked), "{refused:?}"),
            _ => assert!(matches!(refused, Entrance::NotForThem), "{refused:?}"),
        }
    }
    // Cy joins the group later and comes in. Then it loses all: whoever was in it at the beginning stays.
    mirror(&fixture, &["amy", "cy"]).await;
    let amy = enter(&fixture, fixture.amy).await.token().unwrap();
    let cy = enter(&fixture, cy).await.token().unwrap();
    mirror(&fixture, &[]).await;
    for (token, is_in) in [(&amy, true), (&cy, false)] {
        let admission = fixture.store.admission(Some(token), time(NOW)).await;
        assert_eq!(admission.unwrap().session.is_some(), is_in);
    }
    // So it does when the drill is said to last longer; a new one is for who is there.
    for (mode, is_in) in [
        (Mode::Drill, true),
        (Mode::Normal, false),
        (Mode::Drill, false),
    ] {
        become_mode(&fixture, mode, bremen.clone()).await;
        let comes_in = enter(&fixture, fixture.amy).await.token().is_some();
        assert_eq!(comes_in, is_in, "{mode}");
    }
    mirror(&fixture, &["amy"]).await;
    // And it goes on for bo alone.
    become_mode(&fixture, Mode::Emergency, bremen).await;
    let token = enter(&fixture, fixture.amy).await.token().unwrap();
    let bo = scope(&fixture, &[], &["bo"]).await.unwrap();
    become_mode(&fixture, Mode::Emergency, bo).await;
    let admission = fixture.store.admission(Some(&token), time(NOW)).await;
    assert!(admission.unwrap().session.is_none());
}

#[tokio::test]
async fn what_is_owed_to_the_others_is_not_held() {
    let (fixture, cy) = company().await;
    let store = &fixture.store;
    for (account, address) in [(fixture.bo, "bo@corp.example"), (cy, "cy@corp.example")] {
        let id = fixture.keep(NOW, address.as_bytes()).await;
        store.file(id, owed_to(account, address)).await.unwrap();
    }
    let owed = &[Purpose::Return];
    // Who nobody knows is for the primary to tell.
    let id = fixture.keep(NOW, b"nobody").await;
    let mut to_nobody = owed_to(cy, "nobody@corp.example");
    to_nobody.owed[0].account = None;
    store.file(id, to_nobody).await.unwrap();
    let due = async || store.due_beyond_scope(owed, time(NOW), 10).await.unwrap();
    let claim = async |row| store.claim_beyond_scope(row, time(NOW)).await.unwrap();
    assert!(due().await.is_empty());
    become_mode(&fixture, Mode::Emergency, Scope::Everyone).await;
    assert!(due().await.is_empty());
    let bremen = scope(&fixture, &[BREMEN], &[]).await.unwrap();
    become_mode(&fixture, Mode::Emergency, bremen.clone()).await;
    let rows = due().await;
    let [first, of_nobody] = rows[..] else {
        panic!("{rows:?}");
    };
    // In between the mode may become one that holds for them, too.
    become_mode(&fixture, Mode::Emergency, Scope::Everyone).await;
    assert!(claim(first).await.is_none() && claim(of_nobody).await.is_none());
    become_mode(&fixture, Mode::Emergency, bremen).await;
    let of_cy = claim(first).await.unwrap();
    assert_eq!(of_cy.account, Some(cy));
    assert_eq!(claim(of_nobody).await.unwrap().account, None);
    assert!(claim(first).await.is_none(), "nobody claims it twice");
    // Tomorrow; but who has their mail back is not made to wait for that.
    let tomorrow = Settled::Later(time("2026-11-23T09:12:00Z"));
    store
        .settle(of_cy.id, tomorrow, "451", time(NOW))
        .await
        .unwrap();
    let amy = scope(&fixture, &[], &["amy"]).await.unwrap();
    become_mode(&fixture, Mode::Emergency, amy).await;
    let mut accounts = Vec::new();
    for row in due().await {
        accounts.push(claim(row).await.unwrap().account);
    }
    assert_eq!(accounts, [Some(fixture.bo), Some(cy)]);
}

#[tokio::test]
async fn in_a_drill_mail_reaches_only_who_takes_part() {
    let (fixture, _) = company().await;
    let check = async |groups: &[&str], accounts: &[&str], to: &str, reaches: bool| {
        let scope = scope(&fixture, groups, accounts).await.unwrap();
        let address: Address = to.parse().unwrap();
        let outside = fixture.store.outside_of(scope, vec![address.clone()]).await;
        let want = if reaches { vec![] } else { vec![address] };
        assert_eq!(outside.unwrap(), want, "{groups:?} {accounts:?} {to}");
    };
    check(&[BREMEN], &[], "AMY@corp.example", true).await;
    check(&[BREMEN], &[], BREMEN, true).await;
    check(&[BREMEN], &[], "cy@corp.example", false).await;
    check(&[BREMEN], &[], "amy@outside.example", false).await;
    check(&[], &["amy", "cy"], BREMEN, false).await;
    check(&[], &["amy", "bo"], BREMEN, true).await;
    check(&[BREMEN], &[], "empty@corp.example", false).await;
}
