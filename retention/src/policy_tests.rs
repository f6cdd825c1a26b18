use super::*;

fn account(number: i64) -> AccountId {
    number.to_string().parse().unwrap()
}

fn accounts(numbers: &[i64]) -> BTreeSet<AccountId> {
    numbers.iter().copied().map(account).collect()
}

/// Limits of four weeks, and of groups with so many days and these members.
fn limits(groups: &[(u16, Option<&[i64]>)]) -> Limits {
    let policy = Policy {
        groups: groups
            .iter()
            .map(|(days, _)| GroupPolicy {
                address: format!("group{days}@corp.example").parse().unwrap(),
                days: *days,
            })
            .collect(),
        ..Policy::default()
    };
    let members = |members: &[i64]| members.iter().copied().map(account).collect();
    let members: Vec<_> = groups
        .iter()
        .map(|(_, it)| it.map(members).unwrap_or_default())
        .collect();
    Limits::new(&policy, &members)
}

#[track_caller]
fn check(now: &str, days: &[&str], want: &[&str]) {
    let days: Vec<Day> = days.iter().map(|day| day.parse().unwrap()).collect();
    let due = due(now.parse().unwrap(), &days, &limits(&[]));
    let got: Vec<String> = due.iter().map(|(day, _)| day.to_string()).collect();
    assert_eq!(got, want, "{now}");
    let everybody = DayLimit::OverBut(BTreeSet::new());
    assert!(due.iter().all(|(_, limit)| *limit == everybody));
}

#[test]
fn a_day_goes_when_its_last_mail_is_four_weeks_old() {
    let days = ["2026-10-23", "2026-10-24", "2026-10-25"];
    check("2026-11-21T23:59:59Z", &days, &["2026-10-23"]);
    check("2026-11-22T00:00:00Z", &days, &["2026-10-23", "2026-10-24"]);
}

#[test]
fn a_day_in_the_future_stays() {
    check("2026-11-22T00:00:00Z", &["2027-11-22"], &[]);
}

#[test]
fn groups_are_kept_longer_or_shorter() {
    #[track_caller]
    fn check(groups: &[(u16, Option<&[i64]>)], age_days: i64, want: Option<&DayLimit>) {
        assert_eq!(
            limits(groups).over(age_days).as_ref(),
            want,
            "{age_days} days"
        );
    }
    let but = |numbers: &[i64]| DayLimit::OverBut(accounts(numbers));
    let only = |numbers: &[i64]| DayLimit::OverFor(accounts(numbers));
    let board: (u16, Option<&[i64]>) = (60, Some(&[1, 2]));
    let trainees: (u16, Option<&[i64]>) = (14, Some(&[2, 3]));

    check(&[board], 28, None);
    check(&[board], 29, Some(&but(&[1, 2])));
    check(&[board], 60, Some(&but(&[1, 2])));
    check(&[board], 61, Some(&but(&[])));
    check(&[trainees], 14, None);
    check(&[trainees], 15, Some(&only(&[2, 3])));
    check(&[trainees], 28, Some(&only(&[2, 3])));
    check(&[trainees], 29, Some(&but(&[])));
    // Who is in both has the longer one, in whichever order they are written.
    for groups in [[board, trainees], [trainees, board]] {
        check(&groups, 15, Some(&only(&[3])));
        check(&groups, 29, Some(&but(&[1, 2])));
    }
    check(&[(28, Some(&[1]))], 29, Some(&but(&[])));
    // Nobody knows whose mail a lost group was to keep, so all of it stays.
    check(&[(60, None)], 29, None);
    check(&[(60, None)], 60, None);
    check(&[(60, None)], 61, Some(&but(&[])));
    check(&[(14, None), trainees], 15, Some(&only(&[2, 3])));
    // Nor whether somebody with a shorter limit was in it.
    for lost in [None, Some([].as_slice())] {
        for groups in [[(60, lost), trainees], [trainees, (60, lost)]] {
            check(&groups, 15, None);
            check(&groups, 28, None);
            check(&groups, 29, None);
            check(&groups, 60, None);
            check(&groups, 61, Some(&but(&[])));
        }
        check(&[(20, lost), trainees], 20, None);
        check(&[(20, lost), trainees], 21, Some(&only(&[2, 3])));
        check(&[(60, lost), board], 60, None);
    }
    check(&[(14, None)], 29, Some(&but(&[])));
}

#[test]
fn a_day_is_as_old_as_its_mail_is_known_to_be() {
    let is_old = |day: &str, seen: &str| {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let everybody = DayLimit::OverBut(BTreeSet::new());
        let day = (day.parse().unwrap(), &everybody);
        is_old(now, day, seen.parse().unwrap(), &limits(&[]))
    };
    assert!(is_old("2026-10-24", "2026-10-24T00:10:00Z"));
    assert!(is_old("2026-10-24", "2026-10-25T08:00:00Z"));
    assert!(!is_old("2026-10-24", "2026-10-26T08:00:00Z"));
    assert!(!is_old("2020-01-01", "2026-11-22T11:00:00Z"));
    assert!(is_old("2020-01-01", "2026-10-24T23:00:00Z"));
    assert!(is_old("2020-01-01", "1970-01-01T00:00:00Z"));
}
