use super::*;
use crate::emergency_code::Forgotten;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredAccount, Snapshot};
use crate::mode::{Mode, ModeChange};
use crate::proof::{Proof, Proven};

const NOW: &str = "2026-11-22T09:00:00Z";
const TOMORROW: &str = "2026-11-23T09:00:00Z";
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

fn amy(mark: Option<&str>) -> MirroredAccount {
    MirroredAccount {
        password_mark: mark.map(str::to_owned),
        ..person("amy")
    }
}

async fn mirror(store: &Store, accounts: Vec<MirroredAccount>) {
    let groups = Vec::new();
    store.mirror(Snapshot { accounts, groups }).await.unwrap();
}

/// In an emergency, with amy and this mark of her password.
async fn with_mark(mark: Option<&str>) -> Fixture {
    let fixture = Fixture::new().await;
    let from = fixture.store.mode().await.unwrap();
    let emergency = ModeChange {
        mode: Mode::Emergency,
        ..from.clone()
    };
    fixture.store.append_mode(&from, emergency).await.unwrap();
    mirror(&fixture.store, vec![amy(mark)]).await;
    fixture
}

async fn keep(fixture: &Fixture, hash: &str, marks: [Option<&str>; 2]) -> bool {
    let [password_mark, mark_before] = marks.map(|mark| mark.map(str::to_owned));
    let new = NewVerifier {
        account: fixture.amy,
        hash: Secret::new(hash),
        password_mark,
        mark_before,
    };
    let kept = fixture.store.keep_verifier(new, WEEK, time(NOW)).await;
    kept.unwrap()
}

/// The hash that was made, if it counts then.
async fn made(store: &Store, at: &str) -> Option<String> {
    let entrant = store.entrant("AMY@corp.example", time(at)).await.unwrap();
    let made = entrant.and_then(|it| it.made);
    made.map(|it| it.hash.expose().to_owned())
}

async fn sessions(fixture: &Fixture) -> usize {
    let forgotten = fixture
        .store
        .forget_sign_in(fixture.amy, "eva".to_owned(), time(NOW));
    forgotten.await.unwrap().sessions
}

async fn sign_in(fixture: &Fixture) {
    let proven = Proven {
        account: fixture.amy,
        // After all that is forgotten here.
        proof: Proof::Bind(time(TOMORROW)),
        from: None,
    };
    let opened = fixture.store.open_session(proven, time(NOW)).await;
    opened.unwrap().token().unwrap();
}

#[tokio::test]
async fn a_verifier_counts_for_its_time() {
    let fixture = with_mark(None).await;
    let store = &fixture.store;
    assert_eq!(made(store, NOW).await, None);
    assert!(keep(&fixture, "$1", [None, None]).await);
    assert!(keep(&fixture, "$2", [None, None]).await);
    assert_eq!(made(store, NOW).await.as_deref(), Some("$2"));
    assert_eq!(
        made(store, "2026-11-29T08:59:59Z").await.as_deref(),
        Some("$2")
    );
    assert_eq!(made(store, "2026-11-29T09:00:00Z").await, None);
    let is_ready = async |at| {
        let all = store.readiness(time(at)).await.unwrap();
        all.iter().any(|it| it.login == "amy" && it.is_ready())
    };
    assert!(is_ready(NOW).await && !is_ready("2026-11-29T09:00:00Z").await);
    // The config says otherwise from now on.
    store
        .limit_verifiers(SignedDuration::from_hours(24))
        .await
        .unwrap();
    assert_eq!(made(store, TOMORROW).await, None);
    store.limit_verifiers(WEEK).await.unwrap();
    assert!(made(store, TOMORROW).await.is_some());
    // A restored store forgets them all when a person says so.
    let by = "shell:eva".to_owned();
    assert_eq!(store.forget_verifiers(by, time(NOW)).await.unwrap(), 1);
    assert_eq!(made(store, NOW).await, None);
}

