use proptest::prelude::*;

use super::*;

const REPEAT: Repeat = Repeat {
    every: Duration::from_mins(30),
    least: Duration::from_mins(10),
};

const KIND: AlertKind = AlertKind::PrimaryFailing;

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + minute * 60).unwrap()
}

fn alert(since: i64) -> Alert {
    Alert {
        kind: KIND,
        since: minute(since),
        changed_at: minute(since),
        words: String::new(),
    }
}

/// What one way tells in these minutes of an alert that is raised and over then, and that somebody looks
/// after from a minute on until another.
#[track_caller]
fn check(spans: &[(i64, i64)], quiet: Option<(i64, Option<i64>)>, want: &[(i64, What)]) {
    let mut told: Option<AlertNotice> = None;
    let mut all = Vec::new();
    for now in 0..120 {
        let lasts = spans.iter().find(|(from, to)| (*from..*to).contains(&now));
        let alerts: Vec<Alert> = lasts.map(|(from, _)| alert(*from)).into_iter().collect();
        let quiet = quiet
            .filter(|(from, _)| now >= *from)
            .and_then(|(_, until)| {
                Some(AlertQuiet {
                    kind: KIND,
                    since: alerts.first()?.since,
                    until: until.map(minute),
                    by: "eva".to_owned(),
                    at: minute(0),
                })
            });
        let quiet: Vec<AlertQuiet> = quiet.into_iter().collect();
        let before: Vec<&AlertNotice> = told.iter().collect();
        let due = due(minute(now), REPEAT, (&alerts, &before, &quiet));
        assert!(due.len() <= 1);
        if let Some(due) = due.first() {
            all.push((now, due.what));
            told = Some(AlertNotice {
                way: String::new(),
                kind: KIND,
                since: due.since,
                told_at: minute(now),
                times: due.times,
                is_over: due.what == What::Over,
            });
        }
    }
    assert_eq!(all, want);
}

#[test]
fn an_alert_is_repeated_until_it_is_over() {
    use What::{Lasts, Over, Raised};
    check(&[], None, &[]);
    check(&[(5, 20)], None, &[(5, Raised), (20, Over)]);
    let want = [(5, Raised), (35, Lasts), (65, Lasts), (80, Over)];
    check(&[(5, 80)], None, &want);
}

#[test]
fn whoever_looks_after_it_has_rest_and_hears_of_its_end() {
    use What::{Lasts, Over, Raised};
    check(&[(5, 110)], Some((20, None)), &[(5, Raised), (110, Over)]);
    // Snoozed.
    let want = [(5, Raised), (60, Lasts), (90, Lasts), (110, Over)];
    check(&[(5, 110)], Some((20, Some(60))), &want);
    check(&[(5, 110)], Some((0, None)), &[]);
}

#[test]
fn what_comes_and_goes_is_not_told_each_time() {
    use What::{Over, Raised};
    let flapping: Vec<(i64, i64)> = (0..10).map(|turn| (turn * 2, turn * 2 + 1)).collect();
    let want = [(0, Raised), (1, Over), (12, Raised), (13, Over)];
    check(&flapping, None, &want);
    check(
        &[(0, 2), (30, 40)],
        None,
        &[(0, Raised), (2, Over), (30, Raised), (40, Over)],
    );
}

#[test]
fn that_somebody_has_seen_an_event_is_no_news() {
    let told = AlertNotice {
        way: String::new(),
        kind: AlertKind::EmergencyByRule,
        since: minute(0),
        told_at: minute(0),
        times: 1,
        is_over: false,
    };
    assert_eq!(due(minute(5), REPEAT, (&[], &[&told], &[])), []);
}

proptest! {
    #[test]
    fn no_kind_is_told_more_than_twice_in_ten_minutes(lasts in prop::collection::vec(any::<bool>(), 100)) {
        let (mut told, mut heard, mut since): (Option<AlertNotice>, Vec<i64>, i64) = (None, Vec::new(), 0);
        for (now, is_on) in (0..).zip(lasts) {
            since = if is_on { since } else { now + 1 };
            let alerts: Vec<Alert> = is_on.then(|| alert(since)).into_iter().collect();
            let before: Vec<&AlertNotice> = told.iter().collect();
            for due in due(minute(now), REPEAT, (&alerts, &before, &[])) {
                heard.push(now);
                told = Some(AlertNotice {
                    way: String::new(),
                    kind: KIND,
                    since: due.since,
                    told_at: minute(now),
                    times: due.times,
                    is_over: due.what == What::Over,
                });
            }
        }
        for three in heard.windows(3) {
            prop_assert!(three[2] - three[0] >= 10, "{heard:?}");
        }
    }
}
