//! What a writer is told about a mail to the outside: a delivery status notification (RFC 3464)
//! whose first part says in plain words what happened and what to do.

use std::io;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as HeaderAddress;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use mail_parser::MessageParser;
use store::{Address, Told};

use crate::header::value_of;
use crate::notice_words::NoticeWords;
use crate::words::clean;

/// All that a notice is made of.
pub(crate) struct Notice<'a> {
    /// What we call ourselves.
    pub hostname: &'a str,
    /// A name for the notice, the same for the same news.
    pub name: &'a str,
    /// Who wrote the mail.
    pub writer: &'a Address,
    /// Whom it did not reach.
    pub recipient: &'a Address,
    /// The mail itself; empty where it can not be read any more.
    pub content: &'a [u8],
    /// When it came to us.
    pub arrived_at: Timestamp,
    /// When it was tried last.
    pub tried_at: Timestamp,
    /// What was heard last.
    pub last_words: &'a str,
    /// What there is to tell.
    pub tell: Told,
}

impl Notice<'_> {
    /// The octets of it, in this language.
    pub fn bytes(&self, language: Option<&str>, now: Timestamp) -> io::Result<Vec<u8>> {
        let words = NoticeWords::of(language);
        let original = MessageParser::default().parse_headers(self.content);
        let subject = original.as_ref().and_then(|mail| mail.subject());
        let subject = clean(subject.unwrap_or_default());
        let prefix = match self.tell {
            Told::Failed => words.failed_subject,
            Told::Delayed => words.delayed_subject,
        };
        let sender = format!("MAILER-DAEMON@{}", self.hostname);
        let date = jiff::fmt::rfc2822::to_string(&now.to_zoned(TimeZone::UTC));
        let mut message = MessageBuilder::new()
            .header("Date", Raw::new(date.map_err(io::Error::other)?))
            .from(HeaderAddress::new_address(Some(words.sender), sender))
            .header(
                "To",
                HeaderAddress::new_address(None::<String>, self.writer.to_string()),
            )
            .subject(format!("{prefix} {subject}").trim().to_owned())
            .message_id(format!("{}@{}", self.name, self.hostname))
            // RFC 3834 §5: nobody answers it by himself.
            .header("Auto-Submitted", Raw::new("auto-replied"));
        let id = original.as_ref().and_then(|mail| mail.message_id());
        if let Some(id) = id.filter(|id| is_message_id(id)) {
            message = message.in_reply_to(id.to_owned()).references(id.to_owned());
        }
        let text = MimePart::new("text/plain", self.text(words, &subject));
        // Both of the others are ASCII, and must stand as they are (RFC 3464 §2.1).
        let status = MimePart::new(
            ContentType::new("message/delivery-status"),
            self.status_fields().into_bytes(),
        );
        let mut parts = vec![text, status.transfer_encoding("7bit")];
        let header = header_block(self.content);
        if !header.is_empty() && header.is_ascii() {
            let kind = ContentType::new("text/rfc822-headers");
            parts.push(MimePart::new(kind, header).transfer_encoding("7bit"));
        }
        let kind = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
        message.body(MimePart::new(kind, parts)).write_to_vec()
    }

    fn text(&self, words: &NoticeWords, subject: &str) -> String {
        let sentence = match self.tell {
            Told::Failed => words.failed,
            Told::Delayed => words.delayed,
        };
        let [reason, advice] = self.explanation(words);
        let sent = self.arrived_at.to_zoned(TimeZone::system());
        let last_words = if self.last_words.is_empty() {
            words.no_words
        } else {
            self.last_words
        };
        let lines = [
            sentence.replace("{}", self.recipient.as_str()),
            String::new(),
            format!("{} {subject}", words.subject),
            format!("{} {}", words.sent, sent.strftime(words.time)),
            String::new(),
            format!("{} {reason}", words.reason),
            String::new(),
            words.last_words.to_owned(),
            format!("    {last_words}"),
            String::new(),
            format!("{} {advice}", words.advice),
            String::new(),
            words.below.to_owned(),
            String::new(),
        ];
        lines.join("\r\n")
    }

    /// What happened and what to do, for people.
    fn explanation(&self, words: &NoticeWords) -> [&'static str; 2] {
        if self.tell == Told::Delayed {
            return words.late;
        }
        if self.is_given_up() {
            return words.given_up;
        }
        if self.last_words.starts_with("held:") {
            return words.unfit;
        }
        match self.status() {
            [_, 1, 2 | 10] | [_, 4, 4] => words.no_such_domain,
            [_, 1, _] => words.no_such_address,
            [_, 2, 2] => words.mailbox_full,
            [_, 2, 3] | [_, 3, 4] => words.too_large,
            [_, 7, _] => words.not_allowed,
            _ => words.refused,
        }
    }

    fn is_given_up(&self) -> bool {
        self.last_words.starts_with("given up:")
    }

    /// The status code (RFC 3463): the other side's own, or what its words mean.
    fn status(&self) -> [u16; 3] {
        match self.tell {
            Told::Delayed => [4, 4, 7],
            // Delivery time expired.
            Told::Failed if self.is_given_up() => [5, 4, 7],
            Told::Failed if self.last_words.contains("needs SMTPUTF8") => [5, 6, 7],
            Told::Failed if self.last_words.starts_with("held:") => [5, 6, 3],
            Told::Failed => enhanced(self.last_words).unwrap_or([5, 0, 0]),
        }
    }

    /// The machine's part (RFC 3464 §2).
    fn status_fields(&self) -> String {
        let date = |at: Timestamp| {
            let at = at.to_zoned(TimeZone::UTC);
            at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
        };
        let [class, subject, detail] = self.status();
        let action = match self.tell {
            Told::Failed => "failed",
            Told::Delayed => "delayed",
        };
        // RFC 6533 §3: an address beyond ASCII has a type of its own.
        let recipient = ascii(self.recipient.as_str());
        let mut fields = vec![
            format!("Reporting-MTA: dns; {}", self.hostname),
            format!("Arrival-Date: {}", date(self.arrived_at)),
            String::new(),
            format!("Final-Recipient: rfc822; {recipient}"),
            format!("Action: {action}"),
            format!("Status: {class}.{subject}.{detail}"),
        ];
        // Only what a server has said is its diagnostic (RFC 3464 §2.3.6).
        if self.last_words.starts_with(|c: char| c.is_ascii_digit()) {
            let words = ascii(self.last_words);
            fields.push(format!("Diagnostic-Code: smtp; {words}"));
        }
        fields.push(format!("Last-Attempt-Date: {}", date(self.tried_at)));
        fields.push(String::new());
        fields.join("\r\n")
    }
}

/// The header of the mail, with the empty line after it, less what names blind copies: nothing of
/// that kind is written here.
fn header_block(content: &[u8]) -> Vec<u8> {
    if value_of(content, "Message-ID").is_none() {
        return Vec::new();
    }
    let end = content.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.map_or(content.len(), |at| at + 2);
    content.get(..end).unwrap_or_default().to_vec()
}

/// The enhanced status code behind a refusal, `550 5.1.1 …` (RFC 2034 §4).
fn enhanced(words: &str) -> Option<[u16; 3]> {
    let mut words = words.split_whitespace();
    let code = words.next()?;
    let mut numbers = words.next()?.split('.').map(str::parse::<u16>);
    let mut number = || numbers.next()?.ok().filter(|number| *number < 1000);
    let found = [number()?, number()?, number()?];
    let is_refusal = found.first() == Some(&5) && code.starts_with('5');
    (numbers.next().is_none() && is_refusal).then_some(found)
}

/// In the machine's part everything is ASCII.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .collect()
}

/// Without spaces and brackets, which could end the header's value early.
fn is_message_id(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_graphic() && b != b'<' && b != b'>';
    !id.is_empty() && id.len() <= 900 && id.bytes().all(fits)
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
