//! `/admin`: what an administrator must know now, at one glance.

use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;
use store::{Alert, AlertKind, DiskRoom, Mode, OwedCount, Stock};
use templates::pages::{ConsoleAlert, ConsoleFigure, ConsoleOverviewPage, Tone};
use templates::words::fill;
use templates::{Template, Words};

use super::HOME;
use super::frame;
use super::gate::ConsolePass;
use crate::app::App;
use crate::clock;
use crate::refusal::Refusal;

/// The mode, what is the matter, what is owed.
pub(crate) async fn page(
    State(app): State<App>,
    pass: ConsolePass,
) -> Result<Html<String>, Refusal> {
    let words = pass.words();
    let clock = app.clock(words);
    let mode = pass.mode();
    let (tone, name) = match mode.mode {
        Mode::Normal => (Tone::Calm, words.mode_normal),
        Mode::Emergency => (Tone::Alert, words.mode_emergency),
        Mode::Recovery => (Tone::Mending, words.mode_recovery),
    };
    let alerts = app.store.alerts().await?;
    let alert = |alert: Alert| ConsoleAlert {
        title: title(alert.kind, words),
        since: clock.since(alert.since),
        words: alert.words,
    };
    let stock = app.store.stock().await?;
    let figures = vec![
        owed(app.store.owed().await?, words),
        newest_copy(&stock, &clock, words),
        disk(app.store.disk().await.ok(), words),
    ];
    let page = ConsoleOverviewPage {
        // The page itself says what the strip would say.
        shell: templates::shell::Shell {
            banner: None,
            ..frame::shell(&app, &pass, words.console.overview)
        },
        navigation: frame::navigation(&pass, HOME),
        tone,
        mode: name,
        since: (mode.since != Timestamp::UNIX_EPOCH).then(|| clock.since(mode.since)),
        by: mode.by.clone(),
        reason: mode.reason.trim().to_owned(),
        expected_end: mode.expected_end.map(|end| clock.since(end)),
        is_overdue: mode.expected_end.is_some_and(|end| end < Timestamp::now()),
        alerts: alerts.into_iter().map(alert).collect(),
        figures,
    };
    Ok(Html(page.render()?))
}

/// What the primary still lacks.
fn owed(owed: OwedCount, words: &Words) -> ConsoleFigure {
    let console = words.console;
    ConsoleFigure {
        name: console.owed,
        value: match owed.open + owed.for_a_person {
            0 => console.owed_nothing.to_owned(),
            all => fill(console.owed_some, all),
        },
        note: match owed.for_a_person {
            0 => String::new(),
            some => fill(console.for_a_person, some),
        },
        is_urgent: owed.for_a_person > 0,
    }
}

/// A shadow that hears nothing any more is the failure that nobody notices.
fn newest_copy(stock: &Stock, clock: &clock::Clock, words: &Words) -> ConsoleFigure {
    let console = words.console;
    let newest = stock.newest_copy.map(|at| clock.since(at).words);
    ConsoleFigure {
        name: console.newest_copy,
        value: newest.unwrap_or_else(|| console.newest_copy_none.to_owned()),
        note: String::new(),
        is_urgent: false,
    }
}

fn disk(room: Option<DiskRoom>, words: &Words) -> ConsoleFigure {
    let console = words.console;
    let size = |bytes| clock::size(bytes, words);
    ConsoleFigure {
        name: console.disk,
        value: room.map_or_else(|| console.disk_unknown.to_owned(), |it| size(it.free_bytes)),
        note: room.map_or_else(String::new, |it| {
            fill(console.disk_refuses, size(it.refuse_bytes))
        }),
        is_urgent: room.is_none_or(|it| it.free_bytes < it.warn_bytes),
    }
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
    }
}
