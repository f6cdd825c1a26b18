//! `/admin/alerts/seen`, and where on the console one does something about an alert.

use axum::extract::State;
use axum::response::Redirect;
use jiff::{SignedDuration, Timestamp};
use store::{Alert, AlertKind, AlertQuiet, ConsoleUser};
use templates::pages::ConsoleAlert;
use templates::shell::Link;
use templates::words::fill;
use templates::{Language, Words};

use super::gate::{ConsolePass, Pressed};
use super::{DIRECTORY, EMERGENCY, HOME, PROBES, READINESS};
use crate::app::App;
use crate::clock::Clock;
use crate::limits;
use crate::refusal::{Refusal, Why};

/// Somebody has seen what an alert tells of. Who came in by breaking the glass takes that alert from
/// nobody.
pub(crate) async fn seen(State(app): State<App>, pressed: Pressed) -> Result<Redirect, Refusal> {
    let kind = AlertKind::ALL
        .into_iter()
        .find(|kind| kind.to_string() == pressed.field("kind"));
    let kind = kind.ok_or(Why::NotFound)?;
    if !may_see(&pressed.administrator, kind) {
        return Err(Why::NotFound.into());
    }
    let event = pressed
        .administrator
        .event("alert-seen", kind.to_string(), String::new());
    app.store.see_alert(kind, event, Timestamp::now()).await?;
    Ok(Redirect::to(HOME))
}

/// Somebody looks after an alert: nobody is told of it again while it lasts, or for some hours.
pub(crate) async fn quiet(State(app): State<App>, pressed: Pressed) -> Result<Redirect, Refusal> {
    let kind = AlertKind::ALL
        .into_iter()
        .find(|kind| kind.to_string() == pressed.field("kind"));
    let kind = kind.ok_or(Why::NotFound)?;
    if !may_see(&pressed.administrator, kind) {
        return Err(Why::NotFound.into());
    }
    let now = Timestamp::now();
    let (until, action) = match pressed.field("hours") {
        "" => (None, "alert-acknowledged"),
        hours => {
            let hours: i64 = hours.parse().map_err(|_| Why::BadRequest)?;
            let hours = Some(hours).filter(|it| (1..=limits::SNOOZE_HOURS_MAX).contains(it));
            let hours = hours.ok_or(Why::BadRequest)?;
            let until = now + SignedDuration::from_hours(hours);
            (Some(until), "alert-snoozed")
        }
    };
    let detail = until.map_or_else(String::new, |until| format!("until {until}"));
    let event = pressed
        .administrator
        .event(action, kind.to_string(), detail);
    // One that is over by now needs nobody.
    app.store.quiet_alert(kind, until, event, now).await?;
    Ok(Redirect::to(HOME))
}

/// Whether a button takes it away.
fn may_see(pass: &ConsolePass, kind: AlertKind) -> bool {
    let is_person = matches!(pass.user(), ConsoleUser::Person(_));
    kind.is_event() && pass.is_administrator() && (is_person || kind != AlertKind::BreakGlassUsed)
}

/// An alert on the overview.
pub(super) fn shown(
    alert: Alert,
    quiet: &[AlertQuiet],
    (pass, clock): (&ConsolePass, &Clock),
) -> ConsoleAlert {
    let words = pass.words();
    let now = Timestamp::now();
    let by = quiet
        .iter()
        .find(|it| it.covers(alert.kind, alert.since, now));
    let looked_after = by.map(|it| match it.until {
        None => fill(words.console.alert_looked_after, &it.by),
        Some(until) => fill(words.console.alert_snoozed, clock.since(until).words),
    });
    ConsoleAlert {
        title: title(alert.kind, words),
        since: clock.since(alert.since),
        words: alert.words,
        link: way(alert.kind, words),
        seen: may_see(pass, alert.kind).then(|| alert.kind.to_string()),
        quiets: looked_after.is_none().then(|| alert.kind.to_string()),
        looked_after,
    }
}

/// The page where one does something about it.
fn way(kind: AlertKind, words: &Words) -> Option<Link> {
    let (href, text) = match kind {
        AlertKind::DirectoryUnreadable
        | AlertKind::DirectoryShrunk
        | AlertKind::DirectoryDisputed
        | AlertKind::DirectoryIncomplete
        | AlertKind::DirectoryRefusesAll
        | AlertKind::DirectoryLocksEarly
        | AlertKind::SyncOld => (DIRECTORY, words.console.to_directory),
        AlertKind::PrimaryFailing | AlertKind::CopiesSilent | AlertKind::CanaryLost => {
            (PROBES, words.console.to_probes)
        }
        AlertKind::PrimaryBack | AlertKind::EmergencyByRule | AlertKind::ModeOverdue => {
            (EMERGENCY, words.console.emergency)
        }
        AlertKind::CodesMade => (READINESS, words.console.to_readiness),
        _ => return None,
    };
    Some(Link {
        href: href.to_owned(),
        text: text.to_owned(),
    })
}

/// The same for whoever tells of it elsewhere, in `de` or `en`.
pub fn alert_title(kind: AlertKind, language: &str) -> &'static str {
    let language = Language::of_tag(language).unwrap_or(Language::En);
    title(kind, language.words())
}

/// What an alert is about, in one sentence.
pub(super) fn title(kind: AlertKind, words: &Words) -> &'static str {
    let console = words.console;
    match kind {
        AlertKind::DiskFilling => console.alert_disk_filling,
        AlertKind::DiskFull => console.alert_disk_full,
        AlertKind::DiskUnusable => console.alert_disk_unusable,
        AlertKind::AgingRefused => console.alert_aging_refused,
        AlertKind::AgingFailed => console.alert_aging_failed,
        AlertKind::AgingGroupUnknown => console.alert_aging_group_unknown,
        AlertKind::DayDamaged => console.alert_day_damaged,
        AlertKind::ShadowDamaged => console.alert_shadow_damaged,
        AlertKind::ReportsUnopened => console.alert_reports_unopened,
        AlertKind::DirectoryUnreadable => console.alert_directory_unreadable,
        AlertKind::DirectoryShrunk => console.alert_directory_shrunk,
        AlertKind::DirectoryIncomplete => console.alert_directory_incomplete,
        AlertKind::DirectoryDisputed => console.alert_directory_disputed,
        AlertKind::DirectoryRefusesAll => console.alert_directory_refuses_all,
        AlertKind::DirectoryLocksEarly => console.alert_directory_locks_early,
        AlertKind::WriterOverLimit => console.alert_writer_over_limit,
        AlertKind::OutboundStands => console.alert_outbound_stands,
        AlertKind::BreakGlassUsed => console.alert_break_glass_used,
        AlertKind::SecondFactorGuessed => console.alert_second_factor_guessed,
        AlertKind::CodesMade => console.alert_codes_made,
        AlertKind::ProxyUnbelieved => console.alert_proxy_unbelieved,
        AlertKind::PrimaryFailing => console.alert_primary_failing,
        AlertKind::PrimaryBack => console.alert_primary_back,
        AlertKind::EmergencyByRule => console.alert_emergency_by_rule,
        AlertKind::ModeOverdue => console.alert_mode_overdue,
        AlertKind::CopiesSilent => console.alert_copies_silent,
        AlertKind::CanaryLost => console.alert_canary_lost,
        AlertKind::SyncOld => console.alert_sync_old,
        AlertKind::CertificateExpiring => console.alert_certificate_expiring,
        AlertKind::ClockWrong => console.alert_clock_wrong,
    }
}
