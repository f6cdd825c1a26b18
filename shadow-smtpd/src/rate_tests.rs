use governor::clock::FakeRelativeClock;

use super::*;

fn address(n: usize) -> IpAddr {
    IpAddr::from(u32::try_from(n).unwrap().to_be_bytes())
}

#[test]
fn both_sides_of_the_limit() {
    let clock = FakeRelativeClock::default();
    let rate = Rate::by_clock(6, clock.clone());
    for _ in 0..6 {
        assert_eq!(rate.take(address(1)), Ok(()));
    }
    assert_eq!(rate.take(address(1)), Err(Duration::from_secs(10)));
    assert_eq!(rate.take(address(2)), Ok(()), "others are let in");
    clock.advance(Duration::from_millis(9_999));
    assert_eq!(rate.take(address(1)), Err(Duration::from_millis(1)));
    clock.advance(Duration::from_millis(1));
    assert_eq!(rate.take(address(1)), Ok(()), "its part of the minute");
    assert!(rate.take(address(1)).is_err());
    clock.advance(Duration::from_mins(1));
    for _ in 0..6 {
        assert_eq!(rate.take(address(1)), Ok(()));
    }
}

#[test]
fn no_limit() {
    let rate = Rate::per_minute(0);
    for _ in 0..10_000 {
        assert_eq!(rate.take(address(1)), Ok(()));
    }
}

#[test]
fn a_flood_of_strangers_is_forgotten() {
    let rate = Rate::by_clock(60, FakeRelativeClock::default());
    let known = || rate.tallies.as_ref().unwrap().lock().unwrap().limiter.len();
    for n in 0..3 * limits::ADDRESSES_REMEMBERED_MAX {
        assert_eq!(rate.take(address(n)), Ok(()));
        assert!(known() <= limits::ADDRESSES_REMEMBERED_MAX);
    }
}

#[test]
fn whoever_was_here_just_now_is_not_forgotten() {
    let clock = FakeRelativeClock::default();
    let rate = Rate::by_clock(2, clock.clone());
    for n in 1..limits::ADDRESSES_REMEMBERED_MAX {
        assert_eq!(rate.take(address(n)), Ok(()));
    }
    clock.advance(Duration::from_mins(2));
    assert_eq!(rate.take(address(0)), Ok(()));
    assert_eq!(rate.take(address(0)), Ok(()), "now they are too many");
    assert!(rate.take(address(0)).is_err(), "it is still known");
}
