use jiff::SignedDuration;
use totp_rs::Builder;

use super::*;
use crate::console::UsedBy;
use crate::fixture::{Fixture, time};

const START: &str = "2026-11-22T03:00:00Z";

fn name(text: &str) -> BreakGlassName {
    text.parse().unwrap()
}

fn minute(number: i64) -> Timestamp {
    time(START) + SignedDuration::from_mins(number)
}

fn code(secret: &TotpSecret, at: Timestamp) -> String {
    let totp = Builder::new().with_secret(secret.bytes().to_vec());
    let seconds = u64::try_from(at.as_second()).unwrap();
    totp.build().unwrap().generate(seconds).to_string()
}

async fn keep(
    store: &Store,
    (called, hash): (&str, &str),
    (order, at): (BreakGlassOrder, Timestamp),
) -> (TotpSecret, BreakGlassKept) {
    let secret = TotpSecret::generate().unwrap();
    let new = NewBreakGlass {
        name: name(called),
        hash: Secret::new(hash),
        code: code(&secret, at),
        secret: secret.clone(),
    };
    let by = ("shell:eva".to_owned(), at);
    let kept = store.keep_break_glass(new, order, by).await.unwrap();
    (secret, kept)
}

/// One who is called `safe`.
async fn scene() -> (Fixture, TotpSecret) {
    let fixture = Fixture::new().await;
    let made = (BreakGlassOrder::Make, minute(0));
    let (secret, kept) = keep(&fixture.store, ("safe", "$argon2id$one"), made).await;
    assert_eq!(kept, BreakGlassKept::Yes);
    (fixture, secret)
}

/// Somebody types a code of `secret`, and the password that fits.
async fn come_in(store: &Store, secret: &TotpSecret, at: Timestamp) -> Option<ConsoleToken> {
    let typed = code(secret, at);
    let tried = store.try_break_glass(name("safe"), typed, at).await;
    let from = "192.0.2.7".parse().ok();
    let opened = store.open_break_glass(tried.unwrap()?, from, at).await;
    opened.unwrap()
}

async fn is_in(store: &Store, token: &ConsoleToken, at: Timestamp) -> bool {
    let shown = (Some(token), UsedBy::Person);
    let admission = store.console_admission(shown, at).await.unwrap();
    let Some(session) = admission.session else {
        return false;
    };
    assert!(session.user.is_administrator());
    assert_eq!(session.user.actor(), "break-glass:safe");
    true
}

#[test]
fn names() {
    let check = |text: &str, want: Option<&str>| {
        let parsed = text.parse::<BreakGlassName>().ok();
        assert_eq!(
            parsed.as_ref().map(BreakGlassName::as_str),
            want,
            "{text:?}"
        );
    };
    check("Safe.1_a-b", Some("safe.1_a-b"));
    check(" safe ", Some("safe"));
    check("", None);
    check("a b", None);
    check("tür", None);
    check("a/b", None);
    check(&"a".repeat(64), Some(&"a".repeat(64)));
    check(&"a".repeat(65), None);
}

#[tokio::test]
async fn each_use_is_told() {
    let (fixture, secret) = scene().await;
    let store = &fixture.store;
    let token = come_in(store, &secret, minute(1)).await.unwrap();
    assert!(is_in(store, &token, minute(1)).await);
    let [alert] = &store.alerts().await.unwrap()[..] else {
        panic!("one alert")
    };
    assert_eq!(alert.kind, AlertKind::BreakGlassUsed);
    for word in ["safe", "192.0.2.7", "2026-11-22 03:01 UTC", "remove safe"] {
        assert!(alert.words.contains(word), "{}", alert.words);
    }
    let log = store.audit_log(9).await.unwrap();
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
    let want = [
        ("break-glass:safe", "break-glass-used", Some("192.0.2.7")),
        ("shell:eva", "break-glass-made", None),
    ];
    assert_eq!(lines, want);
    let [listed] = &store.break_glass().await.unwrap()[..] else {
        panic!("one is listed")
    };
    assert_eq!(listed.used_at, Some(minute(1)));
    let seen = AuditEvent {
        actor: "eva".to_owned(),
        action: "alert-seen",
        object: alert.kind.to_string(),
        detail: String::new(),
        address: None,
    };
    let kind = alert.kind;
    assert!(
        store
            .see_alert(kind, seen.clone(), minute(2))
            .await
            .unwrap()
    );
    assert!(store.alerts().await.unwrap().is_empty());
    assert!(!store.see_alert(kind, seen, minute(2)).await.unwrap());
}

#[tokio::test]
async fn a_code_opens_once_and_few_passwords_are_tried_with_it() {
    let (fixture, secret) = scene().await;
    let store = &fixture.store;
    let at = minute(1);
    let typed = |code: String| store.try_break_glass(name("safe"), code, at);
    assert!(typed("000000x".to_owned()).await.unwrap().is_none());
    let nobody = store.try_break_glass(name("nobody"), code(&secret, at), at);
    assert!(nobody.await.unwrap().is_none());
    for _ in 0..limits::BREAK_GLASS_TRIES_MAX {
        assert!(typed(code(&secret, at)).await.unwrap().is_some());
    }
    assert!(typed(code(&secret, at)).await.unwrap().is_none());
    // With the next code the owner comes in, and once.
    assert!(come_in(store, &secret, minute(2)).await.is_some());
    assert!(come_in(store, &secret, minute(2)).await.is_none());
}

