//! The pages of folders.

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::{AccountId, EntryName, EntryRow, Folder, FolderCount, MessageId};
use templates::pages::{Bulk, MailboxPage, Mark, Row, Task, Undo};
use templates::shell::Link;
use templates::words::fill;
use templates::{Template, Words};

use crate::app::App;
use crate::clock::Clock;
use crate::gate::Pass;
use crate::refusal::{Refusal, Why};
use crate::{limits, routes, shell, taking_back};

/// The folder that the address names.
#[derive(Deserialize)]
pub(crate) struct FolderPath {
    pub folder: String,
}

/// Which page of it, what to say above it, and which rows are ticked.
#[derive(Deserialize)]
pub(crate) struct Position {
    before: Option<String>,
    notice: Option<Notice>,
    /// Entries that a move can be undone for, and where they lie now.
    undo: Option<String>,
    /// A mail that can still be taken back.
    outbox: Option<String>,
    /// All rows are ticked: what a script would do elsewhere.
    all: Option<String>,
}

/// What just happened, as one of a fixed set: an address can not put words into our mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Notice {
    Sent,
    Sending,
    Waits,
    TooLate,
    Archived,
    Junked,
    Deleted,
    DeletedForGood,
    Restored,
    Undone,
    Read,
    Unread,
    NothingChosen,
    #[serde(other)]
    Nothing,
}

/// What a button has done to entries of a folder.
pub(crate) struct Tidied {
    pub notice: Notice,
    pub from: Folder,
    /// Where in the folder the list began.
    pub before: Option<MessageId>,
    pub entries: Vec<EntryName>,
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
    let here = refresh.clone();
    let waiting = match (position.notice, &position.outbox) {
        (Some(Notice::Waits), Some(id)) => taking_back::waiting(&app, &pass, id).await?,
        _ => None,
    };
    let notice = match waiting {
        Some(id) => Some(taking_back::notice(&pass, id)),
        None => notice(&position, &pass, folder),
    };
    let clock = app.clock(words);
    let may_write = pass.may_write();
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
        notice,
        bulk: bulk(&pass, folder, (before, position.all.is_some())),
        unread,
        rows: page
            .entries
            .iter()
            .map(|entry| Row {
                name: may_write.then(|| entry.name().to_string()),
                ticked: position.all.is_some(),
                ..row(entry, words, &clock)
            })
            .collect(),
        empty: empty(folder, before, words),
        paged: before.is_some(),
        older: page.older.map(|older| format!("{refresh}?before={older}")),
        refresh,
        navigation,
    };
    let look_again = waiting.and_then(|_| taking_back::look_again(&app, &here));
    Ok((look_again, Html(page.render()?)).into_response())
}

/// The folder again, after its entries were tidied up, with what it takes to undo a move.
pub(crate) fn after(account: AccountId, tidied: &Tidied) -> Redirect {
    let Tidied {
        notice,
        from,
        before,
        entries,
    } = tidied;
    let mut asks = vec![format!("notice={}", notice.as_str())];
    asks.extend(before.map(|before| format!("before={before}")));
    if notice.is_move() {
        let names: Vec<String> = entries.iter().map(EntryName::to_string).collect();
        asks.push(format!("undo={}", names.join(",")));
    }
    let folder = routes::folder(account, *from);
    Redirect::to(&format!("{folder}?{}", asks.join("&")))
}

impl Tidied {
    /// Something that can not be undone.
    pub fn just(notice: Notice, from: Folder) -> Self {
        Self {
            notice,
            from,
            before: None,
            entries: Vec::new(),
        }
    }
}

/// The *Sent* folder of the account that a message came from.
pub(crate) fn sent_by(account: AccountId, notice: Notice) -> Redirect {
    let folder = routes::folder(account, Folder::Sent);
    Redirect::to(&format!("{folder}?notice={}", notice.as_str()))
}

