//! BER as LDAP uses it (RFC 4511 §5.1): tags below 31, definite lengths.
//!
//! The reader goes where its caller sends it and never by itself into what is nested, so that no
//! message is too deep for it.

/// Universal tags.
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// What came is not BER as LDAP has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Elements that stand one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element, tag and content; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, Malformed> {
        let Some(&tag) = self.0.first() else {
            return Ok(None);
        };
        let (from, to) = extent(self.0)?.ok_or(Malformed)?;
        let (Some(content), Some(rest)) = (self.0.get(from..to), self.0.get(to..)) else {
            return Err(Malformed);
        };
        self.0 = rest;
        Ok(Some((tag, content)))
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.next()? {
            Some((found, content)) if found == tag => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// The same, one level down.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Self, Malformed> {
        Ok(Self(self.expect(tag)?))
    }

    /// A number that is not negative.
    pub(crate) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let content = self.expect(tag)?;
        if content.is_empty() || content.len() > 5 || content.first().is_some_and(|it| *it > 127) {
            return Err(Malformed);
        }
        let value = content
            .iter()
            .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        u32::try_from(value).map_err(|_| Malformed)
    }
}

/// How many bytes the first element takes, head and content; `None` while the head is not whole.
pub(crate) fn length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    Ok(extent(bytes)?.map(|(_, to)| to))
}

/// Where the content of the first element begins and ends; `None` while the head is not whole.
fn extent(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let (tag, first) = match bytes {
        [] | [_] => return Ok(None),
        [tag, first, ..] => (*tag, usize::from(*first)),
    };
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    if first < 0x80 {
        return Ok(Some((2, 2 + first)));
    }
    let octets = first - 0x80;
    if !(1..=4).contains(&octets) {
        return Err(Malformed);
    }
    let Some(length) = bytes.get(2..2 + octets) else {
        return Ok(None);
    };
    let length = length
        .iter()
        .fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
    let from = 2 + octets;
    Ok(Some((from, from.checked_add(length).ok_or(Malformed)?)))
}

/// One element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    let octets = length.to_be_bytes();
    let significant = octets.iter().skip_while(|byte| **byte == 0);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            // A length has eight octets at most.
            bytes.push(0x80 | u8::try_from(significant.clone().count()).unwrap_or(8));
            bytes.extend(significant);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// An element made of others.
pub(crate) fn constructed(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number that is not negative.
pub(crate) fn number(tag: u8, value: u32) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let mut content: Vec<u8> = octets.into_iter().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|byte| *byte > 127) {
        content.insert(0, 0);
    }
    element(tag, &content)
}

#[cfg(test)]
#[path = "ber_tests.rs"]
mod tests;
