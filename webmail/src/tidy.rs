//! Small changes to an entry: unread again, to the trash and back. The message itself stays as
//! it is.

use axum::extract::{Path, State};
use axum::response::Redirect;
use store::{Flag, Folder};

use crate::app::App;
use crate::gate::Posted;
use crate::mailbox::{self, Notice};
use crate::message::MessagePath;
use crate::refusal::Refusal;

/// Marks a message as unread and goes back to its folder.
pub(crate) async fn unread(
    State(app): State<App>,
    Path(MessagePath { message }): Path<MessagePath>,
    Posted(pass): Posted,
) -> Result<Redirect, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    app.store
        .clear_flag(entry.account, vec![entry.message], Flag::Seen)
        .await?;
    Ok(mailbox::back_to(&pass, entry.folder, Notice::Unread))
}

/// Puts a message into the trash and goes back to the folder it was in.
pub(crate) async fn trash(
    State(app): State<App>,
    Path(MessagePath { message }): Path<MessagePath>,
    Posted(pass): Posted,
) -> Result<Redirect, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    app.store
        .move_to(entry.account, vec![entry.name()], Folder::Trash)
        .await?;
    Ok(mailbox::back_to(&pass, entry.folder, Notice::Deleted))
}

/// Takes a message out of the trash and goes to the folder it came from.
pub(crate) async fn restore(
    State(app): State<App>,
    Path(MessagePath { message }): Path<MessagePath>,
    Posted(pass): Posted,
) -> Result<Redirect, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    app.store
        .move_to(entry.account, vec![entry.name()], Folder::Inbox)
        .await?;
    let entry = pass.entry(&app, &message).await?;
    Ok(mailbox::back_to(&pass, entry.folder, Notice::Restored))
}
