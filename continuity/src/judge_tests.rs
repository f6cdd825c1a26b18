use proptest::prelude::*;

use super::*;

const RULE: Rule = Rule {
    fails: 3,
    wells: 3,
    within: Duration::from_mins(2),
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// A try each ten seconds, `+` for one that went well; the states after each.
#[track_caller]
fn check(tries: &str, want: &str) {
    let mut judge = Judge::resume(RULE, None, at(0));
    let mut got = String::new();
    for (number, one) in (0..).zip(tries.chars()) {
        judge.hear((at(number * 10), one == '+'));
        got.push(match judge.state() {
            ProbeState::Unknown => '?',
            ProbeState::Up => 'u',
            ProbeState::Down => 'd',
        });
    }
    assert_eq!(got, want, "{tries}");
}

#[test]
fn several_failures_make_it_down_and_a_time_without_any_makes_it_up() {
    check("+++", "uuu");
    check("---+", "??dd");
    check("+--+", "uuuu");
    check("+--+-", "uuuud");
    // Two minutes after the last failure it is up.
    check("+---++++++++++++++", "uuuddddddddddddduu");
    // One failure on the way begins the time anew.
    check("+---+++++-+++++++++++++", "uuudddddddddddddddddddu");
}

#[test]
fn what_flaps_every_half_minute_is_down_once_until_it_stays() {
    let mut judge = Judge::resume(RULE, None, at(0));
    let (mut changes, mut before) = (0, ProbeState::Unknown);
    for second in (0..3600).step_by(10) {
        judge.hear((at(second), second / 30 % 2 == 0));
        changes += u32::from(judge.state() != before);
        before = judge.state();
        let failing = judge
            .failing_since()
            .map(|since| at(second).duration_since(since));
        assert!(failing.is_none_or(|it| it < SignedDuration::from_secs(30)));
    }
    assert_eq!((changes, before), (2, ProbeState::Down));
}

#[test]
fn a_failure_of_before_a_restart_counts_only_when_that_was_lately() {
    let stood = ProbeStanding {
        name: "smtp".to_owned(),
        kind: "smtp".to_owned(),
        state: ProbeState::Down,
        since: at(0),
        tried_at: at(100),
        took: 1,
        is_well: false,
        words: String::new(),
        failing_since: Some(at(0)),
    };
    for (now, want) in [(at(150), at(0)), (at(500), at(500)), (at(50), at(50))] {
        let mut judge = Judge::resume(RULE, Some(&stood), now);
        judge.hear((now, false));
        assert_eq!(judge.failing_since(), Some(want));
        assert_eq!((judge.state(), judge.since()), (ProbeState::Down, at(0)));
    }
}

#[test]
fn a_clock_that_jumps_makes_no_outage_longer() {
    let mut judge = Judge::resume(RULE, None, at(0));
    judge.hear((at(0), false));
    judge.forget_tries(at(7200));
    judge.hear((at(7210), false));
    assert_eq!(judge.failing_since(), Some(at(7200)));
    assert_eq!(judge.state(), ProbeState::Unknown);
}

proptest! {
    #[test]
    fn the_rule_holds_for_all_rows_of_tries(
        tries in prop::collection::vec((1_i64..90, any::<bool>()), 0..200),
        (fails, wells, seconds) in (1_usize..6, 1_usize..6, 10_u64..600),
    ) {
        let rule = Rule { fails, wells, within: Duration::from_secs(seconds) };
        let within = SignedDuration::from_secs(i64::try_from(seconds).unwrap());
        let mut judge = Judge::resume(rule, None, at(0));
        let (mut second, mut heard): (_, Vec<(Timestamp, bool)>) = (0, Vec::new());
        for (gap, is_well) in tries {
            second += gap;
            let (now, before) = (at(second), judge.state());
            heard.push((now, is_well));
            judge.hear((now, is_well));
            let count = |wanted: bool| heard.iter()
                .filter(|(at, is_well)| *is_well == wanted && now.duration_since(*at) <= within)
                .count();
            match (before, judge.state()) {
                (ProbeState::Down, ProbeState::Up) => {
                    prop_assert!(count(false) == 0 && count(true) >= wells);
                }
                (ProbeState::Down, ProbeState::Down) => {
                    prop_assert!(count(false) > 0 || count(true) < wells);
                }
                (_, ProbeState::Down) => prop_assert!(!is_well && count(false) >= fails),
                (_, ProbeState::Up | ProbeState::Unknown) => prop_assert!(count(false) < fails),
            }
            let last_well = heard.iter().rposition(|(_, is_well)| *is_well);
            let first_failure = heard.get(last_well.map_or(0, |it| it + 1)).map(|it| it.0);
            prop_assert_eq!(judge.failing_since(), first_failure);
        }
    }
}
