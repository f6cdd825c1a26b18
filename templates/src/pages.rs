//! One struct for each page. Texts are as they came: the templates escape them.

mod book;
mod code_sheets;
mod console;
mod console_doing;
mod console_preparation;
mod console_probes;
mod mailbox;
mod message;
mod report;
mod search;
mod write;

pub use book::{BookLine, BookPage, Phone};
pub use code_sheets::{CodeSheet, CodeSheets, QrPicture};
pub use console::{
    ConsoleAlert, ConsoleBreakGlassPage, ConsoleCodePage, ConsoleFigure, ConsoleOverviewPage,
    ConsoleSignInPage, ConsoleStartPage, ConsoleState,
};
pub use console_doing::{
    ConsoleConfirm, ConsoleEmergencyPage, ConsoleFactorPage, EmergencyForms, NewFactor,
};
pub use console_preparation::{
    ConsoleDirectoryPage, ConsoleList, ConsoleMissing, ConsolePerson, ConsoleReadinessPage,
    ConsoleRun, ConsoleShare, ToAccept,
};
pub use console_probes::{ConsoleProbe, ConsoleProbeChange, ConsoleProbesPage, Light, Stretch};
pub use mailbox::{Bulk, DraftsPage, MailboxPage, Mark, Notice, Row, Task, Undo};
pub use message::{
    Actions, Attachment, Block, Conversation, Delivery, DeliveryTone, Field, FrameHeight, Gravity,
    MessageBody, MessagePage, Part, Person, Piece, SourcePage, Warning,
};
pub use report::{MailboxCount, Outcome, Report, ReportRow};
pub use search::{SearchForm, SearchPage};
pub use write::{Choice, Complaint, DraftedFile, OriginalAttachment, Place, Typed, WritePage};

use askama::Template;

use crate::shell::{Link, Shell};

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
    /// What is known about the emergency.
    pub outage: Option<Outage>,
    /// What to do, step by step.
    pub steps: Vec<&'static str>,
    /// The way on.
    pub action: Option<Link>,
}

/// What those who switched the emergency on say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Why; may be empty.
    pub reason: String,
    /// When they think it ends.
    pub expected_end: Option<Moment>,
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
    /// What is known about the emergency.
    pub outage: Option<Outage>,
    /// The name typed before.
    pub login: String,
    /// Where to go afterwards.
    pub to: String,
    /// What was wrong.
    pub complaint: Option<&'static str>,
}

/// `/signin` after it worked, for who is to hear of an emergency code.
#[derive(Template)]
#[template(path = "code_notice.html")]
pub struct CodeNoticePage {
    /// The frame.
    pub shell: Shell,
    /// When and by whom it was made, and whether it was used.
    pub text: String,
    /// Where to go afterwards.
    pub to: String,
}

/// `/ready`: the form to try one's sign-in out.
#[derive(Template)]
#[template(path = "ready.html")]
pub struct ReadyPage {
    /// The frame.
    pub shell: Shell,
    /// The name typed before.
    pub login: String,
    /// What was wrong.
    pub complaint: Option<&'static str>,
}

/// `/ready` after it worked.
#[derive(Template)]
#[template(path = "ready_done.html")]
pub struct ReadyDonePage {
    /// The frame.
    pub shell: Shell,
    /// Whose name and password are right.
    pub name: String,
    /// What to type in an emergency.
    pub url: String,
    /// An emergency code was made for them.
    pub notice: Option<String>,
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
    /// What to say above it.
    pub typed_heading: &'static str,
    /// The way on.
    pub action: Link,
}
