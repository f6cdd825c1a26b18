//! `/signin` and `/signout`.

use axum::extract::{Form, FromRequest, Query, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use serde::Deserialize;
use store::{
    AccountId, CodeNotice, Entrance, Proof, Proven, Secret, SessionToken, Shown, ShownBy,
    StoreError,
};
use subtle::ConstantTimeEq;
use templates::pages::{CodeNoticePage, SignInPage};
use templates::words::fill;
use templates::{Template, Words};

use crate::app::App;
use crate::gate::Door;
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;
use crate::{Hindrance, Verdict, audit, cookie, limits, shell};

/// Where people go who were not on their way anywhere.
const HOME: &str = "/mail/";

/// Where somebody was going before they had to sign in.
#[derive(Default, Deserialize)]
pub(crate) struct Destination {
    #[serde(default)]
    pub to: String,
}

/// What somebody typed.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    pub login: String,
    #[serde(default = "no_secret")]
    pub password: Secret,
    #[serde(default)]
    pub to: String,
}

impl Credentials {
    /// Whether something is missing.
    pub fn is_empty(&self) -> bool {
        self.login.trim().is_empty() || self.password.expose().is_empty()
    }

    /// The name, unless it is longer than one can be.
    pub fn login(&self) -> Option<&str> {
        let login = self.login.trim();
        (login.chars().count() <= limits::LOGIN_CHARS_MAX).then_some(login)
    }
}

/// The form token of the sign-out button.
#[derive(Deserialize)]
pub(crate) struct Leaving {
    #[serde(default)]
    pub token: String,
}

/// The sign-in page that leads on to `here` afterwards.
pub(crate) fn before(here: &Uri) -> String {
    let here = here.path_and_query().map_or(HOME, |path| path.as_str());
    if here == HOME || here == "/mail" {
        return "/signin".to_owned();
    }
    leading_to("/signin", here)
}

/// The sign-in page `page` that leads on to `here` afterwards.
pub(crate) fn leading_to(page: &str, here: &str) -> String {
    let escaped: String = here
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("{page}?to={escaped}")
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
    if typed.is_empty() {
        return complain(&app, &door, typed, |words| words.sign_in_empty);
    }
    let address = door.visitor().address;
    let verdict = match typed.login() {
        Some(login) => app.sign_in.check(login, &typed.password, address).await,
        None => Verdict::Refused,
    };
    let sentence: fn(&Words) -> &'static str = match verdict {
        Verdict::Welcome(account, proof) => {
            let from = address;
            let proven = Proven {
                account,
                proof,
                from,
            };
            match admit(&app, &door, proven).await? {
                Entrance::Open(token) if is_code(proof) => {
                    return Ok(welcome(&app, &token, &typed.to));
                }
                Entrance::Open(token) => {
                    return told(&app, &door, (account, &token), &typed.to).await;
                }
                // The mode may have become normal while the password was being checked.
                Entrance::Locked => return Err(Why::Locked.into()),
                Entrance::NotForThem => |words| words.sign_in_not_for_them,
                // Somebody else was faster with the code.
                Entrance::Void if is_code(proof) => |words| words.sign_in_code_refused,
                // The account was shut out, or its password changed, while this one was checked.
                Entrance::Void => |words| words.sign_in_refused,
            }
        }
        Verdict::Later => return later(&app, &door, typed),
        Verdict::Refused => |words| words.sign_in_refused,
        Verdict::RefusedCode => |words| words.sign_in_code_refused,
        Verdict::MistypedCode => |words| words.sign_in_code_mistyped,
        Verdict::Unanswered => |words| words.sign_in_unanswered,
        Verdict::TooMany => |words| words.sign_in_too_many,
        Verdict::Hindered(hindrance) => hindrance.sentence(),
    };
    let login = typed.login().unwrap_or_default();
    audit::failed(&app, door.visitor(), "sign-in-failed", login).await?;
    complain(&app, &door, typed, sentence)
}

impl Hindrance {
    /// What somebody with the right password is told.
    pub(crate) fn sentence(self) -> fn(&Words) -> &'static str {
        match self {
            Self::Disabled => |words| words.sign_in_disabled,
            Self::AccountExpired => |words| words.sign_in_account_expired,
            Self::NotNow => |words| words.sign_in_not_now,
            Self::NotHere => |words| words.sign_in_not_here,
            Self::PasswordExpired => |words| words.sign_in_password_expired,
            Self::MustChange => |words| words.sign_in_must_change,
            Self::JustChanged => |words| words.sign_in_just_changed,
        }
    }
}

/// Begins a session. With the password it also shows that this person can sign in.
async fn admit(app: &App, door: &Door, proven: Proven) -> Result<Entrance, Refusal> {
    end_old(app, door).await?;
    let now = Timestamp::now();
    let entrance = app.store.open_session(proven, now).await?;
    if !matches!(entrance, Entrance::Open(_)) {
        return Ok(entrance);
    }
    let person = app.store.account(proven.account).await?;
    let event = audit::of_person(door.visitor(), "sign-in", &person.login);
    if is_code(proven.proof) {
        app.store.audit(event, now).await?;
    } else {
        let how = ShownBy::SignIn;
        let shown = Shown { at: now, how };
        app.store.show_readiness(person.id, shown, event).await?;
    }
    Ok(entrance)
}

fn is_code(proof: Proof) -> bool {
    matches!(proof, Proof::Code(_))
}

/// A token from before the sign-in never becomes one of after it.
async fn end_old(app: &App, door: &Door) -> Result<(), StoreError> {
    match &door.visitor().token {
        Some(old) => app.store.end_session(old).await,
        None => Ok(()),
    }
}

fn welcome(app: &App, token: &SessionToken, to: &str) -> Response {
    let jar = CookieJar::new().add(cookie::with_session(token, app));
    (jar, Redirect::to(way_on(to))).into_response()
}

/// Goes on; who signs in with the password hears first of a code that was made for them, because
/// somebody else may have it.
async fn told(
    app: &App,
    door: &Door,
    (account, token): (AccountId, &SessionToken),
    to: &str,
) -> Result<Response, Refusal> {
    let Some(notice) = app.store.take_code_notice(account).await? else {
        return Ok(welcome(app, token, to));
    };
    let person = app.store.account(account).await?;
    let mut visitor = door.visitor().clone();
    visitor.speak_with(&person);
    let words = visitor.words();
    let page = CodeNoticePage {
        shell: shell::of_visitor(app, &visitor, words.code_notice_title, None),
        text: code_notice(app, words, &notice),
        to: way_on(to).to_owned(),
    };
    let jar = CookieJar::new().add(cookie::with_session(token, app));
    Ok((jar, Html(page.render()?)).into_response())
}

/// That a code was made for somebody, and whether it was used.
pub(crate) fn code_notice(app: &App, words: &'static Words, notice: &CodeNotice) -> String {
    let clock = app.clock(words);
    let made = fill(words.code_notice_made, clock.since(notice.made_at).words);
    let made = fill(&made, &notice.made_by);
    match notice.used_at {
        Some(used_at) => {
            let used = fill(words.code_notice_used, clock.since(used_at).words);
            format!("{made} {used}")
        }
        None => made,
    }
}

fn later(app: &App, door: &Door, typed: Credentials) -> Result<Response, Refusal> {
    let sentence = door.visitor().words().sign_in_later;
    let page = form(app, door, (typed.login, typed.to), Some(sentence))?;
    let wait = [(header::RETRY_AFTER, "60")];
    Ok((StatusCode::SERVICE_UNAVAILABLE, wait, page).into_response())
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
