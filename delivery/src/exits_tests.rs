use super::*;
use crate::config::TlsPolicy;

fn exits(smarthosts: &[&str], mails_per_minute: Option<u16>) -> Exits {
    let door = |it: &&str| Door::new(it.parse().unwrap(), TlsPolicy::Off);
    let exits = Exits::of(&Outbound {
        smarthosts: smarthosts.iter().map(door).collect(),
        mails_per_minute,
        ..Outbound::default()
    });
    exits.unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn who_could_not_be_reached_comes_in_last() {
    let exits = exits(&["a:25", "b:25"], None);
    assert_eq!(exits.open(at(0)), [0, 1]);
    exits.failed(0, (at(0), "away"), 0);
    assert_eq!(exits.open(at(0)), [1]);
    assert_eq!(exits.open(at(2)), [0, 1]);
    // When all are away all are tried, the first choice first.
    exits.failed(0, (at(2), "away"), 0);
    exits.failed(1, (at(2), "away"), 0);
    assert_eq!(exits.open(at(2)), [0, 1]);
    exits.answered(0);
    assert_eq!(exits.open(at(2)), [0]);
    assert!(exits.door(2).is_none());
}

#[test]
fn so_many_in_any_minute() {
    let exits = exits(&["a:25"], Some(2));
    let take = |second| exits.take_turn(at(second));
    assert!(take(0) && take(50));
    assert!(!take(59));
    assert!(take(60));
    assert!(!take(61) && !take(109));
    assert!(take(110));
    exits.give_back_turn();
    assert!(take(111));
    assert!(!take(112));
}

#[test]
fn silence_begins_with_a_try_and_ends_with_an_answer() {
    let exits = exits(&["a:25", "b:25"], None);
    let silent = |second| exits.silent_for(SignedDuration::from_mins(15), at(second));
    assert_eq!(silent(10_000), None);
    exits.trying(at(100));
    exits.failed(0, (at(130), "no route"), 0);
    exits.trying(at(200));
    assert_eq!(silent(999), None);
    let silence = Silence {
        since: at(100),
        words: "no route".to_owned(),
    };
    assert_eq!(silent(1000), Some(silence));
    exits.answered(1);
    assert_eq!(silent(1000), None);
    exits.trying(at(1001));
    assert_eq!(silent(1900), None);
}
