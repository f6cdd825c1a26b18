//! Requests as bytes, and answers from bytes (RFC 4511 §4). No input or output here.

use super::ber::{self, Malformed, Reader};
use super::entry::Entry;
use super::filter::Filter;
use crate::limits;

/// How far below its base a search looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The base itself.
    Base,
    /// The base and everything below it.
    Subtree,
}

/// What is searched for.
#[derive(Clone, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) base: &'a str,
    pub(crate) scope: Scope,
    pub(crate) filter: &'a Filter,
    /// Only these attributes come.
    pub(crate) attributes: &'a [String],
    /// Deleted objects come too (Active Directory).
    pub(crate) deleted: Deleted,
}

/// Whether a search finds what was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    Hidden,
    Shown,
}

/// What a server says of a whole request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// RFC 4511 §4.1.9; 0 is success.
    pub(crate) code: u32,
    /// How much of a name it knows.
    pub(crate) matched: String,
    /// Its own words.
    pub(crate) words: String,
    /// Where the next page begins; empty after the last.
    pub(crate) cookie: Vec<u8>,
}

/// One message of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Entry(Entry),
    /// Elsewhere there is more. Never followed: whoever names another server would get our password.
    Reference,
    Bound(Outcome),
    Found(Outcome),
    Extended(Outcome),
}

/// `StartTLS` (RFC 4511 §4.14).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Results in pages (RFC 2696).
const PAGED: &str = "1.2.840.113556.1.4.319";
/// Deleted objects are shown.
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// No references to other domains come.
const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";

/// A bind with a name and a password (RFC 4511 §4.2).
pub(crate) fn bind(id: u32, name: &str, password: &str) -> Vec<u8> {
    let parts = [
        ber::number(ber::INTEGER, 3),
        text(name),
        ber::element(0x80, password.as_bytes()),
    ];
    message(id, ber::constructed(0x60, &parts), &[])
}

/// The wish for TLS.
pub(crate) fn start_tls(id: u32) -> Vec<u8> {
    let name = ber::element(0x80, START_TLS.as_bytes());
    message(id, ber::element(0x77, &name), &[])
}

/// The farewell (RFC 4511 §4.3).
pub(crate) fn unbind(id: u32) -> Vec<u8> {
    message(id, ber::element(0x42, &[]), &[])
}

/// A search (RFC 4511 §4.5), one page of it, which begins where `cookie` says.
pub(crate) fn search(id: u32, search: &Search<'_>, cookie: &[u8]) -> Vec<u8> {
    let scope = match search.scope {
        Scope::Base => 0,
        Scope::Subtree => 2,
    };
    let attributes: Vec<Vec<u8>> = search.attributes.iter().map(|it| text(it)).collect();
    let parts = [
        text(search.base),
        ber::number(ber::ENUMERATED, scope),
        // Aliases are not followed: they would show an entry twice.
        ber::number(ber::ENUMERATED, 0),
        ber::number(ber::INTEGER, 0),
        ber::number(ber::INTEGER, 0),
        ber::element(ber::BOOLEAN, &[0]),
        search.filter.wire().to_vec(),
        ber::constructed(ber::SEQUENCE, &attributes),
    ];
    let mut controls = Vec::new();
    if search.scope == Scope::Subtree {
        let page = [
            ber::number(ber::INTEGER, limits::PAGE_ENTRIES),
            ber::element(ber::OCTET_STRING, cookie),
        ];
        let page = ber::constructed(ber::SEQUENCE, &page);
        controls.push(control(PAGED, Some(&page)));
        controls.push(control(DOMAIN_SCOPE, None));
    }
    if search.deleted == Deleted::Shown {
        controls.push(control(SHOW_DELETED, None));
    }
    message(id, ber::constructed(0x63, &parts), &controls)
}

fn text(text: &str) -> Vec<u8> {
    ber::element(ber::OCTET_STRING, text.as_bytes())
}

/// Not critical: a server that does not know it does without.
fn control(name: &str, value: Option<&[u8]>) -> Vec<u8> {
    let mut parts = vec![text(name)];
    parts.extend(value.map(|value| ber::element(ber::OCTET_STRING, value)));
    ber::constructed(ber::SEQUENCE, &parts)
}

