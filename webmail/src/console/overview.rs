//! `/admin`: what an administrator must know now, at one glance.

use axum::extract::State;
use axum::response::Html;
use jiff::Timestamp;
use store::{Alert, DiskRoom, Mode, OwedCount, Scope, Stock};
use templates::pages::{ConsoleFigure, ConsoleOverviewPage, ConsoleState, Tone};
use templates::words::fill;
use templates::{Template, Words};

use super::gate::ConsolePass;
use super::{HOME, alerts, directory, frame};
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
    let alerts = app.store.alerts().await?;
    let quiet = app.store.alerts_quiet().await?;
    let alert = |alert: Alert| alerts::shown(alert, &quiet, (&pass, &clock));
    let stock = app.store.stock().await?;
    let figures = vec![
        owed(app.store.owed().await?, words),
        newest_copy(&stock, &clock, words),
        disk(app.store.disk().await.ok(), words),
        directory::answered(app.store.directory_answered_at().await?, &clock, words),
    ];
    let page = ConsoleOverviewPage {
        // The page itself says what the strip would say.
        shell: templates::shell::Shell {
            banner: None,
            ..frame::shell(&app, &pass, words.console.overview)
        },
        navigation: frame::navigation(&pass, HOME),
        state: state(&app, &pass),
        way: emergency_way(&pass),
        form_token: pass.is_administrator().then(|| pass.form_token()),
        alerts: alerts.into_iter().map(alert).collect(),
        figures,
    };
    Ok(Html(page.render()?))
}

/// The mode, since when, by whom and why.
pub(super) fn state(app: &App, pass: &ConsolePass) -> ConsoleState {
    let words = pass.words();
    let clock = app.clock(words);
    let mode = pass.mode();
    let (tone, name) = match mode.mode {
        Mode::Normal => (Tone::Calm, words.mode_normal),
        Mode::Emergency => (Tone::Alert, words.mode_emergency),
        Mode::Recovery => (Tone::Mending, words.mode_recovery),
        Mode::Drill => (Tone::Mending, words.mode_drill),
    };
    ConsoleState {
        tone,
        mode: name,
        since: (mode.since != Timestamp::UNIX_EPOCH).then(|| clock.since(mode.since)),
        by: mode.by.clone(),
        reason: mode.reason.trim().to_owned(),
        expected_end: mode.expected_end.map(|end| clock.since(end)),
        scope: match &mode.scope {
            Scope::Everyone => String::new(),
            only @ Scope::Only(_) => only.to_string(),
        },
        is_overdue: mode.expected_end.is_some_and(|end| end < Timestamp::now()),
    }
}

/// The button to the page where the mode is changed; none for who may not.
fn emergency_way(pass: &ConsolePass) -> Option<&'static str> {
    let console = pass.words().console;
    pass.is_administrator().then_some(match pass.mode().mode {
        Mode::Normal => console.start_way,
        Mode::Emergency => console.end_way,
        Mode::Recovery => console.recovery_way,
        Mode::Drill => console.drill_way,
    })
}

/// What the primary still lacks.
pub(super) fn owed(owed: OwedCount, words: &Words) -> ConsoleFigure {
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
        link: None,
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
        link: None,
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
        link: None,
        is_urgent: room.is_none_or(|it| it.free_bytes < it.warn_bytes),
    }
}
