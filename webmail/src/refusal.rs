//! Everything that is not shown or not done, and the page that says why.
//!
//! A handler returns a [`Refusal`]; it knows no language. The layer [`explain`] makes the page,
//! also for answers of the framework itself (no such route, body too large, panic).

use std::any::Any;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use store::{Mode, StoreError};
use templates::pages::{ProblemPage, Tone, Typed};
use templates::shell::Link;
use templates::{Template, Words};

use crate::app::App;
use crate::console;
use crate::shell;
use crate::sign_in;
use crate::visitor::Visitor;

/// Why there is no page.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    why: Why,
    /// What somebody had typed, so that it is not lost.
    typed: Option<Box<Typed>>,
    /// It is kept as a draft.
    is_draft: bool,
}

/// The reasons, one for each thing a person does differently then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The mode is normal: nobody sees mail here.
    Locked,
    /// There is no session, or it has ended.
    SignInFirst,
    /// There is no session of the console, or it has ended.
    ConsoleSignInFirst,
    /// Auditors only look.
    AdministratorsOnly,
    /// In recovery nothing is changed any more.
    ReadOnly,
    /// A form that is not ours, or of another session.
    Forged,
    /// No such page, or not in a mailbox this person may open.
    NotFound,
    /// A request nobody can make by using the pages.
    BadRequest,
    /// More bytes than allowed.
    TooLarge,
    /// One more draft than a person may have.
    TooManyDrafts,
    /// The disk has room for mail only.
    NoRoom,
    /// It took too long.
    Slow,
    /// One message can not be read from disk; the code leads to the log.
    Damaged(String),
    /// Our fault; the code leads to the log.
    Broken(String),
}

impl Refusal {
    /// Adds what somebody had typed.
    pub fn with_typed(mut self, typed: Typed) -> Self {
        if typed != Typed::default() {
            self.typed = Some(Box::new(typed));
        }
        self
    }

    /// Says that what was typed is kept as a draft.
    pub fn with_draft(self) -> Self {
        Self {
            is_draft: true,
            ..self
        }
    }

    /// Our own fault: logs the cause under a code and tells only the code.
    pub fn broken(cause: &dyn std::fmt::Display) -> Self {
        let code = code();
        tracing::error!(code, "a page could not be made: {cause}");
        Why::Broken(code).into()
    }

    /// Whether what was asked for is not there.
    pub fn is_not_found(&self) -> bool {
        self.why == Why::NotFound
    }

    /// What to say instead of an answer of the framework.
    pub fn of_status(status: StatusCode) -> Self {
        let why = match status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Why::NotFound,
            StatusCode::REQUEST_TIMEOUT => Why::Slow,
            StatusCode::PAYLOAD_TOO_LARGE => Why::TooLarge,
            status if status.is_server_error() => return Self::broken(&status),
            _ => Why::BadRequest,
        };
        why.into()
    }
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        Self {
            why,
            typed: None,
            is_draft: false,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(_) => Why::NotFound.into(),
            StoreError::Damaged(..) => {
                let code = code();
                tracing::error!(code, "a message can not be shown: {error}");
                Why::Damaged(code).into()
            }
            other => Self::broken(&other),
        }
    }
}

impl From<templates::RenderError> for Refusal {
    fn from(error: templates::RenderError) -> Self {
        Self::broken(&error)
    }
}

impl IntoResponse for Refusal {
    /// Only a mark; [`explain`] puts the page in its place.
    fn into_response(self) -> Response {
        (self.why.status(), Extension(self)).into_response()
    }
}

