use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredGroup, Snapshot};

const NOW: &str = "2026-11-22T09:00:00Z";

fn group(name: &str, members: &[&str], groups: &[&str]) -> MirroredGroup {
    let address = |name: &str| format!("{name}@corp.example").parse().unwrap();
    MirroredGroup {
        hidden: false,
        key: String::new(),
        address: address(name),
        name: name.to_owned(),
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        groups: groups.iter().map(|it| address(it)).collect(),
    }
}

async fn mirror(fixture: &Fixture, people: &[&str], groups: Vec<MirroredGroup>) {
    let accounts = people.iter().map(|login| person(login)).collect();
    let snapshot = Snapshot { accounts, groups };
    fixture.store.mirror(snapshot).await.unwrap();
}

async fn covered(fixture: &Fixture) -> Vec<AccountId> {
    let covered = fixture
        .store
        .blocking(Inner::covered_by_holds)
        .await
        .unwrap();
    covered.accounts.into_iter().collect()
}

#[tokio::test]
async fn a_hold_by_group_covers_members_then_now_and_between() {
    let fixture = Fixture::new().await;
    let (amy, bo) = (fixture.amy, fixture.bo);
    let board = || group("Board", &["amy"], &["inner"]);
    let people = ["amy", "bo"];
    mirror(
        &fixture,
        &people,
        vec![board(), group("inner", &[], &["Board"])],
    )
    .await;
    let scope = HoldScope::Group("BOARD@corp.example".parse().unwrap());
    let hold = fixture
        .store
        .add_hold(scope, "a lawsuit", "eve", time(NOW))
        .await
        .unwrap();
    assert_eq!(covered(&fixture).await, [amy]);
    mirror(
        &fixture,
        &people,
        vec![board(), group("inner", &["bo"], &[])],
    )
    .await;
    assert_eq!(covered(&fixture).await, [amy, bo]);
    mirror(&fixture, &["bo"], Vec::new()).await;
    assert_eq!(covered(&fixture).await, [amy, bo], "who left stays held");
    let later = time("2026-11-23T09:00:00Z");
    fixture
        .store
        .release_hold(hold, "zoe", later)
        .await
        .unwrap();
    assert_eq!(covered(&fixture).await, []);
    mirror(&fixture, &people, vec![board()]).await;
    assert_eq!(covered(&fixture).await, [], "it is over");
}

#[tokio::test]
async fn a_hold_says_who_and_why_for_ever() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    // Amy has left; her login is still known.
    mirror(&fixture, &["bo"], Vec::new()).await;
    let scope = HoldScope::Account("AMY".to_owned());
    let id = store
        .add_hold(scope.clone(), "a lawsuit", "eve", time(NOW))
        .await
        .unwrap();
    assert_eq!(covered(&fixture).await, [fixture.amy]);
    let later = time("2026-11-23T09:00:00Z");
    store.release_hold(id, "zoe", later).await.unwrap();
    let again = store.release_hold(id, "zoe", later).await;
    assert!(matches!(again, Err(StoreError::Missing(_))), "{again:?}");
    let hold = Hold {
        id,
        scope,
        accounts: 1,
        reason: "a lawsuit".to_owned(),
        by: "eve".to_owned(),
        since: time(NOW),
        released: Some(Released {
            at: later,
            by: "zoe".to_owned(),
        }),
    };
    assert_eq!(fixture.reopened().await.holds().await.unwrap(), [hold]);
    let audit = store.audit_log(2).await.unwrap();
    let lines: Vec<_> = audit
        .iter()
        .map(|row| (row.actor.as_str(), row.action.as_str(), row.object.as_str()))
        .collect();
    let object = format!("hold {id}");
    assert_eq!(
        lines,
        [
            ("zoe", "hold-release", object.as_str()),
            ("eve", "hold", &object)
        ]
    );
}

