//! The console's pages about the directory, and about who could sign in without it.

use askama::Template;

use super::{ConsoleAlert, ConsoleFigure, Moment};
use crate::shell::{ConsoleNavigation, Shell};

/// `/admin/directory`.
#[derive(Template)]
#[template(path = "console_directory.html")]
pub struct ConsoleDirectoryPage {
    /// The frame.
    pub shell: Shell,
    /// The pages beside it.
    pub navigation: ConsoleNavigation,
    /// Where accounts come from.
    pub source: String,
    /// When it last answered, how many there are.
    pub figures: Vec<ConsoleFigure>,
    /// What is the matter with it.
    pub alerts: Vec<ConsoleAlert>,
    /// What a person must accept to be lost, where the guard waits for one.
    pub to_accept: Option<ToAccept>,
    /// A reading is asked for, or runs.
    pub under_way: bool,
    /// That it is, in words.
    pub notice: Option<&'static str>,
    /// Why nothing was done.
    pub complaint: Option<&'static str>,
    /// The password is asked for once more where something is accepted.
    pub asks_password: bool,
    /// The last readings, newest first.
    pub runs: Vec<ConsoleRun>,
    /// Proves that the forms are ours; none for whoever may only look.
    pub form_token: Option<String>,
}

/// What the guard asks.
#[derive(Clone, Debug)]
pub struct ToAccept {
    /// The most of one kind that would be lost.
    pub most: usize,
    /// Stands for just these losses.
    pub question: String,
}

/// One reading of the directory.
#[derive(Clone, Debug)]
pub struct ConsoleRun {
    /// What was asked for.
    pub what: &'static str,
    /// How far it has come.
    pub state: &'static str,
    /// The class of that in the style sheet.
    pub tone: &'static str,
    /// Since when.
    pub at: Moment,
    /// Who asked.
    pub by: String,
    /// How much changed, in the words of the page.
    pub counts: Vec<String>,
    /// The same as an earlier version wrote it down, in English.
    pub summary: Vec<String>,
    /// Nothing changed.
    pub is_same: bool,
    /// Why it failed, in English; may be empty.
    pub problem: String,
    /// The same where an alert of the page says it already.
    pub problem_above: Option<&'static str>,
    /// More about it.
    pub lists: Vec<ConsoleList>,
    /// What does not fit into the lists.
    pub more: Option<String>,
    /// Its lists are open.
    pub is_open: bool,
}

/// Some lines under a heading.
#[derive(Clone, Debug)]
pub struct ConsoleList {
    /// The heading.
    pub title: &'static str,
    /// The lines, in English.
    pub lines: Vec<String>,
}

/// `/admin/readiness`.
#[derive(Template)]
#[template(path = "console_readiness.html")]
pub struct ConsoleReadinessPage {
    /// The frame.
    pub shell: Shell,
    /// The pages beside it.
    pub navigation: ConsoleNavigation,
    /// What was just done.
    pub notice: Option<String>,
    /// Why no codes were made.
    pub complaint: Option<&'static str>,
    /// The password is asked for once more where codes are made.
    pub asks_password: bool,
    /// Everybody.
    pub all: ConsoleShare,
    /// In which ways.
    pub figures: Vec<ConsoleFigure>,
    /// By group.
    pub groups: Vec<ConsoleShare>,
    /// By department.
    pub departments: Vec<ConsoleShare>,
    /// Those who are missing.
    pub missing: ConsoleMissing,
    /// Proves that the forms are ours; none for whoever may only look.
    pub form_token: Option<String>,
    /// Reminders have a sender.
    pub reminds: bool,
    /// What became of the reminders.
    pub reminders: Option<String>,
}

/// How many of some people.
#[derive(Clone, Debug)]
pub struct ConsoleShare {
    /// Who they are.
    pub name: String,
    /// Their address, of a group.
    pub address: String,
    /// `12 of 15`.
    pub words: String,
    /// Percent who are ready, `80.0`.
    pub percent: String,
    /// How many are missing, and the page that lists them.
    pub missing: Option<(String, String)>,
    /// They are those on view.
    pub current: bool,
}

/// Those who are missing, a page of them.
#[derive(Clone, Debug)]
pub struct ConsoleMissing {
    /// How many, in words.
    pub heading: String,
    /// There are some.
    pub some: bool,
    /// They have codes that nobody has used yet.
    pub again: bool,
    /// How many at most get codes at once, where there are more.
    pub too_many: Option<String>,
    /// Words that were looked for.
    pub query: String,
    /// The group on view: its address; may be empty.
    pub group: String,
    /// The department on view: its name; may be empty.
    pub department: String,
    /// Everybody, where only some are on view.
    pub everybody: Option<String>,
    /// By name.
    pub people: Vec<ConsolePerson>,
    /// The page before.
    pub before: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

/// Somebody who is missing.
#[derive(Clone, Debug)]
pub struct ConsolePerson {
    /// Name.
    pub name: String,
    /// Sign-in name.
    pub login: String,
    /// Primary address.
    pub address: String,
    /// Where they work; may be empty.
    pub department: String,
    /// When they were reminded, in words; may be empty.
    pub note: String,
}
