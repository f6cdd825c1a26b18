//! The one place that parses messages.
//!
//! The parser runs away from the async threads, and a panic in it costs one page, not the
//! server: the bytes come from anybody.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::html::text_to_html;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{
    Address, Encoding, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};
use templates::pages::Person;
use tokio::sync::Semaphore;

use super::file_name;
use super::markup::{self, Pictures};
use super::picture::Picture;
use crate::limits;

/// What the page of a message shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letter {
    pub subject: String,
    pub from: Vec<Person>,
    pub reply_to: Vec<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    /// The sender's date, where it is one.
    pub date: Option<Timestamp>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// References, oldest first.
    pub references: Vec<String>,
    /// All text, or what formatting leaves of it.
    pub text: String,
    /// There is a part with formatting, small enough to be shown.
    pub formatted: bool,
    /// It could not be parsed; `text` has its bytes.
    pub raw: bool,
    pub attachments: Vec<Listed>,
}

/// An attachment without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Counts all attachments of the message, also those not listed.
    pub number: usize,
    pub name: String,
    pub size_bytes: usize,
}

/// An attachment with its content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AttachmentContent {
    pub name: String,
    /// As the message says; not to be believed.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Reads a message for its page. What can not be parsed is shown as it came.
pub(crate) async fn letter(bytes: Arc<Vec<u8>>) -> Letter {
    match guarded(&bytes, Letter::of).await {
        Some(letter) => letter,
        None => Letter {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            raw: true,
            ..Letter::default()
        },
    }
}

/// The part with formatting, cleaned and with its pictures put in.
pub(crate) async fn formatted(bytes: Arc<Vec<u8>>) -> Option<String> {
    guarded(&bytes, |message| {
        let html = html(message)?;
        Some(markup::clean(&html, pictures(message, &html)))
    })
    .await
    .flatten()
}

/// One attachment.
pub(crate) async fn attachment(bytes: Arc<Vec<u8>>, number: usize) -> Option<AttachmentContent> {
    guarded(&bytes, move |message| {
        message
            .attachments()
            .nth(number)
            .map(|part| AttachmentContent::of(message, part, number))
    })
    .await
    .flatten()
}

/// Several attachments, in the order of the message.
pub(crate) async fn attachments(
    bytes: Arc<Vec<u8>>,
    numbers: Vec<usize>,
) -> Vec<AttachmentContent> {
    guarded(&bytes, move |message| {
        let all = message.attachments().enumerate();
        let wanted = all.filter(|(number, _)| numbers.contains(number));
        wanted
            .map(|(number, part)| AttachmentContent::of(message, part, number))
            .collect()
    })
    .await
    .unwrap_or_default()
}

/// All headers as they came, up to the empty line.
pub(crate) fn headers(bytes: &[u8]) -> String {
    let crlf = bytes.windows(4).position(|w| w == b"\r\n\r\n");
    let lf = bytes.windows(2).position(|w| w == b"\n\n");
    let end = crlf.into_iter().chain(lf).min().unwrap_or(bytes.len());
    let end = end.min(limits::SHOWN_HEADER_BYTES_MAX);
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// A parsed message that can be dropped whatever is nested in it: dropping message within message
/// by recursion would run out of stack, and that ends the whole process.
struct Parsed<'x>(Message<'x>);

impl Drop for Parsed<'_> {
    fn drop(&mut self) {
        let mut parts = std::mem::take(&mut self.0.parts);
        while let Some(part) = parts.pop() {
            if let PartType::Message(mut inner) = part.body {
                parts.append(&mut inner.parts);
            }
        }
    }
}

/// Messages being parsed. The store shares the pool of threads, and a parse goes on when nobody
/// waits for it any more: it gives its place back when it has ended, not when it was given up.
static PARSES: Semaphore = Semaphore::const_new(limits::PARSES_MAX);

/// Parses away from the async threads and gives what `read` makes of it.
async fn guarded<T: Send + 'static>(
    bytes: &Arc<Vec<u8>>,
    read: impl FnOnce(&Message<'_>) -> T + Send + 'static,
) -> Option<T> {
    let bytes = Arc::clone(bytes);
    let place = PARSES.acquire().await.ok()?;
    let task = move || {
        let _place = place;
        let parsing = || {
            let parsed = Parsed(MessageParser::default().parse(bytes.as_slice())?);
            Some(read(&parsed.0))
        };
        catch_unwind(AssertUnwindSafe(parsing)).ok().flatten()
    };
    tokio::task::spawn_blocking(task).await.ok().flatten()
}

impl Letter {
    fn of(message: &Message<'_>) -> Self {
        let html = html(message);
        Self {
            subject: one_line(message.subject().unwrap_or_default()),
            from: people(message.from()),
            reply_to: people(message.reply_to()),
            to: message.all_to().flat_map(|a| people(Some(a))).collect(),
            cc: message.all_cc().flat_map(|a| people(Some(a))).collect(),
            date: message.date().and_then(timestamp),
            message_id: message.message_id().map(one_line),
            references: ids(message.references()),
            text: text(message),
            formatted: html.is_some(),
            raw: false,
            attachments: listed(message, html.as_deref().unwrap_or_default()),
        }
    }
}

impl AttachmentContent {
    fn of(message: &Message<'_>, part: &MessagePart<'_>, number: usize) -> Self {
        Self {
            name: name(part, number),
            media_type: media_type(part),
            bytes: untouched(message, part).unwrap_or_else(|| part.contents().to_vec()),
        }
    }
}

