//! Who a mail says it is from, as far as the DNS can be asked about it.

use std::net::{Ipv4Addr, Ipv6Addr};

use mail_auth::common::to_a_label;
use mail_auth::hickory_resolver::proto::rr::Name;

/// Who a mail says it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// No From names a domain.
    Nobody,
    /// From names this domain and no other, in ASCII (RFC 5890 §2.3.2.1).
    Of(String),
    /// From names several domains, or something that looks like one and is none, or there is more
    /// header than anybody reads. Whichever of them is judged, a reader may be shown another one, so no
    /// domain can stand behind such a mail.
    Unclear,
}

impl Author {
    /// Of an address of From, as a parser gives it: it may have white space wherever RFC 5322 §4.4
    /// lets it stand, and a reader takes that out. One without a domain is nobody's: there is nobody
    /// to ask about it.
    pub(super) fn named_by(address: &str) -> Self {
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Self::Nobody;
        };
        // Two addresses that have grown together: which of them a reader shows, nobody knows.
        if local.contains('@') && !is_quoted(local.trim()) {
            return Self::Unclear;
        }
        let domain: String = domain.chars().filter(|it| !it.is_whitespace()).collect();
        if is_literal(&domain) {
            return Self::Nobody;
        }
        let domain = to_a_label(&domain.to_lowercase()).into_owned();
        let domain = domain.strip_suffix('.').unwrap_or(&domain);
        if is_askable(domain) {
            Self::Of(domain.to_owned())
        } else {
            Self::Unclear
        }
    }

    /// Of a mail that says it is from both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nobody, author) | (author, Self::Nobody) => author,
            (Self::Of(one), Self::Of(other)) if one == other => Self::Of(one),
            _ => Self::Unclear,
        }
    }
}

/// Whether all of it is one quoted string (RFC 5322 §3.2.4).
fn is_quoted(local: &str) -> bool {
    let inner = local.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.is_some_and(|it| !it.contains('"'))
}

/// Whether it is the address of a host (RFC 5321 §4.1.3).
fn is_literal(domain: &str) -> bool {
    let inner = domain.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.is_some_and(|it| {
        let six = it.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPv6:"));
        match six.and_then(|_| it.get(5..)) {
            Some(six) => six.parse::<Ipv6Addr>().is_ok(),
            None => it.parse::<Ipv4Addr>().is_ok(),
        }
    })
}

/// Whether the DNS can be asked for its policy. Of a name that it can not be asked for, its parents
/// are not asked either, and theirs is the policy that counts (RFC 9989 §4.10.1).
fn is_askable(domain: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
    !domain.is_empty()
        && domain.bytes().all(is_plain)
        && Name::from_str_relaxed(format!("_dmarc.{domain}.")).is_ok()
}

#[cfg(test)]
#[path = "author_tests.rs"]
mod tests;
