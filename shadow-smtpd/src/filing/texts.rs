//! What can be found of a mail: its fields and its text, decoded. Beside `mime`, the only place
//! that asks mail-parser.

use mail_parser::decoders::html::html_to_text;
use mail_parser::{Address, HeaderName, HeaderValue, Message, MessagePart, MimeHeaders, PartType};
use store::limits::{INDEXED_BODY_BYTES_MAX, INDEXED_FIELD_BYTES_MAX};
use store::search::IndexText;

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
    let put = |place: &mut String, found: String| {
        if !found.is_empty() {
            *place = found;
        }
    };
    let subject = message.subject().unwrap_or_default();
    put(
        &mut text.subject,
        start_of(subject, INDEXED_FIELD_BYTES_MAX).to_owned(),
    );
    let senders = [HeaderName::From, HeaderName::Sender, HeaderName::ReplyTo];
    put(&mut text.sender, people(&message, &senders));
    put(&mut text.recipient, people(&message, &[HeaderName::To]));
    put(&mut text.copy, people(&message, &[HeaderName::Cc]));
    put(&mut text.file, file_names(&message));
    put(&mut text.body, body(&message));
}

/// Names and addresses of some fields, one on a line.
fn people(message: &Message<'_>, fields: &[HeaderName<'static>]) -> String {
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
fn file_names(message: &Message<'_>) -> String {
    let name = |part: &MessagePart<'_>| {
        let subject = || match &part.body {
            PartType::Message(mail) => mail.subject().map(str::to_owned),
            _ => None,
        };
        part.attachment_name().map(str::to_owned).or_else(subject)
    };
    let attachments = message.attachments().take(limits::INDEXED_ATTACHMENTS_MAX);
    joined(attachments.filter_map(name))
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    let mut all = String::new();
    for line in lines {
        all.push_str(&line);
        all.push('\n');
        if all.len() > INDEXED_FIELD_BYTES_MAX {
            break;
        }
    }
    all
}

/// The text of a mail. Of a mail in two versions the longer one: the plain version may only say
/// that there is another.
fn body(message: &Message<'_>) -> String {
    let text = text_of(message.text_bodies());
    let html = text_of(message.html_bodies());
    if html.len() > text.len() { html } else { text }
}

fn text_of<'x>(parts: impl Iterator<Item = &'x MessagePart<'x>>) -> String {
    let mut all = String::new();
    for part in parts {
        let room = INDEXED_BODY_BYTES_MAX.saturating_sub(all.len());
        match &part.body {
            PartType::Text(text) => all.push_str(start_of(text, room)),
            PartType::Html(html) => {
                // Marks and styles take most of the bytes.
                let html = start_of(html, limits::INDEXED_HTML_BYTES_MAX);
                let text = html_to_text(&parted(html));
                all.push_str(start_of(&text, room));
            }
            _ => {}
        }
        all.push('\n');
        if all.len() >= INDEXED_BODY_BYTES_MAX {
            break;
        }
    }
    all.trim_end().to_owned()
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
