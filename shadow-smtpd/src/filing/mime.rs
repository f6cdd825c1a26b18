//! What lists show of a mail. Beside `texts`, the one place that knows mail-parser. It decodes; it
//! decides nothing, and nothing depends on what it can not decode.

use jiff::Timestamp;
use mail_parser::decoders::html::html_to_text;
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders, PartType};
use store::{Address, Summary};

use super::header;
use super::parsed::Parsed;
use super::preview;
use crate::limits;

/// A Content-Type (RFC 2045 §5.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContentType {
    /// Type and subtype in lower case, `text/plain`.
    pub(super) name: String,
    /// The parameter that multiparts have.
    pub(super) boundary: Option<String>,
}

/// What a mail shows of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// For lists.
    pub(super) summary: Summary,
    /// The address of the first From.
    pub(super) from: Option<Address>,
    /// The addresses of To and Cc.
    pub(super) recipients: Vec<Address>,
}

/// The Content-Type of a header; `None` when it has none.
pub(super) fn content_type(header: &[u8]) -> Option<ContentType> {
    if header.len() > limits::HEADER_BYTES_MAX {
        return None;
    }
    let entity = [header, b"\r\n"].concat();
    let message = MessageParser::new()
        .with_mime_headers()
        .parse_headers(&entity)?;
    let kind = message.content_type()?;
    let name = format!("{}/{}", kind.ctype(), kind.subtype()?).to_ascii_lowercase();
    Some(ContentType {
        name,
        boundary: kind.attribute("boundary").map(str::to_owned),
    })
}

/// The decoded text of a part that is `text/plain`, or has it as an alternative.
pub(super) fn text(part: &[u8]) -> Option<String> {
    leaf(part, |body| match body {
        PartType::Text(text) => Some(text.as_ref().to_owned()),
        _ => None,
    })
}

/// The same, or else the text of its `text/html`.
pub(super) fn text_or_html(part: &[u8]) -> Option<String> {
    text(part).or_else(|| {
        leaf(part, |body| match body {
            PartType::Html(html) => {
                let text = html_to_text(html);
                // What was a line end in the source is a blank at the beginning of a line now.
                let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
                Some(lines.join("\n"))
            }
            _ => None,
        })
    })
}

fn leaf(part: &[u8], read: impl Fn(&PartType<'_>) -> Option<String>) -> Option<String> {
    let kind = content_type(header::split(part).header);
    // Without a type it is plain text (RFC 2045 §5.2).
    let is_text = kind.is_none_or(|kind| {
        let known = ["text/plain", "text/html", "multipart/alternative"];
        known.contains(&kind.name.as_str())
    });
    if !is_text {
        return None;
    }
    let message = Parsed::of(part)?;
    message.parts.iter().find_map(|part| read(&part.body))
}

/// How many line breaks the decoded subject of a mail has; a fair one has none.
pub(super) fn subject_line_breaks(mail: &[u8]) -> usize {
    let header = header::split(mail).header;
    let header = header.get(..limits::HEADER_BYTES_MAX).unwrap_or(header);
    let entity = [header, b"\r\n"].concat();
    let message = MessageParser::new()
        .header_text(HeaderName::Subject)
        .parse_headers(&entity);
    let subject = message
        .as_ref()
        .and_then(Message::subject)
        .unwrap_or_default();
    subject.replace("\r\n", "\n").matches(['\r', '\n']).count()
}

/// Whether a decoded name or the subject of a mail has line breaks; those of a fair one have none.
pub(super) fn has_line_breaks(mail: &[u8]) -> bool {
    let header = header::split(mail).header;
    let header = header.get(..limits::HEADER_BYTES_MAX).unwrap_or(header);
    let entity = [header, b"\r\n"].concat();
    let fields = [
        HeaderName::From,
        HeaderName::Sender,
        HeaderName::To,
        HeaderName::Cc,
        HeaderName::Subject,
    ];
    let mut parser = MessageParser::new();
    for field in &fields {
        parser = parser.header_text(field.clone());
    }
    let message = parser.parse_headers(&entity);
    let all = message.as_ref().map(Message::headers).unwrap_or_default();
    let named = all.iter().filter(|field| fields.contains(&field.name));
    let mut texts = named.filter_map(|field| field.value().as_text());
    texts.any(|text| text.contains(['\r', '\n']))
}

/// Looks at a mail.
pub(super) fn look(mail: &[u8]) -> Look {
    let Some(message) = Parsed::of(mail) else {
        return Look::default();
    };
    let sender = message.from().and_then(mail_parser::Address::first);
    let from_address = sender.and_then(|from| from.address()).unwrap_or_default();
    let from_name = sender.and_then(|from| from.name()).unwrap_or(from_address);
    let summary = Summary {
        subject: preview::one_line(message.subject().unwrap_or_default()),
        from_name: preview::one_line(from_name),
        from_address: preview::one_line(from_address),
        to: preview::one_line(&to_names(&message)),
        preview: preview_of(&message),
        header_message_id: message
            .message_id()
            .map(preview::one_line)
            .filter(|id| !id.is_empty()),
        date: date(&message),
        attachments: attachments(&message),
    };
    Look {
        from: from_address.parse().ok(),
        recipients: recipients(&message),
        summary,
    }
}

fn to_names(message: &Message<'_>) -> String {
    let everybody = message
        .all_to()
        .chain(message.all_cc())
        .flat_map(mail_parser::Address::iter);
    let names: Vec<&str> = everybody
        .filter_map(|to| to.name().or_else(|| to.address()))
        .take(limits::TO_NAMES_MAX)
        .collect();
    names.join(", ")
}

fn recipients(message: &Message<'_>) -> Vec<Address> {
    let everybody = message
        .all_to()
        .chain(message.all_cc())
        .flat_map(mail_parser::Address::iter);
    everybody
        .filter_map(|to| to.address()?.parse().ok())
        .take(limits::HEADER_RECIPIENTS_MAX)
        .collect()
}

fn preview_of(message: &Message<'_>) -> String {
    let body = message
        .text_part(0)
        .or_else(|| message.html_part(0))
        .map(|part| &part.body);
    match body {
        Some(PartType::Text(text)) => preview::of_text(start_of(text)),
        Some(PartType::Html(html)) => {
            let answer = html.split("<blockquote").next().unwrap_or(html);
            let text = html_to_text(start_of(answer));
            preview::of_text(&text)
        }
        _ => String::new(),
    }
}

/// The first bytes of a text, cut between two characters.
fn start_of(text: &str) -> &str {
    text.get(..text.floor_char_boundary(limits::PREVIEW_SOURCE_BYTES_MAX))
        .unwrap_or(text)
}

fn date(message: &Message<'_>) -> Option<Timestamp> {
    let date = message.date().filter(|date| date.is_valid())?;
    Timestamp::from_second(date.to_timestamp()).ok()
}

/// Attachments without the pictures that stand inside the text.
fn attachments(message: &Message<'_>) -> u32 {
    let inline = |part: &&mail_parser::MessagePart<'_>| {
        part.content_id().is_some()
            && part
                .content_disposition()
                .is_none_or(|d| !d.is_attachment())
    };
    let count = message.attachments().filter(|part| !inline(part)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "mime_tests.rs"]
mod tests;
