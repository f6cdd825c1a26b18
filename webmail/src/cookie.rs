//! The four cookies: the session, that of the console, the language, and whether mail is shown as
//! text.

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use store::{ConsoleToken, Secret, SessionToken};
use templates::Language;

use crate::app::App;

const LANGUAGE: &str = "language";
const VIEW: &str = "view";

/// The name of the session's cookie. With https the prefix makes browsers refuse it from
/// anywhere but this very host.
fn session_name(app: &App) -> &'static str {
    if app.secure_cookie {
        "__Host-session"
    } else {
        "session"
    }
}

/// The token that the browser shows.
pub(crate) fn session(jar: &CookieJar, app: &App) -> Option<SessionToken> {
    jar.get(session_name(app))
        .map(|cookie| SessionToken(Secret::new(cookie.value())))
}

/// Lets the browser show `token` from now on, until it is closed.
pub(crate) fn with_session(token: &SessionToken, app: &App) -> Cookie<'static> {
    lasting(session_name(app), token.0.expose().to_owned(), app)
}

/// Makes the browser forget its session.
pub(crate) fn without_session(app: &App) -> Cookie<'static> {
    let mut cookie = lasting(session_name(app), String::new(), app);
    cookie.make_removal();
    cookie
}

/// The name of the cookie of the console's session.
fn console_name(app: &App) -> &'static str {
    if app.secure_cookie {
        "__Host-console"
    } else {
        "console"
    }
}

/// The token of the console that the browser shows.
pub(crate) fn console(jar: &CookieJar, app: &App) -> Option<ConsoleToken> {
    jar.get(console_name(app))
        .map(|cookie| ConsoleToken(Secret::new(cookie.value())))
}

/// Lets the browser show the console's `token` from now on, until it is closed.
pub(crate) fn with_console(token: &ConsoleToken, app: &App) -> Cookie<'static> {
    lasting(console_name(app), token.0.expose().to_owned(), app)
}

/// Makes the browser forget its session of the console.
pub(crate) fn without_console(app: &App) -> Cookie<'static> {
    let mut cookie = lasting(console_name(app), String::new(), app);
    cookie.make_removal();
    cookie
}

/// The language somebody has chosen.
pub(crate) fn language(jar: &CookieJar) -> Option<Language> {
    jar.get(LANGUAGE)
        .and_then(|cookie| Language::of_tag(cookie.value()))
}

/// Remembers a chosen language.
pub(crate) fn with_language(language: Language, app: &App) -> Cookie<'static> {
    let mut cookie = lasting(LANGUAGE, language.code().to_owned(), app);
    cookie.make_permanent();
    cookie
}

/// Whether mail is shown as text where there is a choice.
pub(crate) fn prefers_text(jar: &CookieJar) -> bool {
    jar.get(VIEW).is_some_and(|cookie| cookie.value() == "text")
}

/// Remembers whether mail is shown as text.
pub(crate) fn with_view(view: &'static str, app: &App) -> Cookie<'static> {
    let mut cookie = lasting(VIEW, view.to_owned(), app);
    cookie.make_permanent();
    cookie
}

/// Lax, so that a link in a chat leads in; no script needs to read any of them.
fn lasting(name: &'static str, value: String, app: &App) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure_cookie)
        .build()
}
