//! Search filters. Everything that comes from outside goes through [`escaped`].

use ldap3::asn1::{ASNTag, PL, StructureTag};

use super::ber;

/// A filter as it goes over the wire (RFC 4511 §4.5.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    text: String,
    wire: Vec<u8>,
}

/// A text is no filter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an LDAP filter such as \"(objectClass=person)\"")]
pub(crate) struct NoFilter(String);

impl Filter {
    /// A filter as it is written (RFC 4515).
    pub(crate) fn parse(text: &str) -> Result<Self, NoFilter> {
        let refused = || NoFilter(text.to_owned());
        let depth = text.bytes().filter(|byte| *byte == b'(').count();
        if depth > crate::limits::FILTER_PARTS_MAX {
            return Err(refused());
        }
        let tag = ldap3::parse_filter(text).map_err(|()| refused())?;
        Ok(Self {
            text: text.to_owned(),
            wire: written(&tag.into_structure()),
        })
    }

    /// Both hold.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            text: format!("(&{}{})", self.text, other.text),
            wire: ber::element(0xa0, &[&self.wire[..], &other.wire].concat()),
        }
    }

    /// `attribute=value`, whatever the value holds.
    pub(crate) fn equal(attribute: &str, value: &str) -> Self {
        Self::compared(0xa3, attribute, "=", value)
    }

    /// `attribute>=value`, whatever the value holds.
    pub(crate) fn at_least(attribute: &str, value: &str) -> Self {
        Self::compared(0xa5, attribute, ">=", value)
    }

    /// The attribute is there.
    pub(crate) fn present(attribute: &str) -> Self {
        Self {
            text: format!("({attribute}=*)"),
            wire: ber::element(0x87, attribute.as_bytes()),
        }
    }

    /// The bytes of a request.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// As people write it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn compared(tag: u8, attribute: &str, sign: &str, value: &str) -> Self {
        let parts = [attribute, value].map(|it| ber::element(ber::OCTET_STRING, it.as_bytes()));
        Self {
            text: format!("({attribute}{sign}{})", escaped(value)),
            wire: ber::constructed(tag, &parts),
        }
    }
}

/// A value as it may stand in the text of a filter (RFC 4515 §3).
pub(crate) fn escaped(value: &str) -> String {
    ldap3::ldap_escape(value).into_owned()
}

fn written(tag: &StructureTag) -> Vec<u8> {
    // A filter has tags below 31 only.
    let number = u8::try_from(tag.id).unwrap_or_default();
    let class = (tag.class as u8) << 6;
    match &tag.payload {
        PL::P(content) => ber::element(class | number, content),
        PL::C(parts) => {
            let parts: Vec<Vec<u8>> = parts.iter().map(written).collect();
            ber::constructed(class | 0x20 | number, &parts)
        }
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
