//! The pages of folders.

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::{AccountId, EntryRow, Folder, FolderCount, MessageId};
use templates::pages::{MailboxPage, Mark, Row};
use templates::words::fill;
use templates::{Template, Words};

use crate::app::App;
use crate::clock::Clock;
use crate::gate::Pass;
use crate::refusal::{Refusal, Why};
use crate::{limits, routes, shell};

/// The folder that the address names.
#[derive(Deserialize)]
pub(crate) struct FolderPath {
    folder: String,
}

/// Which page of it, and what to say above it.
#[derive(Deserialize)]
pub(crate) struct Position {
    before: Option<String>,
    notice: Option<Notice>,
}

/// What just happened, as one of a fixed set: an address can not put words into our mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Notice {
    Sent,
    Sending,
    Deleted,
    Restored,
    Unread,
    #[serde(other)]
    Nothing,
}

/// One's own inbox, or that of the mailbox that the address names.
pub(crate) async fn home(pass: Pass) -> Redirect {
    Redirect::to(&routes::folder(pass.mailbox().id, Folder::Inbox))
}

/// A page of a folder, newest first.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    Path(FolderPath { folder }): Path<FolderPath>,
    Query(position): Query<Position>,
) -> Result<Response, Refusal> {
    let folder: Folder = folder.parse()?;
    let before = position
        .before
        .as_deref()
        .map(str::parse::<MessageId>)
        .transpose();
    let before = before.map_err(|_| Why::NotFound)?;
    let mailbox = pass.mailbox();
    let page = app
        .store
        .mailbox_page(mailbox.id, folder, before, limits::PAGE_MESSAGES)
        .await?;
    let navigation = shell::navigation(&app, &pass, Some(folder)).await?;
    let words = pass.words();
    let heading = shell::folder_name(folder, words);
    let here = navigation.folders.iter().find(|link| link.current);
    let (unread, total) = here.map_or((0, 0), |link| (link.unread, link.total));
    let title = if unread > 0 {
        format!("({unread}) {heading}")
    } else {
        heading.to_owned()
    };
    let refresh = routes::folder(mailbox.id, folder);
    let clock = app.clock(words);
    let page = MailboxPage {
        shell: shell::of_pass(&app, &pass, &title),
        heading,
        owner: (mailbox.id != pass.person().id).then(|| mailbox.name.clone()),
        count: count(
            FolderCount {
                folder,
                total,
                unread,
            },
            words,
        ),
        notice: position.notice.and_then(|notice| notice.sentence(words)),
        rows: page
            .entries
            .iter()
            .map(|entry| row(entry, words, &clock))
            .collect(),
        empty: empty(folder, before, words),
        paged: before.is_some(),
        older: page.older.map(|older| format!("{refresh}?before={older}")),
        refresh,
        navigation,
    };
    Ok(Html(page.render()?).into_response())
}

/// The folder again, after something was done.
pub(crate) fn back_to(pass: &Pass, folder: Folder, notice: Notice) -> Redirect {
    let folder = routes::folder(pass.mailbox().id, folder);
    Redirect::to(&format!("{folder}?notice={}", notice.as_str()))
}

/// The *Sent* folder of the account that a message came from.
pub(crate) fn sent_by(account: AccountId, notice: Notice) -> Redirect {
    let folder = routes::folder(account, Folder::Sent);
    Redirect::to(&format!("{folder}?notice={}", notice.as_str()))
}

impl Notice {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Sending => "sending",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Unread => "unread",
            Self::Nothing => "nothing",
        }
    }

    fn sentence(self, words: &Words) -> Option<&'static str> {
        match self {
            Self::Sent => Some(words.notice_sent),
            Self::Sending => Some(words.notice_sending),
            Self::Deleted => Some(words.notice_deleted),
            Self::Restored => Some(words.notice_restored),
            Self::Unread => Some(words.notice_unread),
            Self::Nothing => None,
        }
    }
}

fn row(entry: &EntryRow, words: &Words, clock: &Clock) -> Row {
    let who = match entry.filed {
        Folder::Sent => format!("{}: {}", words.to_prefix, entry.to),
        _ => sender(entry, words),
    };
    let marks = [
        (entry.answered, Mark::Answered),
        (entry.forwarded, Mark::Forwarded),
        (entry.attachments > 0, Mark::Attachment),
    ];
    Row {
        href: routes::message(entry.account, entry.name()),
        who,
        subject: entry.subject.clone(),
        preview: entry.preview.clone(),
        time: clock.short(entry.received_at),
        unread: !entry.seen,
        marks: marks
            .into_iter()
            .filter_map(|(on, mark)| on.then_some(mark))
            .collect(),
    }
}

fn sender(entry: &EntryRow, words: &Words) -> String {
    let names = [entry.from_name.as_str(), entry.from_address.as_str()];
    let name = names.into_iter().find(|name| !name.is_empty());
    name.unwrap_or(words.no_sender).to_owned()
}

fn count(count: FolderCount, words: &Words) -> String {
    let all = match count.total {
        1 => words.one_message.to_owned(),
        total => fill(words.message_count, total),
    };
    match count.unread {
        0 => all,
        unread => format!("{all}, {}", fill(words.unread_count, unread)),
    }
}

fn empty(folder: Folder, before: Option<MessageId>, words: &Words) -> Vec<&'static str> {
    match (folder, before) {
        (_, Some(_)) => vec![words.no_older],
        (Folder::Inbox, None) => vec![words.empty_inbox, words.empty_inbox_more],
        (Folder::Sent, None) => vec![words.empty_sent],
        (Folder::Archive, None) => vec![words.empty_archive],
        (Folder::Junk, None) => vec![words.empty_junk],
        (Folder::Trash, None) => vec![words.empty_trash],
    }
}
