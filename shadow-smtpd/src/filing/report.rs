//! Journal reports of Exchange 2007 and later ([MS-XJRNL] §2.1): a text part that names sender
//! and recipients, and the mail itself as `message/rfc822`.
//!
//! Whatever is not just as the format says is a doubt, and the caller then takes the whole
//! record for the plain mail it may well be.

use std::ops::Range;

use store::Address;

use super::{header, mime, multipart};
use crate::limits;

/// What a journal report says, and where in it the mail lies.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// Who sent the mail, where that is an SMTP address.
    pub(super) sender: Option<Address>,
    /// The mailboxes that got it.
    pub(super) recipients: Vec<Address>,
    /// The mail.
    pub(super) mail: Inner,
}

/// The mail inside of a report.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// As it is, at this place of the record.
    At(Range<usize>),
    /// Some gateway has encoded it; these are its bytes. A place can not be given.
    Decoded(Vec<u8>),
}

/// Whether a message calls itself a journal report. Anybody can write that: it counts only on a
/// journal listener, and there only in mail to a journal mailbox.
pub(super) fn claims_to_be(record: &[u8]) -> bool {
    header::split(record)
        .values("X-MS-Journal-Report")
        .next()
        .is_some()
}

/// Opens a report. `None` is a doubt.
pub(super) fn open(record: &[u8]) -> Option<Report> {
    let split = header::split(record);
    let kind = mime::content_type(split.header)?;
    if kind.name != "multipart/mixed" {
        return None;
    }
    let parts = multipart::parts(record, split.body_at, kind.boundary.as_deref()?)?;
    let [text_part, mail_part, ..] = parts.as_slice() else {
        return None;
    };
    if text_part.len() > limits::REPORT_BYTES_MAX {
        return None;
    }
    // The first of two is the mail itself; the second one, of a protected mail, is a decrypted
    // copy that must never be sent to anybody.
    let mail = inner(record, mail_part.clone())?;
    let text = mime::plain_text(record.get(text_part.clone())?)?;
    let bytes = match &mail {
        Inner::At(range) => record.get(range.clone())?,
        Inner::Decoded(bytes) => bytes,
    };
    let (sender, recipients) = lines(&text, mime::subject_line_breaks(bytes))?;
    Some(Report {
        sender,
        recipients,
        mail,
    })
}

/// The mail in a part of a report: from behind the part's own header to its end.
fn inner(record: &[u8], part: Range<usize>) -> Option<Inner> {
    let bytes = record.get(part.clone())?;
    let split = header::split(bytes);
    let kind = mime::content_type(split.header)?;
    if !matches!(kind.name.as_str(), "message/rfc822" | "message/global") {
        return None;
    }
    let encoding = split
        .values("Content-Transfer-Encoding")
        .next()
        .unwrap_or(b"7bit");
    match encoding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"7bit" | b"8bit" | b"binary" => Some(Inner::At(part.start + split.body_at..part.end)),
        b"base64" | b"quoted-printable" => mime::encoded_mail(bytes).map(Inner::Decoded),
        _ => None,
    }
}

/// Reads the text part. The subject in it is decoded text that the sender of the mail wrote; if
/// it had line breaks, `subject_line_breaks` lines after it are the sender's, too, and could
/// name recipients of the sender's choice.
fn lines(text: &str, subject_line_breaks: usize) -> Option<(Option<Address>, Vec<Address>)> {
    let text = text.replace("\r\n", "\n");
    let mut lines = text
        .split(['\r', '\n'])
        .skip_while(|line| line.trim().is_empty());
    let (name, sender) = lines.next()?.split_once(':')?;
    if !name.eq_ignore_ascii_case("Sender") {
        return None;
    }
    let sender = address(sender);
    let mut recipients = Vec::new();
    let mut subject_seen = false;
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "subject" if !subject_seen => {
                subject_seen = true;
                for _ in 0..subject_line_breaks {
                    lines.next();
                }
            }
            "to" | "cc" | "bcc" | "recipient"
                if recipients.len() < limits::REPORT_RECIPIENTS_MAX =>
            {
                recipients.extend(address(mailbox(value)));
            }
            _ => {}
        }
    }
    Some((sender, recipients))
}

/// The mailbox that got the mail is always the left one. Split at the last mark: a quoted local
/// part may hold one, too.
fn mailbox(value: &str) -> &str {
    let marks = [", Expanded: ", ", Forwarded: "];
    let last = marks.iter().filter_map(|mark| value.rfind(mark)).max();
    last.and_then(|at| value.get(..at)).unwrap_or(value)
}

/// An SMTP address; a directory name such as `[EX:/o=…]` is none.
fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    let bare = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'));
    bare.unwrap_or(text).parse().ok()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
