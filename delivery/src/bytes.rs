//! What goes over the wire: the stored octets, less what another hop's transport left in them,
//! with our trace in front.

use std::borrow::Cow;
use std::fmt::Write;
use std::mem;

use jiff::tz::TimeZone;
use store::{Address, Envelope, MessageId, Peer, QueueId, Replayed, ReversePath, marker};

use crate::authentication_results;
use crate::header::{Field, Fields, fields};

/// A message ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// Its octets. Every CR stands before an LF and every LF after a CR. The last line end is
    /// missing, because the final dot brings one along.
    pub bytes: Vec<u8>,
    /// Bare line ends were repaired; a DKIM signature may be broken.
    pub repaired: bool,
    /// The header has octets beyond ASCII.
    pub header_beyond_ascii: bool,
    /// A Return-Path that an earlier hop had written into the message, where there was one.
    pub return_path: Option<ReversePath>,
}

/// What our trace says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace<'a> {
    /// What we call ourselves.
    pub hostname: &'a str,
    /// Key of the marker's seal.
    pub key: &'a [u8; 32],
    /// Which message.
    pub message: MessageId,
    /// Which row.
    pub queue: QueueId,
    /// To whom.
    pub recipient: &'a Address,
}

/// The message as it goes back to the primary, with our Received line and our marker.
pub(crate) fn handed_back(content: &[u8], envelope: &Envelope, trace: &Trace<'_>) -> Outgoing {
    let sound = repair(content);
    let replayed = Replayed {
        message: trace.message,
        queue: trace.queue,
    };
    let seal = marker::seal(trace.key, replayed, &marker::body_digest(&sound));

    let mut bytes = received(envelope, trace).into_bytes();
    bytes.extend(format!("{}: {seal}\r\n", marker::NAME).bytes());
    let findings = envelope.peer.findings.as_deref();
    let results = findings.and_then(|findings| {
        authentication_results::field(findings, &envelope.reverse_path, trace.hostname)
    });
    bytes.extend(results.unwrap_or_default().bytes());
    let return_path = append_without_transport_fields(&sound, envelope, trace, &mut bytes);
    let repaired = matches!(sound, Cow::Owned(_));
    Outgoing {
        repaired,
        return_path,
        ..finish(bytes)
    }
}

/// The message as it goes to the outside: as it was written.
pub(crate) fn as_written(content: &[u8]) -> Outgoing {
    let sound = repair(content);
    let repaired = matches!(sound, Cow::Owned(_));
    Outgoing {
        repaired,
        ..finish(sound.into_owned())
    }
}

fn finish(mut bytes: Vec<u8>) -> Outgoing {
    if bytes.ends_with(b"\r\n") {
        bytes.truncate(bytes.len() - 2);
    }
    let header_beyond_ascii = fields(&bytes).any(|field| !field.raw.is_ascii());
    Outgoing {
        bytes,
        repaired: false,
        header_beyond_ascii,
        return_path: None,
    }
}

/// Repairs bare line ends, which must never go over DATA (RFC 5321 §4.1.1.4): servers do not
/// agree on what they mean, and a message could smuggle another one.
///
/// A bare LF becomes CRLF, because that is what mail readers, DKIM signers and servers that
/// accept it at all take it for; the primary would have done the same. A bare CR ends a line for
/// nobody and becomes a space.
fn repair(content: &[u8]) -> Cow<'_, [u8]> {
    let is_bare = |at: usize, byte: u8| match byte {
        b'\r' => content.get(at + 1) != Some(&b'\n'),
        b'\n' => at.checked_sub(1).and_then(|before| content.get(before)) != Some(&b'\r'),
        _ => false,
    };
    let Some(first) = content
        .iter()
        .enumerate()
        .position(|(at, byte)| is_bare(at, *byte))
    else {
        return Cow::Borrowed(content);
    };
    let mut sound = Vec::with_capacity(content.len() + content.len() / 16);
    sound.extend(content.iter().take(first));
    for (at, byte) in content.iter().copied().enumerate().skip(first) {
        match byte {
            b'\r' if is_bare(at, byte) => sound.push(b' '),
            b'\n' if is_bare(at, byte) => sound.extend(b"\r\n"),
            _ => sound.push(byte),
        }
    }
    Cow::Owned(sound)
}

