//! What "four weeks" means.

use jiff::Timestamp;
use store::{Day, DayState};

use crate::limits;

/// How long mail is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whole days after the day of arrival.
    pub days: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            days: limits::DAYS_DEFAULT,
        }
    }
}

/// The days that go at `now`, oldest first: those that ended more than [`Policy::days`] ago and
/// owe nothing.
pub fn due(now: Timestamp, days: &[DayState], policy: Policy) -> Vec<Day> {
    let today = Day::of(now);
    let old = |state: &&DayState| state.day.days_until(today) > i64::from(policy.days);
    days.iter()
        .filter(old)
        .filter(|state| state.unsettled == 0)
        .map(|state| state.day)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: &str, days: &[(&str, u64)], want: &[&str]) {
        let states: Vec<_> = days
            .iter()
            .map(|(day, unsettled)| DayState {
                day: day.parse().unwrap(),
                unsettled: *unsettled,
            })
            .collect();
        let got = due(now.parse().unwrap(), &states, Policy::default());
        assert_eq!(
            got.iter().map(Day::to_string).collect::<Vec<_>>(),
            want,
            "{now}"
        );
    }

    #[test]
    fn a_day_goes_when_its_last_mail_is_four_weeks_old() {
        let days = [("2026-10-23", 0), ("2026-10-24", 0), ("2026-10-25", 0)];
        check("2026-11-21T23:59:59Z", &days, &["2026-10-23"]);
        check("2026-11-22T00:00:00Z", &days, &["2026-10-23", "2026-10-24"]);
    }

    #[test]
    fn what_is_owed_stays() {
        check(
            "2027-01-01T00:00:00Z",
            &[("2026-10-23", 1), ("2026-10-24", 0)],
            &["2026-10-24"],
        );
    }

    #[test]
    fn a_day_in_the_future_stays() {
        check("2026-11-22T00:00:00Z", &[("2027-11-22", 0)], &[]);
    }
}
