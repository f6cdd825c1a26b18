use jiff::SignedDuration;

use super::*;
use crate::account::Standing;
use crate::emergency_code::NewCode;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredAccount, Snapshot};
use crate::mode::{Mode, ModeChange};
use crate::verifier::{Aside, NewVerifier};

const START: &str = "2026-11-22T09:00:00Z";
const HASH: &str = "$argon2id$of her password";

fn amy() -> MirroredAccount {
    MirroredAccount {
        verifier: Some(Secret::new(HASH)),
        ..person("amy")
    }
}

async fn mirror(fixture: &Fixture, amy: MirroredAccount) {
    let accounts = vec![amy, person("bo")];
    let groups = Vec::new();
    let snapshot = Snapshot { accounts, groups };
    fixture.store.mirror(snapshot).await.unwrap();
}

/// In emergency mode, with a verifier and a code for amy; and all she can show.
async fn scene() -> (Fixture, [Proof; 3]) {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    mirror(&fixture, amy()).await;
    let from = store.mode().await.unwrap();
    let next = ModeChange {
        mode: Mode::Emergency,
        ..from.clone()
    };
    store.append_mode(&from, next).await.unwrap();
    let code = NewCode {
        account: fixture.amy,
        hash: Secret::new("$argon2id$of the code"),
    };
    let made = (
        "eva".to_owned(),
        time(START) + SignedDuration::from_hours(9),
    );
    store
        .issue_codes(vec![code], made, time(START))
        .await
        .unwrap();
    let code = store
        .emergency_code(fixture.amy, time(START))
        .await
        .unwrap();
    let proofs = [
        Proof::Verifier(VerifierMark::of(&Secret::new(HASH))),
        Proof::Bind(time(START)),
        Proof::Code(code.unwrap().id),
    ];
    (fixture, proofs)
}

/// Whether `account` gets a session a minute after the check of the password began.
async fn opens(fixture: &Fixture, account: AccountId, proof: Proof) -> bool {
    let from = None;
    let proven = Proven {
        account,
        proof,
        from,
    };
    let now = time(START) + SignedDuration::from_mins(1);
    fixture
        .store
        .open_session(proven, now)
        .await
        .unwrap()
        .token()
        .is_some()
}

#[tokio::test]
async fn what_still_holds_opens() {
    let (fixture, proofs) = scene().await;
    for proof in proofs {
        assert!(opens(&fixture, fixture.amy, proof).await, "{proof:?}");
    }
    assert!(
        !opens(&fixture, fixture.amy, proofs[2]).await,
        "a code is good once"
    );
}

#[tokio::test]
async fn nothing_opens_for_somebody_else() {
    let (fixture, [verifier, _, code]) = scene().await;
    assert!(!opens(&fixture, fixture.bo, verifier).await);
    assert!(!opens(&fixture, fixture.bo, code).await);
    assert!(
        opens(&fixture, fixture.amy, code).await,
        "and it is not used up"
    );
    let bind = Proof::Bind(time(START));
    assert!(
        !opens(&fixture, fixture.info, bind).await,
        "nobody signs in as it"
    );
}

#[tokio::test]
async fn who_was_forgotten_meanwhile_stays_out() {
    let (fixture, proofs) = scene().await;
    let (by, at) = ("eva".to_owned(), time(START));
    fixture
        .store
        .forget_sign_in(fixture.amy, by, at)
        .await
        .unwrap();
    for proof in proofs {
        assert!(!opens(&fixture, fixture.amy, proof).await, "{proof:?}");
    }
    let again = Proof::Bind(time(START) + SignedDuration::from_secs(1));
    assert!(
        opens(&fixture, fixture.amy, again).await,
        "the directory takes them"
    );
}

#[tokio::test]
async fn a_sync_in_between_wins() {
    for standing in [Standing::Disabled, Standing::Expired] {
        let (fixture, proofs) = scene().await;
        mirror(&fixture, MirroredAccount { standing, ..amy() }).await;
        for proof in proofs {
            assert!(!opens(&fixture, fixture.amy, proof).await, "{proof:?}");
        }
    }
    let (fixture, proofs) = scene().await;
    let standing = Standing::Locked;
    mirror(&fixture, MirroredAccount { standing, ..amy() }).await;
    assert!(
        opens(&fixture, fixture.amy, proofs[1]).await,
        "anybody could lock them"
    );

    let (fixture, [verifier, bind, _]) = scene().await;
    let changed = Some(Secret::new("$argon2id$of another one"));
    mirror(
        &fixture,
        MirroredAccount {
            verifier: changed,
            ..amy()
        },
    )
    .await;
    assert!(!opens(&fixture, fixture.amy, verifier).await);
    assert!(opens(&fixture, fixture.amy, bind).await);
}

