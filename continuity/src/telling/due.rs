//! What is to be told now by one way. It knows no clock and sends nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{Alert, AlertKind, AlertNotice, AlertQuiet};

/// How often one alert is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// While nobody looks after it, so often; never when that is no time.
    pub every: Duration,
    /// One of a kind that comes and goes is not told anew sooner than this.
    pub least: Duration,
}

/// One thing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// Of which alert.
    pub kind: AlertKind,
    /// When it was raised.
    pub since: Timestamp,
    /// What is new.
    pub what: What,
    /// How often it was told then.
    pub times: u32,
}

/// What is new about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It was raised.
    Raised,
    /// It lasts, and nobody looks after it.
    Lasts,
    /// It is over.
    Over,
}

/// What a way is to tell that has told these before.
pub(super) fn due(
    now: Timestamp,
    repeat: Repeat,
    (alerts, told, quiet): (&[Alert], &[&AlertNotice], &[AlertQuiet]),
) -> Vec<Due> {
    let before = |kind: AlertKind| told.iter().find(|it| it.kind == kind);
    let is_past = |at: Timestamp, wait: Duration| {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        // A time in the future was written with a wrong clock.
        at > now || now.duration_since(at) >= wait
    };
    let mut all = Vec::new();
    for alert in alerts {
        let (kind, since) = (alert.kind, alert.since);
        if quiet.iter().any(|it| it.covers(kind, since, now)) {
            continue;
        }
        let (what, times) = match before(kind) {
            None => (What::Raised, 1),
            Some(it) if it.since == since && !it.is_over => {
                if repeat.every.is_zero() || !is_past(it.told_at, repeat.every) {
                    continue;
                }
                (What::Lasts, it.times.saturating_add(1))
            }
            Some(it) if is_past(it.told_at, repeat.least) => (What::Raised, 1),
            Some(_) => continue,
        };
        all.push(Due {
            kind,
            since,
            what,
            times,
        });
    }
    // That somebody has seen what happened is no news.
    let lasts = |kind: AlertKind| alerts.iter().any(|it| it.kind == kind);
    let over = told
        .iter()
        .filter(|it| !it.is_over && !it.kind.is_event() && !lasts(it.kind));
    all.extend(over.map(|it| Due {
        kind: it.kind,
        since: it.since,
        what: What::Over,
        times: it.times,
    }));
    all
}

#[cfg(test)]
#[path = "due_tests.rs"]
mod tests;
