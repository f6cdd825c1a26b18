//! The page of a search.

use askama::Template;

use super::Row;
use crate::shell::{MailNavigation, Shell};

/// A search and what it found.
#[derive(Template)]
#[template(path = "search.html")]
pub struct SearchPage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// Name of the page.
    pub heading: &'static str,
    /// Whose mailbox it is, unless it is one's own.
    pub owner: Option<String>,
    /// The same search in fields.
    pub form: SearchForm,
    /// Something was looked for.
    pub asked: bool,
    /// What was not understood.
    pub notes: Vec<String>,
    /// What can not be found yet.
    pub behind: Option<String>,
    /// Newest first.
    pub rows: Vec<Row>,
    /// This search from the top.
    pub newest: String,
    /// This page is not the first one.
    pub paged: bool,
    /// The next page.
    pub older: Option<String>,
}

/// A search in fields, for people who know no operators.
#[derive(Clone, Debug)]
pub struct SearchForm {
    /// Where it goes.
    pub action: String,
    /// What has no field of its own.
    pub words: String,
    /// Name or address of the sender.
    pub from: String,
    /// In the subject.
    pub subject: String,
    /// The first day that counts, `2026-11-22`; may be empty.
    pub first: String,
    /// The last day that counts; may be empty.
    pub last: String,
    /// With attachments only.
    pub attachments: bool,
    /// Not read only.
    pub unread: bool,
}