#[tokio::test]
async fn a_session_ends_with_the_standing_and_nothing_comes_back_with_it() {
    let (fixture, [_, bind, code]) = scene().await;
    let store = &fixture.store;
    let now = time(START);
    let proven = Proven {
        account: fixture.amy,
        proof: bind,
        from: None,
    };
    let token = store
        .open_session(proven, now)
        .await
        .unwrap()
        .token()
        .unwrap();
    let event = crate::audit::AuditEvent {
        actor: "amy".to_owned(),
        action: "ready",
        object: String::new(),
        detail: String::new(),
        address: None,
    };
    let how = crate::readiness::ShownBy::Check;
    let shown = crate::readiness::Shown { at: now, how };
    store
        .show_readiness(fixture.amy, shown, event.clone())
        .await
        .unwrap();
    let standing = Standing::Disabled;
    mirror(&fixture, MirroredAccount { standing, ..amy() }).await;
    let is_in = async || {
        let admission = store.admission(Some(&token), now).await.unwrap();
        admission.session.is_some()
    };
    assert!(!is_in().await);
    // What was under way when that came.
    store
        .show_readiness(fixture.amy, shown, event)
        .await
        .unwrap();
    mirror(&fixture, amy()).await;
    assert!(!is_in().await);
    assert!(!opens(&fixture, fixture.amy, code).await);
    let people = store.readiness(now).await.unwrap();
    let amy = people.iter().find(|it| it.account == fixture.amy).unwrap();
    assert!(amy.shown.is_none() && amy.code_until.is_none());
}

#[tokio::test]
async fn who_is_disabled_can_be_found_and_forgotten_but_does_not_sign_in() {
    let (fixture, _) = scene().await;
    let store = &fixture.store;
    let disabled = MirroredAccount {
        standing: Standing::Disabled,
        sign_in_names: vec!["CORP-Amy".to_owned()],
        ..amy()
    };
    mirror(&fixture, disabled).await;
    for name in ["Amy", "AMY@corp.example", "corp-amy"] {
        assert!(store.sign_in_name(name).await.unwrap().is_none(), "{name}");
        let found = store.person_named(name).await.unwrap();
        assert_eq!(found.map(|it| it.id), Some(fixture.amy), "{name}");
    }
    assert!(store.person_named("info").await.unwrap().is_none());
    let by = "eva".to_owned();
    let forgotten = store.forget_sign_in(fixture.amy, by, time(START)).await;
    assert!(forgotten.unwrap().verifier);
}

#[tokio::test]
async fn a_verifier_that_was_made_here_holds_for_its_time() {
    let (fixture, _) = scene().await;
    let store = &fixture.store;
    let hash = Secret::new("$argon2id$made here");
    let keep = async |good_for| {
        let new = NewVerifier {
            account: fixture.amy,
            hash: hash.clone(),
            password_mark: None,
            mark_before: None,
        };
        assert!(
            store
                .keep_verifier(new, good_for, time(START))
                .await
                .unwrap()
        );
    };
    let proof = Proof::Verifier(VerifierMark::of(&hash));
    assert!(!opens(&fixture, fixture.amy, proof).await);
    keep(SignedDuration::from_hours(1)).await;
    assert!(opens(&fixture, fixture.amy, proof).await);
    keep(SignedDuration::from_secs(59)).await;
    assert!(!opens(&fixture, fixture.amy, proof).await);
    // One that lies aside holds only where the directory refuses everybody.
    keep(SignedDuration::from_hours(1)).await;
    let in_doubt = Proof::DoubtedVerifier(VerifierMark::of(&hash));
    assert!(opens(&fixture, fixture.amy, in_doubt).await);
    for (why, want) in [(Aside::Refused, true), (Aside::Former, false)] {
        let aside = (hash.clone(), why);
        let laid = store.lay_verifier_aside(fixture.amy, aside, time(START));
        assert!(laid.await.unwrap());
        assert!(!opens(&fixture, fixture.amy, proof).await);
        assert_eq!(opens(&fixture, fixture.amy, in_doubt).await, want);
    }
}
