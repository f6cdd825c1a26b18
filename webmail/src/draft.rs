//! Drafts: the list of them, saving by hand and by the script, discarding.

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use store::{
    AccountId, Attachments, DraftAbout, DraftError, DraftFields, DraftFile, DraftId, DraftSave,
    DraftVersion, EntryName, Folder,
};
use templates::Template;
use templates::pages::{DraftsPage, Mark, Row, Typed};

use crate::app::App;
use crate::compose::{self, Form, Reading, Saver};
use crate::gate::{Pass, Posted, Writer, WritingPass};
use crate::mail::AttachmentContent;
use crate::refusal::{Refusal, Why};
use crate::visitor::Visitor;
use crate::write::WriteQuery;
use crate::{routes, shell};

/// The mailbox that the address names.
#[derive(Deserialize)]
pub(crate) struct MailboxPath {
    pub account: String,
}

/// What just happened.
#[derive(Deserialize)]
pub(crate) struct Shown {
    deleted: Option<String>,
}

/// What this person is writing in this mailbox.
pub(crate) async fn list(
    State(app): State<App>,
    pass: Pass,
    Query(Shown { deleted }): Query<Shown>,
) -> Result<Response, Refusal> {
    let words = pass.words();
    let clock = app.clock(words);
    let mailbox = pass.mailbox().id;
    let drafts = app.store.drafts((pass.person().id, mailbox)).await?;
    let mut navigation = shell::navigation(&app, &pass, None).await?;
    for link in &mut navigation.folders {
        link.current = link.symbol == "drafts";
    }
    let rows = drafts.into_iter().map(|draft| Row {
        name: pass.may_write().then(|| draft.id.to_string()),
        ticked: false,
        folder: None,
        href: format!("{}?draft={}", routes::write(mailbox), draft.id),
        who: if draft.to.is_empty() {
            words.no_recipient.to_owned()
        } else {
            format!("{}: {}", words.to_prefix, draft.to)
        },
        subject: draft.subject,
        preview: draft.preview,
        time: clock.short(draft.changed_at),
        unread: false,
        marks: (draft.attachments > 0)
            .then_some(Mark::Attachment)
            .into_iter()
            .collect(),
    });
    let page = DraftsPage {
        shell: shell::of_pass(&app, &pass, words.drafts),
        navigation,
        rows: rows.collect(),
        deleted: deleted.is_some(),
        action: pass.may_write().then(|| routes::drafts(mailbox)),
        form_token: pass.form_token(),
    };
    Ok(Html(page.render()?).into_response())
}

/// Deletes the ticked drafts.
pub(crate) async fn delete(State(app): State<App>, posted: Posted) -> Result<Redirect, Refusal> {
    for id in posted.fields("entry") {
        let id: DraftId = id.parse()?;
        app.store.delete_draft(posted.pass.person().id, id).await?;
    }
    let list = routes::drafts(posted.pass.mailbox().id);
    Ok(Redirect::to(&format!("{list}?deleted=1")))
}

/// Saves what is typed so far. Whatever is wrong, the text comes back.
pub(crate) async fn save(
    State(app): State<App>,
    Path(MailboxPath { account }): Path<MailboxPath>,
    (visitor, pass): (Visitor, Result<WritingPass, Refusal>),
    Query(query): Query<WriteQuery>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Refusal> {
    let multipart = multipart.map_err(|e| Refusal::of_status(e.status()))?;
    let form = compose::read(multipart, Reading::Whole).await?;
    let (pass, form) = allowed(&app, (&visitor, &account), pass, (form, &query)).await?;
    let typed = form.typed.clone();
    let saver = form.saver;
    let mailbox = pass.mailbox().id;
    let whose = (pass.person().id, mailbox);
    let saved = match keep(&app, whose, (form, &query)).await {
        Ok(saved) => saved,
        Err(refusal) => return Err(refusal.with_typed(typed)),
    };
    Ok(match saver {
        Saver::Person => {
            let write = routes::write(mailbox);
            Redirect::to(&format!("{write}?draft={}&saved=1", saved.id)).into_response()
        }
        Saver::Script => {
            let time = Timestamp::now().to_zoned(app.zone()).strftime("%H:%M:%S");
            let json = format!("{{\"draft\":\"{saved}\",\"at\":\"{time}\"}}");
            let media_type = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, media_type)], json).into_response()
        }
    })
}

