//! The gate: the one place that decides who sees mail.
//!
//! It asks the store on every request, so a change of mode holds at once, in every process. A
//! handler that shows mail takes a [`Pass`], one that changes something a [`WritingPass`]; both
//! are made only here. A `Pass` is for one mailbox: the one that the address names, if this
//! person may open it. The console has a gate of its own (`console/gate.rs`).

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use store::{
    Account, AccountId, Admission, Content, EntryName, EntryRow, Mode, ModeChange, Session,
    StoreError,
};
use subtle::ConstantTimeEq;
use templates::Words;

use crate::app::App;
use crate::audit;
use crate::fields::Fields;
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;

/// Proof that the mode allows reading, that somebody is signed in, and that they may open
/// [`Pass::mailbox`].
pub(crate) struct Pass {
    visitor: Visitor,
    mode: ModeChange,
    session: Session,
    opened: Vec<Account>,
    mailbox: Account,
}

/// Proof of all that, and that the mode allows to change something.
pub(crate) struct WritingPass(Pass);

/// Proof that people may sign in now.
pub(crate) struct Door {
    visitor: Visitor,
    admission: Admission,
}

/// Proof that people may try their sign-in out, because their mail works. It opens nothing.
pub(crate) struct Rehearsal {
    pub visitor: Visitor,
    pub admission: Admission,
}

/// A button that was pressed: a [`WritingPass`] and a form with the right token.
pub(crate) struct Posted {
    pub pass: WritingPass,
    fields: Fields,
}

/// What the mode must allow.
#[derive(Clone, Copy)]
enum Purpose {
    Read,
    Write,
}

impl FromRequestParts<App> for Pass {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        admit(parts, app, Purpose::Read).await
    }
}

impl FromRequestParts<App> for WritingPass {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        admit(parts, app, Purpose::Write).await.map(Self)
    }
}

impl FromRequestParts<App> for Door {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Ok(visitor) = Visitor::from_request_parts(parts, app).await;
        let admission = app
            .store
            .admission(visitor.token.as_ref(), Timestamp::now())
            .await?;
        match admission.mode.mode {
            Mode::Normal => Err(Why::Locked.into()),
            Mode::Emergency | Mode::Recovery | Mode::Drill => Ok(Self { visitor, admission }),
        }
    }
}

impl FromRequestParts<App> for Rehearsal {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(visitor) = Visitor::from_request_parts(parts, app).await;
        let admission = app.store.admission(None, Timestamp::now()).await;
        let admission = admission.map_err(|error| Refusal::from(error).into_response())?;
        match admission.mode.mode {
            Mode::Normal | Mode::Drill => Ok(Self { visitor, admission }),
            // It is no rehearsal any more.
            Mode::Emergency | Mode::Recovery => Err(Redirect::to("/signin").into_response()),
        }
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let pass = WritingPass::from_request_parts(&mut parts, app).await?;
        let fields = Fields::of(Request::from_parts(parts, body), app).await?;
        let posted = Self { pass, fields };
        posted.pass.check_token(posted.field("token"))?;
        Ok(posted)
    }
}

impl Posted {
    /// The value of a field; empty when there is none.
    pub fn field(&self, name: &str) -> &str {
        self.fields.one(name)
    }

    /// All values of a field.
    pub fn fields(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.all(name)
    }
}

/// Who filled in a form whose session has ended since, with the emergency perhaps. They may leave
/// what they typed as their own draft, and nothing else.
pub(crate) struct Writer {
    pub person: AccountId,
    pub mailbox: AccountId,
}

impl Writer {
    /// Tells them by the session's cookie and the form's token; both must belong together.
    pub async fn of(
        app: &App,
        visitor: &Visitor,
        (mailbox, token): (AccountId, &str),
    ) -> Result<Option<Self>, Refusal> {
        let Some(cookie) = &visitor.token else {
            return Ok(None);
        };
        let session = app.store.ended_session(cookie, Timestamp::now()).await?;
        let Some(session) = session.filter(|session| is_token_of(session, token)) else {
            return Ok(None);
        };
        let person = session.account.id;
        let opened = app.store.opens(person).await?;
        let mailbox = self::mailbox(mailbox, &session.account, &opened);
        Ok(Some(Self {
            person,
            mailbox: mailbox.map_or(person, |mailbox| mailbox.id),
        }))
    }
}

/// In a time that does not depend on where they differ.
fn is_token_of(session: &Session, token: &str) -> bool {
    let ours = session.form_token.expose().as_bytes();
    ours.ct_eq(token.as_bytes()).into()
}

async fn admit(parts: &mut Parts, app: &App, purpose: Purpose) -> Result<Pass, Refusal> {
    let Ok(mut visitor) = Visitor::from_request_parts(parts, app).await;
    let Admission { mode, session } = app
        .store
        .admission(visitor.token.as_ref(), Timestamp::now())
        .await?;
    match (mode.mode, purpose) {
        (Mode::Normal, _) => return Err(Why::Locked.into()),
        (Mode::Recovery, Purpose::Write) => return Err(Why::ReadOnly.into()),
        (Mode::Recovery, Purpose::Read) | (Mode::Emergency | Mode::Drill, _) => {}
    }
    let session = session.ok_or(Why::SignInFirst)?;
    visitor.speak_with(&session.account);
    let opened = app.store.opens(session.account.id).await?;
    let mailbox = match named_account(parts, app).await? {
        None => session.account.clone(),
        Some(id) => mailbox(id, &session.account, &opened).ok_or(Why::NotFound)?,
    };
    Ok(Pass {
        visitor,
        mode,
        session,
        opened,
        mailbox,
    })
}

