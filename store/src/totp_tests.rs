use super::*;
use crate::account::Role;
use crate::alert_kind::AlertKind;
use crate::console::{CodeAsked, ConsoleEntry, ConsoleToken, SecondFactor, UsedBy};
use crate::fixture::{Fixture, person, time};
use crate::mirror::Snapshot;
use crate::proof::{Proof, Proven};

const START: &str = "2026-11-22T09:00:00Z";

/// The key of RFC 6238, appendix B.
fn known() -> TotpSecret {
    TotpSecret(b"12345678901234567890".to_vec())
}

fn code(secret: &TotpSecret, at: Timestamp) -> String {
    let seconds = u64::try_from(at.as_second()).unwrap();
    secret.totp().unwrap().generate(seconds).to_string()
}

#[test]
fn codes_are_those_of_the_rfc() {
    let check = |seconds, code: &str, want| {
        let now = Timestamp::from_second(seconds).unwrap();
        assert_eq!(known().step_of(code, now), want, "{code} at {seconds}");
    };
    // The last six of its eight digits.
    check(59, "287082", Some(1));
    check(1_111_111_109, "081804", Some(37_037_036));
    check(1_111_111_109, " 081 804\n", Some(37_037_036));
    check(20_000_000_000, "353130", Some(666_666_666));
    check(59 + 30, "287082", Some(1));
    check(59 + 60, "287082", None);
    check(1, "287082", Some(1));
    for nonsense in ["", "28708", "2870820", "28708x", "２８７０８２", "+87082"] {
        check(59, nonsense, None);
    }
}

#[test]
fn apps_read_its_address() {
    let url = known().url("Corp: Shadow & Co", "jörg@corp.example");
    assert_eq!(
        url,
        "otpauth://totp/Corp%3A%20Shadow%20%26%20Co:j%C3%B6rg%40corp.example?secret=\
         GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Corp%3A%20Shadow%20%26%20Co"
    );
    let (one, other) = (
        TotpSecret::generate().unwrap(),
        TotpSecret::generate().unwrap(),
    );
    assert_ne!(one.base32(), other.base32());
    assert_eq!(one.base32().len(), 32);
}

#[test]
fn who_guesses_waits_longer_and_longer() {
    let waits: Vec<i64> = [0, 4, 5, 6, 7, 11, 12, u32::MAX]
        .into_iter()
        .map(|wrong| wait_after(wrong, limits::TOTP_FREE_TRIES).as_secs())
        .collect();
    assert_eq!(waits, [0, 0, 30, 60, 120, 1920, 3600, 3600]);
}

/// Amy administrates, with a second factor that she set up a minute before the start.
async fn scene() -> Fixture {
    let fixture = Fixture::new().await;
    let mut amy = person("amy");
    amy.roles = vec![Role::Admin];
    let (accounts, groups) = (vec![amy, person("bo")], Vec::new());
    fixture
        .store
        .mirror(Snapshot { accounts, groups })
        .await
        .unwrap();
    let before = time(START) - SignedDuration::from_mins(1);
    let typed = (known(), code(&known(), before));
    let by = ("shell:eva".to_owned(), before);
    assert!(
        fixture
            .store
            .set_totp(fixture.amy, typed, by)
            .await
            .unwrap()
    );
    fixture
}

async fn enter(fixture: &Fixture, rule: SecondFactor) -> ConsoleEntry {
    let proven = Proven {
        account: fixture.amy,
        proof: Proof::Bind(time(START)),
        from: None,
    };
    let entry = fixture.store.open_console(proven, rule, time(START));
    entry.await.unwrap()
}

async fn half(fixture: &Fixture) -> ConsoleToken {
    match enter(fixture, SecondFactor::Offered).await {
        ConsoleEntry::Code(token) => token,
        other => panic!("{other:?}"),
    }
}

async fn give(fixture: &Fixture, token: &ConsoleToken, typed: &str, at: Timestamp) -> CodeAsked {
    let typed = (typed.to_owned(), None);
    fixture.store.give_code(token, typed, at).await.unwrap()
}

async fn is_in(fixture: &Fixture, token: &ConsoleToken) -> bool {
    let admission = fixture
        .store
        .console_admission((Some(token), UsedBy::Person), time(START));
    admission.await.unwrap().session.is_some()
}

#[tokio::test]
async fn a_code_opens_once() {
    let fixture = scene().await;
    let now = time(START);
    let token = half(&fixture).await;
    assert!(fixture.store.is_code_asked(&token, now).await.unwrap());
    assert!(
        !is_in(&fixture, &token).await,
        "the password alone is not enough"
    );
    let right = code(&known(), now);
    let CodeAsked::Open(open) = give(&fixture, &token, &right, now).await else {
        panic!("the right code does not open");
    };
    assert!(is_in(&fixture, &open).await);
    assert!(!is_in(&fixture, &token).await, "there is another token now");
    let again = half(&fixture).await;
    for used in [&right, &code(&known(), now - SignedDuration::from_secs(30))] {
        let asked = give(&fixture, &again, used, now).await;
        assert!(
            matches!(asked, CodeAsked::Wrong),
            "{used} was used, or is older"
        );
    }
    let next = now + SignedDuration::from_secs(30);
    let asked = give(&fixture, &again, &code(&known(), next), next).await;
    assert!(matches!(asked, CodeAsked::Open(_)));
}

