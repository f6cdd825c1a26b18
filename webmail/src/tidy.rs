//! Buttons that tidy up: moves, marks, deleting. The messages themselves stay as they are.

use std::str::FromStr;

use axum::extract::{Path, State};
use axum::response::Redirect;
use jiff::Timestamp;
use store::{AccountId, EntryName, Flag, Folder, MessageId, StoreError};

use crate::app::App;
use crate::gate::Posted;
use crate::mailbox::{self, FolderPath, Notice, Tidied};
use crate::refusal::{Refusal, Why};
use crate::{audit, limits};

/// What a button does with entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// Puts them into a folder, or back where they were filed.
    Move(Folder),
    /// Takes back a move.
    Undo(Folder),
    DeleteForGood,
    MarkRead,
    MarkUnread,
}

impl FromStr for Task {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        Ok(match text {
            "read" => Self::MarkRead,
            "unread" => Self::MarkUnread,
            "delete" => Self::DeleteForGood,
            _ => match text.strip_prefix("undo-") {
                Some(folder) => Self::Undo(folder.parse()?),
                None => Self::Move(text.parse()?),
            },
        })
    }
}

/// Does to the chosen entries what the button says, and goes back to the folder they lay in.
pub(crate) async fn entries(State(app): State<App>, posted: Posted) -> Result<Redirect, Refusal> {
    let from: Folder = posted.field("from").parse()?;
    let task: Task = posted.field("do").parse()?;
    let names = posted.fields("entry").take(limits::TIDIED_ENTRIES_MAX);
    let names: Result<Vec<EntryName>, _> = names.map(str::parse).collect();
    let names = names.map_err(|_| Why::BadRequest)?;
    let before = posted.field("before").parse::<MessageId>().ok();
    let account = posted.pass.mailbox().id;
    let notice = if names.is_empty() {
        Notice::NothingChosen
    } else {
        do_task(&app, &posted, (task, from), names.clone()).await?
    };
    let tidied = Tidied {
        notice,
        from,
        before,
        entries: names,
    };
    Ok(mailbox::after(account, &tidied))
}

/// Does what the button says to all of a folder.
pub(crate) async fn folder(
    State(app): State<App>,
    Path(FolderPath { folder }): Path<FolderPath>,
    posted: Posted,
) -> Result<Redirect, Refusal> {
    let folder: Folder = folder.parse()?;
    let account = posted.pass.mailbox().id;
    let notice = match (posted.field("do"), folder) {
        ("read", _) => {
            app.store.mark_folder_seen(account, folder).await?;
            Notice::Read
        }
        ("delete", Folder::Trash) => {
            let line = audit::event(&posted.pass, "delete-for-good", "trash".to_owned());
            app.store.audit(line, Timestamp::now()).await?;
            app.store.empty_trash(account).await?;
            Notice::DeletedForGood
        }
        _ => return Err(Why::BadRequest.into()),
    };
    Ok(mailbox::after(account, &Tidied::just(notice, folder)))
}

/// Those of the entries that lie in the trash.
async fn in_trash(
    app: &App,
    account: AccountId,
    names: Vec<EntryName>,
) -> Result<Vec<EntryName>, Refusal> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        match app.store.entry(account, name).await {
            Ok(entry) if entry.folder == Folder::Trash => found.push(name),
            Ok(_) | Err(StoreError::Missing(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    match found.as_slice() {
        [] => Err(Why::NotFound.into()),
        _ => Ok(found),
    }
}

async fn do_task(
    app: &App,
    posted: &Posted,
    (task, from): (Task, Folder),
    names: Vec<EntryName>,
) -> Result<Notice, Refusal> {
    let account: AccountId = posted.pass.mailbox().id;
    let messages = || names.iter().map(|name| name.message).collect();
    Ok(match task {
        Task::Move(to) => {
            app.store.move_to(account, names, to).await?;
            match (to, from) {
                (Folder::Archive, _) => Notice::Archived,
                (Folder::Junk, _) => Notice::Junked,
                (Folder::Trash, _) => Notice::Deleted,
                (Folder::Inbox | Folder::Sent, _) => Notice::Restored,
            }
        }
        Task::Undo(to) => {
            app.store.move_to(account, names, to).await?;
            Notice::Undone
        }
        Task::DeleteForGood => {
            let names = in_trash(app, account, names).await?;
            for name in &names {
                // First: what can not be written down is not done.
                let line = audit::event(&posted.pass, "delete-for-good", name.to_string());
                app.store.audit(line, Timestamp::now()).await?;
            }
            app.store.delete_for_good(account, names).await?;
            Notice::DeletedForGood
        }
        Task::MarkRead => {
            app.store.set_flag(account, messages(), Flag::Seen).await?;
            Notice::Read
        }
        Task::MarkUnread => {
            app.store
                .clear_flag(account, messages(), Flag::Seen)
                .await?;
            Notice::Unread
        }
    })
}