/// Appends `mail` to `bytes` without the fields that belong to the transport which brought it to
/// us. Gives the Return-Path among them.
fn append_without_transport_fields(
    mail: &[u8],
    envelope: &Envelope,
    trace: &Trace<'_>,
    bytes: &mut Vec<u8>,
) -> Option<ReversePath> {
    let mut all = fields(mail);
    let begin = bytes.len();
    let return_path = append_fields(&mut all, envelope, trace, bytes);
    // Below a line that is no field others may read on, so nothing forged may stand there either.
    while let Some(mut odd) = all.skip_odd_line() {
        // White space at the beginning would make what follows a part of our own last field.
        if bytes.len() == begin && matches!(odd.first(), Some(b' ' | b'\t')) {
            odd = b"";
        }
        for field in all.by_ref() {
            if !is_exchange_stamp(&field) && !is_forged_result(&field, trace) {
                bytes.extend(mem::take(&mut odd));
                bytes.extend(field.raw);
            } else if !odd.ends_with(b"\n") {
                // White space goes with the field behind it: before the empty line it would carry
                // the header on into the body.
                odd = b"";
            }
        }
        bytes.extend(odd);
    }
    bytes.extend(all.rest());
    return_path
}

/// Those of the fields up to the first line that is none.
fn append_fields(
    all: &mut Fields<'_>,
    envelope: &Envelope,
    trace: &Trace<'_>,
    bytes: &mut Vec<u8>,
) -> Option<ReversePath> {
    let mut return_path = None;
    let mut above_received = true;
    // Where the Return-Path fields begin that nothing follows.
    let mut trailing = None;
    for field in all.by_ref() {
        above_received &= !field.is("Received");
        let is_return_path = field.is("Return-Path");
        let added_by_hop = above_received && (is_return_path || names_copy(&field, envelope));
        if is_return_path && return_path.is_none() {
            return_path = path(&field);
        }
        if added_by_hop || is_exchange_stamp(&field) || is_forged_result(&field, trace) {
            continue;
        }
        trailing = if is_return_path {
            trailing.or(Some(bytes.len()))
        } else {
            None
        };
        bytes.extend(field.raw);
    }
    if let Some(start) = trailing {
        bytes.truncate(start);
    }
    return_path
}

/// Verdicts and stamps that an Exchange believes, whoever wrote them.
fn is_exchange_stamp(field: &Field<'_>) -> bool {
    field.begins("X-MS-Exchange-Organization-") || field.begins("X-MS-Exchange-Forest-")
}

/// What a stranger says that we had found.
fn is_forged_result(field: &Field<'_>, trace: &Trace<'_>) -> bool {
    field.is(authentication_results::NAME)
        && authentication_results::claims_to_be_ours(&field.text(), trace.hostname)
}

/// A field that the copying hop wrote for the address it sent the copy to. Postfix would take
/// `Delivered-To` for a loop.
fn names_copy(field: &Field<'_>, envelope: &Envelope) -> bool {
    let is_copy = envelope.source.is_copy();
    if !is_copy || !(field.is("Delivered-To") || field.is("X-Original-To")) {
        return false;
    }
    let address = field.text();
    envelope
        .recipients
        .iter()
        .any(|it| it.as_str().eq_ignore_ascii_case(&address))
}

fn path(field: &Field<'_>) -> Option<ReversePath> {
    let text = field.text();
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    ReversePath::try_from(inner.to_owned()).ok()
}

/// Our Received line (RFC 5321 §4.4), about the moment when the message came to us.
fn received(envelope: &Envelope, trace: &Trace<'_>) -> String {
    let Peer {
        address,
        helo,
        protocol,
        ..
    } = &envelope.peer;
    let mut line = String::from("Received:");
    let literal = address.map(|ip| {
        if ip.is_ipv6() {
            format!("[IPv6:{ip}]")
        } else {
            format!("[{ip}]")
        }
    });
    match (atom(helo), literal) {
        (Some(helo), Some(literal)) => _ = write!(line, " from {helo} ({literal})\r\n\t"),
        (None, Some(literal)) => _ = write!(line, " from {literal} ({literal})\r\n\t"),
        (Some(helo), None) => _ = write!(line, " from {helo}\r\n\t"),
        // Nobody brought it: it was written here.
        (None, None) => line.push(' '),
    }
    _ = write!(line, "by {} (Shadowmail)", trace.hostname);
    if let Some(protocol) = atom(protocol) {
        _ = write!(line, " with {protocol}");
    }
    _ = write!(line, " id {}", trace.message);
    // An address beyond ASCII would need SMTPUTF8 (RFC 6531 §3.7.3), which the message may not.
    if trace.recipient.as_str().is_ascii() {
        _ = write!(line, "\r\n\tfor <{}>", trace.recipient);
    }
    let date = envelope.received_at.to_zoned(TimeZone::UTC);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
    _ = write!(line, "; {date}\r\n");
    line
}

/// What a peer said, as one harmless word; `None` when it said nothing.
fn atom(word: &str) -> Option<String> {
    let harmless = |c: char| {
        let keep = c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
        if keep { c } else { '?' }
    };
    let word: String = word.chars().take(255).map(harmless).collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
#[path = "bytes_tests.rs"]
mod tests;
