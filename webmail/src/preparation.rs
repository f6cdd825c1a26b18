//! What the console does so that people are ready for an emergency. `shadowmail` passes in who does it.

use jiff::SignedDuration;
use store::{PeopleFilter, Readiness, RemindersAsked, StoreError};
use templates::Language;
use templates::pages::QrPicture;

/// Reminds people, and makes codes for many.
#[async_trait::async_trait]
pub trait Preparation: Send + Sync {
    /// Where accounts come from, as people know it.
    fn directory(&self) -> &str;

    /// Whether reminders have a sender, and a primary that takes them.
    fn reminds(&self) -> bool;

    /// Asks for those of some people to be reminded who could not sign in. `by` is who wants that.
    async fn remind(&self, of: PeopleFilter, by: String) -> Result<RemindersAsked, StoreError>;

    /// A picture of a text for the camera of a phone; `None` when it is too long for one.
    fn qr(&self, text: &str) -> Option<QrPicture>;

    /// Makes a code for each of `people`, and gives the file that tells them.
    async fn codes(&self, people: Vec<Readiness>, order: CodeOrder) -> Result<String, CodesFailed>;
}

/// What codes stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeForm {
    /// HTML that prints one page for each person.
    Sheets,
    /// Comma-separated values.
    Csv,
}

/// Which codes are made.
#[derive(Clone, Debug)]
pub struct CodeOrder {
    /// What they stand in.
    pub form: CodeForm,
    /// Who wants them.
    pub by: String,
    /// How long they are good.
    pub valid_for: SignedDuration,
    /// Language of those of whom the directory does not say it.
    pub language: Language,
}

/// No codes were made, and those before are still good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodesFailed(pub String);

impl std::fmt::Display for CodesFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
