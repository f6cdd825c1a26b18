//! The page for writing: new messages, answers, forwards.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use store::{
    Answered, DraftAbout, EntryRow, Envelope, Flag, Mode, Peer, ReversePath, Source, StoreError,
};
use templates::pages::{Complaint, Place, Typed};

use crate::app::App;
use crate::compose::{self, Checked, Draft, Form, Occasion, Original, Reading, Thread};
use crate::draft::{self, MailboxPath};
use crate::gate::{Pass, WritingPass};
use crate::mail::{self, AttachmentContent};
use crate::mailbox::{self, Notice};
use crate::outbox::{FormId, Outgoing, Sent};
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;
use crate::write_form::{self, Filled, Happened};
use crate::{audit, headers, limits, objections, taking_back};

/// The message that is answered or forwarded.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct WriteQuery {
    pub reply: Option<String>,
    pub reply_all: Option<String>,
    pub forward: Option<String>,
    /// A draft to go on with, which knows what it is about.
    draft: Option<String>,
    /// It was saved just now.
    saved: Option<String>,
    /// It was taken back just now.
    undone: Option<String>,
}

/// The occasion, the message it is about, and its bytes.
pub(crate) struct About {
    pub occasion: Occasion,
    pub original: Original,
    content: Arc<Vec<u8>>,
}

/// The form, filled with what an answer needs or with what a draft has.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    (Query(query), Query(named)): (Query<WriteQuery>, Query<Vec<(String, String)>>),
) -> Result<Response, Refusal> {
    let key = compose::form_key().map_err(|error| Refusal::broken(&error))?;
    let happened = match (&query.undone, &query.saved) {
        (Some(_), _) => Happened::TakenBack,
        (None, Some(_)) => Happened::Saved,
        (None, None) => Happened::Nothing,
    };
    let draft = match &query.draft {
        Some(id) => Some(own_draft(&app, &pass, id).await?),
        None => None,
    };
    let pass = pass.into_writing().map_err(|refusal| match &draft {
        // In recovery a draft can still be copied from the page.
        Some(draft) => refusal.with_typed(draft::typed(draft.fields.clone())),
        None => refusal,
    })?;
    let filled = Filled {
        typed: Typed::default(),
        key,
        along: None,
        complaints: Vec::new(),
        files: 0,
        draft: None,
        attached: Vec::new(),
        keep: None,
        happened,
    };
    let (about, filled) = match draft {
        None => {
            let about = about(&app, &pass, draft::about(&query)?).await?;
            let typed = about.as_ref().map(|about| started(&app, &pass, about));
            let typed = typed.unwrap_or_else(|| Typed {
                to: to(&named),
                ..Typed::default()
            });
            (about, Filled { typed, ..filled })
        }
        Some(draft) => {
            let about = match about(&app, &pass, draft.fields.about).await {
                // The message is gone; what was written about it is not.
                Err(refusal) if refusal.is_not_found() => None,
                about => about?,
            };
            let filled = Filled {
                along: draft.fields.along.clone(),
                draft: Some(draft.version),
                attached: draft.attachments,
                typed: draft::typed(draft.fields),
                ..filled
            };
            (about, filled)
        }
    };
    let form = write_form::page(&app, &pass, about.as_ref(), filled).await?;
    Ok((headers::with_scripts(), form).into_response())
}

/// Whom the address book or a link wants to be written to.
fn to(named: &[(String, String)]) -> String {
    let named = named.iter().filter(|(key, _)| key == "to");
    let named: Vec<&str> = named.map(|(_, value)| value.trim()).collect();
    let mut to = named.join(", ");
    let is_long = to.len() > limits::ADDRESSES_BYTES_MAX;
    to.retain(|c| !c.is_control());
    if is_long { String::new() } else { to }
}

async fn own_draft(app: &App, pass: &Pass, id: &str) -> Result<store::Draft, Refusal> {
    let draft = app.store.draft(pass.person().id, id.parse()?).await?;
    if draft.mailbox != pass.mailbox().id {
        return Err(Why::NotFound.into());
    }
    Ok(draft)
}