fn message(id: u32, operation: Vec<u8>, controls: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![ber::number(ber::INTEGER, id), operation];
    if !controls.is_empty() {
        parts.push(ber::constructed(0xa0, controls));
    }
    ber::constructed(ber::SEQUENCE, &parts)
}

/// Reads one whole message: the number of its request and what it says. `None` for what we never
/// ask for (RFC 4511 §4.13).
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(u32, Answer)>, Malformed> {
    let mut message = Reader(bytes).enter(ber::SEQUENCE)?;
    let id = message.number(ber::INTEGER)?;
    let (tag, operation) = message.next()?.ok_or(Malformed)?;
    let operation = Reader(operation);
    let answer = match tag {
        0x64 => Answer::Entry(entry(operation)?),
        0x73 => Answer::Reference,
        0x61 => Answer::Bound(outcome(operation)?),
        0x65 => {
            let mut found = outcome(operation)?;
            found.cookie = cookie(message)?;
            Answer::Found(found)
        }
        0x78 => Answer::Extended(outcome(operation)?),
        _ => return Ok(None),
    };
    Ok(Some((id, answer)))
}

/// What somebody writes into their own entry, or below it, must not end the reading of all others: what
/// is larger than any can be, or more, is left out and noted.
fn entry(mut operation: Reader<'_>) -> Result<Entry, Malformed> {
    let dn = operation.expect(ber::OCTET_STRING)?;
    if dn.len() > limits::DN_BYTES_MAX {
        return Ok(Entry::with_long_name(&owned(dn)));
    }
    let mut entry = Entry {
        dn: owned(dn),
        ..Entry::default()
    };
    let mut attributes = operation.enter(ber::SEQUENCE)?;
    while let Some((tag, attribute)) = attributes.next()? {
        if tag != ber::SEQUENCE {
            return Err(Malformed);
        }
        let mut attribute = Reader(attribute);
        let name = owned(attribute.expect(ber::OCTET_STRING)?).to_lowercase();
        // The same in other languages (RFC 3866) is not asked for, comes all the same, and has no end.
        if name.contains(';') && !name.contains(";range=") {
            continue;
        }
        if entry.attributes.len() >= limits::ATTRIBUTES_MAX {
            entry.oversized.push(name);
            break;
        }
        let mut set = attribute.enter(ber::SET)?;
        let (mut values, mut is_oversized) = (Vec::new(), false);
        while let Some((tag, value)) = set.next()? {
            if tag != ber::OCTET_STRING {
                return Err(Malformed);
            }
            if value.len() > limits::VALUE_BYTES_MAX {
                is_oversized = true;
            } else if values.len() < limits::VALUES_MAX {
                values.push(value.to_vec());
            } else {
                is_oversized = true;
                // Some of the members would be nobody's guess.
                values.clear();
                break;
            }
        }
        if is_oversized {
            entry.oversized.push(name.clone());
        }
        entry.attributes.push((name, values));
    }
    Ok(entry)
}

fn outcome(mut operation: Reader<'_>) -> Result<Outcome, Malformed> {
    Ok(Outcome {
        code: operation.number(ber::ENUMERATED)?,
        matched: owned(operation.expect(ber::OCTET_STRING)?),
        words: owned(operation.expect(ber::OCTET_STRING)?),
        cookie: Vec::new(),
    })
}

/// The cookie in the control of pages, where there is one.
fn cookie(mut message: Reader<'_>) -> Result<Vec<u8>, Malformed> {
    while let Some((tag, controls)) = message.next()? {
        if tag != 0xa0 {
            continue;
        }
        let mut controls = Reader(controls);
        while let Some((_, control)) = controls.next()? {
            let mut control = Reader(control);
            if control.expect(ber::OCTET_STRING)? != PAGED.as_bytes() {
                continue;
            }
            while let Some((tag, value)) = control.next()? {
                if tag == ber::OCTET_STRING {
                    let mut page = Reader(value).enter(ber::SEQUENCE)?;
                    page.expect(ber::INTEGER)?;
                    return Ok(page.expect(ber::OCTET_STRING)?.to_vec());
                }
            }
        }
    }
    Ok(Vec::new())
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
