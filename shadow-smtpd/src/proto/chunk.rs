//! Reads the chunks of a mail after BDAT (RFC 3030 §2).

use super::body::BodyEnd;

/// What the chunks of one mail hold. A chunk ends by its length alone: no dot ends it, and no dot
/// is taken away. Chunks may part a line anywhere, between CR and LF too.
#[derive(Debug)]
pub(super) struct ChunkReader {
    at: At,
    announced_bytes: u64,
    size_bytes_max: u64,
    bare_line_ends: bool,
}

/// Where in a line the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// After CRLF; also at the very beginning.
    LineStart,
    /// Inside a line.
    Text,
    /// After a CR.
    Cr,
}

impl ChunkReader {
    pub(super) fn new(size_bytes_max: u64) -> Self {
        Self {
            at: At::LineStart,
            announced_bytes: 0,
            size_bytes_max,
            bare_line_ends: false,
        }
    }

    /// Whether another chunk of so many octets is within the limit of the mail.
    #[must_use]
    pub(super) fn announce(&mut self, octets: u64) -> bool {
        self.announced_bytes = self.announced_bytes.saturating_add(octets);
        self.announced_bytes <= self.size_bytes_max
    }

    /// Looks at a piece of a chunk.
    pub(super) fn read(&mut self, piece: &[u8]) {
        for byte in piece {
            self.at = match (self.at, byte) {
                (At::Cr, b'\n') => At::LineStart,
                (_, b'\n') => {
                    self.bare_line_ends = true;
                    At::Text
                }
                (at, b'\r') => {
                    self.bare_line_ends |= at == At::Cr;
                    At::Cr
                }
                (at, _) => {
                    self.bare_line_ends |= at == At::Cr;
                    At::Text
                }
            };
        }
    }

    /// What the last chunk lacks: a mail ends with CRLF (RFC 5321 §4.1.1.4), or it could not be
    /// handed on with DATA.
    pub(super) fn missing_end(&self) -> &'static [u8] {
        match self.at {
            At::LineStart => b"",
            At::Text => b"\r\n",
            At::Cr => b"\n",
        }
    }

    /// What the whole mail showed.
    pub(super) fn end(&self) -> BodyEnd {
        BodyEnd {
            too_large: self.announced_bytes > self.size_bytes_max,
            bare_line_ends: self.bare_line_ends,
        }
    }
}

#[cfg(test)]
#[path = "chunk_tests.rs"]
mod tests;
