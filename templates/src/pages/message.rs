//! The page of a message, and that of its headers.

use askama::Template;

use super::{Moment, Task};
use crate::shell::{Link, MailNavigation, Shell};

/// A message.
#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// Back to the folder.
    pub back: Link,
    /// Subject; may be empty.
    pub subject: String,
    /// From, to and so on.
    pub fields: Vec<Field>,
    /// The date the sender wrote.
    pub date: Moment,
    /// When it arrived here, if that is another time.
    pub arrived: Option<Moment>,
    /// What can be done; nothing while only reading is allowed.
    pub actions: Option<Actions>,
    /// What makes one doubt who it is from, or that it is harmless; the gravest first.
    pub warnings: Vec<Warning>,
    /// Who stands behind it, when nothing does.
    pub assurance: Option<String>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// The text.
    pub body: MessageBody,
    /// The bytes as they came.
    pub original: String,
    /// All headers.
    pub headers: String,
    /// What became of a sent message.
    pub deliveries: Vec<Delivery>,
    /// The other messages of its conversation.
    pub conversation: Option<Conversation>,
}

/// The other messages of a conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// All of them, the newest first.
    pub parts: Vec<Part>,
    /// How many are newer than the one on view.
    pub newer: usize,
    /// The page of the newest.
    pub newest: String,
}

/// One message of a conversation, folded away.
#[derive(Clone, Debug)]
pub struct Part {
    /// Sender, or recipients of sent mail.
    pub who: String,
    /// When it arrived.
    pub time: Moment,
    /// First words of the text.
    pub preview: String,
    /// Not opened yet.
    pub unread: bool,
    /// The folder it lies in, unless that is the inbox.
    pub folder: Option<&'static str>,
    /// Its text; `None` when it can only be seen on a page of its own.
    pub blocks: Option<Vec<Block>>,
    /// Its page.
    pub href: String,
}

/// People behind one header.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its label.
    pub label: &'static str,
    /// The people.
    pub people: Vec<Person>,
}

impl Field {
    /// Those shown at once: a long list would push the text off the screen.
    pub fn first(&self) -> &[Person] {
        self.split().0
    }

    /// All others, folded away.
    pub fn others(&self) -> &[Person] {
        self.split().1
    }

    fn split(&self) -> (&[Person], &[Person]) {
        const SHOWN: usize = 2;
        // Folding a single one away would win nothing.
        if self.people.len() <= SHOWN + 1 {
            return (&self.people, &[]);
        }
        self.people.split_at(SHOWN)
    }
}

/// A name and an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name as the message gives it; may be empty.
    pub name: String,
    /// Mail address; may be empty.
    pub address: String,
}

/// What can be done with a message.
#[derive(Clone, Debug)]
pub struct Actions {
    /// Form for an answer.
    pub reply: String,
    /// Form for an answer to all.
    pub reply_all: String,
    /// Form for forwarding.
    pub forward: String,
    /// Where the buttons for the entry post to.
    pub tidy: String,
    /// The folder it lies in.
    pub from: &'static str,
    /// Name of the entry.
    pub entry: String,
    /// What can be done at once.
    pub tasks: Vec<Task>,
    /// It can be deleted for good.
    pub may_delete: bool,
    /// Proves that the forms are ours.
    pub form_token: String,
}

/// An attachment.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Where to get it.
    pub href: String,
    /// Its cleaned name.
    pub name: String,
    /// Its size in words.
    pub size: String,
}

/// How the text of a message is shown.
#[derive(Clone, Debug)]
pub enum MessageBody {
    /// In a frame of its own.
    Html {
        /// Page of the frame.
        frame: String,
        /// The same as text.
        as_text: String,
        /// How high the frame is at first.
        height: FrameHeight,
    },
    /// As text.
    Text {
        /// Pieces of it.
        blocks: Vec<Block>,
        /// The same with formatting, where there is one.
        as_html: Option<String>,
        /// Something to know before reading.
        hint: Option<&'static str>,
    },
}

/// How high a frame is at first. Nothing in a page without scripts can measure what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameHeight {
    /// A few lines.
    Short,
    /// About a screen.
    Medium,
    /// More than a screen.
    Tall,
}

impl FrameHeight {
    /// A guess from the length of the same text.
    pub fn of_text(chars: usize) -> Self {
        match chars {
            0..500 => Self::Short,
            500..2000 => Self::Medium,
            _ => Self::Tall,
        }
    }

    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Tall => "tall",
        }
    }
}

/// Lines of a text that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// What was written.
    Own(Vec<Piece>),
    /// What was quoted: folded away.
    Quoted(Vec<Piece>),
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Just text.
    Text(String),
    /// An address on the web; it is its own text.
    Link(String),
}

/// What became of a sent message at one recipient.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Who.
    pub recipient: String,
    /// What became of it, in words.
    pub state: String,
    /// How it looks.
    pub tone: DeliveryTone,
    /// The other side's answer, where it matters.
    pub answer: String,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryTone {
    /// Done.
    Done,
    /// Under way.
    Open,
    /// A person must look.
    Bad,
}

impl DeliveryTone {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Open => "open",
            Self::Bad => "bad",
        }
    }
}

/// All headers of a message.
#[derive(Template)]
#[template(path = "source.html")]
pub struct SourcePage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// Back to the message.
    pub back: String,
    /// The headers as they came.
    pub headers: String,
    /// The bytes as they came.
    pub original: String,
}

/// A sentence about a message that its reader should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// How grave it is.
    pub gravity: Gravity,
    /// The sentence.
    pub text: String,
}

/// How grave a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// Touching the message does harm.
    Danger,
    /// It may not be what it says.
    Doubt,
    /// Nobody looked.
    Note,
}

impl Gravity {
    /// The class of such a sentence.
    pub fn class(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Doubt => "doubt",
            Self::Note => "note",
        }
    }
}
