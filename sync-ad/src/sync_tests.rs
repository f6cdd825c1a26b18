use jiff::{SignedDuration, Timestamp};
use store::{AccountKind, DirectoryKind, MirroredAccount, MirroredGroup, Role, Snapshot, Standing};

use super::*;

const NOW: &str = "2026-11-22T12:00:00Z";

fn person(name: &str) -> MirroredAccount {
    MirroredAccount {
        key: name.to_owned(),
        login: name.to_owned(),
        name: name.to_owned(),
        addresses: vec![format!("{name}@corp.example").parse().unwrap()],
        kind: AccountKind::Person,
        ..MirroredAccount::default()
    }
}

fn snapshot(accounts: usize) -> Snapshot {
    Snapshot {
        accounts: (0..accounts)
            .map(|number| person(&format!("user{number}")))
            .collect(),
        groups: Vec::new(),
    }
}

/// Everything that can be lost: aliases, groups with members, administrators, auditors, and two
/// mailboxes that four others open.
fn company() -> Snapshot {
    let mut company = snapshot(20);
    for account in &mut company.accounts {
        let alias = format!("{}.alias@corp.example", account.login);
        account.addresses.push(alias.parse().unwrap());
    }
    for account in &mut company.accounts[..2] {
        account.roles = vec![Role::Admin, Role::Auditor];
    }
    for mailbox in &mut company.accounts[18..] {
        mailbox.opened_by = (4..8).map(|number| format!("user{number}")).collect();
    }
    let group = |number: usize| MirroredGroup {
        hidden: false,
        key: format!("group{number}"),
        address: format!("group{number}@corp.example").parse().unwrap(),
        name: format!("Group {number}"),
        members: vec!["user2".to_owned(), "user3".to_owned()],
        groups: Vec::new(),
    };
    company.groups = (0..8).map(group).collect();
    company
}

/// A store that is synced at times of its own.
struct Scene {
    _dir: tempfile::TempDir,
    store: Store,
    now: Timestamp,
}

impl Scene {
    async fn with(snapshot: Snapshot) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut scene = Self {
            store: Store::open(dir.path()).await.unwrap(),
            _dir: dir,
            now: NOW.parse().unwrap(),
        };
        scene.sync(snapshot, None).await.unwrap();
        scene
    }

    async fn sync(
        &mut self,
        snapshot: Snapshot,
        accepted: Option<Question>,
    ) -> Result<Difference, String> {
        let synced = sync(&self.store, self.mirroring(snapshot), accepted).await;
        synced.map_err(|error| error.to_string())
    }

    fn mirroring(&self, snapshot: Snapshot) -> Mirroring {
        Mirroring {
            snapshot,
            memory: None,
            kind: DirectoryKind::File,
            now: self.now,
        }
    }

    fn wait(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }
}

/// The question that a refusal ends with.
#[track_caller]
fn asked(refused: &str) -> Question {
    let (_, word) = refused.split_once("sync --accept ").unwrap();
    word.trim_end_matches('`').parse().unwrap()
}

/// Syncs a company, then one that something is taken from. The sentence must have these words, the
/// command in it must be taken, and the comparison must say the same before.
async fn check(take: impl Fn(&mut Snapshot), words: &[&str]) {
    let mut scene = Scene::with(company()).await;
    let mut less = company();
    take(&mut less);
    let comparison = compare(&scene.store, scene.mirroring(less.clone()));
    let (_, foretold) = comparison.await.unwrap();
    let refused = scene.sync(less.clone(), None).await.unwrap_err();
    for word in words {
        assert!(refused.contains(word), "{word}: {refused}");
    }
    let question = Some(asked(&refused));
    assert_eq!(foretold.map(|it| it.to_string()), Some(refused));
    // Meanwhile something else goes, too.
    let mut even_less = less.clone();
    even_less.accounts.pop();
    even_less.groups.pop();
    assert!(scene.sync(even_less, question).await.is_err());
    scene.sync(less.clone(), question).await.unwrap();
    // From here on that is how it is.
    scene.sync(less, None).await.unwrap();
}

#[tokio::test]
async fn the_guard_stops_a_half_answer() {
    let many = async |before, after, passes: bool| {
        let mut scene = Scene::with(snapshot(before)).await;
        let synced = scene.sync(snapshot(after), None).await;
        assert_eq!(synced.is_ok(), passes, "{before} to {after}: {synced:?}");
    };
    many(100, 90, true).await;
    many(100, 89, false).await;
    many(10, 7, true).await;
    many(10, 6, false).await;
    many(10, 0, false).await;
    many(2, 0, false).await;
    many(2, 1, true).await;
    many(0, 5, true).await;
}

