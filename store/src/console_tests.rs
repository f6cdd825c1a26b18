use jiff::SignedDuration;

use super::*;
use crate::account::{Role, Standing};
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredAccount, Snapshot};
use crate::mode::Mode;

const START: &str = "2026-11-22T09:00:00Z";

/// Makes amy one who has these roles.
async fn mirror(fixture: &Fixture, roles: &[Role], standing: Standing) {
    let amy = MirroredAccount {
        roles: roles.to_vec(),
        standing,
        ..person("amy")
    };
    let accounts = vec![amy, person("bo")];
    let groups = Vec::new();
    let snapshot = Snapshot { accounts, groups };
    fixture.store.mirror(snapshot).await.unwrap();
}

async fn with_administrator() -> Fixture {
    let fixture = Fixture::new().await;
    mirror(&fixture, &[Role::Admin], Standing::Active).await;
    fixture
}

fn proven(account: AccountId) -> Proven {
    Proven {
        account,
        proof: Proof::Bind(time(START)),
        from: "192.0.2.7".parse().ok(),
    }
}

async fn opened(fixture: &Fixture) -> ConsoleToken {
    let entry = fixture
        .store
        .open_console(proven(fixture.amy), SecondFactor::Offered, time(START));
    match entry.await.unwrap() {
        ConsoleEntry::Open(token) => token,
        other => panic!("{other:?}"),
    }
}

async fn is_in(fixture: &Fixture, token: &ConsoleToken, at: Timestamp) -> bool {
    let admission = fixture
        .store
        .console_admission((Some(token), UsedBy::Person), at)
        .await;
    admission.unwrap().session.is_some()
}

#[tokio::test]
async fn the_console_opens_in_normal_mode_for_who_has_a_role() {
    let fixture = with_administrator().await;
    let token = opened(&fixture).await;
    let admission = fixture
        .store
        .console_admission((Some(&token), UsedBy::Person), time(START));
    let admission = admission.await.unwrap();
    assert_eq!(admission.mode.mode, Mode::Normal);
    assert!(admission.session.unwrap().user.is_administrator());
    let refused =
        fixture
            .store
            .open_console(proven(fixture.bo), SecondFactor::Offered, time(START));
    assert!(matches!(refused.await.unwrap(), ConsoleEntry::NoRole));
    let log = fixture.store.audit_log(10).await.unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|row| {
            (
                row.actor.as_str(),
                row.action.as_str(),
                row.address.as_deref(),
            )
        })
        .collect();
    let from = Some("192.0.2.7");
    let want = [
        ("bo", "console-refused", from),
        ("amy", "console-sign-in", from),
    ];
    assert_eq!(lines, want);
}

#[tokio::test]
async fn its_sessions_are_short() {
    let fixture = with_administrator().await;
    let start = time(START);
    let second = SignedDuration::from_secs(1);
    let token = opened(&fixture).await;
    let idle = start + limits::CONSOLE_IDLE_MAX;
    assert!(is_in(&fixture, &token, idle).await);
    let again = idle + limits::CONSOLE_IDLE_MAX;
    assert!(is_in(&fixture, &token, again).await, "it was used");
    assert!(!is_in(&fixture, &token, again + limits::CONSOLE_IDLE_MAX + second).await);

    let token = opened(&fixture).await;
    let end = start + limits::CONSOLE_AGE_MAX;
    let mut at = start;
    while at < end {
        assert!(is_in(&fixture, &token, at).await, "{at}");
        at += SignedDuration::from_mins(29);
    }
    assert!(
        !is_in(&fixture, &token, end + second).await,
        "a working day is enough"
    );
}

#[tokio::test]
async fn a_page_that_loads_itself_keeps_no_session_alive() {
    let fixture = with_administrator().await;
    let token = opened(&fixture).await;
    let at = time(START) + limits::CONSOLE_IDLE_MAX;
    let by_itself = (Some(&token), UsedBy::Page);
    let admission = fixture.store.console_admission(by_itself, at).await;
    assert!(admission.unwrap().session.is_some());
    assert!(!is_in(&fixture, &token, at + SignedDuration::from_secs(1)).await);
}

#[tokio::test]
async fn who_shows_once_more_who_they_are_is_believed_from_then() {
    let fixture = with_administrator().await;
    let token = opened(&fixture).await;
    let proved_at = async |at| {
        let by = (Some(&token), UsedBy::Person);
        let admission = fixture.store.console_admission(by, at).await;
        admission.unwrap().session.unwrap().proved_at
    };
    let later = time(START) + SignedDuration::from_mins(20);
    assert_eq!(proved_at(later).await, time(START));
    fixture.store.prove_console(&token, later).await.unwrap();
    assert_eq!(proved_at(later).await, later);
}

#[tokio::test]
async fn a_session_ends_with_the_role_and_with_the_standing() {
    let fixture = with_administrator().await;
    let token = opened(&fixture).await;
    mirror(&fixture, &[Role::Auditor], Standing::Active).await;
    let admission = fixture
        .store
        .console_admission((Some(&token), UsedBy::Person), time(START));
    let session = admission.await.unwrap().session.unwrap();
    assert!(
        !session.user.is_administrator(),
        "the roles are those of now"
    );
    mirror(&fixture, &[], Standing::Active).await;
    assert!(!is_in(&fixture, &token, time(START)).await);
    mirror(&fixture, &[Role::Admin], Standing::Disabled).await;
    assert!(!is_in(&fixture, &token, time(START)).await);
    let entry = fixture
        .store
        .open_console(proven(fixture.amy), SecondFactor::Offered, time(START));
    assert!(matches!(entry.await.unwrap(), ConsoleEntry::Overtaken));
    mirror(&fixture, &[Role::Admin], Standing::Active).await;
    assert!(
        !is_in(&fixture, &token, time(START)).await,
        "it does not come back"
    );
}

#[tokio::test]
async fn forgetting_somebody_and_signing_out_end_it() {
    let fixture = with_administrator().await;
    let store = &fixture.store;
    let token = opened(&fixture).await;
    store.end_console(&token).await.unwrap();
    assert!(!is_in(&fixture, &token, time(START)).await);
    let token = opened(&fixture).await;
    let by = "shell:eva".to_owned();
    let forgotten = store.forget_sign_in(fixture.amy, by, time(START)).await;
    assert_eq!(forgotten.unwrap().sessions, 1);
    assert!(!is_in(&fixture, &token, time(START)).await);
    let late = store
        .open_console(proven(fixture.amy), SecondFactor::Offered, time(START))
        .await;
    assert!(matches!(late.unwrap(), ConsoleEntry::Overtaken));
}
