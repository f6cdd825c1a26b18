//! The parts of a multipart, byte for byte (RFC 2046 §5.1.1).

use std::ops::Range;

use crate::limits;

/// Where the parts of the multipart body that begins at `body_at` lie in `mail`, without the
/// line end that belongs to the delimiter behind each. `None` when the closing delimiter is
/// missing: then nobody can say where the last part ends. Nor is it a multipart that anybody could
/// want to have opened when there are more parts than [`limits::MULTIPART_PARTS_MAX`].
pub(super) fn parts(mail: &[u8], body_at: usize, boundary: &str) -> Option<Vec<Range<usize>>> {
    if boundary.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut begun = None;
    let mut at = body_at;
    while let Some(rest) = mail.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |end| end + 1);
        let (line, _) = rest.split_at(end);
        if let Some(delimiter) = delimiter(line, boundary) {
            if let Some(begin) = begun {
                parts.push(begin..without_line_end(mail, begin, at));
            }
            if delimiter == Delimiter::Closing {
                return Some(parts);
            }
            if parts.len() >= limits::MULTIPART_PARTS_MAX {
                return None;
            }
            begun = Some(at + end);
        }
        at += end;
    }
    None
}

#[derive(PartialEq, Eq)]
enum Delimiter {
    Between,
    Closing,
}

/// Whether a line is `--boundary` or `--boundary--`, with nothing but blanks behind.
fn delimiter(line: &[u8], boundary: &str) -> Option<Delimiter> {
    let rest = line
        .strip_prefix(b"--")?
        .strip_prefix(boundary.as_bytes())?;
    let (rest, delimiter) = match rest.strip_prefix(b"--") {
        Some(rest) => (rest, Delimiter::Closing),
        None => (rest, Delimiter::Between),
    };
    rest.trim_ascii().is_empty().then_some(delimiter)
}

/// The end of a part whose delimiter begins at `delimiter_at`.
fn without_line_end(mail: &[u8], begin: usize, delimiter_at: usize) -> usize {
    let part = mail.get(begin..delimiter_at).unwrap_or_default();
    let part = part
        .strip_suffix(b"\n")
        .map_or(part, |part| part.strip_suffix(b"\r").unwrap_or(part));
    begin + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mail: &str, want: Option<&[&str]>) {
        let parts = parts(mail.as_bytes(), 0, "b");
        let got = parts.map(|parts| {
            parts
                .into_iter()
                .map(|part| &mail[part])
                .collect::<Vec<_>>()
        });
        assert_eq!(got.as_deref(), want, "{mail:?}");
    }

    #[test]
    fn splits() {
        check(
            "--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n",
            Some(&["one", "two"]),
        );
        check("preamble\r\n--b \t\r\none\r\n\r\n--b--", Some(&["one\r\n"]));
        check(
            "--b\r\n--b\r\n\r\n--b--\r\nepilogue\r\n--b\r\n",
            Some(&["", ""]),
        );
        check("--b\none\n--b--\n", Some(&["one"]));
        check(
            "--b\r\n --b\r\n--bb\r\n--b-\r\nx--b\r\n--b--\r\n",
            Some(&[" --b\r\n--bb\r\n--b-\r\nx--b"]),
        );
        check("--b--\r\n", Some(&[]));
        check("--b\r\none\r\n", None);
        check("--b\r\none\r\n--b\r\ntwo", None);
        check("", None);
    }
}