#[tokio::test]
async fn a_hold_on_nothing_or_without_a_reason_is_refused() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let nobody = [
        HoldScope::Account("nobody".to_owned()),
        HoldScope::Group("nobody@corp.example".parse().unwrap()),
        HoldScope::Message("20261122-0000000000001".parse().unwrap()),
    ];
    for scope in nobody {
        let refused = store.add_hold(scope, "a lawsuit", "eve", time(NOW)).await;
        assert!(
            matches!(refused, Err(StoreError::Missing(_))),
            "{refused:?}"
        );
    }
    let scope = HoldScope::Account("amy".to_owned());
    let refused = store.add_hold(scope, " ", "eve", time(NOW)).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(store.holds().await.unwrap(), []);
}

#[tokio::test]
async fn a_hold_by_search_must_be_understood_as_a_whole() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let begin = async |text: &str| {
        let scope = HoldScope::Query(text.to_owned());
        store.add_hold(scope, "a lawsuit", "eve", time(NOW)).await
    };
    let many = vec!["offer"; limits::QUERY_TERMS_MAX + 1].join(" OR ");
    let long = format!("offer OR \"{}", "x ".repeat(limits::QUERY_CHARS_MAX));
    // With their dates they are longer than a search may be.
    let dates = vec!["newer:7d"; 20].join(" OR ");
    let filled = limits::QUERY_CHARS_MAX - dates.len() - 3;
    let dates = format!("\"{}\" {dates}", "to ".repeat(filled / 3));
    let unfindable = format!("offer OR {}", "x".repeat(limits::WORD_CHARS_MAX + 1));
    let refusals = [
        ("form:acme", "there is no operator \"form:\""),
        (
            "from:acme after:2026-13-01",
            "\"after:\" can not use \"2026-13-01\"",
        ),
        (&many, "more than 32 terms"),
        (&long, "more than 32 terms or 1000 characters"),
        (&dates, "more than 32 terms or 1000 characters"),
        ("from:acme OR ab*", "write 3 letters before the *"),
        (&unfindable, "the 64 letters by which a word is known"),
        ("offer -is:read", "what is: and in: find changes"),
        ("from:acme OR in:trash", "what is: and in: find changes"),
        (" ", "looks for nothing"),
        ("from:!", "looks for nothing"),
    ];
    for (text, why) in refusals {
        match begin(text).await {
            Err(StoreError::Refused(words)) => assert!(words.contains(why), "{words}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
    assert_eq!(store.holds().await.unwrap(), []);
    begin("\"form:acme\" Re: 12:30").await.unwrap();
}

#[tokio::test]
async fn a_hold_by_search_keeps_the_dates_that_were_meant() {
    let fixture = Fixture::new().await;
    let scope = HoldScope::Query("from:acme -before:2w OR offer after:yesterday".to_owned());
    let store = &fixture.store;
    let noon = time("2026-11-22T12:00:00Z");
    let refused = store.add_hold(scope, "a lawsuit", "eve", noon).await;
    assert!(refused.is_err(), "before: is a date, not an age");
    let scope = HoldScope::Query("from:acme -older:2w OR offer after:yesterday".to_owned());
    store
        .add_hold(scope, "a lawsuit", "eve", noon)
        .await
        .unwrap();
    let want = "from:acme -before:2026-11-08 OR offer after:2026-11-21";
    let holds = store.holds().await.unwrap();
    assert_eq!(holds[0].scope, HoldScope::Query(want.to_owned()));
}

#[test]
fn days_count_in_the_zone_of_the_host() {
    #[track_caller]
    fn check(hours: i8, now: &str, want: &str) {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(hours));
        assert_eq!(
            hold_query::understood("after:today", time(now), zone).unwrap(),
            want
        );
    }
    check(0, "2026-11-23T01:00:00Z", "after:2026-11-23");
    // New York in the evening, and Berlin after midnight.
    check(-5, "2026-11-23T01:00:00Z", "after:2026-11-22");
    check(1, "2026-11-22T23:30:00Z", "after:2026-11-23");
}
