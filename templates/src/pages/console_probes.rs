//! The console's page about the mail system: what is asked of it, and what it answered.

use askama::Template;

use super::Moment;
use crate::shell::{ConsoleNavigation, Shell};

/// `/admin/probes`.
#[derive(Template)]
#[template(path = "console_probes.html")]
pub struct ConsoleProbesPage {
    /// The frame.
    pub shell: Shell,
    /// The pages beside it.
    pub navigation: ConsoleNavigation,
    /// How they stand.
    pub probes: Vec<ConsoleProbe>,
    /// Nothing asks the mail system itself.
    pub asks_nobody: bool,
    /// What changed, the newest first.
    pub changes: Vec<ConsoleProbeChange>,
}

/// One probe.
#[derive(Clone, Debug)]
pub struct ConsoleProbe {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub kind: &'static str,
    /// Its state.
    pub light: Light,
    /// The state in words.
    pub state: &'static str,
    /// Since when.
    pub since: Moment,
    /// When it was tried last.
    pub tried: Moment,
    /// What it saw then, in English.
    pub saw: String,
    /// The last hours, the oldest first; the times between have no state.
    pub line: Vec<Stretch>,
    /// The line in words, for whoever does not see it.
    pub line_words: String,
}

/// A state as a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// It works.
    Good,
    /// It does not.
    Bad,
    /// Nobody knows yet.
    Unknown,
}

impl Light {
    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// A time in which a probe had one state, in minutes from the beginning of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins.
    pub from: u32,
    /// How long it is.
    pub length: u32,
    /// The state.
    pub light: Light,
}

/// A change of the state of a probe.
#[derive(Clone, Debug)]
pub struct ConsoleProbeChange {
    /// When.
    pub at: Moment,
    /// Which probe.
    pub name: String,
    /// What it became.
    pub light: Light,
    /// The same in words.
    pub state: &'static str,
    /// What was seen, in English.
    pub saw: String,
}
