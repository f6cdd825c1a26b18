//! What somebody looks for, as our own tree. The user's text never reaches the database as an
//! expression: whatever is in here is quoted again when it is used.

use jiff::civil::Date;

use super::{form, parse};
use crate::mailbox::Folder;

/// A search, parsed. All of its clauses must match.
///
/// ```
/// use store::search::Query;
///
/// let today = jiff::civil::date(2026, 11, 22);
/// let query = Query::parse("von:anna rechnung -entwurf OR mahnung nach:1.11.2026", today);
/// assert!(query.notes().is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub(super) clauses: Vec<Clause>,
    pub(super) notes: Vec<Note>,
}

/// What the words mean to people who read the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// `colour:red`: there is no such operator, so it was searched as text.
    UnknownOperator(String),
    /// `before:soon`: the operator can not use this value, so it was searched as text.
    BadValue {
        /// The operator as it was typed.
        operator: String,
        /// What stood behind it.
        value: String,
    },
    /// `ab*`: so many words begin so that only the word itself was looked for.
    ShortBeginning(String),
    /// A word longer than any in the full text; its beginning was looked for.
    LongWord(String),
    /// The search was too long; its end was left out.
    TooLong,
}

/// Terms joined by OR; one of them must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) items: Vec<Item>,
}

/// One term, or everything but it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) sign: Sign,
    pub(super) term: Term,
    /// As it was typed.
    pub(super) source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    With,
    Without,
}

impl Sign {
    /// As it is typed.
    pub(super) fn before(self, term: &str) -> String {
        match self {
            Self::With => term.to_owned(),
            Self::Without => format!("-{term}"),
        }
    }
}

/// One thing to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// Words in this order.
    Text {
        field: Field,
        text: String,
        ending: Ending,
    },
    MessageId(String),
    Has(Attachments),
    Is(State),
    In(Folder),
    /// Arrived before this day began.
    Before(Date),
    /// Arrived on this day or later.
    After(Date),
    LargerThan(u64),
    SmallerThan(u64),
}

/// Where text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Any,
    From,
    /// To and Cc.
    To,
    Cc,
    Subject,
    Body,
    /// Names of attachments.
    File,
}

/// How the last word of a text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Where it ends.
    Exact,
    /// In any way: it had a `*`.
    Open,
}

/// The only thing to ask of attachments but their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attachments;

/// What people did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unread,
    Read,
    Answered,
    Forwarded,
    Flagged,
}

impl Query {
    /// Reads what somebody typed; `today` is for dates that count from it. Any text is a search:
    /// what is not understood is searched as words, and [`Query::notes`] says so.
    pub fn parse(text: &str, today: Date) -> Self {
        parse::query(text, today)
    }

    /// What was not understood.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Nothing to look for: such a search finds nothing, rather than everything.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// What to type for it so that it asks the same on any later day: `after:yesterday` with its
    /// date.
    pub(crate) fn dated(&self) -> String {
        let mut clauses = self.clauses.clone();
        for item in clauses.iter_mut().flat_map(|clause| &mut clause.items) {
            item.source = match &item.term {
                Term::Before(date) => item.sign.before(&format!("before:{date}")),
                Term::After(date) => item.sign.before(&format!("after:{date}")),
                _ => continue,
            };
        }
        form::spelled(&clauses)
    }

    /// Whether it asks what was done with a message, and not only what that says.
    pub(crate) fn asks_of_entries(&self) -> bool {
        let mut items = self.clauses.iter().flat_map(|clause| &clause.items);
        items.any(|item| matches!(item.term, Term::Is(_) | Term::In(_)))
    }
}
