//! The gate of the console. It asks the store on every request, so who loses the role is out at once.
//!
//! What it makes opens no mail: for that there is the other gate, with sessions of its own.

use std::ops::Deref;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use jiff::Timestamp;
use serde::Deserialize;
use store::{
    AuditEvent, ConsoleAdmission, ConsoleSession, ConsoleUser, ModeChange, Proof, Secret, UsedBy,
};
use subtle::ConstantTimeEq;
use templates::Words;

use crate::Verdict;
use crate::app::App;
use crate::fields::Fields;
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;

/// The query of a page that loads itself again.
pub(super) const BY_ITSELF: &str = "auto=1";

/// Proof that somebody is signed in to the console: an administrator, or an auditor, who may only
/// look.
pub(crate) struct ConsolePass {
    visitor: Visitor,
    mode: ModeChange,
    session: ConsoleSession,
}

/// Proof that it is an administrator.
pub(crate) struct Administrator(ConsolePass);

/// A button that an administrator pressed: the form came with the right token.
pub(crate) struct Pressed {
    pub administrator: Administrator,
    fields: Fields,
}

/// The same of an administrator or an auditor, about themselves.
pub(crate) struct PressedByAnybody {
    pub pass: ConsolePass,
    fields: Fields,
}

impl FromRequestParts<App> for ConsolePass {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Ok(mut visitor) = Visitor::from_request_parts(parts, app).await;
        // A page that loads itself again is no sign that somebody sits there.
        let by = if visitor.here.query() == Some(BY_ITSELF) {
            UsedBy::Page
        } else {
            UsedBy::Person
        };
        let shown = (visitor.console.as_ref(), by);
        let admission = app.store.console_admission(shown, Timestamp::now()).await?;
        let ConsoleAdmission { mode, session } = admission;
        let session = session.ok_or(Why::ConsoleSignInFirst)?;
        if let Some(account) = session.user.account() {
            visitor.speak_with(account);
        }
        Ok(Self {
            visitor,
            mode,
            session,
        })
    }
}

impl FromRequestParts<App> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let pass = ConsolePass::from_request_parts(parts, app).await?;
        if pass.session.user.is_administrator() {
            Ok(Self(pass))
        } else {
            Err(Why::AdministratorsOnly.into())
        }
    }
}

impl FromRequest<App> for Pressed {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let administrator = Administrator::from_request_parts(&mut parts, app).await?;
        let fields = Fields::of(Request::from_parts(parts, body), app).await?;
        if !is_token_of(&administrator.session, fields.one("token")) {
            return Err(Why::Forged.into());
        }
        Ok(Self {
            administrator,
            fields,
        })
    }
}

impl FromRequest<App> for PressedByAnybody {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let pass = ConsolePass::from_request_parts(&mut parts, app).await?;
        let fields = Fields::of(Request::from_parts(parts, body), app).await?;
        if !is_token_of(&pass.session, fields.one("token")) {
            return Err(Why::Forged.into());
        }
        Ok(Self { pass, fields })
    }
}

/// In a time that does not depend on where they differ.
pub(super) fn is_token_of(session: &ConsoleSession, token: &str) -> bool {
    let ours = session.form_token.expose().as_bytes();
    ours.ct_eq(token.as_bytes()).into()
}

/// Why somebody does not count as who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Denied {
    /// That was not their password.
    Password,
    /// Nobody can say now whether it was.
    Later,
}

impl Denied {
    /// As it stands in an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Later => "later",
        }
    }

    /// What they are told.
    pub fn sentence(self, words: &Words) -> &'static str {
        match self {
            Self::Password => words.console.prove_refused,
            Self::Later => words.sign_in_later,
        }
    }
}

impl Pressed {
    /// See [`ConsolePass::prove`]; the field is `password`.
    pub async fn prove(&self, app: &App) -> Result<Result<(), Denied>, Refusal> {
        self.administrator.prove(app, self.field("password")).await
    }
}

impl PressedByAnybody {
    /// The value of a field; empty when there is none.
    pub fn field(&self, name: &str) -> &str {
        self.fields.one(name)
    }

    /// See [`ConsolePass::prove`]; the field is `password`.
    pub async fn prove(&self, app: &App) -> Result<Result<(), Denied>, Refusal> {
        self.pass.prove(app, self.field("password")).await
    }
}

impl ConsolePass {
    /// Whether they showed only a short while ago who they are, or do now by the password.
    async fn prove(&self, app: &App, typed: &str) -> Result<Result<(), Denied>, Refusal> {
        let now = Timestamp::now();
        if self.is_fresh(now) {
            return Ok(Ok(()));
        }
        let password = Secret::new(typed);
        match (
            self.is_password(app, &password).await?,
            &self.visitor.console,
        ) {
            (None, _) => Ok(Err(Denied::Later)),
            (Some(true), Some(token)) => {
                app.store.prove_console(token, now).await?;
                Ok(Ok(()))
            }
            _ => {
                let action = "console-password-failed";
                let failed = self.event(action, String::new(), String::new());
                app.store.audit(failed, now).await?;
                Ok(Err(Denied::Password))
            }
        }
    }

    /// Whether it is the one of who is signed in; `None` when nobody can say now.
    async fn is_password(&self, app: &App, password: &Secret) -> Result<Option<bool>, Refusal> {
        Ok(match &self.session.user {
            ConsoleUser::Person(account) => {
                let (login, from) = (&account.login, self.visitor.address);
                match app.sign_in.check_password(login, password, from).await {
                    Verdict::Welcome(_, Proof::Code(_)) => Some(false),
                    Verdict::Welcome(id, _) => Some(id == account.id),
                    Verdict::Later => None,
                    _ => Some(false),
                }
            }
            ConsoleUser::BreakGlass(name) => {
                match app.store.break_glass_hash(name.clone()).await? {
                    Some(hash) => app.sign_in.is_break_glass(password, hash).await,
                    None => Some(false),
                }
            }
        })
    }
}

impl Deref for Administrator {
    type Target = ConsolePass;

    fn deref(&self) -> &ConsolePass {
        &self.0
    }
}

impl Pressed {
    /// The value of a field; empty when there is none.
    pub fn field(&self, name: &str) -> &str {
        self.fields.one(name)
    }
}

impl ConsolePass {
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    pub fn words(&self) -> &'static Words {
        self.visitor.words()
    }

    pub fn mode(&self) -> &ModeChange {
        &self.mode
    }

    /// Who is signed in.
    pub fn user(&self) -> &ConsoleUser {
        &self.session.user
    }

    /// Whether they may change something; pages show no buttons otherwise.
    pub fn is_administrator(&self) -> bool {
        self.session.user.is_administrator()
    }

    /// Who they are in the audit log and in the history.
    pub fn actor(&self) -> String {
        self.session.user.actor()
    }

    /// Whether they showed only a short while ago who they are. What opens the mail of others, or
    /// loses it, is not for a console that was left open.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.session.proved_at) < store::limits::CONSOLE_PROOF_MAX
    }

    /// What forms of this session bring along, as the field `token`.
    pub fn form_token(&self) -> String {
        self.session.form_token.expose().to_owned()
    }

    /// A line of the audit log about what they do.
    pub fn event(&self, action: &'static str, object: String, detail: String) -> AuditEvent {
        AuditEvent {
            actor: self.actor(),
            action,
            object,
            detail,
            address: self.visitor.address,
        }
    }
}