/// The bytes of a text part as they were attached: the parser turns texts into UTF-8, and a
/// spreadsheet saved as Latin-1 must stay so.
fn untouched(message: &Message<'_>, part: &MessagePart<'_>) -> Option<Vec<u8>> {
    if !part.is_text() {
        return None;
    }
    let begin = usize::try_from(part.raw_body_offset()).ok()?;
    let end = usize::try_from(part.raw_end_offset()).ok()?;
    let bytes = message.raw_message.get(begin..end)?;
    match part.encoding {
        Encoding::None => Some(bytes.to_vec()),
        Encoding::Base64 => base64_decode(bytes),
        Encoding::QuotedPrintable => quoted_printable_decode(bytes),
    }
}

/// All text parts in their order.
fn text(message: &Message<'_>) -> String {
    let bodies = (0..message.text_body_count()).filter_map(|at| message.body_text(at));
    let mut text = String::new();
    for body in bodies {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(body.trim_end());
        if text.len() > limits::SHOWN_TEXT_BYTES_MAX {
            break;
        }
    }
    text
}

/// All parts with formatting in their order; `None` when there is none or too much.
fn html(message: &Message<'_>) -> Option<String> {
    if !message
        .html_bodies()
        .any(|part| matches!(part.body, PartType::Html(_)))
    {
        return None;
    }
    let mut html = String::new();
    for part in message.html_bodies() {
        match &part.body {
            PartType::Html(body) => html.push_str(body),
            PartType::Text(body) => html.push_str(&text_to_html(body)),
            _ => {}
        }
        if html.len() > limits::HTML_BYTES_MAX {
            return None;
        }
    }
    let tags = html.bytes().filter(|byte| *byte == b'<').count();
    (tags <= limits::HTML_TAGS_MAX).then_some(html)
}

/// The pictures that `html` shows, as addresses by Content-ID. They are put into the page
/// itself: a frame without an origin has no cookie to ask for them with.
fn pictures(message: &Message<'_>, html: &str) -> Pictures {
    let wanted = markup::content_ids(html);
    let mut room = limits::PICTURE_BYTES_MAX;
    let mut urls = HashMap::new();
    for part in &message.parts {
        let Some(cid) = part.content_id().filter(|cid| wanted.contains(*cid)) else {
            continue;
        };
        let Some(picture) = Picture::of(part.contents()) else {
            continue;
        };
        if part.len() > room {
            continue;
        }
        let url = picture.data_url(part.contents());
        let fitting = url.and_then(|url| Some((room.checked_sub(url.len())?, url)));
        if let Some((left, url)) = fitting {
            room = left;
            urls.insert(cid.to_owned(), url);
        }
    }
    Pictures::new(urls)
}

/// Attachments, without pictures that the formatted part shows.
fn listed(message: &Message<'_>, html: &str) -> Vec<Listed> {
    let mentioned = markup::content_ids(html);
    let shown = |part: &MessagePart<'_>| {
        part.content_id().is_some_and(|cid| mentioned.contains(cid))
            && Picture::of(part.contents()).is_some()
    };
    let all = message.attachments().enumerate();
    let all = all
        .filter(|(_, part)| !shown(part))
        .take(limits::LISTED_ATTACHMENTS_MAX);
    all.map(|(number, part)| Listed {
        number,
        name: name(part, number),
        size_bytes: part.len(),
    })
    .collect()
}

/// The cleaned name of an attachment; one that says what it is when it has none.
fn name(part: &MessagePart<'_>, number: usize) -> String {
    let given = part
        .attachment_name()
        .map(file_name::clean)
        .unwrap_or_default();
    if !given.is_empty() {
        return given;
    }
    if let PartType::Message(inner) = &part.body {
        let subject = file_name::clean(inner.subject().unwrap_or("message"));
        return file_name::clean(&format!("{subject}.eml"));
    }
    let ending = match media_type(part).as_str() {
        "text/calendar" => return "invitation.ics".to_owned(),
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "application/pdf" => ".pdf",
        "text/html" => ".html",
        "text/plain" => ".txt",
        _ => "",
    };
    format!("attachment-{}{ending}", number + 1)
}

fn media_type(part: &MessagePart<'_>) -> String {
    let Some(content_type) = part.content_type() else {
        return String::new();
    };
    let subtype = content_type.subtype().unwrap_or_default();
    format!("{}/{subtype}", content_type.ctype()).to_lowercase()
}

fn people(address: Option<&Address<'_>>) -> Vec<Person> {
    let Some(address) = address else {
        return Vec::new();
    };
    let people = address
        .iter()
        .take(limits::SHOWN_PEOPLE_MAX)
        .map(|addr| Person {
            name: one_line(addr.name.as_deref().unwrap_or_default()),
            address: one_line(addr.address.as_deref().unwrap_or_default()),
        });
    people
        .filter(|person| !person.name.is_empty() || !person.address.is_empty())
        .collect()
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(id) => vec![one_line(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| one_line(id)).collect(),
        _ => Vec::new(),
    }
}

fn timestamp(date: &mail_parser::DateTime) -> Option<Timestamp> {
    if !date.is_valid() {
        return None;
    }
    Timestamp::from_second(date.to_timestamp()).ok()
}

/// Without line ends and other control characters, which decoding can bring back (RFC 2047).
fn one_line(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    printable.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn parses_that_were_given_up_keep_their_places_until_they_end() {
        let mail = Arc::new(b"Subject: x\r\n\r\n".to_vec());
        let gate = Arc::new(Mutex::new(()));
        let closed = gate.lock().await;
        for _ in 0..limits::PARSES_MAX {
            let gate = Arc::clone(&gate);
            let parse = guarded(&mail, move |_| drop(gate.blocking_lock()));
            let given_up = tokio::time::timeout(Duration::ZERO, parse).await;
            assert!(given_up.is_err());
        }
        assert_eq!(PARSES.available_permits(), 0);
        drop(closed);
        assert!(guarded(&mail, |_| ()).await.is_some());
    }
}
