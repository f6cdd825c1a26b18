//! The header of a mail as bytes, nothing decoded (RFC 5322 §2.2).

/// The header and the body of a mail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split<'a> {
    /// All fields with their line ends.
    pub(super) header: &'a [u8],
    /// Where the body begins.
    pub(super) body_at: usize,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its name as written.
    pub(super) name: &'a [u8],
    /// What follows the colon, folded as it is, with the last line end.
    pub(super) value: &'a [u8],
    /// All of it.
    pub(super) raw: &'a [u8],
}

/// Splits at the first empty line, or at the first line that can not belong to a header.
pub(super) fn split(mail: &[u8]) -> Split<'_> {
    let mut header_end = 0;
    loop {
        let rest = mail.get(header_end..).unwrap_or_default();
        let line = line(rest);
        if matches!(line, b"\r\n" | b"\n") {
            let header = mail.get(..header_end).unwrap_or_default();
            return Split {
                header,
                body_at: header_end + line.len(),
            };
        }
        let folded = header_end > 0 && is_folded(line);
        if line.is_empty() || !(folded || is_field(line)) {
            let header = mail.get(..header_end).unwrap_or_default();
            return Split {
                header,
                body_at: header_end,
            };
        }
        header_end += line.len();
    }
}

impl<'a> Split<'a> {
    /// All fields, in order.
    pub(super) fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let mut rest = self.header;
        std::iter::from_fn(move || {
            let mut length = line(rest).len();
            while is_folded(rest.get(length..).unwrap_or_default()) {
                length += line(rest.get(length..).unwrap_or_default()).len();
            }
            let (raw, after) = rest.split_at_checked(length)?;
            rest = after;
            let colon = raw.iter().position(|byte| *byte == b':')?;
            let name = raw.get(..colon)?.trim_ascii_end();
            Some(Field {
                name,
                value: raw.get(colon + 1..)?,
                raw,
            })
        })
    }

    /// The values of all fields with this name.
    pub(super) fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(move |field| field.is(name))
            .map(|field| field.value)
    }
}

impl Field<'_> {
    /// Whether that is its name; without case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether its name begins like that; without case.
    pub(super) fn is_one_of(&self, prefix: &str) -> bool {
        let head = self.name.get(..prefix.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
    }
}

/// The first line with its line end.
fn line(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |end| end + 1);
    bytes.get(..end).unwrap_or_default()
}

fn is_folded(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

/// Printable ASCII and a colon (RFC 5322 §3.6.8); blanks in front of the colon are obsolete, not
/// wrong (§4.5).
fn is_field(line: &[u8]) -> bool {
    let colon = line.iter().position(|byte| *byte == b':');
    colon
        .and_then(|colon| line.get(..colon))
        .is_some_and(|name| {
            let name = name.trim_ascii_end();
            !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
        })
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
