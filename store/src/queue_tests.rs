use super::*;
use crate::claim::Claim;
use crate::fixture::{Fixture, owed_to, time};
use crate::ledger::OwedCount;
use crate::mode::{Mode, ModeChange};

const NOW: &str = "2026-11-22T09:12:00Z";

/// A store with one owed mail, and its row claimed by a worker.
async fn claimed() -> (Fixture, MessageId, Claim) {
    let fixture = Fixture::new().await;
    let id = fixture.keep(NOW, b"x").await;
    fixture
        .store
        .file(id, owed_to(fixture.amy, "amy@corp.example"))
        .await
        .unwrap();
    let claim = fixture
        .store
        .claim(&[Purpose::Return], time(NOW), 10)
        .await
        .unwrap()
        .remove(0);
    (fixture, id, claim)
}

async fn state_of(fixture: &Fixture, id: MessageId) -> QueueState {
    fixture.store.ledger_of(id).await.unwrap()[0].state
}

#[test]
fn settled_is_for_ever_unless_the_primary_or_a_person_says_so() {
    use QueueState::{Claimed, Confirmed, Delivered, Refused, Unknown, Waiting, WrittenOff};
    for next in [Waiting, Claimed, Delivered, Refused, Unknown, WrittenOff] {
        for settled in [Delivered, Confirmed, WrittenOff] {
            assert!(!settled.may_become(next), "{settled:?} -> {next:?}");
        }
        assert_eq!(
            Unknown.may_become(next),
            matches!(next, Waiting | WrittenOff),
            "{next:?}"
        );
    }
}

#[tokio::test]
async fn a_row_is_claimed_once_and_only_for_its_purpose() {
    let (fixture, id, claim) = claimed().await;
    assert_eq!(
        (claim.message, claim.account, claim.attempts),
        (id, Some(fixture.amy), 0)
    );
    assert!(
        fixture
            .store
            .claim(&[Purpose::Return], time(NOW), 10)
            .await
            .unwrap()
            .is_empty()
    );
    let later = Settled::Later(time("2026-11-22T09:13:00Z"));
    fixture
        .store
        .settle(claim.id, later, "451 busy", time(NOW))
        .await
        .unwrap();
    let claim_at = async |purposes: &[Purpose], at: &str| {
        fixture.store.claim(purposes, time(at), 10).await.unwrap()
    };
    assert!(
        claim_at(&[Purpose::Return], "2026-11-22T09:12:59Z")
            .await
            .is_empty()
    );
    assert!(
        claim_at(&[Purpose::Send], "2026-11-22T09:13:00Z")
            .await
            .is_empty()
    );
    let again = claim_at(&[Purpose::Send, Purpose::Return], "2026-11-22T09:13:00Z").await;
    assert_eq!(
        again.iter().map(|claim| claim.attempts).collect::<Vec<_>>(),
        [1]
    );
}

#[tokio::test]
async fn a_dead_workers_claims_are_unknown_and_wait_for_a_person() {
    let (fixture, id, claim) = claimed().await;
    let successor = fixture.reopened().await;
    assert_eq!(successor.begin_work(time(NOW)).await.unwrap(), 1);
    assert_eq!(state_of(&fixture, id).await, QueueState::Unknown);
    assert!(
        successor
            .claim(&[Purpose::Return], time(NOW), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(successor.owed().await.unwrap().for_a_person, 1);
    let second = fixture.reopened().await.begin_work(time(NOW)).await;
    assert!(matches!(second, Err(StoreError::Refused(_))), "{second:?}");

    successor.release(claim.id, "amy", time(NOW)).await.unwrap();
    let again = successor
        .claim(&[Purpose::Return], time(NOW), 10)
        .await
        .unwrap();
    assert_eq!(again.len(), 1);
    successor
        .settle(claim.id, Settled::Delivered, "250 ok", time(NOW))
        .await
        .unwrap();
    let owed = successor.owed().await.unwrap();
    assert_eq!(
        owed,
        OwedCount {
            open: 0,
            for_a_person: 0,
            settled: 1
        }
    );
}

#[tokio::test]
async fn a_person_writes_off_what_was_refused_and_it_is_audited() {
    let (fixture, id, claim) = claimed().await;
    let store = &fixture.store;
    let too_early = store.write_off(claim.id, "amy", "spam", time(NOW)).await;
    assert!(
        matches!(too_early, Err(StoreError::Refused(_))),
        "a worker has it in hand"
    );
    let too_early = store.release(claim.id, "amy", time(NOW)).await;
    assert!(
        matches!(too_early, Err(StoreError::Refused(_))),
        "{too_early:?}"
    );
    store
        .settle(claim.id, Settled::Refused, "550 5.7.1 spam", time(NOW))
        .await
        .unwrap();
    assert_eq!(
        store.ledger_of(id).await.unwrap()[0].last_words,
        "550 5.7.1 spam"
    );
    store
        .write_off(claim.id, "amy", "an advertisement", time(NOW))
        .await
        .unwrap();
    assert_eq!(state_of(&fixture, id).await, QueueState::WrittenOff);
    let audit = store.audit_log(1).await.unwrap().remove(0);
    assert_eq!(
        (audit.actor.as_str(), audit.action.as_str()),
        ("amy", "write-off")
    );
    assert!(store.open_ledger(10).await.unwrap().is_empty());
    assert_eq!(store.ledger(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_mail_can_be_sent_again_as_often_as_wanted() {
    let (fixture, id, _) = claimed().await;
    let to = "amy@corp.example".parse().unwrap();
    let first = fixture
        .store
        .resend(id, &to, "bo", time(NOW))
        .await
        .unwrap();
    let second = fixture
        .store
        .resend(id, &to, "bo", time(NOW))
        .await
        .unwrap();
    assert_ne!(first, second);
    assert_eq!(
        fixture
            .store
            .claim(&[Purpose::Resend], time(NOW), 10)
            .await
            .unwrap()
            .len(),
        2
    );
    let nowhere = "20200101-0000000000000".parse().unwrap();
    assert!(
        fixture
            .store
            .resend(nowhere, &to, "bo", time(NOW))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_replay_key_stays_the_same() {
    let fixture = Fixture::new().await;
    let key = fixture.store.replay_key().await.unwrap();
    assert_eq!(fixture.reopened().await.replay_key().await.unwrap(), key);
}

#[tokio::test]
async fn nothing_waits_for_its_retry_time_when_the_primary_is_back() {
    let (fixture, _, claim) = claimed().await;
    let store = &fixture.store;
    let tomorrow = Settled::Later(time("2026-11-23T09:12:00Z"));
    store
        .settle(claim.id, tomorrow, "connection refused", time(NOW))
        .await
        .unwrap();
    for (mode, want) in [(Mode::Emergency, 0), (Mode::Recovery, 1)] {
        let from = store.mode().await.unwrap();
        let next = ModeChange {
            mode,
            since: time(NOW),
            ..from.clone()
        };
        store.append_mode(&from, next).await.unwrap();
        let due = store
            .claim(&[Purpose::Return], time(NOW), 10)
            .await
            .unwrap();
        assert_eq!(due.len(), want, "{mode}");
    }
}