#[tokio::test]
async fn taking_turns_with_codes_gives_no_more_tries() {
    let (fixture, secret) = scene().await;
    let store = &fixture.store;
    let at = minute(1);
    // Right now are this one, and the one that begins with the next step.
    let codes = [at, at + SignedDuration::from_secs(30)].map(|at| code(&secret, at));
    let mut looked_at = 0;
    for typed in codes.iter().cycle().take(20) {
        let tried = store.try_break_glass(name("safe"), typed.clone(), at);
        looked_at += usize::from(tried.await.unwrap().is_some());
    }
    let most = usize::try_from(limits::BREAK_GLASS_TRIES_MAX).unwrap();
    assert_eq!(looked_at, 1 + most);
    assert!(come_in(store, &secret, minute(2)).await.is_some());
}

#[tokio::test]
async fn who_guesses_codes_keeps_nobody_out() {
    let (fixture, secret) = scene().await;
    let right = code(&secret, minute(1));
    for number in 0..200 {
        let guess = format!("{number:06}");
        if guess != right {
            let tried = fixture
                .store
                .try_break_glass(name("safe"), guess, minute(1));
            assert!(tried.await.unwrap().is_none());
        }
    }
    assert!(come_in(&fixture.store, &secret, minute(1)).await.is_some());
}

#[tokio::test]
async fn two_at_once_with_one_code_are_one() {
    let (fixture, secret) = scene().await;
    let store = &fixture.store;
    let at = minute(1);
    let typed = || store.try_break_glass(name("safe"), code(&secret, at), at);
    let one = typed().await.unwrap().unwrap();
    let other = typed().await.unwrap().unwrap();
    let opened = store.open_break_glass(one, None, at).await.unwrap();
    assert!(opened.is_some());
    let opened = store.open_break_glass(other, None, at).await.unwrap();
    assert!(opened.is_none());
}

#[tokio::test]
async fn who_is_renewed_or_removed_is_out() {
    let (fixture, secret) = scene().await;
    let store = &fixture.store;
    let token = come_in(store, &secret, minute(1)).await.unwrap();
    let tried = store
        .try_break_glass(name("safe"), code(&secret, minute(2)), minute(2))
        .await
        .unwrap()
        .unwrap();
    let renew = (BreakGlassOrder::Renew, minute(2));
    let (renewed, kept) = keep(store, ("Safe", "$argon2id$two"), renew).await;
    assert_eq!(kept, BreakGlassKept::Yes);
    assert!(!is_in(store, &token, minute(2)).await);
    assert!(come_in(store, &secret, minute(3)).await.is_none());
    let late = store.open_break_glass(tried, None, minute(3)).await;
    assert!(late.unwrap().is_none(), "its password was looked at before");
    let token = come_in(store, &renewed, minute(4)).await.unwrap();
    let by = ("shell:eva".to_owned(), minute(4));
    assert!(
        store
            .remove_break_glass(name("safe"), by.clone())
            .await
            .unwrap()
    );
    assert!(!is_in(store, &token, minute(4)).await);
    assert!(come_in(store, &renewed, minute(5)).await.is_none());
    assert!(!store.remove_break_glass(name("safe"), by).await.unwrap());
}

#[tokio::test]
async fn what_can_not_be_kept() {
    let (fixture, _) = scene().await;
    let store = &fixture.store;
    let check = async |called, order, want| {
        let (_, kept) = keep(store, (called, "$x"), (order, minute(1))).await;
        assert_eq!(kept, want, "{called}");
    };
    check("SAFE", BreakGlassOrder::Make, BreakGlassKept::Exists).await;
    check("other", BreakGlassOrder::Renew, BreakGlassKept::Missing).await;
    let new = NewBreakGlass {
        name: name("third"),
        hash: Secret::new("$x"),
        secret: TotpSecret::generate().unwrap(),
        code: "12345".to_owned(),
    };
    let by = ("shell:eva".to_owned(), minute(1));
    let kept = store.keep_break_glass(new, BreakGlassOrder::Make, by).await;
    assert_eq!(kept.unwrap(), BreakGlassKept::WrongCode);
    assert_eq!(store.break_glass().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_backup_brings_them_back() {
    let (fixture, secret) = scene().await;
    let token = come_in(&fixture.store, &secret, minute(1)).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (backup, restored) = (dir.path().join("backup"), dir.path().join("restored"));
    crate::backup(fixture.dir.path(), &backup, |_| ())
        .await
        .unwrap();
    let back = crate::restore(&backup, &restored, "shell:eva", |_| ()).await;
    let ways_in = back.unwrap().ways_in;
    assert_eq!((ways_in.verifiers, ways_in.break_glass), (0, 1));
    let store = Store::open(&restored).await.unwrap();
    assert!(!is_in(&store, &token, minute(1)).await, "sessions end");
    assert!(come_in(&store, &secret, minute(2)).await.is_some());
}
