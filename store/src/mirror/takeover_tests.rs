use jiff::Timestamp;

use super::*;
use crate::account::AccountKind;
use crate::emergency_code::NewCode;
use crate::fixture::{Fixture, person, time};
use crate::mailbox::Folder;
use crate::mirror::{Accepted, Changed, Loss, Lost, Mirrored, MirroredAccount, Mirroring, Ruling};
use crate::secret::Secret;
use crate::shadow::Store;

fn now() -> Timestamp {
    time("2026-11-22T12:00:00Z")
}

/// Somebody of a server, whose key says nothing.
fn of_server(login: &str, addresses: &[&str]) -> MirroredAccount {
    MirroredAccount {
        key: format!("guid-of-{login}"),
        addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
        ..person(login)
    }
}

fn mirroring(accounts: Vec<MirroredAccount>, kind: DirectoryKind) -> Mirroring {
    Mirroring {
        snapshot: Snapshot {
            accounts,
            groups: Vec::new(),
        },
        memory: None,
        kind,
        now: now(),
    }
}

fn agreed(_: &[Loss]) -> Ruling {
    Ruling::Write(Accepted::ByPerson)
}

async fn losses(store: &Store, mirroring: &Mirroring) -> Vec<Loss> {
    let comparison = store.compare(mirroring.clone(), agreed).await;
    comparison.unwrap().losses
}

async fn mirror(store: &Store, mirroring: Mirroring) {
    let mirrored = store.mirror_if(mirroring, agreed);
    assert!(matches!(mirrored.await.unwrap(), Mirrored::Done(_)));
}

/// The same three people, as a server has them.
fn moved() -> Vec<MirroredAccount> {
    let info = MirroredAccount {
        kind: AccountKind::Shared,
        opened_by: vec!["guid-of-agross".to_owned()],
        ..of_server("info", &["info@corp.example"])
    };
    let amy = of_server("agross", &["AMY@corp.example", "a.gross@corp.example"]);
    vec![amy, of_server("bo", &["bo@corp.example"]), info]
}

#[tokio::test]
async fn another_directory_takes_over_mailboxes_by_their_addresses() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let message = fixture.receive("2026-11-22T09:00:00Z").await;
    let code = NewCode {
        account: fixture.amy,
        hash: Secret::new("hash"),
    };
    let end = time("2026-11-29T09:00:00Z");
    let issued = store.issue_codes(vec![code], ("shell:eva".to_owned(), end), now());
    issued.await.unwrap();
    let all = mirroring(moved(), DirectoryKind::Ldap);
    let comparison = store.compare(all.clone(), agreed).await.unwrap();
    assert!(comparison.losses.is_empty(), "{:?}", comparison.losses);
    let told: Vec<_> = comparison
        .changes
        .iter()
        .map(|it| (it.what, &it.who[..], it.from.as_deref()))
        .collect();
    let takes = |who, from| (Changed::TakesOver, who, Some(from));
    assert_eq!(
        told,
        [
            takes("agross", "amy"),
            takes("bo", "bo"),
            takes("info", "info")
        ]
    );
    let counts = comparison.difference;
    assert_eq!((counts.taken_over, counts.added, counts.removed), (3, 0, 0));

    mirror(store, all.clone()).await;
    let amy = store.account(fixture.amy).await.unwrap();
    assert_eq!((&amy.login[..], amy.addresses.len()), ("agross", 2));
    assert_eq!(store.opens(fixture.amy).await.unwrap()[0].id, fixture.info);
    let inbox = store
        .mailbox_page(fixture.amy, Folder::Inbox, None, 10)
        .await;
    assert_eq!(inbox.unwrap().entries[0].message, message);
    assert!(
        store
            .emergency_code(fixture.amy, now())
            .await
            .unwrap()
            .is_some()
    );
    // From now on it is known by its key.
    let difference = store.compare(all, agreed).await.unwrap().difference;
    assert_eq!((difference.changed, difference.taken_over), (0, 0));
    let mut renamed = moved();
    renamed[0].addresses = vec!["new@corp.example".parse().unwrap()];
    mirror(store, mirroring(renamed, DirectoryKind::Ldap)).await;
    let amy = store.account(fixture.amy).await.unwrap();
    assert_eq!(amy.primary_address().as_str(), "new@corp.example");
}

#[tokio::test]
async fn a_password_of_the_directory_before_lets_nobody_in() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let with_password = MirroredAccount {
        verifier: Some(Secret::new("of the file")),
        ..person("amy")
    };
    mirror(store, mirroring(vec![with_password], DirectoryKind::File)).await;
    let made = "INSERT INTO made_verifier (account, hash, made_at, expires_at)
        SELECT id, 'made', 0, 9e15 FROM account WHERE key = 'amy'";
    let made = |shadow: &Transaction<'_>| Ok(shadow.execute(made, [])?);
    assert_eq!(store.inner().shadow.write(made).unwrap(), 1);
    let amy = of_server("amy", &["amy@corp.example"]);
    mirror(store, mirroring(vec![amy], DirectoryKind::ActiveDirectory)).await;
    let (account, verifier) = store.sign_in_name("amy").await.unwrap().unwrap();
    assert_eq!(account.id, fixture.amy);
    assert!(verifier.is_none());
}

