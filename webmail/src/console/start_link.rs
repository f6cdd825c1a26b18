//! `/admin/start/…`: the link of an alert, which starts an emergency without a password, once. Opening it
//! only asks: programs that look at the links in mails open them, too.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use store::{AuditEvent, LinkRefused, Mode};
use templates::pages::ConsoleStartPage;
use templates::{Template, Words};

use crate::app::App;
use crate::fields::Fields;
use crate::limits;
use crate::modes::{ModeOrder, ModeRefused, ModeStep};
use crate::refusal::{Refusal, Why};
use crate::shell;
use crate::visitor::Visitor;

/// Hours that are offered.
const HOURS: [u16; 5] = [2, 4, 8, 12, 24];

/// Asks whether somebody really wants it.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    let opened = app.store.open_start_link(&token, Timestamp::now()).await?;
    match opened {
        Ok(_) => asked(&app, &visitor, (&token, None)).await,
        Err(refused) => not_good(&app, &visitor, refused).await,
    }
}

/// Does it.
pub(crate) async fn start(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let fields = Fields::of(request, &app).await?;
    let now = Timestamp::now();
    let reason: String = fields
        .one("reason")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(limits::REASON_CHARS_MAX)
        .collect();
    let reason = reason.trim().to_owned();
    let hours: Option<u16> = match fields.one("hours") {
        "" => None,
        hours => Some(hours.parse().map_err(|_| Why::BadRequest)?),
    };
    if hours.is_some_and(|it| !(1..=limits::EMERGENCY_HOURS_MAX).contains(&it)) {
        return Err(Why::BadRequest.into());
    }
    if reason.is_empty() {
        if let Err(refused) = app.store.open_start_link(&token, now).await? {
            return not_good(&app, &visitor, refused).await;
        }
        let complaint = visitor.words().console.reason_missing;
        return asked(&app, &visitor, (&token, Some(complaint))).await;
    }
    let link = match app.store.use_start_link(&token, now).await? {
        Ok(link) => link,
        Err(refused) => return not_good(&app, &visitor, refused).await,
    };
    let by = format!("link:{}", link.to);
    let used = AuditEvent {
        actor: by.clone(),
        action: "start-link-used",
        object: String::new(),
        detail: String::new(),
        address: visitor.address,
    };
    app.store.audit(used, now).await?;
    let end = hours.map(|hours| now + SignedDuration::from_hours(i64::from(hours)));
    let order = ModeOrder {
        step: ModeStep::Start(end),
        by,
        reason,
        now,
    };
    match app.modes.change(order).await {
        Ok(_) => shown(&app, &visitor, Said::Started),
        Err(ModeRefused::Failed(error)) => {
            tracing::error!(%error, "a link can not start the emergency");
            shown(&app, &visitor, Said::Failed)
        }
        // Somebody was faster.
        Err(_) => not_good(&app, &visitor, LinkRefused::Spent).await,
    }
}

/// What the page says in the place of its form.
#[derive(Clone, Copy)]
enum Said {
    Started,
    AlreadyOn,
    NotGood,
    Failed,
}

impl Said {
    fn status(self) -> StatusCode {
        match self {
            Self::Started | Self::AlreadyOn => StatusCode::OK,
            Self::NotGood => StatusCode::GONE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(self, words: &Words) -> (&'static str, &'static str) {
        let console = words.console;
        match self {
            Self::Started => (console.link_started, console.link_started_text),
            Self::AlreadyOn => (console.link_on, console.link_started_text),
            Self::NotGood => (console.link_spent, console.link_spent_text),
            Self::Failed => (console.mode_failed, console.link_spent_text),
        }
    }
}

/// Why not. Whoever comes late is told when there is one already.
async fn not_good(app: &App, visitor: &Visitor, refused: LinkRefused) -> Result<Response, Refusal> {
    if refused == LinkRefused::Forged {
        return Err(Why::NotFound.into());
    }
    let is_on = app.store.mode().await?.mode == Mode::Emergency;
    let said = if is_on {
        Said::AlreadyOn
    } else {
        Said::NotGood
    };
    shown(app, visitor, said)
}

fn shown(app: &App, visitor: &Visitor, said: Said) -> Result<Response, Refusal> {
    let words = visitor.words();
    let (title, text) = said.words(words);
    let page = ConsoleStartPage {
        shell: shell::of_visitor(app, visitor, title, None),
        title,
        text,
        form: None,
        alerts: Vec::new(),
        complaint: None,
        hours: Vec::new(),
    };
    Ok((said.status(), Html(page.render()?)).into_response())
}

/// The form.
async fn asked(
    app: &App,
    visitor: &Visitor,
    (token, complaint): (&str, Option<&'static str>),
) -> Result<Response, Refusal> {
    let words = visitor.words();
    let alerts = app.store.alerts().await?.into_iter();
    let alerts = alerts.filter(|it| it.kind.is_of_primary());
    let title = words.console.start_sure;
    let page = ConsoleStartPage {
        shell: shell::of_visitor(app, visitor, title, None),
        title,
        text: words.console.link_text,
        form: Some(format!("/admin/start/{token}")),
        alerts: alerts
            .map(|it| super::alerts::title(it.kind, words))
            .collect(),
        complaint,
        hours: HOURS.to_vec(),
    };
    Ok(Html(page.render()?).into_response())
}