#[tokio::test]
async fn a_verifier_dies_with_its_password() {
    let fixture = with_mark(Some("1")).await;
    let store = &fixture.store;
    keep(&fixture, "$1", [Some("1"), Some("1")]).await;
    sign_in(&fixture).await;
    // Something else of the account changes.
    let renamed = MirroredAccount {
        name: "Amy Groß".to_owned(),
        ..amy(Some("1"))
    };
    mirror(store, vec![renamed]).await;
    assert!(made(store, NOW).await.is_some());
    mirror(store, vec![amy(Some("2"))]).await;
    assert_eq!(made(store, NOW).await, None);
    // It says what the former password was, and that ends with another one.
    assert_eq!(aside(store, NOW).await, Some(Aside::Former));
    assert_eq!(sessions(&fixture).await, 0, "they end with it");
}

#[tokio::test]
async fn who_came_in_without_a_verifier_is_out_with_the_old_password_too() {
    let fixture = with_mark(Some("1")).await;
    sign_in(&fixture).await;
    mirror(&fixture.store, vec![amy(None)]).await;
    assert_eq!(
        fixture
            .store
            .entrant("amy", time(NOW))
            .await
            .unwrap()
            .unwrap()
            .password_mark,
        None
    );
    mirror(&fixture.store, vec![amy(Some("1"))]).await;
    sign_in(&fixture).await;
    mirror(&fixture.store, vec![amy(Some("2"))]).await;
    assert_eq!(sessions(&fixture).await, 0);
}

#[tokio::test]
async fn whoever_signed_in_with_the_new_password_stays_when_we_hear_of_it() {
    let fixture = with_mark(Some("1")).await;
    keep(&fixture, "$1", [Some("1"), Some("1")]).await;
    sign_in(&fixture).await;
    // The directory says more than the mirror knows yet.
    assert!(keep(&fixture, "$2", [Some("2"), Some("1")]).await);
    sign_in(&fixture).await;
    mirror(&fixture.store, vec![amy(Some("2"))]).await;
    assert_eq!(made(&fixture.store, NOW).await.as_deref(), Some("$2"));
    assert_eq!(
        sessions(&fixture).await,
        1,
        "the one with the old password ended"
    );
}

#[tokio::test]
async fn a_password_that_was_replaced_meanwhile_is_not_kept() {
    let fixture = with_mark(Some("1")).await;
    mirror(&fixture.store, vec![amy(Some("2"))]).await;
    assert!(!keep(&fixture, "$1", [Some("1"), Some("1")]).await);
    assert_eq!(made(&fixture.store, NOW).await, None);
    mirror(&fixture.store, vec![]).await;
    assert!(!keep(&fixture, "$2", [Some("2"), Some("2")]).await);
}

#[tokio::test]
async fn whoever_is_switched_off_or_gone_has_no_verifier_when_they_come_back() {
    let fixture = with_mark(None).await;
    let store = &fixture.store;
    let disabled = MirroredAccount {
        standing: Standing::Disabled,
        ..amy(None)
    };
    for without in [vec![disabled], vec![]] {
        keep(&fixture, "$1", [None, None]).await;
        mirror(store, without).await;
        assert!(store.entrant("amy", time(NOW)).await.unwrap().is_none());
        mirror(store, vec![amy(None)]).await;
        assert_eq!(made(store, NOW).await, None);
    }
}

#[tokio::test]
async fn what_the_directory_refused_is_dropped_with_its_sessions() {
    let fixture = with_mark(None).await;
    let store = &fixture.store;
    let handed_out = MirroredAccount {
        verifier: Some(Secret::new("$handed out")),
        ..amy(None)
    };
    mirror(store, vec![handed_out.clone()]).await;
    keep(&fixture, "$1", [None, None]).await;
    sign_in(&fixture).await;
    let drop = async |hash: &str| {
        let dropped = store.drop_verifier(fixture.amy, Secret::new(hash)).await;
        dropped.unwrap()
    };
    assert!(!drop("$another").await);
    assert!(drop("$handed out").await && !drop("$handed out").await);
    let entrant = store.entrant("amy", time(NOW)).await.unwrap().unwrap();
    assert!(entrant.mirrored.is_none() && entrant.made.is_some());
    assert!(drop("$1").await);
    assert_eq!(made(store, NOW).await, None);
    assert_eq!(sessions(&fixture).await, 0);
}