#[tokio::test]
async fn what_is_lost_is_seen_also_where_nobody_goes() {
    check(
        |it| _ = it.accounts.drain(10..),
        &["10 of 20 accounts (user10, user11", "at once, and 10 stay"],
    )
    .await;
    let without_aliases = |it: &mut Snapshot| {
        for account in &mut it.accounts {
            account.addresses.truncate(1);
        }
    };
    let words = [
        "20 of 40 addresses (user0.alias@corp.example",
        "0 people",
        "and 0 stay",
    ];
    check(without_aliases, &words).await;
    let disabled = |it: &mut Snapshot| {
        for account in &mut it.accounts[5..] {
            account.standing = Standing::Disabled;
        }
    };
    let words = ["15 of 20 people who may sign in (user10", "and 15 stay"];
    check(disabled, &words).await;
    let nobodys = |it: &mut Snapshot| {
        for account in &mut it.accounts[5..] {
            account.kind = AccountKind::Shared;
        }
    };
    check(nobodys, &words).await;
    let some = |it: &mut Snapshot| {
        for account in &mut it.accounts[10..] {
            account.standing = Standing::Disabled;
        }
    };
    let words = ["10 of 20 people who may sign in", "10 people", "and 0 stay"];
    check(some, &words).await;
    let without_members = |it: &mut Snapshot| {
        for group in &mut it.groups[..4] {
            group.members.clear();
        }
    };
    let words = ["4 of 8 groups with members (group0@corp.example"];
    check(without_members, &words).await;
    let without_groups = |it: &mut Snapshot| _ = it.groups.drain(4..);
    check(without_groups, &["4 of 8 groups (group4@"]).await;
    let without_admins = |it: &mut Snapshot| {
        for account in &mut it.accounts {
            account.roles.clear();
        }
    };
    let words = [
        "2 of 2 administrators who may sign in (user0, user1)",
        "and 2 stay",
    ];
    check(without_admins, &words).await;
    // Administrators who go are accounts that pass, and nobody is left all the same.
    let words = ["2 of 2 administrators", "2 people", "and 0 stay"];
    check(|it| _ = it.accounts.drain(..2), &words).await;
    // One who is switched off is no administrator who is left.
    let last = |it: &mut Snapshot| {
        it.accounts[0].standing = Standing::Disabled;
        it.accounts[1].roles.clear();
    };
    let words = ["2 of 2 administrators", "1 people", "and 1 stay"];
    check(last, &words).await;
}

#[tokio::test]
async fn rights_and_memberships_that_go_are_seen_where_everybody_stays() {
    let without_openers = |it: &mut Snapshot| it.accounts[18].opened_by.clear();
    let words = [
        "4 of 8 rights to open a mailbox (user4 of user18, user5 of user18",
        "0 people",
    ];
    check(without_openers, &words).await;
    let without_some = |it: &mut Snapshot| {
        for group in &mut it.groups[..4] {
            group.members.pop();
        }
    };
    let words = ["4 of 16 members of groups (user3 of group0@corp.example, user3 of group1@"];
    check(without_some, &words).await;
    let without_auditors = |it: &mut Snapshot| {
        for account in &mut it.accounts[..2] {
            account.roles = vec![Role::Admin];
        }
    };
    let words = ["2 of 2 auditors who may sign in (user0, user1)"];
    check(without_auditors, &words).await;
}

#[tokio::test]
async fn a_group_that_is_in_no_other_any_more_is_seen() {
    let nested = |groups: &[usize]| {
        let mut company = company();
        let address = |number: &usize| company.groups[*number].address.clone();
        let inner: Vec<_> = groups.iter().map(address).collect();
        company.groups[0].groups = inner;
        for group in &mut company.groups[1..] {
            group.members.truncate(1);
        }
        company
    };
    let mut scene = Scene::with(nested(&[1, 2, 3, 4, 5])).await;
    let refused = scene.sync(nested(&[1]), None).await.unwrap_err();
    let words = "4 of 14 members of groups (group2@corp.example of group0@corp.example";
    assert!(refused.contains(words), "{refused}");
    scene.sync(nested(&[1, 2]), None).await.unwrap();
    // Three went within the day; when one is back it is two.
    assert!(scene.sync(nested(&[1]), None).await.is_err());
    scene.sync(nested(&[1, 2, 3]), None).await.unwrap();
    scene.sync(nested(&[1, 3]), None).await.unwrap();
    assert!(scene.sync(nested(&[1]), None).await.is_err());
}

