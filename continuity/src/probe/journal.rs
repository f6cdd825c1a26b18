//! Whether copies come as usual: as on past days at the same time, working days with working days and the
//! days of a weekend with those.

use std::ops::Range;
use std::time::Duration;

use jiff::civil::Weekday;
use jiff::{Span, Timestamp, Zoned};
use store::Store;

use crate::limits;

/// Counts and compares.
pub(super) async fn ask(
    store: &Store,
    (span, usual_least): (Duration, u64),
    now: &Zoned,
) -> Result<String, String> {
    let mut spans = vec![span_before(now, span)];
    spans.extend(like_days(now).iter().map(|day| span_before(day, span)));
    let counts = store.copies_in(spans).await;
    let counts = counts.map_err(|error| format!("the copies can not be counted: {error}"))?;
    let Some((present, past)) = counts.split_first() else {
        return Ok("nothing to compare".to_owned());
    };
    let Some(present) = *present else {
        return Ok(
            "nothing to compare with yet: copies are kept for less than that time".to_owned(),
        );
    };
    let past: Vec<u64> = past.iter().flatten().copied().collect();
    compare(present, past, (span, usual_least))
}

/// The same time on past days of the same kind, the last one first. Where the clock was put forward in
/// between it may be an hour of another name.
fn like_days(now: &Zoned) -> Vec<Zoned> {
    let is_weekend = |at: &Zoned| matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday);
    let past = (1..=limits::DAYS_COMPARED_MAX)
        .filter_map(|days| now.checked_sub(Span::new().try_days(days).ok()?).ok());
    past.filter(|day| is_weekend(day) == is_weekend(now))
        .collect()
}

fn span_before(end: &Zoned, span: Duration) -> Range<Timestamp> {
    let end = end.timestamp();
    end.checked_sub(span).unwrap_or(Timestamp::MIN)..end
}

/// Whether so many are as usual. Fewer than a tenth are silence: the last mails of a queue may trickle in
/// after the source has died.
fn compare(
    present: u64,
    mut past: Vec<u64>,
    (span, usual_least): (Duration, u64),
) -> Result<String, String> {
    let minutes = span.as_secs() / 60;
    if past.len() < limits::DAYS_COMPARED_LEAST {
        let days = past.len();
        return Ok(format!(
            "{present} copies in {minutes} min; only {days} days to compare with yet"
        ));
    }
    past.sort_unstable();
    // Half of those days had fewer; a day of a holiday does not change it.
    let usual = past.get(past.len() / 2).copied().unwrap_or_default();
    let saw = format!(
        "{present} copies in {minutes} min, on {} other days at this time mostly {usual}",
        past.len()
    );
    if usual >= usual_least && present.saturating_mul(10) < usual {
        Err(saw)
    } else {
        Ok(saw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[track_caller]
    fn check(present: u64, past: &[u64], want: Result<&str, &str>) {
        let got = compare(present, past.to_vec(), (HOUR, 10));
        let got = got.as_deref().map_err(String::as_str);
        match (got, want) {
            (Ok(got), Ok(want)) | (Err(got), Err(want)) => assert!(got.contains(want), "{got}"),
            _ => panic!("{present} after {past:?}: {got:?}"),
        }
    }

    #[test]
    fn silence_is_what_is_unusual_at_this_time() {
        check(0, &[80, 100, 90], Err("mostly 90"));
        check(8, &[80, 100, 90], Err("8 copies in 60 min"));
        check(9, &[80, 100, 90], Ok("9 copies"));
        // One holiday among them, and one busy day.
        check(0, &[80, 0, 90, 4000], Err("on 4 other days"));
        // At night there are few anyway.
        check(0, &[3, 0, 9], Ok("mostly 3"));
        check(0, &[9, 9, 9], Ok(""));
        check(0, &[10, 10, 10], Err(""));
        // Nobody knows yet what is usual.
        check(0, &[500, 500], Ok("only 2 days"));
        check(0, &[], Ok("only 0 days"));
    }

    #[test]
    fn days_are_compared_with_their_like() {
        let day = |text: &str| -> Zoned { text.parse().unwrap() };
        let monday = like_days(&day("2026-11-23T09:00:00[Europe/Berlin]"));
        assert_eq!(monday[0], day("2026-11-20T09:00:00[Europe/Berlin]"));
        assert_eq!(monday.len(), 20);
        // The clock was put back on 25 October; it is nine o'clock there, too.
        assert_eq!(monday[19], day("2026-10-26T09:00:00[Europe/Berlin]"));
        let sunday = like_days(&day("2026-11-22T09:00:00[Europe/Berlin]"));
        assert_eq!(sunday[0], day("2026-11-21T09:00:00[Europe/Berlin]"));
        assert_eq!(sunday.len(), 8);
        assert_eq!(sunday[7], day("2026-10-25T09:00:00[Europe/Berlin]"));
    }
}
