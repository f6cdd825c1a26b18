//! `/admin/break-glass`: the door for administrators who need no directory.
//!
//! It has nothing to do with the other door: no directory is asked, nobody waits for others, and who
//! guesses there slows nobody down here. All refusals say the same and take the same time.

use std::time::Duration;

use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use store::{BreakGlassName, ConsoleToken, Secret, UsedBy};
use templates::Template;
use templates::pages::ConsoleBreakGlassPage;
use tokio::time::Instant;

use super::SIGN_IN;
use super::sign_in::{on, way_on};
use crate::app::App;
use crate::refusal::Refusal;
use crate::sign_in::{Destination, leading_to};
use crate::visitor::Visitor;
use crate::{audit, limits, shell};

/// What somebody typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default = "no_secret")]
    password: Secret,
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

/// The form.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Query(destination): Query<Destination>,
) -> Result<Response, Refusal> {
    let shown = (visitor.console.as_ref(), UsedBy::Person);
    let admission = app.store.console_admission(shown, Timestamp::now()).await?;
    if admission.session.is_some() {
        return Ok(Redirect::to(way_on(&destination.to)).into_response());
    }
    Ok(form(&app, &visitor, (String::new(), &destination.to), None)?.into_response())
}

/// Checks name, password and code, and begins a session.
pub(crate) async fn enter(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Refusal> {
    let began = Instant::now();
    let typed = Form::<Typed>::from_request(request, &app).await;
    let Form(typed) = typed.map_err(|e| Refusal::of_status(e.into_response().status()))?;
    let name = typed.name.parse::<BreakGlassName>().ok();
    let opened = match &name {
        Some(name) => open(&app, &visitor, (name, &typed)).await?,
        None => None,
    };
    if let Some(token) = opened {
        if let Some(old) = &visitor.console {
            app.store.end_console(old).await?;
        }
        return Ok(on(&app, &token, way_on(&typed.to)));
    }
    // Strangers can cause it as often as they like.
    if app.noted.is_due(std::time::Instant::now()) {
        let known = app.store.break_glass().await?;
        let actor = name.filter(|name| known.iter().any(|it| it.name == *name));
        let actor = actor.map_or_else(|| "unknown name".to_owned(), |name| name.actor());
        audit::session(&app, &visitor, "break-glass-failed", &actor).await?;
    }
    tokio::time::sleep_until(began + paced(began.elapsed())).await;
    let sentence = Some(visitor.words().console.break_glass_refused);
    let page = form(&app, &visitor, (typed.name, &typed.to), sentence)?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// First the code, then the password: without a right code no password is looked at.
async fn open(
    app: &App,
    visitor: &Visitor,
    (name, typed): (&BreakGlassName, &Typed),
) -> Result<Option<ConsoleToken>, Refusal> {
    let code: String = typed.code.chars().take(limits::CODE_CHARS_MAX).collect();
    let now = Timestamp::now();
    let tried = app.store.try_break_glass(name.clone(), code, now).await?;
    let Some(tried) = tried else {
        return Ok(None);
    };
    let hash = tried.hash.clone();
    if app.sign_in.is_break_glass(&typed.password, hash).await != Some(true) {
        return Ok(None);
    }
    let opened = app
        .store
        .open_break_glass(tried, visitor.address, Timestamp::now());
    Ok(opened.await?)
}

/// How long a refusal takes that was found out after `took`.
fn paced(took: Duration) -> Duration {
    let step = limits::BREAK_GLASS_REFUSAL_TIME;
    let steps = took.as_millis().div_ceil(step.as_millis()).max(1);
    step.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

fn form(
    app: &App,
    visitor: &Visitor,
    (name, to): (String, &str),
    complaint: Option<&'static str>,
) -> Result<Html<String>, Refusal> {
    let title = visitor.words().console.break_glass_title;
    let name = name.chars().take(store::limits::BREAK_GLASS_NAME_CHARS_MAX);
    let page = ConsoleBreakGlassPage {
        shell: shell::of_visitor(app, visitor, title, None),
        name: name.collect(),
        to: way_on(to).to_owned(),
        sign_in: leading_to(SIGN_IN, way_on(to)),
        complaint,
    };
    Ok(Html(page.render()?))
}

fn no_secret() -> Secret {
    Secret::new("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_take_whole_steps() {
        let check = |took_ms: u64, want_ms: u64| {
            let paced = paced(Duration::from_millis(took_ms));
            assert_eq!(paced, Duration::from_millis(want_ms), "{took_ms}");
        };
        check(0, 1000);
        check(200, 1000);
        check(1000, 1000);
        check(1001, 2000);
    }
}