#[tokio::test]
async fn whoever_goes_takes_their_rights_with_them_and_whoever_asks_keeps_them() {
    // Somebody who opens both mailboxes, and is in all groups: one account is lost, and no more.
    let mut with = company();
    for group in &mut with.groups {
        group.members.push("user4".to_owned());
    }
    let mut scene = Scene::with(with.clone()).await;
    let mut without = with;
    without.accounts.remove(4);
    scene.sync(without.clone(), None).await.unwrap();
    // While somebody is asked about openers they stay in; a few go at once.
    let opens = async |store: &Store, login: &str| {
        let person = store.person_named(login).await.unwrap().unwrap();
        store.opens(person.id).await.unwrap().len()
    };
    let mut less = without;
    less.groups.truncate(2);
    less.accounts[17].opened_by.pop();
    assert!(scene.sync(less.clone(), None).await.is_err());
    assert_eq!(opens(&scene.store, "user7").await, 1);
    less.accounts[17].opened_by.clear();
    less.accounts[18].opened_by.clear();
    assert!(scene.sync(less, None).await.is_err());
    assert_eq!(opens(&scene.store, "user7").await, 2);
}

#[tokio::test]
async fn what_goes_elsewhere_is_not_lost() {
    let mut scene = Scene::with(company()).await;
    let mut other = company();
    // Everybody's alias is the next one's, and that of the last a group's.
    let aliases: Vec<_> = other
        .accounts
        .iter()
        .map(|it| it.addresses[1].clone())
        .collect();
    for (account, alias) in other.accounts.iter_mut().zip(&aliases[1..]) {
        account.addresses[1] = alias.clone();
    }
    other.accounts[19].addresses.truncate(1);
    other.groups[0].address = aliases[0].clone();
    scene.sync(other, None).await.unwrap();
}

#[tokio::test]
async fn the_guard_is_not_passed_in_small_steps() {
    let mut scene = Scene::with(snapshot(30)).await;
    scene.sync(snapshot(28), None).await.unwrap();
    scene.wait(1);
    scene.sync(snapshot(27), None).await.unwrap();
    scene.wait(1);
    let refused = scene.sync(snapshot(26), None).await.unwrap_err();
    assert!(
        refused.contains("4 of 30 accounts (user26, user27"),
        "{refused}"
    );
    // Whoever is back was not lost.
    let mut back = snapshot(26);
    back.accounts.push(person("user29"));
    scene.sync(back.clone(), None).await.unwrap();
    back.accounts.drain(..1);
    assert!(scene.sync(back.clone(), None).await.is_err());
    // A day later it is another day.
    scene.wait(24 * 60);
    scene.sync(back, None).await.unwrap();
}

#[tokio::test]
async fn what_a_person_agreed_to_is_not_counted_again() {
    let mut scene = Scene::with(snapshot(30)).await;
    let stopped = scene.sync(snapshot(20), None).await.unwrap_err();
    assert!(stopped.contains("10 of 30"));
    scene
        .sync(snapshot(20), Some(asked(&stopped)))
        .await
        .unwrap();
    scene.wait(1);
    scene.sync(snapshot(17), None).await.unwrap();
    assert!(scene.sync(snapshot(16), None).await.is_err());
}

#[tokio::test]
async fn whoever_is_dismissed_does_not_stay_in_while_somebody_is_asked() {
    let mut scene = Scene::with(company()).await;
    let mut less = company();
    less.groups.drain(4..);
    assert!(scene.sync(less.clone(), None).await.is_err());
    // Later somebody is switched off: an administrator, too.
    less.accounts[0].standing = Standing::Disabled;
    less.accounts[7].standing = Standing::Expired;
    let refused = scene.sync(less, None).await.unwrap_err();
    assert!(refused.contains("2 people"), "{refused}");
    let signs_in = async |store: &Store, login: &str| {
        let entrant = store.entrant(login, NOW.parse().unwrap()).await.unwrap();
        entrant.is_some()
    };
    assert!(!signs_in(&scene.store, "user0").await);
    assert!(!signs_in(&scene.store, "user7").await);
    assert!(signs_in(&scene.store, "user1").await);
    // The directory is as the mirror again.
    scene.sync(company(), None).await.unwrap();
    assert!(signs_in(&scene.store, "user0").await);
}