impl Notice {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Sending => "sending",
            Self::Waits => "waits",
            Self::TooLate => "too-late",
            Self::Archived => "archived",
            Self::Junked => "junked",
            Self::Deleted => "deleted",
            Self::DeletedForGood => "deleted-for-good",
            Self::Restored => "restored",
            Self::Undone => "undone",
            Self::Read => "read",
            Self::Unread => "unread",
            Self::NothingChosen => "nothing-chosen",
            Self::Nothing => "nothing",
        }
    }

    /// Whether entries lie elsewhere now, and can go back.
    fn is_move(self) -> bool {
        matches!(
            self,
            Self::Archived | Self::Junked | Self::Deleted | Self::Restored
        )
    }

    fn sentence(self, words: &Words) -> Option<&'static str> {
        Some(match self {
            Self::Sent => words.notice_sent,
            Self::Sending => words.notice_sending,
            Self::Waits => words.notice_waits,
            Self::TooLate => words.notice_too_late,
            Self::Archived => words.notice_archived,
            Self::Junked => words.notice_junked,
            Self::Deleted => words.notice_deleted,
            Self::DeletedForGood => words.notice_deleted_for_good,
            Self::Restored => words.notice_restored,
            Self::Undone => words.notice_undone,
            Self::Read => words.notice_read,
            Self::Unread => words.notice_unread,
            Self::NothingChosen => words.notice_nothing_chosen,
            Self::Nothing => return None,
        })
    }
}

/// What stands above the list, with the button that takes a move back.
fn notice(position: &Position, pass: &Pass, folder: Folder) -> Option<templates::pages::Notice> {
    let notice = match position.notice? {
        // It has gone since.
        Notice::Waits => Notice::Sent,
        notice => notice,
    };
    let text = notice.sentence(pass.words())?;
    let undo = match &position.undo {
        Some(names) if notice.is_move() && pass.may_write() => {
            let names = names.split(',').take(limits::TIDIED_ENTRIES_MAX);
            names.filter_map(|name| name.parse().ok()).collect()
        }
        _ => Vec::<EntryName>::new(),
    };
    let undo = (!undo.is_empty()).then(|| Undo {
        action: routes::tidy(pass.mailbox().id),
        task: format!("undo-{folder}"),
        from: folder.as_str(),
        entries: undo.iter().map(EntryName::to_string).collect(),
        form_token: pass.form_token(),
    });
    Some(templates::pages::Notice { text, undo })
}

/// What can be done with ticked entries of a folder.
pub(crate) fn tasks(folder: Folder, words: &Words) -> Vec<Task> {
    let task = |value, symbol, text| Task {
        value,
        symbol,
        text,
    };
    let archive = task("archive", "archive", words.archive_it);
    let junk = task("junk", "junk", words.is_junk);
    let delete = task("trash", "trash", words.delete);
    match folder {
        Folder::Inbox => vec![archive, delete, junk],
        Folder::Sent => vec![archive, delete],
        Folder::Archive => vec![task("inbox", "restore", words.put_back), delete],
        Folder::Junk => vec![task("inbox", "inbox", words.is_no_junk), delete],
        Folder::Trash => vec![task("inbox", "restore", words.restore)],
    }
}

/// The buttons above a list.
fn bulk(pass: &Pass, folder: Folder, (before, all): (Option<MessageId>, bool)) -> Option<Bulk> {
    if !pass.may_write() {
        return None;
    }
    let mailbox = pass.mailbox().id;
    let here = routes::folder(mailbox, folder);
    let (here, next) = match before {
        Some(before) => (format!("{here}?before={before}"), '&'),
        None => (here, '?'),
    };
    let tick = if all {
        Link {
            href: here,
            text: pass.words().select_none.to_owned(),
        }
    } else {
        Link {
            href: format!("{here}{next}all=1"),
            text: pass.words().select_all.to_owned(),
        }
    };
    Some(Bulk {
        action: routes::tidy(mailbox),
        from: folder.as_str(),
        before: before.map(|before| before.to_string()),
        tasks: tasks(folder, pass.words()),
        may_delete: folder == Folder::Trash,
        tick,
        whole_folder: routes::tidy_folder(mailbox, folder),
        form_token: pass.form_token(),
    })
}

/// An entry in a list, without a box to tick.
pub(crate) fn row(entry: &EntryRow, words: &Words, clock: &Clock) -> Row {
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
        name: None,
        ticked: false,
        href: routes::message(entry.account, entry.name()),
        who,
        subject: entry.subject.clone(),
        preview: entry.preview.clone(),
        time: clock.short(entry.received_at),
        unread: !entry.seen,
        folder: None,
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
