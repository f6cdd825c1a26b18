use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::Snapshot;
use crate::proof::Proof;

const START: &str = "2026-11-22T09:00:00Z";

/// A session of amy.
async fn session_of_amy(fixture: &Fixture, at: &str) -> SessionToken {
    let opened = fixture.store.open_session(amy(fixture), time(at)).await;
    opened.unwrap().token().unwrap()
}

/// Amy, whose password the directory took just now.
fn amy(fixture: &Fixture) -> Proven {
    Proven {
        account: fixture.amy,
        proof: Proof::Bind(time(START)),
        from: None,
    }
}

async fn become_mode(fixture: &Fixture, mode: Mode) {
    let from = fixture.store.mode().await.unwrap();
    let next = ModeChange {
        mode,
        since: time(START),
        ..from.clone()
    };
    fixture.store.append_mode(&from, next).await.unwrap();
}

async fn is_in(fixture: &Fixture, token: &SessionToken, at: &str) -> bool {
    let admission = fixture
        .store
        .admission(Some(token), time(at))
        .await
        .unwrap();
    admission
        .session
        .is_some_and(|session| session.account.id == fixture.amy)
}

#[tokio::test]
async fn nobody_gets_a_session_in_normal_mode() {
    let fixture = Fixture::new().await;
    let refused = fixture.store.open_session(amy(&fixture), time(START)).await;
    assert!(matches!(refused, Ok(Entrance::Locked)), "{refused:?}");
}

#[tokio::test]
async fn a_session_ends_with_the_emergency_and_with_recovery() {
    let fixture = Fixture::new().await;
    for next in [Mode::Recovery, Mode::Normal] {
        let before = if next == Mode::Recovery {
            Mode::Emergency
        } else {
            Mode::Recovery
        };
        become_mode(&fixture, before).await;
        let token = session_of_amy(&fixture, START).await;
        assert!(is_in(&fixture, &token, START).await);
        become_mode(&fixture, next).await;
        assert!(!is_in(&fixture, &token, START).await);
    }
}

#[tokio::test]
async fn a_session_ends_idle_or_old_or_by_hand_or_with_its_account() {
    let fixture = Fixture::new().await;
    become_mode(&fixture, Mode::Emergency).await;
    let store = &fixture.store;
    let token = session_of_amy(&fixture, START).await;
    assert!(
        is_in(&fixture, &token, "2026-11-22T13:00:00Z").await,
        "used after four hours"
    );
    assert!(
        is_in(&fixture, &token, "2026-11-22T17:00:00Z").await,
        "and that renewed it"
    );
    assert!(
        !is_in(&fixture, &token, "2026-11-22T21:00:01Z").await,
        "idle for too long"
    );

    let token = session_of_amy(&fixture, START).await;
    for hour in 0..=24 {
        let at = time(START) + SignedDuration::from_hours(hour);
        assert!(
            is_in(&fixture, &token, &at.to_string()).await,
            "hour {hour}"
        );
    }
    assert!(
        !is_in(&fixture, &token, "2026-11-23T09:00:01Z").await,
        "a day is enough"
    );

    let token = session_of_amy(&fixture, START).await;
    let other = SessionToken(Secret::new(token.0.expose().replace(['0', '1'], "2")));
    assert!(
        !is_in(&fixture, &other, START).await,
        "a token nobody was given"
    );
    store.end_session(&token).await.unwrap();
    assert!(!is_in(&fixture, &token, START).await);

    let token = session_of_amy(&fixture, START).await;
    store
        .mirror(Snapshot {
            accounts: vec![person("bo")],
            groups: vec![],
        })
        .await
        .unwrap();
    assert!(!is_in(&fixture, &token, START).await, "the account is gone");
}

#[tokio::test]
async fn who_was_writing_when_a_session_ended_is_remembered_for_days() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    become_mode(&fixture, Mode::Emergency).await;
    let token = session_of_amy(&fixture, START).await;
    let signed_out = session_of_amy(&fixture, START).await;
    store.end_session(&signed_out).await.unwrap();
    become_mode(&fixture, Mode::Recovery).await;
    become_mode(&fixture, Mode::Normal).await;
    assert!(!is_in(&fixture, &token, START).await);
    let remembered = async |token: &SessionToken, at: &str| {
        let found = store.ended_session(token, time(at)).await.unwrap();
        found.is_some_and(|session| session.account.id == fixture.amy)
    };
    assert!(remembered(&token, "2026-11-26T09:00:00Z").await);
    assert!(!remembered(&token, "2026-11-26T09:00:01Z").await);
    assert!(!remembered(&signed_out, START).await);
    // The next emergency does not revive it.
    become_mode(&fixture, Mode::Emergency).await;
    assert!(!is_in(&fixture, &token, START).await);
    session_of_amy(&fixture, "2026-11-27T09:00:00Z").await;
    assert!(!remembered(&token, START).await, "swept");
}
