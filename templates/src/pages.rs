//! One struct for each page. Texts are as they came: the templates escape them.

use askama::Template;

use crate::shell::{Link, MailNavigation, Shell};

/// `/`: the mode in words and what to do.
#[derive(Template)]
#[template(path = "status.html")]
pub struct StatusPage {
    /// The frame.
    pub shell: Shell,
    /// Colour of the mode.
    pub tone: Tone,
    /// The mode's name.
    pub mode: &'static str,
    /// Since when, in words.
    pub since: Option<Moment>,
    /// What it means.
    pub heading: &'static str,
    /// And in one or two sentences.
    pub text: &'static str,
    /// What to do, step by step.
    pub steps: Vec<&'static str>,
    /// The way on.
    pub action: Option<Link>,
}

/// Colour of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Calm,
    /// The emergency.
    Alert,
    /// Things are being put right.
    Mending,
}

impl Tone {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Alert => "alert",
            Self::Mending => "mending",
        }
    }
}

/// A time: for machines and in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339, for the `datetime` attribute.
    pub machine: String,
    /// As a person reads it.
    pub words: String,
}

/// `/signin`.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// The frame.
    pub shell: Shell,
    /// The name typed before.
    pub login: String,
    /// Where to go afterwards.
    pub to: String,
    /// What was wrong.
    pub complaint: Option<&'static str>,
}

/// Any page that says why something can not be shown or done.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    /// The frame.
    pub shell: Shell,
    /// Its colour.
    pub tone: Tone,
    /// What happened.
    pub heading: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
    /// What to tell IT.
    pub code: Option<String>,
    /// A text somebody had typed, so that it is not lost.
    pub typed: Option<Typed>,
    /// The way on.
    pub action: Link,
}

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
}

/// People behind one header.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its label.
    pub label: &'static str,
    /// The people.
    pub people: Vec<Person>,
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
    /// Where *mark unread* posts to.
    pub unread: String,
    /// To the trash or out of it.
    pub remove: Remove,
    /// Proves that the forms are ours.
    pub form_token: String,
}

/// The button for the trash, with where it posts to.
#[derive(Clone, Debug)]
pub enum Remove {
    /// Into the trash.
    Delete(String),
    /// Out of it.
    Restore(String),
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

/// The form for writing.
#[derive(Template)]
#[template(path = "write.html")]
pub struct WritePage {
    /// The frame.
    pub shell: Shell,
    /// Folders and mailboxes.
    pub navigation: MailNavigation,
    /// New message, answer or forward.
    pub heading: &'static str,
    /// Where the form posts to.
    pub action: String,
    /// Where *discard* leads.
    pub cancel: String,
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