fn started(app: &App, pass: &Pass, about: &About) -> Typed {
    let words = pass.words();
    let clock = app.clock(words);
    compose::start(
        about.occasion,
        &about.original,
        pass.mailbox(),
        words,
        &clock,
    )
}

/// Checks what was typed and sends it, once. Whatever is wrong, the text comes back.
pub(crate) async fn send(
    State(app): State<App>,
    Path(MailboxPath { account }): Path<MailboxPath>,
    (visitor, pass): (Visitor, Result<WritingPass, Refusal>),
    Query(query): Query<WriteQuery>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refusal> {
    let multipart = multipart.map_err(|e| Refusal::of_status(e.status()))?;
    let form = compose::read(multipart, Reading::Whole).await?;
    let (pass, form) = draft::allowed(&app, (&visitor, &account), pass, (form, &query)).await?;
    let typed = form.typed.clone();
    match deliver(&app, &pass, query, form).await {
        Ok(response) => Ok(response),
        Err(refusal) => Err(refusal.with_typed(typed)),
    }
}

async fn deliver(
    app: &App,
    pass: &WritingPass,
    query: WriteQuery,
    form: Form,
) -> Result<Response, Refusal> {
    let about = about(app, pass, draft::about(&query)?).await?;
    let attachments = attachments(app, pass, (about.as_ref(), &form)).await?;
    let checked = match objections::check(pass, &form, &attachments) {
        Ok(checked) => checked,
        Err(complaints) => return complain(app, pass, about.as_ref(), (form, complaints)).await,
    };
    let complaints = objections::not_in_drill(app, pass, &checked).await?;
    if !complaints.is_empty() {
        return complain(app, pass, about.as_ref(), (form, complaints)).await;
    }
    let account = checked.account;
    let sending = (checked, attachments);
    let outgoing = outgoing(app, pass, (&query, about.as_ref(), &form), sending)?;
    match app.outbox.send_once(outgoing).await {
        Ok(Sent::Waits(id)) => Ok(taking_back::offered(account, id).into_response()),
        Ok(Sent::Kept(id)) => {
            let notice = match app.store.wait_until_filed(id).await {
                Ok(true) => Notice::Sent,
                Ok(false) => Notice::Sending,
                Err(error) => {
                    tracing::error!(message.id = %id, "cannot see whether {id} is filed: {error}");
                    Notice::Sending
                }
            };
            Ok(mailbox::sent_by(account, notice).into_response())
        }
        Err(error) => {
            tracing::error!("a message written in the webmail was not sent: {error}");
            let text = objections::not_sent(&error, pass.words());
            let complaints = vec![Complaint {
                place: Place::Form,
                text,
            }];
            complain(app, pass, about.as_ref(), (form, complaints)).await
        }
    }
}

/// The original is marked as answered or forwarded.
fn answered(about: &About) -> Answered {
    let EntryRow {
        account, message, ..
    } = about.original.entry;
    let flag = match about.occasion {
        Occasion::Reply | Occasion::ReplyAll => Flag::Answered,
        Occasion::Forward => Flag::Forwarded,
    };
    Answered {
        account,
        message,
        flag,
    }
}

/// Chosen files, those of the draft, and chosen attachments of the original.
async fn attachments(
    app: &App,
    pass: &Pass,
    (about, form): (Option<&About>, &Form),
) -> Result<Vec<AttachmentContent>, Refusal> {
    let mut attachments = match about {
        Some(about) if about.occasion == Occasion::Forward && !form.along.is_empty() => {
            mail::attachments(Arc::clone(&about.content), form.along.clone()).await
        }
        _ => Vec::new(),
    };
    if let Some(draft) = form.draft {
        let (person, keep) = (pass.person().id, form.keep.clone());
        let files = app.store.draft_files(person, draft.id, keep).await?;
        attachments.extend(files.into_iter().map(draft::content));
    }
    attachments.extend(form.files.iter().cloned());
    Ok(attachments)
}

fn outgoing(
    app: &App,
    pass: &WritingPass,
    (query, about, form): (&WriteQuery, Option<&About>, &Form),
    (checked, attachments): (Checked, Vec<AttachmentContent>),
) -> Result<Outgoing, Refusal> {
    let now = Timestamp::now();
    let content = (&form.typed, &attachments);
    let form_id = FormId::new(pass.person().id, &form.key, content);
    let (recipients, account) = (checked.recipients(), checked.account);
    let envelope = Envelope {
        source: match pass.mode().mode {
            Mode::Drill => Source::Rehearsed { account },
            _ => Source::Written { account },
        },
        reverse_path: ReversePath::Address(checked.from.address.clone()),
        recipients,
        received_at: now,
        peer: Peer {
            listener: "webmail".to_owned(),
            address: pass.visitor().address,
            protocol: "HTTP".to_owned(),
            writer: Some(pass.person().id),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let draft = Draft {
        from: checked.from,
        to: checked.to,
        cc: checked.cc,
        subject: form.typed.subject.clone(),
        text: form.typed.text.clone(),
        thread: about.map(thread).unwrap_or_default(),
        attachments,
    };
    let undone = match app.outbox.undo() {
        Some(_) => Some((pass.mailbox().id, draft::whole(form.clone(), query)?)),
        None => None,
    };
    let bytes = compose::bytes(
        draft,
        &now.to_zoned(app.zone()),
        form_id.message_id(&app.hostname),
    );
    Ok(Outgoing {
        form: form_id,
        bytes: bytes.map_err(|error| Refusal::broken(&error))?,
        envelope,
        audit: audit::event(pass, "send", String::new()),
        draft: undone,
        was: form.draft,
        about: about.map(answered),
    })
}

/// An answer continues a thread; a forward begins one.
fn thread(about: &About) -> Thread {
    match about.occasion {
        Occasion::Forward => Thread::default(),
        Occasion::Reply | Occasion::ReplyAll => Thread {
            in_reply_to: about.original.letter.message_id.clone(),
            references: about.original.letter.references.clone(),
        },
    }
}

async fn about(
    app: &App,
    pass: &Pass,
    about: Option<DraftAbout>,
) -> Result<Option<About>, Refusal> {
    let (occasion, name) = match about {
        None => return Ok(None),
        Some(DraftAbout::Reply(name)) => (Occasion::Reply, name),
        Some(DraftAbout::ReplyAll(name)) => (Occasion::ReplyAll, name),
        Some(DraftAbout::Forward(name)) => (Occasion::Forward, name),
    };
    let entry = pass.entry(app, &name.to_string()).await?;
    let content = pass.content(app, &entry, "read-message").await?;
    let letter = mail::letter(Arc::clone(&content)).await;
    Ok(Some(About {
        occasion,
        original: Original { entry, letter },
        content,
    }))
}

async fn complain(
    app: &App,
    pass: &WritingPass,
    about: Option<&About>,
    (form, complaints): (Form, Vec<Complaint>),
) -> Result<Response, Refusal> {
    let attached = match form.draft {
        Some(draft) => match app.store.draft(pass.person().id, draft.id).await {
            Ok(draft) => draft.attachments,
            Err(StoreError::Missing(_)) => Vec::new(),
            Err(other) => return Err(other.into()),
        },
        None => Vec::new(),
    };
    let filled = Filled {
        typed: form.typed,
        key: form.key,
        along: Some(form.along),
        complaints,
        files: form.files.len() + usize::from(form.files_cut),
        draft: form.draft,
        attached,
        keep: Some(form.keep),
        happened: Happened::Nothing,
    };
    let page = write_form::page(app, pass, about, filled).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Ok((status, headers::with_scripts(), page).into_response())
}
