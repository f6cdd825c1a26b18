use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::Snapshot;
use crate::mode::Mode;
use crate::proof::{Proof, Proven};
use crate::session::Entrance;

const MADE: &str = "2026-11-22T09:00:00Z";
const LATER: &str = "2026-11-22T10:00:00Z";
const END: &str = "2026-11-29T09:00:00Z";

async fn become_mode(store: &Store, mode: Mode) {
    let from = store.mode().await.unwrap();
    let next = crate::mode::ModeChange {
        mode,
        ..from.clone()
    };
    store.append_mode(&from, next).await.unwrap();
}

async fn issue_to(store: &Store, account: AccountId) {
    let code = NewCode {
        account,
        hash: Secret::new("$argon2id$of the code"),
    };
    let (by, end) = ("shell:eva".to_owned(), time(END));
    store
        .issue_codes(vec![code], (by, end), time(MADE))
        .await
        .unwrap();
}

async fn kept(store: &Store, account: AccountId, at: &str) -> Option<CodeId> {
    let code = store.emergency_code(account, time(at)).await.unwrap();
    code.map(|code| code.id)
}

/// In emergency mode, with a code for amy.
async fn with_code() -> (Fixture, CodeId) {
    let fixture = Fixture::new().await;
    become_mode(&fixture.store, Mode::Emergency).await;
    issue_to(&fixture.store, fixture.amy).await;
    let code = kept(&fixture.store, fixture.amy, LATER).await.unwrap();
    (fixture, code)
}

fn proven(account: AccountId, code: CodeId) -> Proven {
    Proven {
        account,
        proof: Proof::Code(code),
        from: "192.0.2.7".parse().ok(),
    }
}

/// Whether a session begins with the code of amy.
async fn opens(fixture: &Fixture, code: CodeId, at: &str) -> bool {
    let proven = proven(fixture.amy, code);
    let opened = fixture.store.open_session(proven, time(at)).await;
    opened.unwrap().token().is_some()
}

/// Actions, objects and details, the oldest first.
async fn told(store: &Store) -> Vec<String> {
    let rows = store.audit_log(50).await.unwrap();
    let line = |row: audit::AuditRow| {
        let from = row.address.unwrap_or_default();
        format!(
            "{} {} {} {} {from}",
            row.actor, row.action, row.object, row.detail
        )
    };
    let mut lines: Vec<String> = rows.into_iter().map(line).collect();
    lines.retain(|line| !line.contains(" mode "));
    lines.reverse();
    lines
}

#[tokio::test]
async fn a_code_begins_one_session() {
    let (fixture, code) = with_code().await;
    let store = &fixture.store;
    let opened = store.open_session(proven(fixture.amy, code), time(LATER));
    let token = opened.await.unwrap().token().unwrap();
    let admission = store.admission(Some(&token), time(LATER)).await.unwrap();
    assert_eq!(admission.session.unwrap().account.id, fixture.amy);
    assert!(!opens(&fixture, code, LATER).await);
    assert_eq!(kept(store, fixture.amy, LATER).await, None);
    assert_eq!(
        told(store).await,
        [
            "shell:eva code-made amy valid until 2026-11-29T09:00:00Z ",
            "amy code-used amy made by shell:eva 192.0.2.7",
        ]
    );
}

#[tokio::test]
async fn of_many_at_the_same_moment_one_gets_in() {
    let (fixture, code) = with_code().await;
    let tries = (0..20).map(|_| {
        let store = fixture.store.clone();
        let proven = proven(fixture.amy, code);
        async move {
            let opened = store.open_session(proven, time(LATER)).await;
            opened.unwrap().token().is_some()
        }
    });
    let tries: tokio::task::JoinSet<bool> = tries.collect();
    let won = tries.join_all().await.into_iter().filter(|won| *won);
    assert_eq!(won.count(), 1);
}

