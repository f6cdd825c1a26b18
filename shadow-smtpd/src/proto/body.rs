//! Reads the body of a mail after DATA, to its true end.

/// Reads up to `CRLF . CRLF` and takes away the dots that the client put in front of dots
/// (RFC 5321 §4.5.2). Nothing else ends a mail: no other mix of CR, LF and dot, however often
/// other servers took it for the end.
///
/// All bytes are kept as they came, also a bare CR or LF; that they were there is told at the
/// end. A mail over the limit is read to its end, too, but no longer given out.
#[derive(Debug)]
pub(super) struct BodyReader {
    at: At,
    size_bytes: u64,
    size_bytes_max: u64,
    bare_line_ends: bool,
}

/// Where in a line the reader is. `Cr` variants have a CR in hand that is not given out yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// After CRLF; also at the very beginning (RFC 5321 §4.5.2).
    LineStart,
    /// After a dot at the start of a line: the end, or a stuffed one.
    Dot,
    /// After that dot and a CR.
    DotCr,
    /// Inside a line.
    Text,
    /// After a CR inside a line.
    Cr,
}

/// What the end of a mail showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyEnd {
    /// It was longer than the limit and is not whole.
    pub(super) too_large: bool,
    /// A CR without LF or an LF without CR was in it (RFC 5321 §2.3.8).
    pub(super) bare_line_ends: bool,
}

impl BodyReader {
    pub(super) fn new(size_bytes_max: u64) -> Self {
        Self {
            at: At::LineStart,
            size_bytes: 0,
            size_bytes_max,
            bare_line_ends: false,
        }
    }

    /// Takes bytes out of `wire` up to the end of the mail, adds what belongs to the mail to
    /// `out`, and tells when the end was there.
    pub(super) fn read(&mut self, wire: &mut &[u8], out: &mut Vec<u8>) -> Option<BodyEnd> {
        while let Some((&byte, rest)) = wire.split_first() {
            let is_text = match self.at {
                At::Text => !matches!(byte, b'\r' | b'\n'),
                At::LineStart => !matches!(byte, b'.' | b'\r' | b'\n'),
                At::Dot | At::DotCr | At::Cr => false,
            };
            if is_text {
                self.text(wire, out);
                continue;
            }
            *wire = rest;
            if self.next(byte, out) {
                return Some(BodyEnd {
                    too_large: self.size_bytes > self.size_bytes_max,
                    bare_line_ends: self.bare_line_ends,
                });
            }
        }
        None
    }

    /// The rest of a line in one go, with its CRLF where that is there, too.
    fn text(&mut self, wire: &mut &[u8], out: &mut Vec<u8>) {
        let end = memchr::memchr2(b'\r', b'\n', wire).unwrap_or(wire.len());
        let (_, rest) = wire.split_at(end);
        let (length, at) = if rest.starts_with(b"\r\n") {
            (end + 2, At::LineStart)
        } else {
            (end, At::Text)
        };
        let (line, rest) = wire.split_at(length);
        self.keep(line, out);
        *wire = rest;
        self.at = at;
    }

    /// One byte; `true` when it was the last one of the mail.
    fn next(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        self.at = match (self.at, byte) {
            (At::DotCr, b'\n') => return true,
            (At::Cr, b'\n') => {
                self.keep(b"\r\n", out);
                At::LineStart
            }
            (At::LineStart, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotCr,
            (At::LineStart | At::Text, b'\r') => At::Cr,
            (At::Cr | At::DotCr, b'\r') => {
                self.bare(b"\r", out);
                At::Cr
            }
            (At::Cr | At::DotCr, _) => {
                self.bare(b"\r", out);
                self.keep(&[byte], out);
                At::Text
            }
            (At::LineStart | At::Dot | At::Text, b'\n') => {
                self.bare(b"\n", out);
                At::Text
            }
            (At::LineStart | At::Dot | At::Text, _) => {
                self.keep(&[byte], out);
                At::Text
            }
        };
        false
    }

    fn bare(&mut self, byte: &[u8], out: &mut Vec<u8>) {
        self.bare_line_ends = true;
        self.keep(byte, out);
    }

    fn keep(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.size_bytes = self.size_bytes.saturating_add(bytes.len() as u64);
        if self.size_bytes <= self.size_bytes_max {
            out.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