impl Why {
    fn status(&self) -> StatusCode {
        match self {
            Self::Locked | Self::ReadOnly | Self::Forged | Self::AdministratorsOnly => {
                StatusCode::FORBIDDEN
            }
            Self::SignInFirst | Self::ConsoleSignInFirst => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyDrafts => StatusCode::CONFLICT,
            Self::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Damaged(_) | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn tone(&self) -> Tone {
        match self {
            Self::Locked => Tone::Calm,
            Self::ReadOnly => Tone::Mending,
            _ => Tone::Alert,
        }
    }

    /// What happened, and what to do.
    fn sentences(&self, words: &Words) -> (&'static str, &'static str) {
        match self {
            Self::Locked => (words.locked_heading, words.locked_text),
            Self::SignInFirst | Self::ConsoleSignInFirst => {
                (words.sign_in_first_heading, words.sign_in_first_text)
            }
            Self::AdministratorsOnly => (
                words.console.administrators_only_heading,
                words.console.administrators_only_text,
            ),
            Self::ReadOnly => (words.read_only_heading, words.read_only_text),
            Self::Forged => (words.forged_heading, words.forged_text),
            Self::NotFound => (words.not_found_heading, words.not_found_text),
            Self::BadRequest => (words.bad_request_heading, words.bad_request_text),
            Self::TooLarge => (words.too_large_heading, words.too_large_text),
            Self::TooManyDrafts => (words.too_many_drafts_heading, words.too_many_drafts_text),
            Self::NoRoom => (words.no_room_heading, words.no_room_text),
            Self::Slow => (words.slow_heading, words.slow_text),
            Self::Damaged(_) => (words.damaged_heading, words.damaged_text),
            Self::Broken(_) => (words.broken_heading, words.broken_text),
        }
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::Damaged(code) | Self::Broken(code) => Some(code.clone()),
            _ => None,
        }
    }
}

/// Puts a page in the place of every refusal.
pub(crate) async fn explain(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let status = response.status();
    let refusal = response.extensions_mut().remove::<Refusal>();
    let refusal = match refusal {
        Some(refusal) => refusal,
        None if needs_page(status, response.headers()) => Refusal::of_status(status),
        None => return response,
    };
    if method == Method::GET {
        match refusal.why {
            Why::SignInFirst => {
                return Redirect::to(&sign_in::before(&visitor.here)).into_response();
            }
            Why::ConsoleSignInFirst => {
                return Redirect::to(&console::sign_in::before(&visitor.here)).into_response();
            }
            _ => {}
        }
    }
    (status, page(&app, visitor, refusal).await).into_response()
}

/// What the panic layer answers.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that the layer wants"
)]
pub(crate) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("a panic");
    Refusal::broken(&text).into_response()
}

/// Whether an answer is an error that nobody has put into words yet.
fn needs_page(status: StatusCode, headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_page = media_type.is_some_and(|media_type| media_type.starts_with("text/html"));
    (status.is_client_error() || status.is_server_error()) && !is_page
}

async fn page(app: &App, mut visitor: Visitor, refusal: Refusal) -> Response {
    // The page must come even when the store is what is broken.
    let admission = app
        .store
        .admission(visitor.token.as_ref(), jiff::Timestamp::now())
        .await
        .ok();
    if let Some(session) = admission.as_ref().and_then(|a| a.session.as_ref()) {
        visitor.speak_with(&session.account);
    }
    console::speak(app, &mut visitor).await;
    let words = visitor.words();
    let (heading, text) = refusal.why.sentences(words);
    let signed_in = admission.as_ref().is_some_and(|admission| {
        admission.session.is_some() && admission.mode.mode != Mode::Normal
    });
    let (href, link) = match refusal.why {
        Why::SignInFirst => ("/signin", words.sign_in),
        Why::ConsoleSignInFirst => (console::SIGN_IN, words.sign_in),
        _ if console::has(&visitor.here) => (console::HOME, words.console.to_overview),
        Why::Locked | Why::ReadOnly => ("/", words.back_to_start),
        _ if signed_in => ("/mail/", words.to_inbox),
        _ => ("/", words.back_to_start),
    };
    let page = ProblemPage {
        shell: shell::of_visitor(app, &visitor, heading, admission.as_ref()),
        tone: refusal.why.tone(),
        heading,
        text,
        code: refusal.why.code(),
        typed: refusal.typed.map(|typed| *typed),
        typed_heading: if refusal.is_draft {
            words.your_text_is_draft
        } else {
            words.your_text
        },
        action: Link {
            href: href.to_owned(),
            text: link.to_owned(),
        },
    };
    match page.render() {
        Ok(html) => axum::response::Html(html).into_response(),
        Err(error) => {
            tracing::error!("the page about an error could not be made: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A short random word for the log and the person on the phone.
fn code() -> String {
    let number = getrandom::u32().unwrap_or_default();
    format!("{:04X}-{:04X}", number >> 16, number & 0xffff)
}
