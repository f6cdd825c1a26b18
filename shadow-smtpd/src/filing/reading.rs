//! What the bytes of a record say.

use std::ops::Range;

use store::{Address, Summary};

use super::report::{self, Inner};
use super::{fingerprint, header, mime, references};

/// What the bytes of a record say. The empty one is of a record that can not be read: it is then
/// filed by its envelope alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Where the mail lies in the record, when that is not all of it.
    pub(super) content: Option<Range<usize>>,
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
    /// Sender and recipients of a journal report.
    pub(super) reported: Option<Reported>,
}

impl Reading {
    /// Whether the record shows a report instead of its mail, because the mail lies in it
    /// encoded. It names who got a blind copy, so nobody may read it who got the mail.
    pub(super) fn shows_report(&self) -> bool {
        self.reported.is_some() && self.content.is_none()
    }
}

/// What a journal report says besides the mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reported {
    /// Who sent the mail.
    pub(super) sender: Option<Address>,
    /// The mailboxes that got it.
    pub(super) recipients: Vec<Address>,
}

/// What a record can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// A mail and nothing else, also when it calls itself a report. So is a copy that its
    /// envelope addresses to somebody of ours: gateways pass on what the world wrote to them, and
    /// a report that the world wrote would be filed for whomever it likes.
    Mail,
    /// A copy to a journal mailbox: a report when it has the form of one.
    MayBeReport,
}

/// Reads a record.
pub(super) fn read(record: &[u8], kind: Record) -> Reading {
    if kind == Record::MayBeReport
        && report::claims_to_be(record)
        && let Some(reading) = read_report(record)
    {
        return reading;
    }
    read_mail(record)
}

fn read_report(record: &[u8]) -> Option<Reading> {
    let report = report::open(record)?;
    let reported = Some(Reported {
        sender: report.sender,
        recipients: report.recipients,
    });
    Some(match report.mail {
        Inner::At(range) => {
            let mail = read_mail(record.get(range.clone())?);
            Reading {
                content: Some(range),
                reported,
                ..mail
            }
        }
        // The record shows the report as a whole, with the lines that say who got a blind copy.
        // It must not become the one that other copies are merged into, which show the mail
        // itself; and see `shows_report`.
        Inner::Decoded(bytes) => Reading {
            merge_key: None,
            reported,
            ..read_mail(&bytes)
        },
    })
}

fn read_mail(mail: &[u8]) -> Reading {
    let look = mime::look(mail);
    let markers = header::split(mail)
        .values(store::marker::NAME)
        .filter_map(|value| str::from_utf8(value.trim_ascii()).ok())
        .map(|value| value.replace(['\r', '\n', '\t'], ""))
        .collect();
    Reading {
        content: None,
        summary: look.summary,
        references: references::read(mail),
        merge_key: fingerprint::merge_key(mail),
        markers,
        body_digest: store::marker::body_digest(mail),
        from: look.from,
        header_recipients: look.recipients,
        reported: None,
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
