//! The operators and their values, in English and German; both always hold.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::fold;
use super::query::{Attachments, Ending, Field, State, Term};
use crate::mailbox::Folder;

/// What stands before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    In(Field),
    MessageId,
    Has,
    Is,
    Folder,
    Before,
    After,
    OlderThan,
    NewerThan,
    Larger,
    Smaller,
}

/// Names as [`fold::line`] spells them.
const OPERATORS: &[(Operator, &[&str])] = &[
    (Operator::In(Field::From), &["from", "von"]),
    (Operator::In(Field::To), &["to", "an"]),
    (Operator::In(Field::Cc), &["cc", "kopie"]),
    (Operator::In(Field::Subject), &["subject", "betreff"]),
    (Operator::In(Field::Body), &["body", "text"]),
    (
        Operator::In(Field::File),
        &["filename", "file", "datei", "dateiname"],
    ),
    (
        Operator::MessageId,
        &["message-id", "messageid", "nachrichten-id"],
    ),
    (Operator::Has, &["has", "hat"]),
    (Operator::Is, &["is", "ist"]),
    (Operator::Folder, &["in", "folder", "ordner"]),
    (Operator::Before, &["before", "vor"]),
    (Operator::After, &["after", "since", "nach", "seit", "ab"]),
    (
        Operator::OlderThan,
        &["older_than", "older", "aelter_als", "aelter"],
    ),
    (
        Operator::NewerThan,
        &["newer_than", "newer", "neuer_als", "neuer"],
    ),
    (Operator::Larger, &["larger", "groesser"]),
    (Operator::Smaller, &["smaller", "kleiner"]),
];

const ATTACHMENTS: &[&str] = &[
    "attachment",
    "attachments",
    "file",
    "files",
    "anhang",
    "anhaenge",
    "datei",
    "dateien",
];

const STATES: &[(State, &[&str])] = &[
    (State::Unread, &["unread", "ungelesen"]),
    (State::Read, &["read", "seen", "gelesen"]),
    (State::Answered, &["answered", "replied", "beantwortet"]),
    (State::Forwarded, &["forwarded", "weitergeleitet"]),
    (State::Flagged, &["flagged", "starred", "markiert"]),
];

const FOLDERS: &[(Folder, &[&str])] = &[
    (Folder::Inbox, &["inbox", "posteingang", "eingang"]),
    (Folder::Sent, &["sent", "gesendet", "gesendete"]),
    (Folder::Archive, &["archive", "archiv"]),
    (Folder::Junk, &["junk", "spam", "unerwuenscht"]),
    (
        Folder::Trash,
        &["trash", "deleted", "papierkorb", "geloescht"],
    ),
];

impl Operator {
    /// The operator with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        named(OPERATORS, name)
    }

    /// What it asks for with this value; `None` when it can not use the value.
    pub(super) fn term(self, value: &str, today: Date) -> Option<Term> {
        match self {
            Self::In(field) => Some(text(field, value)),
            Self::MessageId => Some(Term::MessageId(value.trim_matches(['<', '>']).to_owned())),
            Self::Has => named(&[(Attachments, ATTACHMENTS)], value).map(Term::Has),
            Self::Is => named(STATES, value).map(Term::Is),
            Self::Folder => named(FOLDERS, value).map(Term::In),
            Self::Before => date(value, today).map(Term::Before),
            Self::After => date(value, today).map(Term::After),
            Self::OlderThan => Some(Term::Before(ago(value, today)?)),
            Self::NewerThan => Some(Term::After(ago(value, today)?)),
            Self::Larger => bytes(value).map(Term::LargerThan),
            Self::Smaller => bytes(value).map(Term::SmallerThan),
        }
    }
}

/// Text in a field; a `*` at its end leaves the ending open.
pub(super) fn text(field: Field, text: &str) -> Term {
    let (text, ending) = match text.strip_suffix('*') {
        Some(beginning) => (beginning, Ending::Open),
        None => (text, Ending::Exact),
    };
    Term::Text {
        field,
        text: text.to_owned(),
        ending,
    }
}

fn named<T: Copy>(table: &[(T, &[&str])], name: &str) -> Option<T> {
    let name = fold::line(name).folded;
    let found = table
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()));
    found.map(|(what, _)| *what)
}

/// `2026-11-19`, `2026/11/19`, `19.11.2026`, `19.11.26`, `19.11.` (the last one there was),
/// `today`, `yesterday`.
fn date(value: &str, today: Date) -> Option<Date> {
    match fold::line(value).folded.as_str() {
        "today" | "heute" => return Some(today),
        "yesterday" | "gestern" => return today.yesterday().ok(),
        _ => {}
    }
    let number = |text: &str| text.parse::<i16>().ok().filter(|_| text.len() <= 4);
    let small = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() <= 2);
    let dotted: Vec<&str> = value.split('.').collect();
    match *dotted.as_slice() {
        [day, month] | [day, month, ""] => {
            let this_year = Date::new(today.year(), small(month)?, small(day)?).ok();
            return match this_year.filter(|date| *date <= today) {
                Some(date) => Some(date),
                None => Date::new(today.year() - 1, small(month)?, small(day)?).ok(),
            };
        }
        [day, month, year] => {
            let year = match year.len() {
                2 => 2000 + number(year)?,
                4 => number(year)?,
                _ => return None,
            };
            return Date::new(year, small(month)?, small(day)?).ok();
        }
        _ => {}
    }
    let parts: Vec<&str> = value.split(['-', '/']).collect();
    match *parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            Date::new(number(year)?, small(month)?, small(day)?).ok()
        }
        _ => None,
    }
}

/// `7d`, `2w`, `3m`, `1y`, and in German `7t`, `1j`: so long before today.
fn ago(value: &str, today: Date) -> Option<Date> {
    let at = value.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = value.split_at(at);
    let count: i64 = count.parse().ok().filter(|count| *count <= 10_000)?;
    let span: Span = match fold::line(unit).folded.as_str() {
        "d" | "t" | "day" | "days" | "tag" | "tage" => count.days(),
        "w" | "week" | "weeks" | "woche" | "wochen" => count.weeks(),
        "m" | "month" | "months" | "monat" | "monate" => count.months(),
        "y" | "j" | "year" | "years" | "jahr" | "jahre" => count.years(),
        _ => return None,
    };
    today.checked_sub(span).ok()
}

/// `500k`, `5M`, `2,5MB`, `1000000`.
fn bytes(value: &str) -> Option<u64> {
    let at = value
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(value.len());
    let (count, unit) = value.split_at(at);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return None,
    };
    let (whole, tenths) = count.split_once([',', '.']).unwrap_or((count, "0"));
    let tenths: u64 = tenths.parse().ok().filter(|tenths| *tenths < 10)?;
    let whole: u64 = whole.parse().ok()?;
    let bytes = whole
        .checked_mul(factor)?
        .checked_add(tenths * factor / 10)?;
    i64::try_from(bytes).is_ok().then_some(bytes)
}