/// The account that the address names; `None` where addresses name none.
async fn named_account(parts: &mut Parts, app: &App) -> Result<Option<AccountId>, Refusal> {
    let Ok(params) = RawPathParams::from_request_parts(parts, app).await else {
        return Ok(None);
    };
    let named = params.iter().find(|(name, _)| *name == "account");
    let parsed = named.map(|(_, id)| id.parse::<AccountId>());
    parsed.transpose().map_err(|_| Why::NotFound.into())
}

/// The access rule: one's own mailbox and those one opens, and no other.
fn mailbox(id: AccountId, own: &Account, opened: &[Account]) -> Option<Account> {
    std::iter::once(own)
        .chain(opened)
        .find(|account| account.id == id)
        .cloned()
}

impl Pass {
    /// The mailbox that the address names.
    pub fn mailbox(&self) -> &Account {
        &self.mailbox
    }

    /// Who is signed in.
    pub fn person(&self) -> &Account {
        &self.session.account
    }

    /// Mailboxes this person may open besides their own.
    pub fn opened(&self) -> &[Account] {
        &self.opened
    }

    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    pub fn words(&self) -> &'static Words {
        self.visitor.words()
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn mode(&self) -> &ModeChange {
        &self.mode
    }

    /// What forms of this session bring along.
    pub fn form_token(&self) -> String {
        self.session.form_token.expose().to_owned()
    }

    /// Whether the mode allows changes; pages show no buttons for them otherwise.
    pub fn may_write(&self) -> bool {
        matches!(self.mode.mode, Mode::Emergency | Mode::Drill)
    }

    /// The same, to change something with.
    pub fn into_writing(self) -> Result<WritingPass, Refusal> {
        if self.may_write() {
            Ok(WritingPass(self))
        } else {
            Err(Why::ReadOnly.into())
        }
    }

    /// A message of the mailbox; what is not in it does not exist.
    pub async fn entry(&self, app: &App, message: &str) -> Result<EntryRow, Refusal> {
        let name: EntryName = message.parse().map_err(|_| Why::NotFound)?;
        Ok(app.store.entry(self.mailbox.id, name).await?)
    }

    /// The bytes of a message of the mailbox. The audit log says first that this person took
    /// them, and how: what can not be written down is not shown.
    pub async fn content(
        &self,
        app: &App,
        entry: &EntryRow,
        action: &'static str,
    ) -> Result<Arc<Vec<u8>>, Refusal> {
        self.is_of_mailbox(entry)?;
        let content = app.store.content(entry.message).await?;
        self.note(app, entry, action).await?;
        Ok(Arc::new(content))
    }

    /// The same for showing it: of a protected mail the copy that can be read, where the primary gave
    /// us one. It must not go into what is sent.
    pub async fn readable(
        &self,
        app: &App,
        entry: &EntryRow,
        action: &'static str,
    ) -> Result<Arc<Vec<u8>>, Refusal> {
        self.is_of_mailbox(entry)?;
        let readable = app.store.readable(entry.message).await?;
        self.note(app, entry, action).await?;
        Ok(Arc::new(readable))
    }

    /// What is not of the mailbox does not exist.
    fn is_of_mailbox(&self, entry: &EntryRow) -> Result<(), Refusal> {
        if entry.account == self.mailbox.id {
            Ok(())
        } else {
            Err(Why::NotFound.into())
        }
    }

    /// Writes down that this person took a message, and how.
    async fn note(&self, app: &App, entry: &EntryRow, action: &'static str) -> Result<(), Refusal> {
        let line = audit::event(self, action, entry.message.to_string());
        Ok(app.store.audit(line, Timestamp::now()).await?)
    }
}

impl Pass {
    /// The same to be read piece by piece.
    pub async fn open_content(
        &self,
        app: &App,
        entry: &EntryRow,
        action: &'static str,
    ) -> Result<Content, Refusal> {
        self.is_of_mailbox(entry)?;
        let content = app.store.open_content(entry.message).await?;
        self.note(app, entry, action).await?;
        Ok(content)
    }

    /// The same for several messages, of which those that are damaged or gone are left out.
    pub async fn contents(
        &self,
        app: &App,
        entries: Vec<EntryRow>,
        action: &'static str,
    ) -> Result<Vec<(EntryRow, Arc<Vec<u8>>)>, Refusal> {
        let mut contents = Vec::with_capacity(entries.len());
        for entry in entries {
            self.is_of_mailbox(&entry)?;
            match app.store.content(entry.message).await {
                Ok(content) => contents.push((entry, Arc::new(content))),
                Err(StoreError::Damaged(..) | StoreError::Missing(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        let lines = contents
            .iter()
            .map(|(entry, _)| audit::event(self, action, entry.message.to_string()));
        app.store
            .audit_all(lines.collect(), Timestamp::now())
            .await?;
        Ok(contents)
    }
}

impl WritingPass {
    /// Refuses a form that does not belong to this session.
    pub fn check_token(&self, token: &str) -> Result<(), Refusal> {
        if is_token_of(&self.session, token) {
            Ok(())
        } else {
            Err(Why::Forged.into())
        }
    }
}

impl Deref for WritingPass {
    type Target = Pass;

    fn deref(&self) -> &Pass {
        &self.0
    }
}

impl Door {
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    pub fn admission(&self) -> &Admission {
        &self.admission
    }
}
