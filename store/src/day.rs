//! A day of the store.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A UTC day of arrival: the unit in which mail ages away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day that `at` falls on. The only place that turns a time into a day.
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_zoned(TimeZone::UTC).date())
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        // A civil date in UTC always has a midnight; the fallback can not be reached.
        self.0
            .to_zoned(TimeZone::UTC)
            .map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp())
    }

    /// How many days lie between this one and a later one; negative when `later` is earlier.
    pub fn days_until(self, later: Self) -> i64 {
        (later.start().as_second() - self.start().as_second()) / 86_400
    }

    /// The day as `20261122`, the first half of a [`crate::MessageId`].
    pub fn compact(self) -> String {
        format!(
            "{:04}{:02}{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day()
        )
    }

    pub(crate) fn from_compact(text: &str) -> Option<Self> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let date = Date::new(
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..].parse().ok()?,
        );
        date.ok().map(Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = jiff::Error;

    /// Reads `2026-11-22`.
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        let check = |at: &str, want: &str| {
            assert_eq!(Day::of(at.parse().unwrap()).to_string(), want, "{at}");
        };
        check("2026-11-21T23:59:59.999Z", "2026-11-21");
        check("2026-11-22T00:00:00Z", "2026-11-22");
        check("2026-11-22T00:30:00+01:00", "2026-11-21");
    }

    #[test]
    fn days_are_counted_across_months() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2026-10-25").days_until(day("2026-11-22")), 28);
        assert_eq!(day("2026-11-22").days_until(day("2026-11-21")), -1);
        assert_eq!(Day::from_compact("20261122"), Some(day("2026-11-22")));
        assert_eq!(Day::from_compact("20261322"), None);
        assert_eq!(Day::from_compact("2026112é"), None);
    }
}
