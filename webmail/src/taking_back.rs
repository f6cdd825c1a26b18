//! Taking back what was sent a moment ago: the button, and what it does.

use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::Redirect;
use jiff::Timestamp;
use store::{AccountId, Folder, OutboxId};
use templates::pages::{Notice as Sentence, Undo};

use crate::app::App;
use crate::gate::{Pass, Posted};
use crate::mailbox::{self, Notice};
use crate::refusal::Refusal;
use crate::{limits, routes};

/// Takes a mail back: it is a draft again.
pub(crate) async fn undo(State(app): State<App>, posted: Posted) -> Result<Redirect, Refusal> {
    let id: OutboxId = posted.field("entry").parse()?;
    let person = posted.pass.person().id;
    let Some(draft) = app.store.take_back(id, person, Timestamp::now()).await? else {
        let here = posted.pass.mailbox().id;
        return Ok(mailbox::sent_by(here, Notice::TooLate));
    };
    app.outbox.forget(id);
    let mailbox = app.store.draft(person, draft).await?.mailbox;
    let write = routes::write(mailbox);
    Ok(Redirect::to(&format!("{write}?draft={draft}&undone=1")))
}

/// The *Sent* folder of the account that a message comes from, while it can be taken back.
pub(crate) fn offered(account: AccountId, id: OutboxId) -> Redirect {
    let folder = routes::folder(account, Folder::Sent);
    let notice = Notice::Waits.as_str();
    Redirect::to(&format!("{folder}?notice={notice}&outbox={id}"))
}

/// The mail that the address names, while this person can take it back.
pub(crate) async fn waiting(app: &App, pass: &Pass, id: &str) -> Result<Option<OutboxId>, Refusal> {
    let id: OutboxId = id.parse()?;
    let waits = pass.may_write() && app.store.is_in_outbox(id, pass.person().id).await?;
    Ok(waits.then_some(id))
}

/// What stands above the list meanwhile.
pub(crate) fn notice(pass: &Pass, id: OutboxId) -> Sentence {
    let undo = Undo {
        action: routes::undo(pass.mailbox().id),
        task: "undo".to_owned(),
        from: Folder::Sent.as_str(),
        entries: vec![id.to_string()],
        form_token: pass.form_token(),
    };
    Sentence {
        text: pass.words().notice_waits,
        undo: Some(undo),
    }
}

/// Shows the folder again by itself when the message that waits is gone.
pub(crate) fn look_again(app: &App, here: &str) -> Option<[(HeaderName, String); 1]> {
    let seconds = app.outbox.undo()?.as_secs();
    let seconds = seconds.saturating_add(limits::SENT_AFTER_SECONDS);
    let sent = Notice::Sent.as_str();
    Some([(
        header::REFRESH,
        format!("{seconds};url={here}?notice={sent}"),
    )])
}