#[tokio::test]
async fn a_code_dies_with_its_time_with_a_new_one_and_when_it_is_forgotten() {
    let (fixture, code) = with_code().await;
    let store = &fixture.store;
    assert_eq!(kept(store, fixture.amy, END).await, None);
    assert!(!opens(&fixture, code, END).await);

    issue_to(store, fixture.amy).await;
    assert!(!opens(&fixture, code, LATER).await);
    let second = kept(store, fixture.amy, LATER).await.unwrap();
    assert_ne!(second, code);
    let line = told(store).await.pop().unwrap();
    assert!(line.contains("replaces another"), "{line}");

    let by = "shell:eva".to_owned();
    let forgotten = store.forget_sign_in(fixture.amy, by, time(LATER)).await;
    let (verifier, code, sessions) = (false, true, 0);
    let want = Forgotten {
        verifier,
        code,
        sessions,
    };
    assert_eq!(forgotten.unwrap(), want);
    assert!(!opens(&fixture, second, LATER).await);
    assert_eq!(told(store).await.pop().unwrap(), "shell:eva forget amy  ");
}

#[tokio::test]
async fn in_normal_mode_a_code_opens_nothing_and_is_not_used_up() {
    let (fixture, code) = with_code().await;
    let store = &fixture.store;
    become_mode(store, Mode::Normal).await;
    let refused = store
        .open_session(proven(fixture.amy, code), time(LATER))
        .await;
    assert!(matches!(refused, Ok(Entrance::Locked)), "{refused:?}");
    become_mode(store, Mode::Emergency).await;
    assert!(opens(&fixture, code, LATER).await);
}

#[tokio::test]
async fn only_people_have_codes_and_all_are_made_or_none() {
    let fixture = Fixture::new().await;
    let new = |account| NewCode {
        account,
        hash: Secret::new("hash"),
    };
    let codes = vec![new(fixture.amy), new(fixture.info)];
    let made = fixture
        .store
        .issue_codes(codes, ("eva".into(), time(END)), time(MADE));
    let refused = made.await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(kept(&fixture.store, fixture.amy, LATER).await, None);
    assert_eq!(told(&fixture.store).await, [""; 0]);
}

#[tokio::test]
async fn who_is_forgotten_has_no_verifier_and_no_session() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut amy = person("amy");
    amy.verifier = Some(Secret::new("$argon2id$of her password"));
    let snapshot = Snapshot {
        accounts: vec![amy],
        groups: Vec::new(),
    };
    store.mirror(snapshot).await.unwrap();
    become_mode(store, Mode::Emergency).await;
    let proven = Proven {
        account: fixture.amy,
        proof: Proof::Bind(time(LATER)),
        from: None,
    };
    let token = store.open_session(proven, time(LATER)).await;
    let token = token.unwrap().token().unwrap();
    let by = "shell:eva".to_owned();
    let forgotten = store.forget_sign_in(fixture.amy, by, time(LATER)).await;
    let forgotten = forgotten.unwrap();
    assert!(forgotten.verifier && !forgotten.code && forgotten.sessions == 1);
    let (_, verifier) = store.sign_in_name("amy").await.unwrap().unwrap();
    assert!(verifier.is_none());
    let admission = store.admission(Some(&token), time(LATER)).await.unwrap();
    assert!(admission.session.is_none());
}

#[tokio::test]
async fn a_code_does_not_outlive_its_account() {
    let (fixture, code) = with_code().await;
    let store = &fixture.store;
    let mirror = async |logins: &[&str]| {
        let accounts = logins.iter().copied().map(person).collect();
        let groups = Vec::new();
        store.mirror(Snapshot { accounts, groups }).await.unwrap();
    };
    mirror(&["bo"]).await;
    mirror(&["amy", "bo"]).await;
    assert_eq!(kept(store, fixture.amy, LATER).await, None);
    assert!(!opens(&fixture, code, LATER).await);
}
