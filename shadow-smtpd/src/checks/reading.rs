//! What is read of a mail before anybody is asked about it: who it says it is from, and what its
//! signatures say about its body.

use std::collections::BTreeSet;

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::common::to_a_label;
use mail_auth::dkim::Canonicalization;
use mail_parser::{HeaderName, Message, MessageParser};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::places::{Extent, Placed};
use crate::limits;

/// Who a mail says it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// No From names a domain.
    Nobody,
    /// From names this domain and no other, in ASCII (RFC 5890 §2.3.2.1).
    Of(String),
    /// From names several domains, or there is more header than anybody reads. Whichever of them is
    /// judged, a reader may be shown another one, so no domain can stand behind such a mail.
    Unclear,
}

/// A mail, read. Hashing a large one takes long, so that is done on a thread of its own; asking the
/// DNS waits, so that is not done there.
pub(super) struct Reading {
    pub(super) author: Author,
    /// Where the body begins.
    body_offset: usize,
    /// `None` when looking at the signatures would take too much work, or more of the mail than
    /// there is.
    hashes: Option<Vec<BodyHash>>,
}

/// How a signature hashes the body, how much of it, and what comes out.
type BodyHash = (Canonicalization, HashAlgorithm, u64, Vec<u8>);

impl Reading {
    /// `None` when it was not done in time.
    pub(super) async fn of(mail: &Placed, until: Instant) -> Option<Self> {
        let mail = mail.clone();
        let reading = spawn_blocking(move || Self::read(mail.bytes(), mail.extent()));
        match timeout_at(until, reading).await {
            Ok(Ok(reading)) => Some(reading),
            Ok(Err(error)) => {
                warn!(%error, "reading a mail panicked; this is a bug in Shadowmail");
                None
            }
            Err(_) => None,
        }
    }

    fn read(mail: &[u8], extent: Extent) -> Self {
        let unread = |author| Self {
            author,
            body_offset: 0,
            hashes: None,
        };
        let Some(header) = header(mail) else {
            return unread(Author::Unclear);
        };
        let Some(message) = AuthenticatedMessage::parse(header) else {
            // Others read on below a first line that is no field.
            return unread(match author(header, &[]) {
                Author::Nobody => Author::Nobody,
                Author::Of(_) | Author::Unclear => Author::Unclear,
            });
        };
        let hashes = if extent == Extent::Whole && !is_bomb(&message, header.len()) {
            AuthenticatedMessage::parse(mail).map(|whole| whole.body_hashes)
        } else {
            None
        };
        Self {
            author: author(header, &message.from),
            body_offset: message.body_offset(),
            hashes,
        }
    }

    /// The mail as the checks want it. Only its header is read.
    pub(super) fn message<'x>(&self, mail: &'x [u8]) -> Option<AuthenticatedMessage<'x>> {
        let mut message = AuthenticatedMessage::parse(mail.get(..self.body_offset)?)?;
        if let Some(hashes) = &self.hashes {
            message.body_hashes.clone_from(hashes);
        } else {
            message.dkim_headers.clear();
            message.as_headers.clear();
            message.ams_headers.clear();
            message.errors.clear();
        }
        // What mail-auth has read of From may lack the domain that a reader is shown.
        if let Author::Of(domain) = &self.author {
            message.from = vec![format!("@{domain}")];
        }
        Some(message)
    }
}

/// All up to the first empty line; `None` when that is more than is read.
fn header(mail: &[u8]) -> Option<&[u8]> {
    let (mut bytes, mut fields) = (0, 0);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        bytes += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        fields += usize::from(!line.starts_with(b" ") && !line.starts_with(b"\t"));
        if bytes > limits::HEADER_BYTES_MAX || fields > limits::HEADER_FIELDS_MAX {
            return None;
        }
    }
    mail.get(..bytes)
}

/// Whoever is named by a From, `judged` by the checks or shown to a reader: a line that is no field
/// ends the header for the first and not for the other, and they do not take the same From of two.
/// A name without a domain is left out: there is nobody to ask about it.
fn author(header: &[u8], judged: &[String]) -> Author {
    let shown = MessageParser::default().parse_headers(header);
    let shown = shown.iter().flat_map(Message::headers);
    let shown = shown
        .filter(|field| field.name == HeaderName::From)
        .filter_map(|field| field.value.as_address())
        .flat_map(|addresses| addresses.iter())
        .filter_map(|it| it.address.as_deref());
    let mut domains: BTreeSet<String> = judged
        .iter()
        .map(String::as_str)
        .chain(shown)
        .filter_map(|address| address.rsplit_once('@'))
        .map(|(_, domain)| to_a_label(&domain.to_lowercase()).into_owned())
        .collect();
    match (domains.pop_first(), domains.is_empty()) {
        (None, _) => Author::Nobody,
        (Some(domain), true) => Author::Of(domain),
        (Some(_), false) => Author::Unclear,
    }
}

/// Each signature hashes the header, looks for each of its names among all fields, and asks the DNS.
/// The body is hashed once for each way of doing that, of which there are few.
fn is_bomb(message: &AuthenticatedMessage<'_>, header_bytes: usize) -> bool {
    let of_dkim = message.dkim_headers.iter().map(|it| it.header.h.len());
    let of_arc = message.ams_headers.iter().map(|it| it.header.h.len());
    let signatures = of_dkim.len() + of_arc.len() + message.as_headers.len() + message.errors.len();
    signatures > limits::SIGNATURES_MAX
        || header_bytes > limits::AUTHENTICATED_HEADER_BYTES_MAX
        || signatures * header_bytes > limits::SIGNED_HEADER_BYTES_MAX
        || of_dkim
            .chain(of_arc)
            .any(|names| names > limits::SIGNED_NAMES_MAX)
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
