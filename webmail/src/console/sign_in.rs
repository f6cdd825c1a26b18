//! `/admin/signin` and `/admin/signout`: the door of the console, open in every mode.

use std::time::Instant;

use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use store::{ConsoleEntry, ConsoleToken, Proof, Proven, UsedBy};
use templates::pages::ConsoleSignInPage;
use templates::{Template, Words};

use super::gate::is_token_of;
use super::{BREAK_GLASS, CODE, HOME, SIGN_IN};
use crate::app::App;
use crate::refusal::{Refusal, Why};
use crate::sign_in::{Credentials, Destination, Leaving, leading_to};
use crate::visitor::Visitor;
use crate::{Hindrance, Verdict, audit, cookie, limits, shell};

/// The page to sign in on that leads on to `here` afterwards.
pub(crate) fn before(here: &Uri) -> String {
    match here.path_and_query() {
        Some(here) if here.as_str() != HOME => leading_to(SIGN_IN, here.as_str()),
        _ => SIGN_IN.to_owned(),
    }
}

/// The form.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Query(destination): Query<Destination>,
) -> Result<Response, Refusal> {
    let token = visitor.console.as_ref();
    let shown = (token, UsedBy::Person);
    let admission = app.store.console_admission(shown, Timestamp::now()).await?;
    if admission.session.is_some() {
        return Ok(Redirect::to(way_on(&destination.to)).into_response());
    }
    let words = visitor.words();
    let notice = (visitor.here.query() == Some("factor=1")).then_some(words.console.factor_done);
    let mut page = door(&app, &visitor, (String::new(), destination.to), None);
    page.notice = notice;
    Ok(Html(page.render()?).into_response())
}

