use store::{AccountKind, MirroredAccount, Snapshot};

use super::*;
use crate::{limits, password};

async fn check_with(accounts: Vec<MirroredAccount>) -> (tempfile::TempDir, SignInCheck) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    store
        .mirror(Snapshot {
            accounts,
            groups: Vec::new(),
        })
        .await
        .unwrap();
    (dir, SignInCheck::new(store).unwrap())
}

fn account(login: &str, kind: AccountKind, password: Option<&str>) -> MirroredAccount {
    let hash = password.map(|password| password::hash(&Secret::new(password)).unwrap());
    MirroredAccount {
        key: login.to_owned(),
        login: login.to_owned(),
        name: login.to_owned(),
        addresses: vec![format!("{login}@corp.example").parse().unwrap()],
        kind,
        roles: Vec::new(),
        language: None,
        verifier: hash.map(Secret::new),
        opened_by: Vec::new(),
        directory_names: Vec::new(),
    }
}

#[tokio::test]
async fn only_the_right_password_opens() {
    let (_dir, check) = check_with(vec![
        account("jörg", AccountKind::Person, Some("Größe 42")),
        account("info", AccountKind::Shared, Some("Größe 42")),
        account("amy", AccountKind::Person, None),
    ])
    .await;
    let verdict = async |login: &str, password: &str| {
        check
            .check(login, &Secret::new(password), None)
            .await
            .unwrap()
    };
    assert!(matches!(
        verdict("jörg", "Größe 42").await,
        Verdict::Welcome(_)
    ));
    assert!(matches!(
        verdict("JÖRG", "Größe 42").await,
        Verdict::Welcome(_)
    ));
    assert!(matches!(
        verdict("Jörg@Corp.Example", "Größe 42").await,
        Verdict::Welcome(_)
    ));
    assert_eq!(verdict("jörg", "größe 42").await, Verdict::Refused);
    assert_eq!(verdict("jörg", "").await, Verdict::Refused);
    assert_eq!(
        verdict("jörg", &"x".repeat(limits::PASSWORD_BYTES_MAX + 1)).await,
        Verdict::Refused
    );
    assert_eq!(verdict("info", "Größe 42").await, Verdict::Refused);
    assert_eq!(verdict("amy", "nobody").await, Verdict::Refused);
    assert_eq!(verdict("stranger", "nobody").await, Verdict::Refused);
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_only() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, Some("right"))]).await;
    let (guesser, owner) = ("192.0.2.66".parse().ok(), "192.0.2.1".parse().ok());
    for _ in 0..limits::FREE_TRIES {
        let verdict = check
            .check("amy", &Secret::new("wrong"), guesser)
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Refused);
    }
    let verdict = check
        .check("amy", &Secret::new("right"), guesser)
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Wait(_)), "{verdict:?}");
    let verdict = check
        .check("amy", &Secret::new("right"), owner)
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Welcome(_)), "{verdict:?}");
}

#[tokio::test]
async fn guessing_in_parallel_is_no_faster() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, Some("right"))]).await;
    let check = std::sync::Arc::new(check);
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..30 {
        let check = std::sync::Arc::clone(&check);
        tries.spawn(async move {
            let guess = Secret::new(format!("guess {number}"));
            check.check("amy", &guess, None).await.unwrap()
        });
    }
    let hashed = tries
        .join_all()
        .await
        .into_iter()
        .filter(|verdict| *verdict == Verdict::Refused);
    assert_eq!(hashed.count(), limits::FREE_TRIES as usize);
}
