//! The page of the address book.

use askama::Template;

use crate::shell::{MailNavigation, Shell};

/// Some lines of the address book.
#[derive(Template)]
#[template(path = "book.html")]
pub struct BookPage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// Where the search goes.
    pub action: String,
    /// What was looked for.
    pub query: String,
    /// The page for writing to those that are ticked; nowhere while only reading is allowed.
    pub write: Option<String>,
    /// By name.
    pub lines: Vec<BookLine>,
    /// The page before.
    pub before: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookLine {
    /// The name.
    pub name: String,
    /// What it is, unless it is a person.
    pub kind: Option<&'static str>,
    /// The address.
    pub address: String,
    /// Name and address as the field of a new message has them.
    pub field: String,
    /// The page for writing to it.
    pub write: Option<String>,
    /// Where they work.
    pub department: Option<String>,
    /// Where they are called.
    pub phone: Option<Phone>,
}

/// A phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// As the directory writes it.
    pub text: String,
    /// What calls it (RFC 3966), where it is one.
    pub call: Option<String>,
}
