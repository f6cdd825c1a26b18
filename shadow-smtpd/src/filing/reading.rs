//! What the bytes of a record say.

use store::{Address, Piece, Summary};

use super::correspondent::Correspondent;
use super::report::{self, Inner, Opened, Proof};
use super::{fingerprint, header, mime, recipients, references};
use crate::limits;

/// What the bytes of a record say. The empty one is of a record that can not be read: it is then
/// filed by its envelope alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Where the mail lies in the record, when that is not all of it.
    pub(super) content: Option<Piece>,
    /// Where the decrypted copy of a protected mail lies.
    pub(super) aside: Option<Piece>,
    /// What lists show.
    pub(super) summary: Summary,
    /// Its name and those of the mails it is about.
    pub(super) references: Vec<String>,
    /// Two mails with the same one are the same.
    pub(super) merge_key: Option<[u8; 32]>,
    /// Markers of ours that the mail carries, not checked yet, the newest one first.
    pub(super) markers: Vec<String>,
    /// What their seal must fit.
    pub(super) body_digest: [u8; 32],
    /// The address of the first From.
    pub(super) from: Option<Address>,
    /// The addresses of To and Cc.
    pub(super) header_recipients: Vec<Address>,
    /// Whom the source of the copy names in fields of its own, one list for each field.
    pub(super) named_by_source: Vec<Vec<Address>>,
    /// Sender and recipients of a journal report.
    pub(super) reported: Option<Reported>,
    /// Lines of a report that were not believed, because the sender of the mail could have written
    /// them.
    pub(super) injected_lines: usize,
    /// Why nobody may read it.
    pub(super) doubt: Option<&'static str>,
}

/// What a journal report says besides the mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reported {
    /// Who sent the mail, and in whose name.
    pub(super) senders: Vec<Correspondent>,
    /// Whether the server knows that.
    pub(super) proof: Proof,
    /// The mailboxes that got it.
    pub(super) recipients: Vec<Correspondent>,
}

/// What a record can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A mail and nothing else, also when it calls itself a report. So is a copy that its
    /// envelope addresses to somebody of ours: gateways pass on what the world wrote to them, and
    /// a report that the world wrote would be filed for whomever it likes.
    Mail,
    /// A copy of which the envelope does not say for whom it is. If it calls itself a report,
    /// either the world wrote that, or a journal mailbox is missing in the config: then it must not
    /// be shown, because it names who got a blind copy.
    Copy,
    /// A copy to a journal mailbox: a report when it has the form of one.
    AtJournal,
}

/// Reads a record. `recipient_fields` are those that the source writes its recipients into.
pub(super) fn read(record: &[u8], kind: Record, recipient_fields: &[String]) -> Reading {
    let opened = match kind {
        Record::AtJournal => report::open(record),
        Record::Copy if report::may_be(record) => Opened::Doubt(NOT_AT_JOURNAL),
        Record::Copy | Record::Mail => Opened::Mail,
    };
    let inside = |inner: &Inner<'_>| Reading {
        content: Some(inner.piece.clone()),
        ..read_mail(&inner.bytes)
    };
    let reading = match &opened {
        Opened::Mail => read_mail(record),
        Opened::Wrapper(inner) => inside(inner),
        Opened::Report(report) => Reading {
            aside: report.aside.clone(),
            reported: Some(Reported {
                senders: report.senders(),
                proof: report.proof(),
                recipients: report.lines.recipients.clone(),
            }),
            injected_lines: report.injected_lines,
            ..inside(&report.mail)
        },
        Opened::Doubt(why) => Reading {
            doubt: Some(why),
            // Nothing may be merged into what nobody may read.
            merge_key: None,
            ..read_mail(record)
        },
    };
    Reading {
        named_by_source: recipients::of_fields(record, recipient_fields),
        ..reading
    }
}

/// Why a report is not opened that did not come to a journal mailbox.
pub(super) const NOT_AT_JOURNAL: &str = "it looks like a journal report, but did not come to a \
    mailbox of journal_recipients";

fn read_mail(mail: &[u8]) -> Reading {
    let look = mime::look(mail);
    let markers = header::split(mail)
        .values(store::marker::NAME)
        .take(limits::MARKERS_MAX)
        .filter_map(|value| str::from_utf8(value.trim_ascii()).ok())
        .map(|value| value.replace(['\r', '\n', '\t'], ""))
        .collect();
    Reading {
        summary: look.summary,
        references: references::read(mail),
        merge_key: fingerprint::merge_key(mail),
        markers,
        body_digest: store::marker::body_digest(mail),
        from: look.from,
        header_recipients: look.recipients,
        ..Reading::default()
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
