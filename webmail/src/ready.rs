//! `/ready`: trying one's sign-in out while all is well. No session begins, and no mail is shown.

use axum::extract::{Form, FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use store::{AccountId, Shown, ShownBy};
use templates::Template;
use templates::pages::{ReadyDonePage, ReadyPage};

use crate::app::App;
use crate::gate::Rehearsal;
use crate::refusal::Refusal;
use crate::sign_in::{Credentials, code_notice};
use crate::{Verdict, audit, limits, shell};

/// The form.
pub(crate) async fn page(
    State(app): State<App>,
    rehearsal: Rehearsal,
) -> Result<Response, Refusal> {
    Ok(form(&app, &rehearsal, (String::new(), None))?.into_response())
}

/// Checks name and password, and remembers that they were right.
pub(crate) async fn check(
    State(app): State<App>,
    rehearsal: Rehearsal,
    request: Request,
) -> Result<Response, Refusal> {
    let typed = Form::<Credentials>::from_request(request, &app).await;
    let Form(typed) = typed.map_err(|e| Refusal::of_status(e.into_response().status()))?;
    let words = rehearsal.visitor.words();
    if typed.is_empty() {
        return complain(&app, &rehearsal, typed, words.sign_in_empty);
    }
    let address = rehearsal.visitor.address;
    let verdict = match typed.login() {
        Some(login) => app.sign_in.try_out(login, &typed.password, address).await,
        None => Verdict::Refused,
    };
    let complaint = match verdict {
        Verdict::Welcome(account, _) => return remember(&app, rehearsal, account).await,
        Verdict::Later => {
            let page = form(&app, &rehearsal, (typed.login, Some(words.sign_in_later)))?;
            let wait = [(header::RETRY_AFTER, "60")];
            return Ok((StatusCode::SERVICE_UNAVAILABLE, wait, page).into_response());
        }
        Verdict::Refused => words.ready_refused,
        Verdict::Unanswered => words.ready_unanswered,
        Verdict::TooMany => words.ready_too_many,
        Verdict::Hindered(hindrance) => hindrance.sentence()(words),
        Verdict::RefusedCode | Verdict::MistypedCode => words.ready_code,
    };
    let login = typed.login().unwrap_or_default();
    audit::failed(&app, &rehearsal.visitor, "ready-failed", login).await?;
    complain(&app, &rehearsal, typed, complaint)
}

/// Writes it down, and says so.
async fn remember(
    app: &App,
    Rehearsal {
        mut visitor,
        admission,
    }: Rehearsal,
    account: AccountId,
) -> Result<Response, Refusal> {
    let person = app.store.account(account).await?;
    visitor.speak_with(&person);
    let shown = Shown {
        at: Timestamp::now(),
        how: ShownBy::Check,
    };
    let event = audit::of_person(&visitor, "ready", &person.login);
    app.store.show_readiness(account, shown, event).await?;
    let words = visitor.words();
    let title = words.ready_title;
    let notice = app.store.take_code_notice(account).await?;
    let page = ReadyDonePage {
        shell: shell::of_visitor(app, &visitor, title, Some(&admission)),
        name: person.name,
        url: app.url.to_string(),
        notice: notice.map(|notice| code_notice(app, words, &notice)),
    };
    Ok(Html(page.render()?).into_response())
}

fn complain(
    app: &App,
    rehearsal: &Rehearsal,
    typed: Credentials,
    complaint: &'static str,
) -> Result<Response, Refusal> {
    let page = form(app, rehearsal, (typed.login, Some(complaint)))?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

fn form(
    app: &App,
    Rehearsal { visitor, admission }: &Rehearsal,
    (login, complaint): (String, Option<&'static str>),
) -> Result<Html<String>, Refusal> {
    let title = visitor.words().ready_title;
    let page = ReadyPage {
        shell: shell::of_visitor(app, visitor, title, Some(admission)),
        login: login.chars().take(limits::LOGIN_CHARS_MAX).collect(),
        complaint,
    };
    Ok(Html(page.render()?))
}
