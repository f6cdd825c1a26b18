//! The pages of the console.

use askama::Template;

use super::{Moment, Tone};
use crate::shell::{ConsoleNavigation, Link, Shell};

/// `/admin/signin`.
#[derive(Template)]
#[template(path = "console_sign_in.html")]
pub struct ConsoleSignInPage {
    /// The frame.
    pub shell: Shell,
    /// The name typed before.
    pub login: String,
    /// Where to go afterwards.
    pub to: String,
    /// The door for who needs no directory.
    pub break_glass: String,
    /// What was just done.
    pub notice: Option<&'static str>,
    /// What was wrong.
    pub complaint: Option<&'static str>,
}

/// `/admin/break-glass`: the door for administrators who need no directory.
#[derive(Template)]
#[template(path = "console_break_glass.html")]
pub struct ConsoleBreakGlassPage {
    /// The frame.
    pub shell: Shell,
    /// The name typed before.
    pub name: String,
    /// Where to go afterwards.
    pub to: String,
    /// The usual door.
    pub sign_in: String,
    /// What was wrong.
    pub complaint: Option<&'static str>,
}

/// `/admin/code`: the second factor.
#[derive(Template)]
#[template(path = "console_code.html")]
pub struct ConsoleCodePage {
    /// The frame.
    pub shell: Shell,
    /// Where to go afterwards.
    pub to: String,
    /// What was wrong.
    pub complaint: Option<String>,
}

/// `/admin`: what an administrator must know now.
#[derive(Template)]
#[template(path = "console_overview.html")]
pub struct ConsoleOverviewPage {
    /// The frame.
    pub shell: Shell,
    /// The pages beside it.
    pub navigation: ConsoleNavigation,
    /// The mode.
    pub state: ConsoleState,
    /// What the button says that leads to where it is changed.
    pub way: Option<&'static str>,
    /// Proves that the forms are ours; none for whoever may only look.
    pub form_token: Option<String>,
    /// What lasts, the oldest first.
    pub alerts: Vec<ConsoleAlert>,
    /// What else matters, in a few words each.
    pub figures: Vec<ConsoleFigure>,
}

/// The mode, and how it came about.
#[derive(Clone, Debug)]
pub struct ConsoleState {
    /// Colour of the mode.
    pub tone: Tone,
    /// The mode's name.
    pub mode: &'static str,
    /// Since when it is so; nobody knows of a store that was never in another mode.
    pub since: Option<Moment>,
    /// Who did it.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
    /// For whom the mode holds; empty when that is everyone.
    pub scope: String,
    /// When somebody thinks it ends.
    pub expected_end: Option<Moment>,
    /// That time is over.
    pub is_overdue: bool,
}

/// One thing that is the matter.
#[derive(Clone, Debug)]
pub struct ConsoleAlert {
    /// What it is, in one sentence.
    pub title: &'static str,
    /// Since when.
    pub since: Moment,
    /// What was seen and what to do, in English.
    pub words: String,
    /// Where one does something about it.
    pub link: Option<Link>,
    /// What the button posts that says that somebody has seen it.
    pub seen: Option<String>,
    /// Who looks after it, or until when nobody is told again.
    pub looked_after: Option<String>,
    /// What the buttons post that say that somebody does.
    pub quiets: Option<String>,
}

/// `/admin/start/…`: the link of an alert.
#[derive(Template)]
#[template(path = "console_start.html")]
pub struct ConsoleStartPage {
    /// The frame.
    pub shell: Shell,
    /// The question, or what came of it.
    pub title: &'static str,
    /// What it does, or what to do.
    pub text: &'static str,
    /// Where the form posts to; none where there is nothing to start.
    pub form: Option<String>,
    /// What is the matter.
    pub alerts: Vec<&'static str>,
    /// What was wrong.
    pub complaint: Option<&'static str>,
    /// Hours that are offered.
    pub hours: Vec<u16>,
}

/// Something that is counted.
#[derive(Clone, Debug)]
pub struct ConsoleFigure {
    /// What.
    pub name: &'static str,
    /// How much, in words.
    pub value: String,
    /// What to know about it; may be empty.
    pub note: String,
    /// Where there is more about it.
    pub link: Option<Link>,
    /// It waits for somebody.
    pub is_urgent: bool,
}
