//! The bytes of a message that was written here.

use std::io;

use jiff::Zoned;
use jiff::fmt::rfc2822;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as HeaderAddress;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;

use super::address_list::Mailbox;
use crate::limits;
use crate::mail::AttachmentContent;

/// A checked message. Recipients of a hidden copy are not here: they stand in the envelope alone
/// (RFC 5322 §3.6.3).
pub(crate) struct Draft {
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub subject: String,
    pub text: String,
    pub thread: Thread,
    pub attachments: Vec<AttachmentContent>,
}

/// What the message answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Thread {
    /// Message-ID of the answered message.
    pub in_reply_to: Option<String>,
    /// Message-IDs before it, oldest first.
    pub references: Vec<String>,
}

impl Thread {
    /// All ids in the order of RFC 5322 §3.6.4. Of a very long thread its beginning and its end
    /// are enough to find the others.
    fn references(&self) -> Vec<String> {
        let all = self.references.iter().chain(&self.in_reply_to);
        let mut all: Vec<String> = all.filter(|id| is_message_id(id)).cloned().collect();
        if all.len() > limits::REFERENCES_MAX {
            all.drain(1..=all.len() - limits::REFERENCES_MAX);
        }
        all
    }
}

/// Writes the message down, sent at `at` under this Message-ID.
pub(crate) fn bytes(draft: Draft, at: &Zoned, message_id: String) -> io::Result<Vec<u8>> {
    let date = rfc2822::to_string(at).map_err(io::Error::other)?;
    let mut message = MessageBuilder::new()
        .header("Date", Raw::new(date))
        .from(header_address(&draft.from))
        .subject(one_line(&draft.subject))
        .message_id(message_id)
        .text_body(crlf(&draft.text));
    for (name, people) in [("To", &draft.to), ("Cc", &draft.cc)] {
        if !people.is_empty() {
            let list = people.iter().map(header_address).collect();
            message = message.header(name, HeaderAddress::new_list(list));
        }
    }
    if let Some(id) = draft
        .thread
        .in_reply_to
        .as_deref()
        .filter(|id| is_message_id(id))
    {
        message = message.in_reply_to(id.to_owned());
    }
    let references = draft.thread.references();
    if !references.is_empty() {
        message = message.references(references);
    }
    for attachment in draft.attachments {
        let media_type = ContentType::new(attachment.media_type);
        message = message.attachment(media_type, attachment.name, attachment.bytes);
    }
    message.write_to_vec()
}

/// A name for a form: nobody can guess it.
pub(crate) fn form_key() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn header_address(mailbox: &Mailbox) -> HeaderAddress<'static> {
    let name = mailbox.name.as_deref().map(one_line);
    HeaderAddress::new_address(name, mailbox.address.to_string())
}

/// A header value must not begin another header.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Line ends as mail has them (RFC 5322 §2.3): browsers send CRLF, but nobody has to be a
/// browser.
fn crlf(text: &str) -> String {
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.retain(|c| c != '\0');
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines.replace('\n', "\r\n")
}

/// Without spaces and brackets, which could end the header's value early.
fn is_message_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 900
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
