//! Who is named in a journal report: by a mail address, or by a name of the directory.

use store::Address;

/// A sender or a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Correspondent {
    /// By mail address.
    Address(Address),
    /// By X.500 name, `/o=Corp/ou=…/cn=Recipients/cn=amy` ([MS-XJRNL] §2.1.1).
    Directory(String),
}

/// How Exchange writes an X.500 name as a mail address.
const ENCAPSULATED: &str = "IMCEAEX-";

/// Bytes of an X.500 name that is looked up.
const DIRECTORY_NAME_BYTES_MAX: usize = 2048;

/// Kinds of addresses that stand in front of one, as in proxyAddresses.
const MAIL: &str = "smtp:";
const X500: [&str; 2] = ["ex:", "x500:"];

impl Correspondent {
    /// Reads `amy@corp.example`, `<amy@corp.example>`, `smtp:amy@corp.example`, `[EX:/o=…]`,
    /// `/o=…` and `IMCEAEX-_o=…@corp.example`. `None` is for what mail can not be filed by: fax
    /// numbers, X.400 addresses, nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = inside(text.trim(), '<', '>');
        let text = inside(text, '[', ']');
        let x500 = X500.iter().find_map(|kind| after(text, kind));
        if let Some(name) = x500.or_else(|| text.starts_with('/').then_some(text)) {
            return directory(name.trim().to_owned());
        }
        let text = after(text, MAIL).unwrap_or(text);
        match after(text, ENCAPSULATED).and_then(|rest| rest.rsplit_once('@')) {
            Some((name, _)) => directory(unencapsulated(name)?),
            None => text.parse().ok().map(Self::Address),
        }
    }
}

fn directory(name: String) -> Option<Correspondent> {
    let fits = name.len() <= DIRECTORY_NAME_BYTES_MAX && name.starts_with('/');
    (fits && !name.chars().any(char::is_control)).then_some(Correspondent::Directory(name))
}

/// What stands between the two, when the text begins with one and ends with the other.
fn inside(text: &str, open: char, close: char) -> &str {
    let inner = text
        .strip_prefix(open)
        .and_then(|text| text.strip_suffix(close));
    inner.unwrap_or(text).trim()
}

/// What stands behind a beginning, which is compared without case.
fn after<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let head = text.get(..beginning.len())?;
    let rest = text.get(beginning.len()..)?;
    head.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// `_o=Corp_cn=amy+20b` is `/o=Corp/cn=amy b`.
fn unencapsulated(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'_' => bytes.push(b'/'),
            b'+' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let value = digit()? << 4 | digit()?;
                bytes.push(u8::try_from(value).ok()?);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[path = "correspondent_tests.rs"]
mod tests;
