//! `/admin/emergency`: starting an emergency, saying that it takes longer, and ending it. Each in two
//! steps: what somebody wants, then what it does, and a button.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::Mode;
use templates::pages::{ConsoleConfirm, ConsoleEmergencyPage, ConsoleFigure, EmergencyForms};
use templates::words::fill;
use templates::{Template, Words};

use super::frame;
use super::gate::{ConsolePass, Denied, Pressed};
use super::overview::{self, state};
use super::{EMERGENCY, HOME};
use crate::app::App;
use crate::limits;
use crate::modes::{ModeOrder, ModeRefused, ModeStep};
use crate::refusal::{Refusal, Why};

/// Hours that are offered.
const HOURS: [u16; 6] = [2, 4, 8, 12, 24, 48];

/// Why nothing was done.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    refused: Option<Refused>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Refused {
    Overtaken,
    Reason,
    Owed,
    Failed,
}

/// What somebody wants, as the form has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Start,
    Extend,
    End,
}

/// The forms of this mode.
pub(crate) async fn page(
    State(app): State<App>,
    pass: ConsolePass,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Refusal> {
    let console = pass.words().console;
    let complaint = asked.refused.map(|refused| match refused {
        Refused::Overtaken => console.mode_overtaken,
        Refused::Reason => console.reason_missing,
        Refused::Owed => console.still_owed,
        Refused::Failed => console.mode_failed,
    });
    shown(&app, &pass, (None, complaint)).await
}

/// Declares an emergency.
pub(crate) async fn start(app: State<App>, pressed: Pressed) -> Result<Response, Refusal> {
    change(app, pressed, Wish::Start).await
}

/// Says that it takes longer.
pub(crate) async fn extend(app: State<App>, pressed: Pressed) -> Result<Response, Refusal> {
    change(app, pressed, Wish::Extend).await
}

/// Ends what there is to end.
pub(crate) async fn end(app: State<App>, pressed: Pressed) -> Result<Response, Refusal> {
    change(app, pressed, Wish::End).await
}

/// Asks first, and does it when the button on that page was pressed.
async fn change(State(app): State<App>, pressed: Pressed, wish: Wish) -> Result<Response, Refusal> {
    let reason = reason(&pressed, wish);
    let hours = hours(&pressed)?;
    if reason.is_empty() {
        return Ok(back("reason"));
    }
    // Somebody else may have done something since the form was shown.
    if pressed.field("seen") != pressed.administrator.mode().number.to_string() {
        return Ok(back("overtaken"));
    }
    let is_sure = wish == Wish::Extend || !pressed.field("sure").is_empty();
    let denied = if is_sure {
        match pressed.prove(&app).await? {
            Ok(()) => return done(&app, &pressed, (wish, hours, reason)).await,
            Err(denied) => Some(denied),
        }
    } else {
        None
    };
    let confirm = confirm(&app, &pressed, (wish, hours, reason), denied).await?;
    let page = shown(&app, &pressed.administrator, (Some(confirm), None)).await?;
    Ok(page.into_response())
}

async fn done(
    app: &App,
    pressed: &Pressed,
    (wish, hours, reason): (Wish, Option<u16>, String),
) -> Result<Response, Refusal> {
    let now = Timestamp::now();
    let end = hours.map(|hours| now + SignedDuration::from_hours(i64::from(hours)));
    let step = match (wish, end) {
        (Wish::Start, end) => ModeStep::Start(end),
        (Wish::Extend, Some(end)) => ModeStep::Extend(end),
        (Wish::Extend, None) => return Err(Why::BadRequest.into()),
        (Wish::End, _) => ModeStep::End,
    };
    let order = ModeOrder {
        step,
        by: pressed.administrator.actor(),
        reason,
        now,
    };
    match app.modes.change(order).await {
        Ok(_) => Ok(Redirect::to(HOME).into_response()),
        Err(ModeRefused::Overtaken) => Ok(back("overtaken")),
        Err(ModeRefused::NoReason) => Ok(back("reason")),
        Err(ModeRefused::StillOwed(_)) => Ok(back("owed")),
        Err(ModeRefused::Failed(error)) => {
            tracing::error!(%error, "the mode can not be changed from the console");
            Ok(back("failed"))
        }
    }
}

fn back(refused: &str) -> Response {
    Redirect::to(&format!("{EMERGENCY}?refused={refused}")).into_response()
}

/// In one line. Who only says that it takes longer need not say why again.
fn reason(pressed: &Pressed, wish: Wish) -> String {
    let typed: String = pressed
        .field("reason")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(limits::REASON_CHARS_MAX)
        .collect();
    match (typed.trim(), wish) {
        ("", Wish::Extend) => pressed.administrator.mode().reason.clone(),
        (typed, _) => typed.to_owned(),
    }
}

/// None when nobody knows how long it takes.
fn hours(pressed: &Pressed) -> Result<Option<u16>, Refusal> {
    match pressed.field("hours") {
        "" => Ok(None),
        hours => {
            let hours = hours.parse().map_err(|_| Why::BadRequest)?;
            let known = 1..=limits::EMERGENCY_HOURS_MAX;
            Ok(Some(hours)
                .filter(|it| known.contains(it))
                .ok_or(Why::BadRequest)?
                .into())
        }
    }
}

/// What it does, and the button.
async fn confirm(
    app: &App,
    pressed: &Pressed,
    (wish, hours, reason): (Wish, Option<u16>, String),
    denied: Option<Denied>,
) -> Result<ConsoleConfirm, Refusal> {
    let administrator = &pressed.administrator;
    let words = administrator.words();
    let console = words.console;
    let now = Timestamp::now();
    let (action, title, button, effects) = match (wish, administrator.mode().mode) {
        (Wish::Start, _) => (
            "/admin/emergency/start",
            console.start_sure,
            console.start_now,
            vec![
                console.start_effect_open.to_owned(),
                console.start_effect_aging.to_owned(),
                ready(app, words, now).await?,
            ],
        ),
        (Wish::Extend, _) => (
            "/admin/emergency/extend",
            console.extend,
            console.extend,
            Vec::new(),
        ),
        (Wish::End, Mode::Recovery) => (
            "/admin/emergency/end",
            console.end_recovery_sure,
            console.end_recovery_now,
            vec![console.end_recovery_effect.to_owned()],
        ),
        (Wish::End, Mode::Drill) => (
            "/admin/emergency/end",
            console.end_drill_sure,
            console.end_drill_now,
            vec![console.end_drill_effect.to_owned()],
        ),
        (Wish::End, _) => (
            "/admin/emergency/end",
            console.end_sure,
            console.end_now,
            vec![
                console.end_effect_read.to_owned(),
                console.end_effect_return.to_owned(),
            ],
        ),
    };
    let expected = hours.map(|hours| {
        let end = now + SignedDuration::from_hours(i64::from(hours));
        app.clock(words).since(end)
    });
    Ok(ConsoleConfirm {
        action,
        title,
        button,
        effects,
        reason,
        hours: hours.map_or_else(String::new, |hours| hours.to_string()),
        expected,
        asks_password: !administrator.is_fresh(now),
        complaint: denied.map(|denied| denied.sentence(words)),
    })
}

/// How many people could sign in.
async fn ready(app: &App, words: &Words, now: Timestamp) -> Result<String, Refusal> {
    let all = app.store.readiness_figures(now).await?.all;
    let text = fill(words.console.start_effect_ready, all.ready);
    Ok(fill(&text, all.people))
}

async fn shown(
    app: &App,
    pass: &ConsolePass,
    (confirm, complaint): (Option<ConsoleConfirm>, Option<&'static str>),
) -> Result<Html<String>, Refusal> {
    let words = pass.words();
    let figures: Vec<ConsoleFigure> = match pass.mode().mode {
        Mode::Recovery => vec![overview::owed(app.store.owed().await?, words)],
        Mode::Normal | Mode::Emergency | Mode::Drill => Vec::new(),
    };
    let page = ConsoleEmergencyPage {
        // The page itself says what the strip would say.
        shell: templates::shell::Shell {
            banner: None,
            ..frame::shell(app, pass, words.console.emergency)
        },
        navigation: frame::navigation(pass, EMERGENCY),
        state: state(app, pass),
        figures,
        confirm,
        complaint,
        forms: match pass.mode().mode {
            Mode::Normal => EmergencyForms::Normal,
            Mode::Emergency => EmergencyForms::Emergency,
            Mode::Recovery => EmergencyForms::Recovery,
            Mode::Drill => EmergencyForms::Drill,
        },
        hours: HOURS.to_vec(),
        seen: pass.mode().number,
        form_token: pass.is_administrator().then(|| pass.form_token()),
    };
    Ok(Html(page.render()?))
}
