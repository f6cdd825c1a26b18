use jiff::Timestamp;

use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{DirectoryKind, Mirrored, Mirroring, Ruling};
use crate::mode::{Mode, ModeChange};
use crate::proof::{Proof, Proven};
use crate::session::Entrance;

fn now() -> Timestamp {
    time("2026-11-22T12:00:00Z")
}

/// Amy and bo administrate and read the audit log, and both open info.
fn company() -> Vec<MirroredAccount> {
    let mut info = person("info");
    info.kind = crate::account::AccountKind::Shared;
    info.opened_by = vec!["amy".to_owned(), "bo".to_owned()];
    let mut all = vec![person("amy"), person("bo"), info];
    for account in &mut all[..2] {
        account.roles = vec![Role::Admin, Role::Auditor];
        account.verifier = Some(Secret::new("before"));
        account.password_mark = Some("1".to_owned());
    }
    all
}

/// A sync that waits for a person, but for these kinds.
async fn wait(store: &Store, accounts: Vec<MirroredAccount>, at_once: &[Lost]) -> ShutOut {
    let at_once = at_once.to_vec();
    let judge = move |_: &[_]| Ruling::Wait { at_once };
    let mirroring = mirroring(accounts);
    let foretold = store.compare(mirroring.clone(), judge.clone()).await;
    match store.mirror_if(mirroring, judge).await.unwrap() {
        Mirrored::Stopped(_, shut_out) => {
            assert_eq!(foretold.unwrap().shut_out, Some(shut_out));
            shut_out
        }
        other => panic!("{other:?}"),
    }
}

fn mirroring(accounts: Vec<MirroredAccount>) -> Mirroring {
    Mirroring {
        snapshot: Snapshot {
            accounts,
            groups: Vec::new(),
        },
        memory: None,
        kind: DirectoryKind::File,
        now: now(),
    }
}

/// Everything that one may do here, in one line.
async fn may(fixture: &Fixture, login: &str) -> String {
    let store = &fixture.store;
    let Some(entrant) = store.entrant(login, now()).await.unwrap() else {
        return "nothing".to_owned();
    };
    let opens = store.opens(entrant.account.id).await.unwrap();
    let opens: Vec<&str> = opens.iter().map(|it| it.login.as_str()).collect();
    format!(
        "{:?} {opens:?} {} {}",
        entrant.account.roles,
        entrant
            .mirrored
            .map_or_else(String::new, |it| it.expose().to_owned()),
        entrant.password_mark.unwrap_or_default(),
    )
}

/// In normal times nobody has a session at all.
async fn become_emergency(store: &Store) {
    let from = store.mode().await.unwrap();
    let next = ModeChange {
        mode: Mode::Emergency,
        ..from.clone()
    };
    store.append_mode(&from, next).await.unwrap();
}

const ALL: &str = "[Admin, Auditor] [\"info\"] before 1";

async fn with_company() -> Fixture {
    let fixture = Fixture::new().await;
    let company = Snapshot {
        accounts: company(),
        groups: Vec::new(),
    };
    fixture.store.mirror(company).await.unwrap();
    fixture
}

#[tokio::test]
async fn whoever_is_switched_off_is_out_at_once_and_comes_back_as_before() {
    let fixture = with_company().await;
    let store = &fixture.store;
    let amy = Proven {
        account: fixture.amy,
        proof: Proof::Bind(now()),
        from: None,
    };
    let change = |shadow: &Transaction<'_>| {
        let all = "INSERT INTO session (token_hash, account, started_at, used_at, form_token)
            SELECT x'00', id, 0, 0, '' FROM account WHERE login = 'amy'";
        Ok(shadow.execute(all, [])?)
    };
    store.inner().shadow.write(change).unwrap();
    let sessions = |shadow: &Transaction<'_>| {
        let count = "SELECT count(*) FROM session";
        Ok(shadow.query_row(count, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(store.inner().shadow.read(sessions).unwrap(), 1);
    let mut dismissed = company();
    dismissed[0].standing = Standing::Disabled;
    dismissed[1].name = "Another".to_owned();
    let all = [Lost::Account, Lost::SignIn, Lost::Admin];
    let shut_out = wait(store, dismissed.clone(), &all).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (1, 0));
    assert_eq!(may(&fixture, "amy").await, "nothing");
    assert_eq!(store.inner().shadow.read(sessions).unwrap(), 0);
    become_emergency(store).await;
    let refused = store.open_session(amy, now()).await.unwrap();
    assert!(matches!(refused, Entrance::Void), "{refused:?}");
    let bo = store.account(fixture.bo).await.unwrap();
    assert_eq!(bo.name, "bo", "the rest waits");
    // Again it is no more, and when she is back all is as it was.
    wait(store, dismissed, &all).await;
    assert_eq!(may(&fixture, "amy").await, "nothing");
    let shut_out = wait(store, company(), &all).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (0, 0));
    assert_eq!(may(&fixture, "amy").await, ALL);
}

