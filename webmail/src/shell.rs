//! What surrounds the pages: banner, person, language switch, folders.

use store::{Admission, Folder, Mode, ModeChange, Session};
use templates::Words;
use templates::pages::Outage;
use templates::shell::{
    Banner, BookLink, FolderLink, MailNavigation, MailboxLink, SearchBox, Shell, SignedIn,
};

use crate::app::App;
use crate::gate::Pass;
use crate::refusal::Refusal;
use crate::routes;
use crate::visitor::Visitor;

/// Around a page for anybody. Without an admission (the store does not answer) it says nothing
/// about the mode.
pub(crate) fn of_visitor(
    app: &App,
    visitor: &Visitor,
    title: &str,
    admission: Option<&Admission>,
) -> Shell {
    let words = visitor.words();
    let session = admission.and_then(|admission| admission.session.as_ref());
    Shell {
        words,
        title: title.to_owned(),
        banner: admission.and_then(|admission| banner(app, &admission.mode, words)),
        signed_in: session.map(signed_in),
        languages: visitor.languages(),
    }
}

/// Around a page behind the gate.
pub(crate) fn of_pass(app: &App, pass: &Pass, title: &str) -> Shell {
    let words = pass.words();
    Shell {
        words,
        title: title.to_owned(),
        banner: banner(app, pass.mode(), words),
        signed_in: Some(signed_in(pass.session())),
        languages: pass.visitor().languages(),
    }
}

/// Folders and mailboxes beside a mail page.
pub(crate) async fn navigation(
    app: &App,
    pass: &Pass,
    current: Option<Folder>,
) -> Result<MailNavigation, Refusal> {
    let mailbox = pass.mailbox().id;
    let counts = app.store.folder_counts(mailbox).await?;
    let whose = (pass.person().id, mailbox);
    let drafts = FolderLink {
        href: routes::drafts(mailbox),
        name: pass.words().drafts,
        symbol: "drafts",
        unread: 0,
        badge: 0,
        total: app.store.draft_count(whose).await?,
        current: false,
    };
    let folders = counts.into_iter().map(|count| FolderLink {
        href: routes::folder(mailbox, count.folder),
        name: folder_name(count.folder, pass.words()),
        symbol: count.folder.as_str(),
        unread: count.unread,
        badge: match count.folder {
            Folder::Junk | Folder::Trash => 0,
            Folder::Inbox | Folder::Sent | Folder::Archive => count.unread,
        },
        total: count.total,
        current: current == Some(count.folder),
    });
    let mut folders: Vec<FolderLink> = folders.collect();
    folders.insert(1, drafts);
    let accounts = std::iter::once(pass.person()).chain(pass.opened());
    let mailboxes = accounts.map(|account| MailboxLink {
        href: routes::folder(account.id, Folder::Inbox),
        name: account.name.clone(),
        current: account.id == mailbox,
    });
    Ok(MailNavigation {
        write: pass.may_write().then(|| routes::write(mailbox)),
        search: SearchBox {
            action: routes::search_page(mailbox),
            text: String::new(),
        },
        folders,
        book: BookLink {
            href: routes::book(mailbox),
            current: false,
        },
        mailboxes: mailboxes.collect(),
    })
}

/// What a folder is called.
pub(crate) fn folder_name(folder: Folder, words: &Words) -> &'static str {
    match folder {
        Folder::Inbox => words.inbox,
        Folder::Sent => words.sent,
        Folder::Archive => words.archive,
        Folder::Junk => words.junk,
        Folder::Trash => words.trash,
    }
}

/// What is known about the emergency or the drill, while it is one.
pub(crate) fn outage(app: &App, mode: &ModeChange, words: &'static Words) -> Option<Outage> {
    if !matches!(mode.mode, Mode::Emergency | Mode::Drill) {
        return None;
    }
    let outage = Outage {
        reason: mode.reason.trim().to_owned(),
        expected_end: mode.expected_end.map(|end| app.clock(words).since(end)),
    };
    let silent = outage.reason.is_empty() && outage.expected_end.is_none();
    (!silent).then_some(outage)
}

/// The strip of this mode.
pub(crate) fn banner(app: &App, mode: &ModeChange, words: &'static Words) -> Option<Banner> {
    match mode.mode {
        Mode::Normal => None,
        Mode::Emergency => Some(Banner::Emergency(app.clock(words).since(mode.since).words)),
        Mode::Recovery => Some(Banner::Recovery),
        Mode::Drill => Some(Banner::Drill),
    }
}

fn signed_in(session: &Session) -> SignedIn {
    SignedIn {
        sign_out: "/signout",
        name: session.account.name.clone(),
        form_token: session.form_token.expose().to_owned(),
    }
}
