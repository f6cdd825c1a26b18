//! Journal reports, and what else may lie around a mail that was copied to a journal mailbox.
//!
//! A report is a `multipart/mixed` of a text part that names sender and recipients, and the mail
//! itself as `message/rfc822` ([MS-XJRNL] §2.1). Whatever calls itself a report and is not just as
//! the format says is a doubt: then nobody gets to read it, because it may name who got a blind copy.

use std::borrow::Cow;
use std::ops::Range;

use store::{Encoding, Piece};

use super::correspondent::Correspondent;
use super::header::{self, Split};
use super::multipart;
use super::report_lines::{self, Addressing, Lines, Subject};
use super::{mime, references};
use crate::limits;

/// What lies at a journal mailbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened<'a> {
    /// A report.
    Report(Report<'a>),
    /// A mail around a mail, of a kind that says nothing else that could be relied on.
    Wrapper(Inner<'a>),
    /// A mail and nothing else.
    Mail,
    /// It calls itself a report and is none, for this reason.
    Doubt(&'static str),
}

/// What a journal report says, and where in it the mail lies.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report<'a> {
    /// Who sent the mail and who got it.
    pub(super) lines: Lines,
    /// The mail.
    pub(super) mail: Inner<'a>,
    /// The decrypted copy of a protected mail.
    pub(super) aside: Option<Piece>,
    /// The subject of the mail had line breaks, and so many lines after it were not believed.
    pub(super) injected_lines: usize,
    /// Exchange 2007 or later made it, which takes fields of its own off of strangers' mail.
    is_of_exchange: bool,
}

/// Whether a report shows that the sender it names is who sent the mail. What comes from the internet
/// has any sender that somebody wrote, and would lie in the Sent folder of whomever it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The sender had signed in.
    SignedIn,
    /// The sender had not.
    Stranger,
    /// It does not say.
    Untold,
}

impl Report<'_> {
    /// Who sent the mail, and in whose name, as the report has it.
    pub(super) fn senders(&self) -> Vec<Correspondent> {
        let both = [&self.lines.sender, &self.lines.on_behalf_of];
        both.into_iter().flatten().cloned().collect()
    }

    /// What stands behind them. Fields and lines say that only where Exchange takes them off of what
    /// comes from the internet; other servers leave them as strangers wrote them.
    pub(super) fn proof(&self) -> Proof {
        if !self.is_of_exchange {
            return Proof::Untold;
        }
        let split = header::split(&self.mail.bytes);
        let mut said = split.values("X-MS-Exchange-Organization-AuthAs").peekable();
        if said.peek().is_none() {
            return match self.lines.addressing {
                Addressing::Known => Proof::SignedIn,
                Addressing::Unknown => Proof::Untold,
            };
        }
        if said.all(|value| value.trim_ascii().eq_ignore_ascii_case(b"Internal")) {
            Proof::SignedIn
        } else {
            Proof::Stranger
        }
    }
}

/// The mail inside of a report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inner<'a> {
    /// Where it lies in the record.
    pub(super) piece: Piece,
    /// Its bytes, decoded.
    pub(super) bytes: Cow<'a, [u8]>,
}

/// How the text part of a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grammar {
    /// Exchange 2007 and later.
    Modern,
    /// Exchange 2003, Citadel.
    Legacy,
}

/// Whether a message calls itself a journal report. Anybody can write that: it counts only on a
/// journal listener, and there only in mail to a journal mailbox.
pub(super) fn claims_to_be(record: &[u8]) -> bool {
    grammar(header::split(record)).is_some()
}

/// Whether a message may be a journal report or hold one, although it did not come to a journal
/// mailbox: it calls itself one, has lost its mark, or is the bounce of one.
pub(super) fn may_be(record: &[u8]) -> bool {
    if claims_to_be(record) {
        return true;
    }
    let Some(parts) = parts(record, 0..record.len()) else {
        return false;
    };
    match parts.kind.as_str() {
        "multipart/report" => bounced(record, &parts.ranges) != Opened::Mail,
        _ => resembles_report(record, &parts),
    }
}

fn grammar(split: Split<'_>) -> Option<Grammar> {
    let marks = |field: &header::Field<'_>| {
        if is_mark_of_exchange(field) || field.is("X-WM-Journal-Report") {
            return Some(Grammar::Modern);
        }
        // The second spelling is Exchange's, too, and Citadel's.
        let named = field.is("Content-Identifier") || field.is("Content-Identifer");
        let value = field.value.trim_ascii();
        (named && value.eq_ignore_ascii_case(b"ExJournalReport")).then_some(Grammar::Legacy)
    };
    let marks: Vec<Grammar> = split
        .fields()
        .filter_map(|field| marks(&field))
        .take(2)
        .collect();
    let modern = marks.iter().find(|mark| **mark == Grammar::Modern);
    modern.or(marks.first()).copied()
}

