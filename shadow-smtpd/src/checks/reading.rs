//! What is read of a mail before anybody is asked about it: who it says it is from, and what its
//! signatures say about its body.

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::dkim::Canonicalization;
use mail_parser::{HeaderName, Message, MessageParser};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::author::Author;
use super::places::{Extent, Placed};
use crate::limits;

/// A mail, read. Hashing a large one takes long, so that is done on a thread of its own; asking the
/// DNS waits, so that is not done there.
pub(super) struct Reading {
    pub(super) author: Author,
    /// Where the body begins.
    body_offset: usize,
    signatures: Signatures,
}

/// How signatures are looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Signatures {
    /// As a whole: this is what they find the body to be.
    Whole(Vec<BodyHash>),
    /// As far as they are about the header: the body is too large. Nobody else can have made such a
    /// signature, but the body may be anybody's.
    Header,
    /// Not at all: it would take too much work.
    Unseen,
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
            signatures: Signatures::Unseen,
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
        let signatures = match extent {
            _ if is_bomb(&message, header.len()) => Signatures::Unseen,
            Extent::Beginning => Signatures::Header,
            Extent::Whole => AuthenticatedMessage::parse(mail)
                .map_or(Signatures::Unseen, |whole| {
                    Signatures::Whole(whole.body_hashes)
                }),
        };
        Self {
            author: author(header, &message.from),
            body_offset: message.body_offset(),
            signatures,
        }
    }

    /// The mail as the checks want it. Only its header is read.
    pub(super) fn message<'x>(&self, mail: &'x [u8]) -> Option<AuthenticatedMessage<'x>> {
        let mut message = AuthenticatedMessage::parse(mail.get(..self.body_offset)?)?;
        match &self.signatures {
            Signatures::Whole(hashes) => message.body_hashes.clone_from(hashes),
            Signatures::Header => believe_hashes(&mut message),
            Signatures::Unseen => message.dkim_headers.clear(),
        }
        if !self.sees_body() {
            // What these say depends on the body.
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

    /// Whether what is found about signatures is about all that they sign.
    pub(super) fn sees_body(&self) -> bool {
        matches!(self.signatures, Signatures::Whole(_))
    }
}

/// Takes the body for what the signatures say that it is. Of several that hash it in the same way the
/// first is believed.
fn believe_hashes(message: &mut AuthenticatedMessage<'_>) {
    for (body, algorithm, bytes, hash) in &mut message.body_hashes {
        let mut signatures = message.dkim_headers.iter().map(|it| &it.header);
        let said = signatures
            .find(|it| it.cb == *body && HashAlgorithm::from(it.a) == *algorithm && it.l == *bytes);
        if let Some(said) = said {
            hash.clone_from(&said.bh);
        }
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
fn author(header: &[u8], judged: &[String]) -> Author {
    let shown = MessageParser::default().parse_headers(header);
    let shown = shown.iter().flat_map(Message::headers);
    let shown = shown
        .filter(|field| field.name == HeaderName::From)
        .filter_map(|field| field.value.as_address())
        .flat_map(|addresses| addresses.iter())
        .filter_map(|it| it.address.as_deref());
    let named = judged.iter().map(String::as_str).chain(shown);
    named.fold(Author::Nobody, |author, address| {
        author.and(Author::named_by(address))
    })
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