/// Throws away what is typed, and the draft with it.
pub(crate) async fn discard(
    State(app): State<App>,
    pass: WritingPass,
    Query(query): Query<WriteQuery>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Redirect, Refusal> {
    let multipart = multipart.map_err(|e| Refusal::of_status(e.status()))?;
    let form = compose::read(multipart, Reading::Typed).await?;
    pass.check_token(&form.token)?;
    if let Some(draft) = form.draft {
        app.store.delete_draft(pass.person().id, draft.id).await?;
    }
    let mailbox = pass.mailbox().id;
    Ok(Redirect::to(&match about(&query)? {
        Some(about) => routes::message(mailbox, entry(about)),
        None => routes::folder(mailbox, Folder::Inbox),
    }))
}

/// The pass for what was typed, and that. Whatever is wrong, the text comes back, and is kept when the session
/// has ended meanwhile.
pub(crate) async fn allowed(
    app: &App,
    who: (&Visitor, &str),
    pass: Result<WritingPass, Refusal>,
    (form, query): (Form, &WriteQuery),
) -> Result<(WritingPass, Form), Refusal> {
    let pass = match pass {
        Ok(pass) => pass,
        Err(refusal) => return Err(rescue(app, who, (form, query), refusal).await),
    };
    match pass.check_token(&form.token) {
        Ok(()) => Ok((pass, form)),
        Err(refusal) => Err(refusal.with_typed(form.typed)),
    }
}

/// Keeps what somebody typed whose session has ended meanwhile, and says so in the refusal.
async fn rescue(
    app: &App,
    (visitor, account): (&Visitor, &str),
    (form, query): (Form, &WriteQuery),
    refusal: Refusal,
) -> Refusal {
    let typed = form.typed.clone();
    let refusal = refusal.with_typed(typed.clone());
    if typed == Typed::default() {
        return refusal;
    }
    let Ok(mailbox) = account.parse::<AccountId>() else {
        return refusal;
    };
    let kept = match Writer::of(app, visitor, (mailbox, &form.token)).await {
        Ok(Some(writer)) => keep(app, (writer.person, writer.mailbox), (form, query)).await,
        Ok(None) => return refusal,
        Err(error) => Err(error),
    };
    // Why it was not kept is in the log; the text stands on the page in any case.
    match kept {
        Ok(_) => refusal.with_draft(),
        Err(_) => refusal,
    }
}

async fn keep(
    app: &App,
    whose: (AccountId, AccountId),
    (form, query): (Form, &WriteQuery),
) -> Result<DraftVersion, Refusal> {
    let save = what(form, query)?;
    let saved = app.store.save_draft(whose, save, Timestamp::now()).await;
    match saved {
        Ok(saved) => Ok(saved.version()),
        Err(DraftError::TooLarge { .. }) => Err(Why::TooLarge.into()),
        Err(DraftError::TooMany { .. } | DraftError::TooMuch { .. }) => {
            Err(Why::TooManyDrafts.into())
        }
        Err(DraftError::NoRoom) => Err(Why::NoRoom.into()),
        Err(DraftError::Store(error)) => Err(error.into()),
    }
}

/// All of a form as a draft.
pub(crate) fn whole(form: Form, query: &WriteQuery) -> Result<DraftSave, Refusal> {
    let form = Form {
        saver: Saver::Person,
        ..form
    };
    what(form, query)
}

fn what(form: Form, query: &WriteQuery) -> Result<DraftSave, Refusal> {
    let attachments = match form.saver {
        Saver::Script => Attachments::AsTheyAre,
        Saver::Person => Attachments::Changed {
            keep: form.keep,
            add: form.files.into_iter().map(file).collect(),
        },
    };
    let Typed {
        from,
        to,
        cc,
        bcc,
        subject,
        text,
    } = form.typed;
    Ok(DraftSave {
        over: form.draft,
        fields: DraftFields {
            from,
            to,
            cc,
            bcc,
            subject,
            about: about(query)?,
            along: Some(form.along),
            text,
        },
        attachments,
    })
}

/// The message that the address names as the one to write about.
pub(crate) fn about(query: &WriteQuery) -> Result<Option<DraftAbout>, Refusal> {
    let name =
        |name: &str| -> Result<EntryName, Refusal> { Ok(name.parse().map_err(|_| Why::NotFound)?) };
    Ok(match query {
        WriteQuery {
            reply: Some(of), ..
        } => Some(DraftAbout::Reply(name(of)?)),
        WriteQuery {
            reply_all: Some(of),
            ..
        } => Some(DraftAbout::ReplyAll(name(of)?)),
        WriteQuery {
            forward: Some(of), ..
        } => Some(DraftAbout::Forward(name(of)?)),
        _ => None,
    })
}

/// The message that it is about.
pub(crate) fn entry(about: DraftAbout) -> EntryName {
    match about {
        DraftAbout::Reply(name) | DraftAbout::ReplyAll(name) | DraftAbout::Forward(name) => name,
    }
}

/// What was typed into a draft.
pub(crate) fn typed(fields: DraftFields) -> Typed {
    Typed {
        from: fields.from,
        to: fields.to,
        cc: fields.cc,
        bcc: fields.bcc,
        subject: fields.subject,
        text: fields.text,
    }
}

/// A file of a draft as an attachment of the message.
pub(crate) fn content(file: DraftFile) -> AttachmentContent {
    AttachmentContent {
        name: file.name,
        media_type: file.media_type,
        bytes: file.bytes,
    }
}

fn file(attachment: AttachmentContent) -> DraftFile {
    DraftFile {
        name: attachment.name,
        media_type: attachment.media_type,
        bytes: attachment.bytes,
    }
}
