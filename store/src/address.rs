//! Mail addresses as the envelope knows them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits;

/// A mailbox address (RFC 5321 §4.1.2): the local part as it was given, the domain in lower
/// case. International addresses (RFC 6531) are allowed.
///
/// A local part may be longer than the 64 octets of RFC 5321 §4.5.3.1.1, because gateways put a
/// whole address into it (`user=corp.example@shadow.example`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    text: String,
    at: usize,
}

/// Why a text is no mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@`, or nothing on one side of it.
    #[error("an address needs a local part, an @ and a domain")]
    Incomplete,
    /// One part is longer than its limit.
    #[error("the address is too long")]
    TooLong,
    /// A character that could break a command line, a header or a log.
    #[error("the address has a character that no address may have")]
    ForbiddenCharacter,
}

impl Address {
    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the last `@`, in lower case.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The whole address as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form that two addresses of one mailbox share: directories compare without case.
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let at = text.rfind('@').ok_or(AddressError::Incomplete)?;
        // Lower case before the checks: it can make other and more characters of some.
        let (local, domain) = (&text[..at], &text[at + 1..].to_lowercase());
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Incomplete);
        }
        if local.len() > limits::LOCAL_PART_BYTES_MAX || domain.len() > limits::DOMAIN_BYTES_MAX {
            return Err(AddressError::TooLong);
        }
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        let local_ok = local.chars().all(|c| {
            !c.is_control()
                && !matches!(c, '<' | '>')
                && (quoted || !(c.is_whitespace() || c == ','))
        });
        let domain_ok = domain
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':'));
        if !local_ok || !domain_ok {
            return Err(AddressError::ForbiddenCharacter);
        }
        Ok(Self {
            text: format!("{local}@{domain}"),
            at,
        })
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a bounce would go (RFC 5321 §4.1.1.2): an address, or nowhere for the null path `<>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ReversePath {
    /// `MAIL FROM:<>`, as delivery reports have it.
    Null,
    /// `MAIL FROM:<address>`.
    Address(Address),
}

impl TryFrom<String> for ReversePath {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        if text.is_empty() {
            Ok(Self::Null)
        } else {
            text.parse().map(Self::Address)
        }
    }
}

impl From<ReversePath> for String {
    fn from(path: ReversePath) -> Self {
        match path {
            ReversePath::Null => Self::new(),
            ReversePath::Address(address) => address.into(),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
