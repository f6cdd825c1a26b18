//! What can be found of a mail: its fields and its text, decoded. Beside `mime`, the only place
//! that asks mail-parser.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Address, HeaderName, HeaderValue, Message, MessagePart, MimeHeaders, PartType};
use store::limits::{INDEXED_BODY_BYTES_MAX, INDEXED_FIELD_BYTES_MAX};
use store::search::{Extent, IndexText};

use super::parsed::Parsed;
use crate::limits;

/// Elements inside of a word or a sentence. Any other ends a word: the cells of a table must not
/// become one.
const INLINE: [&str; 16] = [
    "a", "abbr", "b", "big", "em", "font", "i", "ins", "mark", "s", "small", "span", "strong",
    "sub", "sup", "u",
];

/// Fills in what a mail says. Where it says nothing, what was known stays.
pub(super) fn fill(text: &mut IndexText, mail: &[u8]) {
    let Some(message) = Parsed::of(mail) else {
        return;
    };
    let mut subject = Bounded::to(INDEXED_FIELD_BYTES_MAX);
    subject.push(message.subject().unwrap_or_default());
    let senders = [HeaderName::From, HeaderName::Sender, HeaderName::ReplyTo];
    let mut fields = [
        (&mut text.subject, subject),
        (&mut text.sender, people(&message, &senders)),
        (&mut text.recipient, people(&message, &[HeaderName::To])),
        (&mut text.copy, people(&message, &[HeaderName::Cc])),
        (&mut text.file, file_names(&message)),
    ];
    let body = body(&message);
    text.extent = if fields.iter().any(|(_, found)| found.is_cut) {
        Extent::InPart
    } else if body.is_cut {
        Extent::BodyInPart
    } else {
        Extent::Whole
    };
    let put = |place: &mut String, found: Bounded| {
        if !found.text.is_empty() {
            *place = found.text;
        }
    };
    for (place, found) in &mut fields {
        put(place, mem::take(found));
    }
    put(&mut text.body, body);
}

/// A text that says when it is not all of it.
#[derive(Default)]
struct Bounded {
    text: String,
    bytes_max: usize,
    is_cut: bool,
}

impl Bounded {
    fn to(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            ..Self::default()
        }
    }

    fn push(&mut self, text: &str) {
        let start = start_of(text, self.bytes_max.saturating_sub(self.text.len()));
        self.text.push_str(start);
        self.is_cut |= start.len() < text.len();
    }

    /// Adds a line; what follows one that was cut is left out.
    fn push_line(&mut self, line: &str) {
        self.push(line);
        self.push("\n");
    }
}

/// Names and addresses of some fields, one on a line.
fn people(message: &Message<'_>, fields: &[HeaderName<'static>]) -> Bounded {
    let values = fields
        .iter()
        .flat_map(|field| message.header_values(field.clone()));
    let people = values
        .filter_map(HeaderValue::as_address)
        .flat_map(Address::iter);
    let lines = people.map(|person| {
        let name = person.name().unwrap_or_default();
        format!("{name} {}", person.address().unwrap_or_default())
    });
    joined(lines)
}

/// Names of attachments, and subjects of attached mails.
fn file_names(message: &Message<'_>) -> Bounded {
    let name = |part: &MessagePart<'_>| {
        let subject = || match &part.body {
            PartType::Message(mail) => mail.subject().map(str::to_owned),
            _ => None,
        };
        part.attachment_name().map(str::to_owned).or_else(subject)
    };
    let mut attachments = message.attachments();
    let first = attachments.by_ref().take(limits::INDEXED_ATTACHMENTS_MAX);
    let mut names = joined(first.filter_map(name));
    names.is_cut |= attachments.next().is_some();
    names
}

fn joined(lines: impl Iterator<Item = String>) -> Bounded {
    let mut all = Bounded::to(INDEXED_FIELD_BYTES_MAX);
    for line in lines {
        all.push_line(&line);
        if all.is_cut {
            break;
        }
    }
    all
}

/// The text of a mail. Of a mail in two versions the longer one, because the plain version may only
/// say that there is another; and what only the shorter one says.
fn body(message: &Message<'_>) -> Bounded {
    let text = text_of(message.text_bodies());
    if message.text_body == message.html_body {
        return text;
    }
    let html = text_of(message.html_bodies());
    let (mut longer, shorter) = if html.text.len() > text.text.len() {
        (html, text)
    } else {
        (text, html)
    };
    longer.is_cut |= shorter.is_cut;
    for line in unsaid(&shorter.text, &longer.text) {
        longer.push("\n");
        longer.push(line);
    }
    longer
}

/// Lines of one text with a word, or two words in a row, that another one does not have.
fn unsaid<'a>(text: &'a str, other: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let hasher = RandomState::new();
    let mut known = HashSet::new();
    let of_line = move |line: &str| {
        let mut before = 0;
        let words = line
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| hasher.hash_one(word.to_lowercase()));
        let mut parts = Vec::new();
        for word in words {
            parts.extend([(0, word), (before, word)]);
            before = word;
        }
        parts
    };
    for line in other.lines() {
        known.extend(of_line(line));
    }
    text.lines().filter(move |line| {
        let mut parts = of_line(line);
        // What stands before the first word is on another line.
        parts.retain(|part| !known.contains(part));
        !parts.is_empty()
    })
}

fn text_of<'x>(parts: impl Iterator<Item = &'x MessagePart<'x>>) -> Bounded {
    let mut all = Bounded::to(INDEXED_BODY_BYTES_MAX);
    for part in parts {
        match &part.body {
            PartType::Text(text) => all.push(text),
            PartType::Html(html) => {
                // Marks and styles take most of the bytes.
                let start = start_of(html, limits::INDEXED_HTML_BYTES_MAX);
                all.push(&html_to_text(&parted(start)));
                all.is_cut |= start.len() < html.len();
            }
            _ => {}
        }
        if all.is_cut {
            break;
        }
        all.text.push('\n');
    }
    all.text.truncate(all.text.trim_end().len());
    all
}

/// Puts a blank before each element that ends a word.
fn parted(html: &str) -> String {
    let mut parted = String::with_capacity(html.len() + html.len() / 8);
    let mut pieces = html.split('<');
    parted.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let name = piece.strip_prefix('/').unwrap_or(piece);
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default().to_ascii_lowercase();
        if !INLINE.contains(&name.as_str()) {
            parted.push(' ');
        }
        parted.push('<');
        parted.push_str(piece);
    }
    parted
}

/// The first bytes of a text, cut between two characters.
fn start_of(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or(text)
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
