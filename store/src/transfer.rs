//! Content transfer encodings, undone piece by piece (RFC 2045 §6).

use std::io::{self, Read};

use crate::piece::Encoding;

/// Bytes of a line of quoted-printable that are looked at together. Real lines have 76.
const LINE_BYTES_MAX: usize = 16 << 10;

/// Bytes that are read at once.
const READ_BYTES: usize = 16 << 10;

/// Undoes an encoding. However the input is cut, the output is the same.
pub(crate) enum Decoder {
    AsIs,
    Base64 { bits: u32, count: u8, ended: bool },
    QuotedPrintable { line: Vec<u8> },
}

impl Decoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::AsIs => Self::AsIs,
            Encoding::Base64 => Self::Base64 {
                bits: 0,
                count: 0,
                ended: false,
            },
            Encoding::QuotedPrintable => Self::QuotedPrintable { line: Vec::new() },
        }
    }

    /// Takes the next piece, and puts behind `out` what is certain.
    pub(crate) fn add(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::AsIs => out.extend_from_slice(piece),
            Self::Base64 { bits, count, ended } => {
                for byte in piece {
                    // What stands behind the padding was added by somebody else.
                    *ended |= *byte == b'=';
                    let Some(value) = sextet(*byte).filter(|_| !*ended) else {
                        continue;
                    };
                    *bits = (*bits << 6) | u32::from(value);
                    *count += 1;
                    if *count == 4 {
                        let [_, three @ ..] = bits.to_be_bytes();
                        out.extend(three);
                        (*bits, *count) = (0, 0);
                    }
                }
            }
            Self::QuotedPrintable { line } => {
                for byte in piece {
                    line.push(*byte);
                    if *byte == b'\n' {
                        end_line(line, out);
                        line.clear();
                    } else if line.len() >= LINE_BYTES_MAX {
                        // Of the last two bytes the first may be a `=`.
                        let certain = line.len() - 2;
                        let cut = line.get(certain..).unwrap_or_default();
                        let cut = cut.iter().position(|byte| *byte == b'=');
                        let certain = cut.map_or(line.len(), |at| certain + at);
                        unquote(line.get(..certain).unwrap_or_default(), out);
                        line.drain(..certain);
                    }
                }
            }
        }
    }

    /// There is nothing more.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::AsIs => {}
            Self::Base64 { bits, count, .. } => {
                let last = (*bits << (24 - 6 * u32::from(*count))).to_be_bytes();
                let whole = usize::from(*count) * 6 / 8;
                out.extend(last.get(1..=whole).unwrap_or_default());
                *count = 0;
            }
            Self::QuotedPrintable { line } => {
                end_line(line, out);
                line.clear();
            }
        }
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// A whole line. Blanks at its end were added on the way (rule 3), and a `=` there joins it to the
/// next one (rule 5).
fn end_line(line: &[u8], out: &mut Vec<u8>) {
    let text = line
        .strip_suffix(b"\n")
        .map_or(line, |text| text.strip_suffix(b"\r").unwrap_or(text));
    let line_end = line.get(text.len()..).unwrap_or_default();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let end = text
        .iter()
        .rposition(|byte| !blank(byte))
        .map_or(0, |at| at + 1);
    let text = text.get(..end).unwrap_or_default();
    if let Some(text) = text.strip_suffix(b"=") {
        unquote(text, out);
    } else {
        unquote(text, out);
        out.extend_from_slice(line_end);
    }
}

/// `=3D` is `=`. What is no pair of digits stays.
fn unquote(text: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|it| u8::try_from(it).ok())
    };
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'=') {
        let (plain, quoted) = rest.split_at(at);
        out.extend_from_slice(plain);
        match quoted {
            [_, high, low, after @ ..] if digit(high).is_some() && digit(low).is_some() => {
                let pair = digit(high).zip(digit(low));
                out.extend(pair.map(|(high, low)| high << 4 | low));
                rest = after;
            }
            _ => {
                out.push(b'=');
                rest = quoted.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
}

/// Reads what another reader gives, decoded.
pub(crate) struct Decoded<R> {
    from: R,
    decoder: Decoder,
    /// Decoded and not read yet, from `at` on.
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
    pub(crate) fn new(from: R, encoding: Encoding) -> Self {
        Self {
            from,
            decoder: Decoder::new(encoding),
            ready: Vec::new(),
            at: 0,
            ended: false,
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut piece = [0; READ_BYTES];
        while self.at == self.ready.len() && !self.ended {
            self.ready.clear();
            self.at = 0;
            let length = self.from.read(&mut piece)?;
            if length == 0 {
                self.ended = true;
                self.decoder.end(&mut self.ready);
            } else {
                let piece = piece.get(..length).unwrap_or_default();
                self.decoder.add(piece, &mut self.ready);
            }
        }
        let ready = self.ready.get(self.at..).unwrap_or_default();
        let length = ready.len().min(into.len());
        let (Some(to), Some(from)) = (into.get_mut(..length), ready.get(..length)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
#[path = "transfer_tests.rs"]
mod tests;
