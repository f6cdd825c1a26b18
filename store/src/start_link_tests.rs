use jiff::ToSpan;

use super::*;
use crate::fixture::{Fixture, time};
use crate::mode::{Mode, ModeChange};
use crate::scope::Scope;

const NOW: &str = "2026-11-22T03:00:00Z";

fn link() -> StartLink {
    StartLink {
        mode_number: 0,
        expires_at: time("2026-11-22T15:00:00Z"),
        to: "eva@out.example".to_owned(),
    }
}

#[tokio::test]
async fn a_link_is_good_once_and_for_some_hours() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let token = store.seal_start_link(link()).await.unwrap();
    let now = time(NOW);
    for _ in 0..2 {
        let opened = store.open_start_link(&token, now).await.unwrap();
        assert_eq!(opened, Ok(link()), "looking uses nothing");
    }
    let late = store.open_start_link(&token, now + 12.hours()).await;
    assert_eq!(late.unwrap(), Err(LinkRefused::Expired));
    assert_eq!(store.use_start_link(&token, now).await.unwrap(), Ok(link()));
    // In any process.
    let again = fixture.reopened().await.use_start_link(&token, now).await;
    assert_eq!(again.unwrap(), Err(LinkRefused::Spent));
    let opened = store.open_start_link(&token, now).await.unwrap();
    assert_eq!(opened, Err(LinkRefused::Spent));
}

#[tokio::test]
async fn a_link_of_before_a_change_of_the_mode_is_spent() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let token = store.seal_start_link(link()).await.unwrap();
    let next = ModeChange {
        number: 0,
        mode: Mode::Emergency,
        since: time(NOW),
        by: "eva".to_owned(),
        reason: "x".to_owned(),
        expected_end: None,
        scope: Scope::Everyone,
    };
    let present = store.mode().await.unwrap();
    store.append_mode(&present, next).await.unwrap();
    let used = store.use_start_link(&token, time(NOW)).await.unwrap();
    assert_eq!(used, Err(LinkRefused::Spent));
}

#[tokio::test]
async fn nothing_of_it_can_be_changed() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let token = store.seal_start_link(link()).await.unwrap();
    let other = Fixture::new()
        .await
        .store
        .seal_start_link(link())
        .await
        .unwrap();
    let mut forged = vec![
        String::new(),
        "v1".to_owned(),
        "ü.ü".to_owned(),
        other,
        "a.".repeat(600),
    ];
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        forged.push(String::from_utf8(changed).unwrap());
    }
    for token in forged {
        let opened = store.open_start_link(&token, time(NOW)).await.unwrap();
        assert_eq!(opened, Err(LinkRefused::Forged), "{token}");
    }
}

proptest::proptest! {
    #[test]
    fn no_token_makes_it_panic(token in ".{0,80}") {
        assert_eq!(read(&[7; 32], &token), None);
    }
}