/// Checks name and password and begins a session. An emergency code is no way in. A password that is
/// too old is: it may be just now that nobody can change it.
pub(crate) async fn enter(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Refusal> {
    let typed = Form::<Credentials>::from_request(request, &app).await;
    let Form(typed) = typed.map_err(|e| Refusal::of_status(e.into_response().status()))?;
    let words = visitor.words();
    if typed.is_empty() {
        return complain(&app, &visitor, typed, words.sign_in_empty);
    }
    let from = visitor.address;
    let verdict = match typed.login() {
        Some(login) => {
            app.sign_in
                .check_password(login, &typed.password, from)
                .await
        }
        None => Verdict::Refused,
    };
    let sentence = match verdict {
        Verdict::Welcome(_, Proof::Code(_)) | Verdict::RefusedCode | Verdict::MistypedCode => {
            words.console.sign_in_code
        }
        Verdict::Welcome(account, proof) => {
            let proven = Proven {
                account,
                proof,
                from,
            };
            if let Some(old) = &visitor.console {
                app.store.end_console(old).await?;
            }
            let now = Timestamp::now();
            let entry = app.store.open_console(proven, app.second_factor, now);
            let sentence = match entry.await? {
                ConsoleEntry::Open(token) => return Ok(on(&app, &token, way_on(&typed.to))),
                ConsoleEntry::Code(token) => {
                    let to = leading_to(CODE, way_on(&typed.to));
                    return Ok(on(&app, &token, &to));
                }
                ConsoleEntry::NoRole => words.console.sign_in_no_role,
                ConsoleEntry::NoSecondFactor => words.console.sign_in_no_second_factor,
                ConsoleEntry::Overtaken => {
                    let login = typed.login().unwrap_or_default();
                    audit::failed(&app, &visitor, "console-sign-in-overtaken", login).await?;
                    return complain(&app, &visitor, typed, words.sign_in_refused);
                }
            };
            let page = form(&app, &visitor, (typed.login, typed.to), Some(sentence))?;
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        Verdict::Later => {
            // Strangers can cause it as often as they like.
            if app.noted.is_due(Instant::now()) {
                let login = typed.login().unwrap_or_default();
                audit::failed(&app, &visitor, "console-sign-in-later", login).await?;
            }
            let sentence = Some(words.sign_in_later);
            let page = form(&app, &visitor, (typed.login, typed.to), sentence)?;
            let wait = [(header::RETRY_AFTER, "60")];
            return Ok((StatusCode::SERVICE_UNAVAILABLE, wait, page).into_response());
        }
        Verdict::Refused => words.sign_in_refused,
        Verdict::Unanswered => words.console.sign_in_unanswered,
        Verdict::Hindered(Hindrance::NotHere) => words.console.sign_in_not_here,
        Verdict::Hindered(Hindrance::NotNow) => words.console.sign_in_not_now,
        // No code opens this door.
        Verdict::TooMany => words.ready_too_many,
        Verdict::Hindered(hindrance) => hindrance.sentence()(words),
    };
    let login = typed.login().unwrap_or_default();
    audit::failed(&app, &visitor, "console-sign-in-failed", login).await?;
    complain(&app, &visitor, typed, sentence)
}

/// Goes on to a page of the console, with this token.
pub(super) fn on(app: &App, token: &ConsoleToken, to: &str) -> Response {
    let jar = CookieJar::new().add(cookie::with_console(token, app));
    (jar, Redirect::to(to)).into_response()
}

/// Ends the session.
pub(crate) async fn leave(
    State(app): State<App>,
    visitor: Visitor,
    Form(leaving): Form<Leaving>,
) -> Result<Response, Refusal> {
    if let Some(token) = &visitor.console {
        let shown = (Some(token), UsedBy::Person);
        let admission = app.store.console_admission(shown, Timestamp::now());
        if let Some(session) = admission.await?.session {
            if !is_token_of(&session, &leaving.token) {
                return Err(Why::Forged.into());
            }
            app.store.end_console(token).await?;
            let actor = session.user.actor();
            audit::session(&app, &visitor, "console-sign-out", &actor).await?;
        }
    }
    let jar = CookieJar::new().add(cookie::without_console(&app));
    Ok((jar, Redirect::to("/")).into_response())
}

/// The form again, with one sentence and the name that was typed.
fn complain(
    app: &App,
    visitor: &Visitor,
    typed: Credentials,
    sentence: &'static str,
) -> Result<Response, Refusal> {
    let page = form(app, visitor, (typed.login, typed.to), Some(sentence))?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

fn form(
    app: &App,
    visitor: &Visitor,
    typed: (String, String),
    complaint: Option<&'static str>,
) -> Result<Html<String>, Refusal> {
    Ok(Html(door(app, visitor, typed, complaint).render()?))
}

fn door(
    app: &App,
    visitor: &Visitor,
    (login, to): (String, String),
    complaint: Option<&'static str>,
) -> ConsoleSignInPage {
    let words: &Words = visitor.words();
    ConsoleSignInPage {
        shell: shell::of_visitor(app, visitor, words.console.sign_in_title, None),
        login: login.chars().take(limits::LOGIN_CHARS_MAX).collect(),
        break_glass: leading_to(BREAK_GLASS, way_on(&to)),
        to: way_on(&to).to_owned(),
        notice: None,
        complaint,
    }
}

/// Only pages of the console: nobody is sent elsewhere by a link to the door.
pub(super) fn way_on(to: &str) -> &str {
    let ours = to.starts_with("/admin/") && to.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { to } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_leads_to_the_console_and_nowhere_else() {
        let check = |to: &str, want: &str| assert_eq!(way_on(to), want, "{to:?}");
        check("/admin/directory?page=2", "/admin/directory?page=2");
        check("", HOME);
        check("/mail/3/inbox", HOME);
        check("//evil.example/admin/", HOME);
        check("/admin/\\evil", HOME);
        let check = |here: &str, want: &str| assert_eq!(before(&here.parse().unwrap()), want);
        check("/admin", "/admin/signin");
        check("/admin/a?b=c", "/admin/signin?to=/admin/a%3Fb%3Dc");
    }
}
