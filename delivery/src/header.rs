//! The header block of a message, field by field, without changing an octet.

/// One field with its folded lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its name.
    name: &'a [u8],
    /// What follows the colon, line ends included.
    value: &'a [u8],
    /// All of it.
    pub raw: &'a [u8],
}

impl Field<'_> {
    /// Whether its name is `name`, without case (RFC 5322 §1.2.2).
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether its name begins with `prefix`, without case.
    pub fn begins(&self, prefix: &str) -> bool {
        self.name
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    }

    /// Its value in one line (RFC 5322 §2.2.3), without white space around it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.value)
            .replace(['\r', '\n'], "")
            .trim()
            .to_owned()
    }
}

/// The fields of a message up to the empty line, or to the first line that is no field: the
/// header section ends there (RFC 5322 §2.2), though some readers skip that line and read on.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

/// The fields of `mail`.
pub(crate) fn fields(mail: &[u8]) -> Fields<'_> {
    Fields { rest: mail }
}

/// The value of the first field called `name`.
pub(crate) fn value_of(mail: &[u8], name: &str) -> Option<String> {
    fields(mail)
        .find(|field| field.is(name))
        .map(|field| field.text())
}

impl<'a> Fields<'a> {
    /// Skips what is no field, after which others read on: a line, or the white space before a
    /// field. `None` at the empty line and at the end.
    pub fn skip_odd_line(&mut self) -> Option<&'a [u8]> {
        let first = line(self.rest);
        if first.is_empty() || first == b"\r\n" || first == b"\n" {
            return None;
        }
        let after_space = first.iter().position(|b| !matches!(b, b' ' | b'\t'));
        let end = match after_space {
            Some(at) if at > 0 && !first.get(at..)?.trim_ascii().is_empty() => at,
            _ => first.len(),
        };
        let (odd, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(odd)
    }

    /// What was not read yet: after the last field, the line that ended the header and the body.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let first = line(self.rest);
        if first.is_empty() || first == b"\r\n" || first == b"\n" {
            return None;
        }
        // Its name stands in its first line; what is no field is left without looking at what follows.
        name_and_value(first)?;
        let mut end = first.len();
        while let Some(after) = self.rest.get(end..)
            && matches!(after.first(), Some(b' ' | b'\t'))
        {
            end += line(after).len();
        }
        let (raw, rest) = self.rest.split_at(end);
        let (name, value) = name_and_value(raw)?;
        self.rest = rest;
        Some(Field { name, value, raw })
    }
}

/// The first line with its line end.
fn line(text: &[u8]) -> &[u8] {
    text.split_inclusive(|b| *b == b'\n')
        .next()
        .unwrap_or_default()
}

/// `None` for a line that is no field.
fn name_and_value(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = raw.iter().position(|b| *b == b':')?;
    let (name, value) = raw.split_at(colon);
    // White space before the colon is obsolete, but servers understand it (RFC 5322 §4.5).
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, value.get(1..).unwrap_or_default()))
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
