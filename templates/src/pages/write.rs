//! The page for writing.

use askama::Template;

use crate::shell::{MailNavigation, Shell};

/// What somebody typed into the form for writing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Typed {
    /// Address it should come from.
    pub from: String,
    /// Recipients.
    pub to: String,
    /// Recipients of a copy.
    pub cc: String,
    /// Recipients of a copy that others do not see.
    pub bcc: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
}

/// The form for writing.
#[derive(Template)]
#[template(path = "write.html")]
pub struct WritePage {
    /// Who suggests people of the address book.
    pub suggest: String,
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// New message, answer or forward.
    pub heading: &'static str,
    /// Where the form posts to.
    pub action: String,
    /// Where *save draft* and the script post to.
    pub save: String,
    /// Where *discard* posts to.
    pub discard: String,
    /// The draft that it is, once it was saved.
    pub draft: Option<String>,
    /// What just happened to it, in a few words.
    pub happened: Option<&'static str>,
    /// Files that were attached to the draft before.
    pub attached: Vec<DraftedFile>,
    /// What is wrong with what was typed.
    pub complaints: Vec<Complaint>,
    /// Addresses it may come from.
    pub senders: Vec<Choice>,
    /// What is typed so far.
    pub typed: Typed,
    /// Attachments of the original that can go along.
    pub originals: Vec<OriginalAttachment>,
    /// Files must be chosen again.
    pub files_lost: bool,
    /// Proves that the form is ours.
    pub form_token: String,
    /// Names this form, so that sending twice sends once.
    pub key: String,
}

impl WritePage {
    /// Whether something about `place` is wrong.
    pub fn wrong(&self, place: Place) -> bool {
        self.complaints
            .iter()
            .any(|complaint| complaint.place == place)
    }
}

/// Something wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where.
    pub place: Place,
    /// What, and how it is right.
    pub text: String,
}

/// A field of the form for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Sender.
    From,
    /// Recipients.
    To,
    /// Recipients of a copy.
    Cc,
    /// Recipients of a hidden copy.
    Bcc,
    /// Subject.
    Subject,
    /// Text.
    Text,
    /// Attachments.
    Files,
    /// None in particular.
    Form,
}

impl Place {
    /// The `id` of its field, for a link to it.
    pub fn id(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Cc => "cc",
            Self::Bcc => "bcc",
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Files => "files",
            Self::Form => "form",
        }
    }
}

/// One choice of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What is shown.
    pub text: String,
    /// It is chosen.
    pub chosen: bool,
}

/// A file of the draft.
#[derive(Clone, Debug)]
pub struct DraftedFile {
    /// What is posted when it stays.
    pub value: String,
    /// Its name.
    pub name: String,
    /// Its size in words.
    pub size: String,
    /// It stays.
    pub chosen: bool,
}

/// An attachment of the message that is being forwarded.
#[derive(Clone, Debug)]
pub struct OriginalAttachment {
    /// Its number in that message.
    pub number: usize,
    /// Its cleaned name.
    pub name: String,
    /// Its size in words.
    pub size: String,
    /// It goes along.
    pub chosen: bool,
}
