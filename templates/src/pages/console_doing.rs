//! The console's pages on which something is done: an emergency, one's own second factor.

use askama::Template;

use super::{ConsoleFigure, ConsoleState, Moment, QrPicture};
use crate::shell::{ConsoleNavigation, Shell};

/// `/admin/emergency`.
#[derive(Template)]
#[template(path = "console_emergency.html")]
pub struct ConsoleEmergencyPage {
    /// The frame.
    pub shell: Shell,
    /// The pages beside it.
    pub navigation: ConsoleNavigation,
    /// The mode.
    pub state: ConsoleState,
    /// What the primary still lacks, in Recovery.
    pub figures: Vec<ConsoleFigure>,
    /// What somebody wants, to be confirmed; the other forms are not shown then.
    pub confirm: Option<ConsoleConfirm>,
    /// Why nothing was done.
    pub complaint: Option<&'static str>,
    /// What can be done now.
    pub forms: EmergencyForms,
    /// Hours that are offered.
    pub hours: Vec<u16>,
    /// Number of the line in the history that was seen.
    pub seen: i64,
    /// Proves that the forms are ours; none for whoever may only look.
    pub form_token: Option<String>,
}

/// What can be done in a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmergencyForms {
    /// Start one.
    Normal,
    /// Say that it takes longer, or end it.
    Emergency,
    /// Finish the recovery, or start another one.
    Recovery,
    /// End the drill, or start an emergency in the middle of it.
    Drill,
}

/// A step that is to be confirmed.
#[derive(Clone, Debug)]
pub struct ConsoleConfirm {
    /// Where it posts to.
    pub action: &'static str,
    /// The question.
    pub title: &'static str,
    /// What the button says.
    pub button: &'static str,
    /// What it does, in sentences.
    pub effects: Vec<String>,
    /// Why.
    pub reason: String,
    /// Hours that it is expected to take; may be empty.
    pub hours: String,
    /// When that is over.
    pub expected: Option<Moment>,
    /// The password is asked for once more.
    pub asks_password: bool,
    /// What was wrong with it.
    pub complaint: Option<&'static str>,
}

/// `/admin/second-factor`.
#[derive(Template)]
#[template(path = "console_second_factor.html")]
pub struct ConsoleFactorPage {
    /// The frame.
    pub shell: Shell,
    /// The pages beside it.
    pub navigation: ConsoleNavigation,
    /// They have one.
    pub has_one: bool,
    /// A new one, to be confirmed with a code of it.
    pub new: Option<NewFactor>,
    /// What was wrong.
    pub complaint: Option<&'static str>,
    /// The password is asked for once more.
    pub asks_password: bool,
    /// Proves that the forms are ours.
    pub form_token: String,
}

/// A second factor that an app is to know.
pub struct NewFactor {
    /// For its camera.
    pub qr: Option<QrPicture>,
    /// To be typed, in Base32.
    pub key: String,
}

impl NewFactor {
    /// In groups, as people read it.
    pub fn grouped(&self) -> String {
        let text: Vec<char> = self.key.chars().collect();
        let groups = text.chunks(4).map(String::from_iter);
        groups.collect::<Vec<_>>().join(" ")
    }
}