#[tokio::test]
async fn of_many_with_one_code_at_the_same_moment_one_gets_in() {
    let fixture = scene().await;
    let now = time(START);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, token) = (fixture.store.clone(), half(&fixture).await);
        let typed = (code(&known(), now), None);
        tries.spawn(async move {
            let asked = store.give_code(&token, typed, now).await;
            matches!(asked.unwrap(), CodeAsked::Open(_))
        });
    }
    let won = tries.join_all().await.into_iter().filter(|won| *won);
    assert_eq!(won.count(), 1);
}

async fn give_from(fixture: &Fixture, (typed, from): (&str, &str), at: Timestamp) -> CodeAsked {
    let token = half(fixture).await;
    let typed = (typed.to_owned(), from.parse().ok());
    fixture.store.give_code(&token, typed, at).await.unwrap()
}

#[tokio::test]
async fn guessing_is_limited_for_the_account_and_not_for_the_session() {
    let fixture = scene().await;
    let now = time(START);
    for _ in 0..limits::TOTP_FREE_TRIES {
        assert!(matches!(
            give_from(&fixture, ("000000", "192.0.2.7"), now).await,
            CodeAsked::Wrong
        ));
    }
    let right = code(&known(), now);
    let CodeAsked::Wait(wait) = give_from(&fixture, (&right, "192.0.2.7"), now).await else {
        panic!("it is looked at")
    };
    assert_eq!(wait, limits::TOTP_WAIT_LEAST);
    let [alert] = &fixture.store.alerts().await.unwrap()[..] else {
        panic!("one alert")
    };
    assert_eq!(alert.kind, AlertKind::SecondFactorGuessed);
    assert!(
        alert
            .words
            .contains("the password of amy has typed 5 wrong")
    );
    let later = now + limits::TOTP_WAIT_LEAST;
    let right = code(&known(), later);
    assert!(matches!(
        give_from(&fixture, (&right, "192.0.2.7"), later).await,
        CodeAsked::Open(_)
    ));
}

#[tokio::test]
async fn who_guesses_elsewhere_keeps_the_owner_out_of_nothing() {
    let fixture = scene().await;
    let now = time(START);
    let owner = "2001:db8:1:2::7";
    let right = code(&known(), now);
    let opened = give_from(&fixture, (&right, owner), now).await;
    assert!(matches!(opened, CodeAsked::Open(_)));
    // From many places, and for long.
    let mut looked_at = 0;
    for number in 0..100 {
        let from = format!("198.51.100.{number}");
        if let CodeAsked::Wrong = give_from(&fixture, ("000000", &from), now).await {
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, limits::TOTP_FREE_TRIES_EVERYWHERE);
    let next = now + SignedDuration::from_secs(30);
    let right = code(&known(), next);
    let stranger = give_from(
        &fixture,
        (&right, "203.0.113.9"),
        next - SignedDuration::from_secs(1),
    );
    assert!(matches!(stranger.await, CodeAsked::Wait(_)));
    // Of the same network.
    let opened = give_from(&fixture, (&right, "2001:db8:1:2::8"), next).await;
    assert!(matches!(opened, CodeAsked::Open(_)));
}

#[tokio::test]
async fn who_takes_too_long_begins_again() {
    let fixture = scene().await;
    let token = half(&fixture).await;
    let late = time(START) + limits::CONSOLE_CODE_WAIT_MAX + SignedDuration::from_secs(1);
    let asked = give(&fixture, &token, &code(&known(), late), late).await;
    assert!(matches!(asked, CodeAsked::Over));
    let nobody = ConsoleToken(crate::secret::Secret::new("0"));
    let asked = give(&fixture, &nobody, "000000", time(START)).await;
    assert!(matches!(asked, CodeAsked::Over));
}

#[tokio::test]
async fn where_it_is_required_nobody_gets_in_without() {
    let fixture = scene().await;
    let store = &fixture.store;
    let by = "shell:eva".to_owned();
    assert!(
        store
            .remove_totp(fixture.amy, by.clone(), time(START))
            .await
            .unwrap()
    );
    assert!(
        !store
            .remove_totp(fixture.amy, by, time(START))
            .await
            .unwrap()
    );
    let entry = enter(&fixture, SecondFactor::Required).await;
    assert!(matches!(entry, ConsoleEntry::NoSecondFactor));
    let entry = enter(&fixture, SecondFactor::Offered).await;
    let ConsoleEntry::Open(token) = entry else {
        panic!("{entry:?}");
    };
    assert!(is_in(&fixture, &token).await);
    // Setting it up ends what was begun without.
    let (by, at) = ("shell:eva".to_owned(), time(START));
    let wrong = (known(), "000000".to_owned());
    assert!(
        !store
            .set_totp(fixture.amy, wrong, (by.clone(), at))
            .await
            .unwrap()
    );
    assert!(!store.has_totp(fixture.amy).await.unwrap());
    let right = (known(), code(&known(), at));
    assert!(store.set_totp(fixture.amy, right, (by, at)).await.unwrap());
    assert!(!is_in(&fixture, &token).await);
}

#[tokio::test]
async fn a_restored_store_still_asks() {
    let fixture = scene().await;
    let copies = tempfile::tempdir().unwrap();
    let (copied, back) = (copies.path().join("backup"), copies.path().join("data"));
    crate::backup::backup(fixture.dir.path(), &copied, |_| {})
        .await
        .unwrap();
    crate::backup::restore(&copied, &back, "shell:root", |_| {})
        .await
        .unwrap();
    let store = Store::open(&back).await.unwrap();
    assert!(store.has_totp(fixture.amy).await.unwrap());
}
