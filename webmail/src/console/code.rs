//! `/admin/code`: the second factor, after the password was right.

use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use store::CodeAsked;
use templates::Template;
use templates::pages::ConsoleCodePage;
use templates::words::fill;

use super::SIGN_IN;
use super::sign_in::{on, way_on};
use crate::app::App;
use crate::refusal::Refusal;
use crate::shell;
use crate::sign_in::{Destination, leading_to};
use crate::visitor::Visitor;

/// What somebody typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

/// The form, for who is asked.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Query(destination): Query<Destination>,
) -> Result<Response, Refusal> {
    let is_asked = match &visitor.console {
        Some(token) => app.store.is_code_asked(token, Timestamp::now()).await?,
        None => false,
    };
    if !is_asked {
        return Ok(again(&destination.to));
    }
    Ok(form(&app, &visitor, &destination.to, None)?.into_response())
}

/// Checks the code and begins the session.
pub(crate) async fn enter(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Refusal> {
    let typed = Form::<Typed>::from_request(request, &app).await;
    let Form(typed) = typed.map_err(|e| Refusal::of_status(e.into_response().status()))?;
    let Some(token) = &visitor.console else {
        return Ok(again(&typed.to));
    };
    let given = (typed.code, visitor.address);
    let asked = app.store.give_code(token, given, Timestamp::now()).await?;
    let console = visitor.words().console;
    match asked {
        CodeAsked::Open(token) => Ok(on(&app, &token, way_on(&typed.to))),
        CodeAsked::Over => Ok(again(&typed.to)),
        CodeAsked::Wrong => {
            let page = form(
                &app,
                &visitor,
                &typed.to,
                Some(console.code_wrong.to_owned()),
            )?;
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        CodeAsked::Wait(wait) => {
            let minutes = (wait.as_secs() + 59) / 60;
            let sentence = fill(console.code_wait, minutes);
            let page = form(&app, &visitor, &typed.to, Some(sentence))?;
            let wait = [(header::RETRY_AFTER, wait.as_secs().max(1).to_string())];
            Ok((StatusCode::SERVICE_UNAVAILABLE, wait, page).into_response())
        }
    }
}

/// From the beginning: the password was too long ago.
fn again(to: &str) -> Response {
    Redirect::to(&leading_to(SIGN_IN, way_on(to))).into_response()
}

fn form(
    app: &App,
    visitor: &Visitor,
    to: &str,
    complaint: Option<String>,
) -> Result<Html<String>, Refusal> {
    let title = visitor.words().console.code_title;
    let page = ConsoleCodePage {
        shell: shell::of_visitor(app, visitor, title, None),
        to: way_on(to).to_owned(),
        complaint,
    };
    Ok(Html(page.render()?))
}
