//! The page of a folder.

use askama::Template;

use super::Moment;
use crate::shell::{MailNavigation, Shell};

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
    pub notice: Option<&'static str>,
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

/// One message in a folder.
#[derive(Clone, Debug)]
pub struct Row {
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
