//! What people type into an address field: `Anna Groß <anna@firma.de>, bo@firma.de`.

use std::iter::Peekable;
use std::vec::IntoIter;

use store::Address;

/// A recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mailbox {
    pub name: Option<String>,
    pub address: Address,
}

/// A piece of the field that can not be a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadAddress {
    /// It is no address.
    Malformed(String),
    /// Its local part needs SMTPUTF8 (RFC 6531), which few servers speak.
    International(String),
}

/// The recipients, or everything that is wrong. Commas, semicolons and line ends separate;
/// `Groß, Anna <anna@firma.de>` is one recipient, as address books write it.
pub(crate) fn parse(field: &str) -> Result<Vec<Mailbox>, Vec<BadAddress>> {
    let mut pieces = split(field).into_iter().peekable();
    let (mut mailboxes, mut bad) = (Vec::new(), Vec::new());
    while let Some(piece) = pieces.next() {
        let piece = with_surname(piece, &mut pieces);
        match mailbox(&piece) {
            Ok(mailbox) => mailboxes.push(mailbox),
            Err(error) => bad.push(error),
        }
    }
    if bad.is_empty() {
        Ok(mailboxes)
    } else {
        Err(bad)
    }
}

/// Pieces between separators; those in quotes and angle brackets separate nothing.
fn split(field: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut bracketed) = (false, false);
    for c in field.chars() {
        match c {
            '"' if !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            '\r' | '\n' => (quoted, bracketed) = (false, false),
            _ => {}
        }
        let separates = matches!(c, ',' | ';') && !quoted && !bracketed;
        if separates || matches!(c, '\r' | '\n') {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let pieces = pieces.into_iter().map(|piece| piece.trim().to_owned());
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// Joins a surname without an address to the first name and address behind it.
fn with_surname(piece: String, pieces: &mut Peekable<IntoIter<String>>) -> String {
    let next_is_named = pieces
        .peek()
        .is_some_and(|next| next.find('<').is_some_and(|at| at > 0) && !next.starts_with('"'));
    if piece.contains(['@', '<', '"']) || !next_is_named {
        return piece;
    }
    let rest = pieces.next().unwrap_or_default();
    format!("{piece}, {rest}")
}

fn mailbox(piece: &str) -> Result<Mailbox, BadAddress> {
    let malformed = || BadAddress::Malformed(piece.to_owned());
    let Some((name, rest)) = piece.rsplit_once('<') else {
        return Ok(Mailbox {
            name: None,
            address: address(piece, piece)?,
        });
    };
    let text = rest.trim().strip_suffix('>').ok_or_else(malformed)?;
    let name = name.trim().trim_matches('"').replace("\\\"", "\"");
    let name = name.trim();
    Ok(Mailbox {
        name: (!name.is_empty()).then(|| name.to_owned()),
        address: address(text.trim(), piece)?,
    })
}

/// The address with its domain as DNS has it (RFC 5890), so that `info@müller.de` works.
fn address(text: &str, piece: &str) -> Result<Address, BadAddress> {
    let malformed = || BadAddress::Malformed(piece.to_owned());
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let address: Address = text.parse().map_err(|_| malformed())?;
    if address
        .local()
        .contains(['"', '\\', '(', ')', '@', ':', ';', '[', ']'])
    {
        return Err(malformed());
    }
    if !address.local().is_ascii() {
        return Err(BadAddress::International(piece.to_owned()));
    }
    let domain = address.domain();
    if domain.starts_with(['.', '-']) || domain.ends_with(['.', '-']) || domain.contains("..") {
        return Err(malformed());
    }
    if domain.is_ascii() {
        return Ok(address);
    }
    let domain = idna::domain_to_ascii(domain).map_err(|_| malformed())?;
    format!("{}@{domain}", address.local())
        .parse()
        .map_err(|_| malformed())
}

#[cfg(test)]
#[path = "address_list_tests.rs"]
mod tests;