/// Opens what lies at a journal mailbox.
pub(super) fn open(record: &[u8]) -> Opened<'_> {
    let split = header::split(record);
    if let Some(grammar) = grammar(split) {
        return report(record, 0..record.len(), grammar);
    }
    let Some(parts) = parts(record, 0..record.len()) else {
        return Opened::Mail;
    };
    match parts.kind.as_str() {
        "multipart/report" => bounced(record, &parts.ranges),
        "multipart/mixed" if resembles_report(record, &parts) => Opened::Doubt(NO_MARK),
        "multipart/mixed" => wrapped(record, &parts.ranges).map_or(Opened::Mail, Opened::Wrapper),
        _ => Opened::Mail,
    }
}

/// A report that could not be delivered comes back inside of a bounce, at the alternate journal
/// mailbox.
fn bounced<'a>(record: &'a [u8], parts: &[Range<usize>]) -> Opened<'a> {
    for part in parts {
        let Some(bytes) = record.get(part.clone()) else {
            continue;
        };
        let split = header::split(bytes);
        let kind = mime::content_type(split.header).map(|kind| kind.name);
        if kind.as_deref() == Some("text/rfc822-headers")
            && claims_to_be(bytes.get(split.body_at..).unwrap_or_default())
        {
            return Opened::Doubt("a bounce gives only the header of a journal report");
        }
        let Some(inner) = inner(record, part.clone()) else {
            continue;
        };
        if let Some(grammar) = grammar(header::split(&inner.bytes)) {
            return match inner.piece.encoding {
                Encoding::AsIs => report(record, inner.piece.range, grammar),
                _ => Opened::Doubt("the journal report in a bounce is encoded"),
            };
        }
    }
    Opened::Mail
}

/// A wrapper without a mark, as Google's archiving makes it: a mail, and in front of it at most a
/// text that tells its Message-ID. Somebody who forwards a mail does not write that.
fn wrapped<'a>(record: &'a [u8], parts: &[Range<usize>]) -> Option<Inner<'a>> {
    let (text, mail) = match parts {
        [mail] => (None, mail),
        [text, mail] => (Some(text), mail),
        _ => return None,
    };
    let inner = inner(record, mail.clone())?;
    if let Some(text) = text {
        let name = references::message_id(&inner.bytes)?;
        let text = record.get(text.clone())?;
        let text = (text.len() <= limits::REPORT_BYTES_MAX).then(|| mime::text(text))??;
        text.contains(&name).then_some(())?;
    }
    Some(inner)
}

/// The report that lies in a part of the record, or is all of it.
fn report(record: &[u8], place: Range<usize>, grammar: Grammar) -> Opened<'_> {
    let Some(parts) = parts(record, place.clone()) else {
        return Opened::Doubt("the journal report is cut short, or is not in parts");
    };
    if parts.kind != "multipart/mixed" {
        return Opened::Doubt("the journal report is no multipart/mixed");
    }
    let Some((text_part, others)) = parts.ranges.split_first() else {
        return Opened::Doubt("the journal report has no parts");
    };
    let mut mails = others.iter().filter_map(|part| inner(record, part.clone()));
    // The first of two is the mail itself; the second one, of a protected mail, is a decrypted copy
    // that must never be sent to anybody.
    let Some(mail) = mails.next() else {
        return Opened::Doubt("the journal report has no mail in it");
    };
    if header::split(&mail.bytes).header.len() > limits::HEADER_BYTES_MAX {
        return Opened::Doubt("the header of the mail in a journal report is too long");
    }
    let name = references::message_id(&mail.bytes);
    let aside = mails
        .next()
        .filter(|aside| name.is_some() && references::message_id(&aside.bytes) == name)
        .map(|aside| aside.piece);
    let text = record.get(text_part.clone()).unwrap_or_default();
    if text.len() > limits::REPORT_BYTES_MAX {
        return Opened::Doubt("the text of the journal report is too long");
    }
    let outer = record.get(place).unwrap_or_default();
    let is_of_exchange = grammar == Grammar::Modern && is_of_exchange(outer, &mail.bytes);
    let line_breaks = mime::subject_line_breaks(&mail.bytes).max(mime::subject_line_breaks(outer));
    let lines = match grammar {
        Grammar::Modern => mime::text(text)
            .ok_or(NO_TEXT)
            .and_then(|text| report_lines::modern(&text, Subject { line_breaks })),
        // Here names stand in the text, in front of what counts.
        Grammar::Legacy if mime::has_line_breaks(&mail.bytes) => Err(BROKEN_NAME),
        Grammar::Legacy => mime::text_or_html(text)
            .ok_or(NO_TEXT)
            .and_then(|text| report_lines::legacy(&text)),
    };
    match lines {
        Err(why) => Opened::Doubt(why),
        Ok(lines) => Opened::Report(Report {
            lines,
            mail,
            aside,
            injected_lines: line_breaks,
            is_of_exchange,
        }),
    }
}