#[tokio::test]
async fn a_person_says_forget_and_a_lock_counts() {
    let fixture = with_mark(None).await;
    let store = &fixture.store;
    keep(&fixture, "$1", [None, None]).await;
    let locked = MirroredAccount {
        standing: Standing::Locked,
        ..amy(None)
    };
    mirror(store, vec![locked]).await;
    let all = store.readiness(time(NOW)).await.unwrap();
    assert!(!all[0].is_ready());
    let entrant = store.entrant("amy", time(NOW)).await.unwrap().unwrap();
    assert_eq!(entrant.standing, Standing::Locked);
    let forgotten = store.forget_sign_in(fixture.amy, "eva".to_owned(), time(NOW));
    let want = Forgotten {
        verifier: true,
        code: false,
        sessions: 0,
    };
    assert_eq!(forgotten.await.unwrap(), want);
    assert_eq!(made(store, NOW).await, None);
}

#[tokio::test]
async fn one_verifier_of_each_kind() {
    let fixture = Fixture::new().await;
    let with = |login: &str, hash: &str| MirroredAccount {
        verifier: Some(Secret::new(hash)),
        ..person(login)
    };
    let accounts = vec![
        with("a", "$argon2id$v=19$m=1,t=1,p=1$salt$end"),
        with("b", "$argon2id$v=19$m=1,t=1,p=1$other$end"),
        with("c", "$argon2id$v=19$m=2,t=1,p=1$salt$end"),
        person("d"),
    ];
    mirror(&fixture.store, accounts).await;
    assert_eq!(fixture.store.mirrored_verifiers().await.unwrap().len(), 2);
}

/// Why the verifier lies aside, if it does then.
async fn aside(store: &Store, at: &str) -> Option<Aside> {
    let entrant = store.entrant("amy", time(at)).await.unwrap();
    entrant.and_then(|it| it.aside).map(|(why, _)| why)
}

#[tokio::test]
async fn a_verifier_that_lies_aside_does_not_count_until_its_password_is_taken_again() {
    let fixture = with_mark(None).await;
    let store = &fixture.store;
    keep(&fixture, "$1", [None, None]).await;
    sign_in(&fixture).await;
    let lay = async |hash: &str, why| {
        let laid = store.lay_verifier_aside(fixture.amy, (Secret::new(hash), why), time(NOW));
        laid.await.unwrap()
    };
    assert!(!lay("$another", Aside::Refused).await);
    assert!(lay("$1", Aside::Refused).await);
    assert_eq!(made(store, NOW).await, None);
    assert_eq!(aside(store, NOW).await, Some(Aside::Refused));
    let all = store.readiness(time(NOW)).await.unwrap();
    let amy = all.iter().find(|it| it.login == "amy").unwrap();
    assert!(!amy.is_ready());
    assert_eq!(sessions(&fixture).await, 0);
    keep(&fixture, "$2", [None, None]).await;
    assert_eq!(made(store, NOW).await.as_deref(), Some("$2"));
    assert_eq!(aside(store, NOW).await, None);
    // The one before the last is kept for some hours, whatever the config says.
    assert!(lay("$2", Aside::Former).await);
    store.limit_verifiers(WEEK).await.unwrap();
    assert_eq!(
        aside(store, "2026-11-22T10:59:59Z").await,
        Some(Aside::Former)
    );
    assert_eq!(aside(store, "2026-11-22T11:00:00Z").await, None);
}

#[tokio::test]
async fn who_came_in_while_everybody_was_refused_signs_in_again() {
    let fixture = with_mark(None).await;
    keep(&fixture, "$1", [None, None]).await;
    sign_in(&fixture).await;
    let distrusted = fixture.store.distrust_verifiers(vec![fixture.amy]);
    distrusted.await.unwrap();
    assert_eq!(aside(&fixture.store, NOW).await, Some(Aside::Refused));
    assert_eq!(sessions(&fixture).await, 0);
}
