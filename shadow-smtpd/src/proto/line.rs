//! Reads command lines.

use crate::limits;

/// A command line under way. It keeps what came so far, up to the limit.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    kept: Vec<u8>,
    too_long: bool,
}

/// A finished line. One that is no command comes with its bytes, up to the limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Text that ended with CRLF, without it.
    Command(String),
    /// Longer than the limit.
    TooLong(Vec<u8>),
    /// Ended with LF alone. RFC 5321 §2.3.8 forbids to take it for a line, and whoever sends it
    /// may be a smuggled mail (§4.1.1.4).
    BareLineFeed(Vec<u8>),
    /// Not UTF-8, or with control characters in it.
    NotText(Vec<u8>),
}

impl LineReader {
    /// Takes bytes up to the first LF out of `wire`. `None` when the line goes on.
    pub(super) fn read(&mut self, wire: &mut &[u8]) -> Option<Line> {
        let end = wire.iter().position(|byte| *byte == b'\n');
        let (taken, rest) = wire.split_at(end.map_or(wire.len(), |end| end + 1));
        *wire = rest;
        let room = limits::COMMAND_LINE_BYTES_MAX - self.kept.len();
        self.too_long |= taken.len() > room;
        self.kept.extend(taken.iter().take(room));
        end?;
        let line = std::mem::take(&mut self.kept);
        if std::mem::take(&mut self.too_long) {
            return Some(Line::TooLong(line));
        }
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Some(Line::BareLineFeed(line));
        };
        match std::str::from_utf8(text) {
            Ok(text) if !text.chars().any(|c| c.is_control() && c != '\t') => {
                Some(Line::Command(text.to_owned()))
            }
            _ => Some(Line::NotText(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wire: &[u8], want: Option<&Line>, rest: &[u8]) {
        let mut left = wire;
        assert_eq!(LineReader::default().read(&mut left).as_ref(), want);
        assert_eq!(left, rest);

        let mut reader = LineReader::default();
        let mut lines = Vec::new();
        for byte in &wire[..wire.len() - rest.len()] {
            lines.extend(reader.read(&mut &[*byte][..]));
        }
        assert_eq!(lines.pop().as_ref(), want, "byte by byte");
        assert_eq!(lines, []);
    }

    #[test]
    fn reads() {
        let command = |text: &str| Line::Command(text.to_owned());
        check(b"NOOP\r\n", Some(&command("NOOP")), b"");
        check(b"\r\n", Some(&command("")), b"");
        check(b"NOOP\r\nQUIT\r\n", Some(&command("NOOP")), b"QUIT\r\n");
        check(
            "MAIL FROM:<grün@x>\r\n".as_bytes(),
            Some(&command("MAIL FROM:<grün@x>")),
            b"",
        );
        check(b"NOO", None, b"");
        check(b"NOOP\r", None, b"");
        let bare = Line::BareLineFeed(b"NOOP\n".to_vec());
        check(b"NOOP\nQUIT\r\n", Some(&bare), b"QUIT\r\n");
        for line in [&b"NO\rOP\r\n"[..], b"NO\0OP\r\n", b"NO\xffOP\r\n"] {
            check(line, Some(&Line::NotText(line.to_vec())), b"");
        }
    }

    #[test]
    fn both_sides_of_the_limit() {
        let longest = limits::COMMAND_LINE_BYTES_MAX - 2;
        let line = |bytes: usize| [&vec![b'x'; bytes][..], b"\r\n"].concat();
        check(
            &line(longest),
            Some(&Line::Command("x".repeat(longest))),
            b"",
        );
        let too_long = Line::TooLong(vec![b'x'; limits::COMMAND_LINE_BYTES_MAX]);
        check(&line(longest * 9), Some(&too_long), b"");
        let kept = [&vec![b'x'; longest + 1][..], b"\r"].concat();
        check(&line(longest + 1), Some(&Line::TooLong(kept)), b"");
    }
}
