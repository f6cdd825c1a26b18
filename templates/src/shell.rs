//! What surrounds every page: title, banner, who is signed in, the language switch.

use crate::language::Language;
use crate::statics;
use crate::words::Words;

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Shell {
    /// Words of the page's language.
    pub words: &'static Words,
    /// Title of the tab, without the product's name.
    pub title: String,
    /// The strip that tells the mode.
    pub banner: Option<Banner>,
    /// Who is signed in.
    pub signed_in: Option<SignedIn>,
    /// This page in the other languages.
    pub languages: Vec<LanguageLink>,
}

impl Shell {
    /// The value of the `lang` attribute.
    pub fn lang(&self) -> &'static str {
        self.words.language.code()
    }

    /// A file under `/static/`, with a name that changes when the file does.
    pub fn asset(&self, asset: statics::Asset) -> String {
        format!("/static/{}?v={:x}", asset.name, statics::VERSION)
    }
}

/// The strip at the top of pages while the mode is not normal.
#[derive(Clone, Debug)]
pub enum Banner {
    /// Emergency, with the words for since when.
    Emergency(String),
    /// Recovery: reading only.
    Recovery,
    /// A drill: nothing leaves the house.
    Drill,
}

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Name as shown.
    pub name: String,
    /// Proves that the sign-out form is ours.
    pub form_token: String,
    /// Where it posts to.
    pub sign_out: &'static str,
}

/// A page in another language.
#[derive(Clone, Debug)]
pub struct LanguageLink {
    /// Where.
    pub href: String,
    /// Which language.
    pub language: Language,
}

/// A link and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// What it says.
    pub text: String,
}

/// Folders and mailboxes, beside every mail page.
#[derive(Clone, Debug)]
pub struct MailNavigation {
    /// Where *New message* leads; nowhere while only reading is allowed.
    pub write: Option<String>,
    /// The box for a search.
    pub search: SearchBox,
    /// The folders of the mailbox on view.
    pub folders: Vec<FolderLink>,
    /// The address book.
    pub book: BookLink,
    /// All mailboxes the person may open, where there is more than one.
    pub mailboxes: Vec<MailboxLink>,
}

/// The address book.
#[derive(Clone, Debug)]
pub struct BookLink {
    /// Its page.
    pub href: String,
    /// It is on view.
    pub current: bool,
}

/// Where one types what one looks for.
#[derive(Clone, Debug)]
pub struct SearchBox {
    /// The page of the search.
    pub action: String,
    /// What is looked for; empty on other pages.
    pub text: String,
}

/// One folder.
#[derive(Clone, Debug)]
pub struct FolderLink {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: &'static str,
    /// Its symbol: the name of the folder.
    pub symbol: &'static str,
    /// Messages not read yet.
    pub unread: u64,
    /// Those that somebody waits to see: none in trash and junk.
    pub badge: u64,
    /// All messages.
    pub total: u64,
    /// It is on view.
    pub current: bool,
}

/// The pages of the console, beside each of them.
#[derive(Clone, Debug)]
pub struct ConsoleNavigation {
    /// Those that this person may open.
    pub pages: Vec<ConsoleLink>,
}

/// One page of the console.
#[derive(Clone, Debug)]
pub struct ConsoleLink {
    /// Where it is.
    pub href: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The name of its symbol.
    pub symbol: &'static str,
    /// It is on view.
    pub current: bool,
}

/// One mailbox.
#[derive(Clone, Debug)]
pub struct MailboxLink {
    /// Its inbox.
    pub href: String,
    /// Whose.
    pub name: String,
    /// It is on view.
    pub current: bool,
}
