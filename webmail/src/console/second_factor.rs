//! `/admin/second-factor`: one sets up the second factor oneself. The secret stands in the page that
//! shows it and is kept when a code of it was typed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use store::{AccountId, TotpSecret};
use templates::Template;
use templates::pages::{ConsoleFactorPage, NewFactor};

use super::gate::{ConsolePass, Denied, PressedByAnybody};
use super::{SECOND_FACTOR, SIGN_IN, frame};
use crate::app::App;
use crate::limits;
use crate::refusal::{Refusal, Why};

/// Whether there is one, and a button.
pub(crate) async fn page(
    State(app): State<App>,
    pass: ConsolePass,
) -> Result<Html<String>, Refusal> {
    Ok(Html(shown(&app, &pass, None, None).await?))
}

/// Makes a secret and shows it.
pub(crate) async fn begin(
    State(app): State<App>,
    pressed: PressedByAnybody,
) -> Result<Response, Refusal> {
    if let Err(denied) = pressed.prove(&app).await? {
        let words = pressed.pass.words();
        let page = shown(&app, &pressed.pass, None, Some(denied.sentence(words))).await?;
        let status = match denied {
            Denied::Password => StatusCode::UNAUTHORIZED,
            Denied::Later => StatusCode::SERVICE_UNAVAILABLE,
        };
        return Ok((status, Html(page)).into_response());
    }
    let secret = TotpSecret::generate()?;
    let new = new_factor(&app, &pressed.pass, &secret);
    let page = shown(&app, &pressed.pass, Some(new), None).await?;
    Ok(Html(page).into_response())
}

/// Keeps it when a code of it was typed. All sessions end by that: the next sign-in shows that it works.
pub(crate) async fn confirm(
    State(app): State<App>,
    pressed: PressedByAnybody,
) -> Result<Response, Refusal> {
    if !pressed.pass.is_fresh(Timestamp::now()) {
        return Ok(Redirect::to(SECOND_FACTOR).into_response());
    }
    let account = account(&pressed.pass)?;
    let secret = TotpSecret::of_base32(pressed.field("secret")).ok_or(Why::BadRequest)?;
    let code = pressed.field("code").chars();
    let code: String = code.take(limits::CODE_CHARS_MAX).collect();
    let by = (pressed.pass.actor(), Timestamp::now());
    if app
        .store
        .set_totp(account, (secret.clone(), code), by)
        .await?
    {
        return Ok(Redirect::to(&format!("{SIGN_IN}?factor=1")).into_response());
    }
    let new = new_factor(&app, &pressed.pass, &secret);
    let sentence = Some(pressed.pass.words().console.factor_wrong);
    let page = shown(&app, &pressed.pass, Some(new), sentence).await?;
    Ok((StatusCode::UNAUTHORIZED, Html(page)).into_response())
}

/// Who breaks the glass gets theirs from a shell.
fn account(pass: &ConsolePass) -> Result<AccountId, Refusal> {
    Ok(pass.user().account().ok_or(Why::NotFound)?.id)
}

fn new_factor(app: &App, pass: &ConsolePass, secret: &TotpSecret) -> NewFactor {
    let issuer = format!("Shadowmail {}", app.hostname);
    let url = secret.url(&issuer, &pass.actor());
    NewFactor {
        qr: app.preparation.qr(&url),
        key: secret.base32(),
    }
}

async fn shown(
    app: &App,
    pass: &ConsolePass,
    new: Option<NewFactor>,
    complaint: Option<&'static str>,
) -> Result<String, Refusal> {
    let page = ConsoleFactorPage {
        shell: frame::shell(app, pass, pass.words().console.factor),
        navigation: frame::navigation(pass, SECOND_FACTOR),
        has_one: app.store.has_totp(account(pass)?).await?,
        new,
        complaint,
        asks_password: !pass.is_fresh(Timestamp::now()),
        form_token: pass.form_token(),
    };
    Ok(page.render()?)
}