#[tokio::test]
async fn rights_and_passwords_that_are_taken_are_taken_at_once() {
    let fixture = with_company().await;
    let store = &fixture.store;
    let mut less = company();
    less[0].roles = Vec::new();
    less[2].opened_by = vec!["bo".to_owned()];
    less[1].verifier = Some(Secret::new("after"));
    less[1].password_mark = Some("2".to_owned());
    let taken = [Lost::Admin, Lost::Auditor, Lost::Opener];
    let shut_out = wait(store, less.clone(), &taken).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (1, 0));
    assert_eq!(may(&fixture, "amy").await, "[] [] before 1");
    let new = "[Admin, Auditor] [\"info\"] after 2";
    assert_eq!(may(&fixture, "bo").await, new);
    // The last office waits, another one does not.
    let shut_out = wait(store, less.clone(), &taken[1..]).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (0, 1));
    assert_eq!(may(&fixture, "amy").await, "[Admin] [] before 1");
    // So does all that somebody is asked about.
    wait(store, less.clone(), &[]).await;
    assert_eq!(may(&fixture, "amy").await, ALL);
    // Whoever was forgotten meanwhile gets no hash back.
    let forget = store.forget_sign_in(fixture.bo, "eva".to_owned(), now());
    forget.await.unwrap();
    store.lift_suspensions().await.unwrap();
    assert_eq!(may(&fixture, "amy").await, ALL);
    assert_eq!(may(&fixture, "bo").await, "[Admin, Auditor] [\"info\"]  1");
    let agreed = |_: &[_]| Ruling::Write(crate::mirror::Accepted::ByPerson);
    wait(store, less.clone(), &[]).await;
    store.mirror_if(mirroring(less), agreed).await.unwrap();
    assert_eq!(may(&fixture, "amy").await, "[] [] before 1");
    assert_eq!(may(&fixture, "bo").await, new);
}

#[tokio::test]
async fn a_password_that_waits_with_the_rest_ends_sessions_once() {
    let fixture = with_company().await;
    let store = &fixture.store;
    become_emergency(store).await;
    let come_in = async || {
        let bo = Proven {
            account: fixture.bo,
            proof: Proof::Bind(now()),
            from: None,
        };
        let entrance = store.open_session(bo, now()).await.unwrap();
        entrance.token().expect("bo comes in")
    };
    let is_in = async |token| {
        let admission = store.admission(Some(token), now()).await.unwrap();
        admission.session.is_some()
    };
    let with_mark = |mark: &str| {
        let mut less = company();
        less[0].roles = Vec::new();
        less[1].password_mark = Some(mark.to_owned());
        less
    };
    let before = come_in().await;
    wait(store, with_mark("2"), &[]).await;
    assert!(!is_in(&before).await, "it was another password");
    let token = come_in().await;
    wait(store, with_mark("2"), &[]).await;
    assert!(is_in(&token).await, "the same password as in the last sync");
    let agreed = |_: &[_]| Ruling::Write(crate::mirror::Accepted::ByPerson);
    let written = store.mirror_if(mirroring(with_mark("2")), agreed).await;
    written.unwrap();
    assert!(is_in(&token).await, "and in the one that is written");
    wait(store, with_mark("3"), &[]).await;
    assert!(!is_in(&token).await, "it is another one again");
}

#[tokio::test]
async fn whoever_is_missing_stays_unless_a_few_may_always_go() {
    let fixture = with_company().await;
    let store = &fixture.store;
    let mut less = company();
    less.remove(0);
    let shut_out = wait(store, less.clone(), &[Lost::SignIn, Lost::Admin]).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (0, 1));
    assert_eq!(may(&fixture, "amy").await, ALL);
    let shut_out = wait(store, less, &[Lost::Account]).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (1, 0));
    assert_eq!(may(&fixture, "amy").await, "nothing");
    // Most are switched off: it may be an attack.
    let mut off = company();
    for account in &mut off {
        account.standing = Standing::Disabled;
    }
    let shut_out = wait(store, off, &[Lost::Account]).await;
    assert_eq!((shut_out.at_once, shut_out.stay), (0, 2));
    assert_eq!(may(&fixture, "amy").await, ALL);
}