#[tokio::test]
async fn what_is_not_one_to_one_is_left_for_a_person() {
    // Amy has left and somebody has her alias, bo is a shared mailbox there, and nobody is info.
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut amy = person("amy");
    amy.addresses.push("sales@corp.example".parse().unwrap());
    let mut info = person("info");
    info.kind = AccountKind::Shared;
    mirror(
        store,
        mirroring(vec![amy, person("bo"), info], DirectoryKind::File),
    )
    .await;
    let bo = MirroredAccount {
        kind: AccountKind::Shared,
        ..of_server("bo", &["bo@corp.example"])
    };
    let others = vec![
        of_server("sales", &["sales@corp.example"]),
        bo,
        of_server("cy", &["cy@corp.example", "info@corp.example"]),
    ];
    let all = mirroring(others, DirectoryKind::Ldap);
    let lost = losses(store, &all).await;
    assert_eq!(lost[0].what, Lost::Mailbox);
    assert_eq!(lost[0].who, ["amy", "bo", "info"]);
    mirror(store, all).await;
    assert!(
        store.account(fixture.amy).await.is_err(),
        "nobody reads her mail"
    );
}

#[tokio::test]
async fn within_one_directory_nobody_takes_anything_over() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    mirror(store, mirroring(moved(), DirectoryKind::Ldap)).await;
    // bo was deleted, and somebody new has his address.
    let mut other = moved();
    other[1].key = "another".to_owned();
    let all = mirroring(other, DirectoryKind::Ldap);
    assert_eq!(losses(store, &all).await[0].what, Lost::Account);
    mirror(store, all).await;
    assert!(store.account(fixture.bo).await.is_err());
}

#[tokio::test]
async fn whoever_comes_back_to_the_first_directory_has_the_same_mailbox() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    mirror(store, mirroring(moved(), DirectoryKind::Ldap)).await;
    let mut info = person("info");
    info.kind = AccountKind::Shared;
    info.opened_by = vec!["amy".to_owned()];
    let file = vec![person("amy"), person("bo"), info];
    mirror(store, mirroring(file, DirectoryKind::File)).await;
    assert_eq!(store.account(fixture.amy).await.unwrap().login, "amy");
    mirror(store, mirroring(moved(), DirectoryKind::Ldap)).await;
    assert_eq!(store.account(fixture.bo).await.unwrap().login, "bo");
    assert_eq!(store.accounts().await.unwrap().len(), 3);
}

/// Twenty people whose primary addresses are those of their logins.
fn many(key: &str) -> Vec<MirroredAccount> {
    let one = |number: usize| {
        let login = format!("user{number}");
        let address = format!("{login}@corp.example");
        MirroredAccount {
            key: format!("{key}{number}"),
            ..of_server(&login, &[&address])
        }
    };
    (0..20).map(one).collect()
}

/// Who is the mirror's after a sync, and what of them was lost with the keys.
async fn check_keys(accounts: Vec<MirroredAccount>, want: Option<usize>) {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    mirror(store, mirroring(many("old"), DirectoryKind::Ldap)).await;
    let before = store.accounts().await.unwrap();
    let same = mirroring(accounts, DirectoryKind::Ldap);
    let lost = losses(store, &same).await;
    let of_keys = lost.iter().find(|it| it.what == Lost::Key);
    assert_eq!(of_keys.map(|it| it.who.len()), want, "{lost:?}");
    mirror(store, same.clone()).await;
    let after = store.accounts().await.unwrap();
    let ids = |all: &[crate::account::Account]| -> Vec<_> {
        let mut ids: Vec<_> = all.iter().map(|it| it.id).collect();
        ids.sort_unstable();
        ids
    };
    let kept = ids(&before);
    let is_kept = |id: &_| kept.contains(id);
    assert_eq!(
        ids(&after).iter().filter(|it| is_kept(it)).count(),
        20 - lost_mailboxes(&lost)
    );
    // From now on they are known by their keys.
    assert!(losses(store, &same).await.is_empty());
}

fn lost_mailboxes(lost: &[Loss]) -> usize {
    let gone = lost
        .iter()
        .filter(|it| matches!(it.what, Lost::Mailbox | Lost::Account));
    gone.map(|it| it.who.len()).sum()
}

#[tokio::test]
async fn a_server_whose_keys_were_made_anew_is_another_directory() {
    check_keys(many("new"), Some(20)).await;
    // One is known, one has left, and one has another primary address.
    let mut others = many("new");
    others[0].key = "old0".to_owned();
    others.remove(1);
    others[1].addresses = vec!["other@corp.example".parse().unwrap()];
    check_keys(others, Some(17)).await;
    // A tenth is known: that is the directory, and something happened in it.
    let mut others = many("new");
    for (one, was) in others[..2].iter_mut().zip(many("old")) {
        one.key = was.key;
    }
    check_keys(others, None).await;
    // Nobody is known, and few by their addresses either.
    let mut others = many("new");
    for (number, one) in others[9..].iter_mut().enumerate() {
        one.addresses = vec![format!("n{number}@corp.example").parse().unwrap()];
    }
    check_keys(others, None).await;
}
