//! The page of a folder.

use askama::Template;

use super::Moment;
use crate::shell::{Link, MailNavigation, Shell};

/// A folder.
#[derive(Template)]
#[template(path = "mailbox.html")]
pub struct MailboxPage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// Name of the folder.
    pub heading: &'static str,
    /// Whose mailbox it is, unless it is one's own.
    pub owner: Option<String>,
    /// How many messages, in words.
    pub count: String,
    /// What just happened.
    pub notice: Option<Notice>,
    /// What can be done with ticked rows and with all of the folder; nothing while only reading
    /// is allowed.
    pub bulk: Option<Bulk>,
    /// Messages of the folder that are not read yet.
    pub unread: u64,
    /// Newest first.
    pub rows: Vec<Row>,
    /// What to say without rows.
    pub empty: Vec<&'static str>,
    /// This folder from the top.
    pub refresh: String,
    /// This page is not the first one.
    pub paged: bool,
    /// The next page.
    pub older: Option<String>,
}

/// Drafts.
#[derive(Template)]
#[template(path = "drafts.html")]
pub struct DraftsPage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// The one changed last first.
    pub rows: Vec<Row>,
    /// Some were deleted just now.
    pub deleted: bool,
    /// Where *delete* posts to; nowhere while only reading is allowed.
    pub action: Option<String>,
    /// Proves that the form is ours.
    pub form_token: String,
}

/// What just happened.
#[derive(Clone, Debug)]
pub struct Notice {
    /// In a sentence.
    pub text: &'static str,
    /// The button that takes it back, where it can be taken back.
    pub undo: Option<Undo>,
}

/// The form that takes a move back.
#[derive(Clone, Debug)]
pub struct Undo {
    /// Where it posts to.
    pub action: String,
    /// What it asks for.
    pub task: String,
    /// The folder to go back to.
    pub from: &'static str,
    /// Names of the entries.
    pub entries: Vec<String>,
    /// Proves that the form is ours.
    pub form_token: String,
}

/// The form around the rows.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// Where it posts to.
    pub action: String,
    /// The folder on view.
    pub from: &'static str,
    /// Where in the folder the list begins.
    pub before: Option<String>,
    /// What can be done with ticked rows, besides marking them.
    pub tasks: Vec<Task>,
    /// They can be deleted for good.
    pub may_delete: bool,
    /// The same page with all rows ticked, or with none.
    pub tick: Link,
    /// Where the buttons for the whole folder post to.
    pub whole_folder: String,
    /// Proves that the form is ours.
    pub form_token: String,
}

/// One button.
#[derive(Clone, Debug)]
pub struct Task {
    /// What it asks for.
    pub value: &'static str,
    /// Its symbol.
    pub symbol: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// One message in a folder.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name of the entry, where it can be ticked.
    pub name: Option<String>,
    /// It is ticked.
    pub ticked: bool,
    /// Its page.
    pub href: String,
    /// Sender, or recipients of sent mail.
    pub who: String,
    /// Subject; may be empty.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// When it arrived.
    pub time: Moment,
    /// Not read yet.
    pub unread: bool,
    /// Where it lies, in a list that goes through several folders.
    pub folder: Option<&'static str>,
    /// What else there is to know.
    pub marks: Vec<Mark>,
}

/// A symbol in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has attachments.
    Attachment,
    /// It was answered.
    Answered,
    /// It was forwarded.
    Forwarded,
}
