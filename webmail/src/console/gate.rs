//! The gate of the console. It asks the store on every request, so who loses the role is out at once.
//!
//! What it makes opens no mail: for that there is the other gate, with sessions of its own.

use std::ops::Deref;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use jiff::Timestamp;
use store::{AccountId, AuditEvent, ConsoleAdmission, ConsoleSession, ModeChange};
use subtle::ConstantTimeEq;
use templates::Words;

use crate::app::App;
use crate::fields::Fields;
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;

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

impl FromRequestParts<App> for ConsolePass {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Ok(mut visitor) = Visitor::from_request_parts(parts, app).await;
        let token = visitor.console.as_ref();
        let admission = app.store.console_admission(token, Timestamp::now()).await?;
        let ConsoleAdmission { mode, session } = admission;
        let session = session.ok_or(Why::ConsoleSignInFirst)?;
        visitor.speak_with(&session.account);
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
        if pass.session.is_administrator() {
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

/// In a time that does not depend on where they differ.
pub(super) fn is_token_of(session: &ConsoleSession, token: &str) -> bool {
    let ours = session.form_token.expose().as_bytes();
    ours.ct_eq(token.as_bytes()).into()
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

    /// Their name, as shown.
    pub fn name(&self) -> &str {
        &self.session.account.name
    }

    /// Whether they may change something; pages show no buttons otherwise.
    pub fn is_administrator(&self) -> bool {
        self.session.is_administrator()
    }

    /// Whose session it is.
    pub fn account(&self) -> AccountId {
        self.session.account.id
    }

    /// Who they are in the audit log and in the history.
    pub fn actor(&self) -> &str {
        &self.session.account.login
    }

    /// What forms of this session bring along, as the field `token`.
    pub fn form_token(&self) -> String {
        self.session.form_token.expose().to_owned()
    }

    /// A line of the audit log about what they do.
    pub fn event(&self, action: &'static str, object: String, detail: String) -> AuditEvent {
        AuditEvent {
            actor: self.actor().to_owned(),
            action,
            object,
            detail,
            address: self.visitor.address,
        }
    }
}