/// Whether Exchange made the report: it bears its mark, and the name that only Exchange gives. Of the
/// outer header that is what no sender of a mail has a hand in, because Exchange does not copy the
/// mail's own. Another producer may do that, and then the mail has such a name, too.
fn is_of_exchange(outer: &[u8], mail: &[u8]) -> bool {
    let is_given = |name: &[u8]| {
        name.trim_ascii()
            .to_ascii_lowercase()
            .ends_with(b"@journal.report.generator>")
    };
    let split = header::split(outer);
    let is_marked = split.fields().any(|field| is_mark_of_exchange(&field));
    let names_itself = header::split(mail).values("Message-ID").any(is_given);
    is_marked && !names_itself && split.values("Message-ID").next().is_some_and(is_given)
}

fn is_mark_of_exchange(field: &header::Field<'_>) -> bool {
    let marks = [
        "X-MS-Journal-Report",
        // Its name before it leaves the transport of Exchange.
        "X-MS-Exchange-Organization-Journal-Report",
    ];
    marks.iter().any(|mark| field.is(mark))
}

const NO_TEXT: &str = "the journal report does not begin with a text";
const BROKEN_NAME: &str = "a name or the subject of the mail in the journal report has line breaks, \
    so its sender may have written some lines of the report";
const NO_MARK: &str = "it looks like a journal report, but lacks the header field that marks one: \
    something on its way has taken it off";

/// Whether a multipart without a mark looks like a report all the same.
fn resembles_report(record: &[u8], parts: &Parts) -> bool {
    let Some((text, others)) = parts.ranges.split_first() else {
        return false;
    };
    let Some(text) = record.get(text.clone()) else {
        return false;
    };
    let mail = others.iter().find_map(|part| inner(record, part.clone()));
    // A report tells the name of the mail in it; somebody who forwards a mail does not.
    let Some(name) = mail.and_then(|mail| references::message_id(&mail.bytes)) else {
        return false;
    };
    let names_somebody = |lines: Result<Lines, _>| {
        lines.is_ok_and(|lines| lines.sender.is_some() && !lines.recipients.is_empty())
    };
    parts.kind == "multipart/mixed"
        && text.len() <= limits::REPORT_BYTES_MAX
        && mime::text_or_html(text).is_some_and(|text| {
            text.contains(&name)
                && (names_somebody(report_lines::modern(&text, Subject::default()))
                    || names_somebody(report_lines::legacy(&text)))
        })
}

/// A multipart in a record.
struct Parts {
    /// Its type.
    kind: String,
    /// Its parts, as places in the record.
    ranges: Vec<Range<usize>>,
}

fn parts(record: &[u8], place: Range<usize>) -> Option<Parts> {
    let bytes = record.get(place.clone())?;
    let split = header::split(bytes);
    let kind = mime::content_type(split.header)?;
    let parts = multipart::parts(bytes, split.body_at, kind.boundary.as_deref()?)?;
    let in_record = |part: Range<usize>| place.start + part.start..place.start + part.end;
    Some(Parts {
        kind: kind.name,
        ranges: parts.into_iter().map(in_record).collect(),
    })
}

/// The mail in a part: from behind the part's own header to its end.
fn inner(record: &[u8], part: Range<usize>) -> Option<Inner<'_>> {
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
    let encoding = match encoding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"7bit" | b"8bit" | b"binary" => Encoding::AsIs,
        b"base64" => Encoding::Base64,
        b"quoted-printable" => Encoding::QuotedPrintable,
        _ => return None,
    };
    let bytes = bytes.get(split.body_at..)?;
    let bytes = match encoding {
        Encoding::AsIs => Cow::Borrowed(bytes),
        _ => Cow::Owned(encoding.decode(bytes)),
    };
    let piece = Piece {
        range: part.start + split.body_at..part.end,
        encoding,
        size_bytes: bytes.len() as u64,
    };
    Some(Inner { piece, bytes })
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
