//! `/signin` and `/signout`.

use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use serde::Deserialize;
use store::{Secret, StoreError};
use subtle::ConstantTimeEq;
use templates::pages::SignInPage;
use templates::{Template, Words};

use crate::app::App;
use crate::gate::Door;
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;
use crate::{Verdict, audit, cookie, limits, shell};

/// Where people go who were not on their way anywhere.
const HOME: &str = "/mail/";

/// Where somebody was going before they had to sign in.
#[derive(Default, Deserialize)]
pub(crate) struct Destination {
    #[serde(default)]
    to: String,
}

/// What somebody typed.
#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default = "no_secret")]
    password: Secret,
    #[serde(default)]
    to: String,
}

/// The form token of the sign-out button.
#[derive(Deserialize)]
pub(crate) struct Leaving {
    #[serde(default)]
    token: String,
}

/// The sign-in page that leads on to `here` afterwards.
pub(crate) fn before(here: &Uri) -> String {
    let here = here.path_and_query().map_or(HOME, |path| path.as_str());
    if here == HOME || here == "/mail" {
        return "/signin".to_owned();
    }
    let escaped: String = here
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("/signin?to={escaped}")
}

/// The form.
pub(crate) async fn page(
    State(app): State<App>,
    door: Door,
    Query(destination): Query<Destination>,
) -> Result<Response, Refusal> {
    if door.admission().session.is_some() {
        return Ok(Redirect::to(way_on(&destination.to)).into_response());
    }
    Ok(form(&app, &door, (String::new(), destination.to), None)?.into_response())
}

/// Checks name and password and begins a session.
pub(crate) async fn enter(
    State(app): State<App>,
    door: Door,
    request: Request,
) -> Result<Response, Refusal> {
    let typed = Form::<Credentials>::from_request(request, &app).await;
    let Form(typed) = typed.map_err(|e| Refusal::of_status(e.into_response().status()))?;
    let login = typed.login.trim();
    if login.is_empty() || typed.password.expose().is_empty() {
        return complain(&app, &door, typed, |words| words.sign_in_empty);
    }
    let verdict = if login.chars().count() > limits::LOGIN_CHARS_MAX {
        Verdict::Refused
    } else {
        app.sign_in
            .check(login, &typed.password, door.visitor().address)
            .await
    };
    match verdict {
        Verdict::Welcome(account) => {
            // A token from before the sign-in never becomes one of after it.
            if let Some(old) = &door.visitor().token {
                app.store.end_session(old).await?;
            }
            let token = match app.store.open_session(account, Timestamp::now()).await {
                // The mode became normal while the password was being checked.
                Err(StoreError::Refused(_)) => return Err(Why::Locked.into()),
                token => token?,
            };
            let person = app.store.account(account).await?;
            audit::session(&app, door.visitor(), "sign-in", &person.login).await?;
            let jar = CookieJar::new().add(cookie::with_session(&token, &app));
            Ok((jar, Redirect::to(way_on(&typed.to))).into_response())
        }
        Verdict::Refused => {
            // Who types the password into the wrong field shall not find it in the log.
            let known = app.store.sign_in_name(login).await?.is_some();
            let name = if known { login } else { "unknown name" };
            audit::session(&app, door.visitor(), "sign-in-failed", name).await?;
            complain(&app, &door, typed, |words| words.sign_in_refused)
        }
        Verdict::Later => {
            let typed = (typed.login, typed.to);
            let page = form(
                &app,
                &door,
                typed,
                Some(door.visitor().words().sign_in_later),
            )?;
            let wait = [(header::RETRY_AFTER, "60")];
            Ok((StatusCode::SERVICE_UNAVAILABLE, wait, page).into_response())
        }
    }
}

/// Ends the session. Works in every mode.
pub(crate) async fn leave(
    State(app): State<App>,
    visitor: Visitor,
    Form(leaving): Form<Leaving>,
) -> Result<Response, Refusal> {
    if let Some(token) = &visitor.token {
        let admission = app.store.admission(Some(token), Timestamp::now()).await?;
        if let Some(session) = admission.session {
            let ours = session.form_token.expose().as_bytes();
            if !bool::from(ours.ct_eq(leaving.token.as_bytes())) {
                return Err(Why::Forged.into());
            }
            app.store.end_session(token).await?;
            audit::session(&app, &visitor, "sign-out", &session.account.login).await?;
        }
    }
    let jar = CookieJar::new().add(cookie::without_session(&app));
    Ok((jar, Redirect::to("/")).into_response())
}

/// The form again, with one sentence and the name that was typed.
fn complain(
    app: &App,
    door: &Door,
    typed: Credentials,
    sentence: fn(&Words) -> &'static str,
) -> Result<Response, Refusal> {
    let sentence = sentence(door.visitor().words());
    let page = form(app, door, (typed.login, typed.to), Some(sentence))?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

fn form(
    app: &App,
    door: &Door,
    (login, to): (String, String),
    complaint: Option<&'static str>,
) -> Result<Html<String>, Refusal> {
    let words = door.visitor().words();
    let shell = shell::of_visitor(app, door.visitor(), words.sign_in, Some(door.admission()));
    let outage = shell::outage(app, &door.admission().mode, words);
    let login = login.chars().take(limits::LOGIN_CHARS_MAX).collect();
    let to = way_on(&to).to_owned();
    Ok(Html(
        SignInPage {
            shell,
            outage,
            login,
            to,
            complaint,
        }
        .render()?,
    ))
}

/// Only mail pages of this host: nobody is sent elsewhere by a link to our sign-in.
fn way_on(to: &str) -> &str {
    let ours = to.starts_with("/mail/") && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { to } else { HOME }
}

fn no_secret() -> Secret {
    Secret::new("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_host() {
        let check = |to: &str, want: &str| assert_eq!(way_on(to), want, "{to:?}");
        check("/mail/3/inbox?before=x", "/mail/3/inbox?before=x");
        check("", HOME);
        check("//evil.example/mail/", HOME);
        check("https://evil.example/mail/", HOME);
        check("/signout", HOME);
        check("/mail/\r\nSet-Cookie: x", HOME);
        check("/mail/\\evil", HOME);
    }

    #[test]
    fn the_way_back_is_escaped() {
        let check = |here: &str, want: &str| {
            assert_eq!(before(&here.parse().unwrap()), want);
        };
        check("/mail/", "/signin");
        check(
            "/mail/3/write?reply=x&a=b",
            "/signin?to=/mail/3/write%3Freply%3Dx%26a%3Db",
        );
    }
}
