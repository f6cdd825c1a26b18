//! Reading an mbox, also one of another program.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::mbox::FROM;

/// Bytes that are looked at in a line to tell whether a message begins there; the rest is skipped.
const LINE_LOOK_BYTES: u64 = 256;

/// Bytes that are read of a line at once.
const PIECE_BYTES: u64 = 64 << 10;

/// Where in a file one message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its `From ` line.
    pub begins: u64,
    /// Its first byte behind that line.
    pub mail: u64,
    /// The end of its last line, without the one empty line that follows.
    pub end: u64,
}

/// Finds up to `limit` messages of a file without holding them: a `From ` line with a time begins
/// one at the beginning and after an empty line.
pub fn places(file: &mut (impl BufRead + Seek), limit: usize) -> io::Result<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    let mut at = file.seek(SeekFrom::Start(0))?;
    // The length of the line before, when it is empty.
    let mut empty_before = Some(0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = look_at_line(file, &mut line)?;
        let begins = empty_before.filter(|_| begins_message(&line));
        if let Some(last) = places.last_mut()
            && (length == 0 || begins.is_some())
        {
            last.end = last.mail.max(at - empty_before.unwrap_or(0));
        }
        if length == 0 || places.len() == limit {
            return Ok(places);
        }
        if begins.is_some() {
            places.push(Place {
                begins: at,
                mail: at + length,
                end: at + length,
            });
        }
        empty_before = matches!(line.as_slice(), b"\n" | b"\r\n").then_some(length);
        at += length;
    }
}

/// `From sender date`. Not all programs quote their lines, so a line without a time of day is text.
fn begins_message(line: &[u8]) -> bool {
    let is_time = |part: &[u8]| match part {
        [a, b, b':', c, d] => [a, b, c, d].iter().all(|it| it.is_ascii_digit()),
        _ => false,
    };
    line.starts_with(FROM) && line.windows(5).any(is_time)
}

/// Reads a line however long it is, and keeps its beginning. Gives its length.
fn look_at_line(file: &mut impl BufRead, beginning: &mut Vec<u8>) -> io::Result<u64> {
    let looked = file
        .by_ref()
        .take(LINE_LOOK_BYTES)
        .read_until(b'\n', beginning)?;
    let mut length = looked as u64;
    let mut ended = length == 0 || beginning.ends_with(b"\n");
    while !ended {
        let rest = file.fill_buf()?;
        let end = rest.iter().position(|byte| *byte == b'\n');
        ended = end.is_some() || rest.is_empty();
        let taken = end.map_or(rest.len(), |end| end + 1);
        file.consume(taken);
        length += taken as u64;
    }
    Ok(length)
}

/// The lines of a message as they were before they went into the file: one `>` less in front of
/// `From `, and CRLF line ends.
pub struct Unquoted<R> {
    lines: R,
    /// What is read next does not begin a line.
    in_line: bool,
    /// A CR is not given yet: an LF may follow.
    cr: bool,
    piece: Vec<u8>,
}

impl<R: BufRead> Unquoted<R> {
    /// From the lines of one message.
    pub fn new(lines: R) -> Self {
        Self {
            lines,
            in_line: false,
            cr: false,
            piece: Vec::new(),
        }
    }

    /// Appends the next piece of the message to `mail`; nothing when that was all.
    pub fn append_to(&mut self, mail: &mut Vec<u8>) -> io::Result<()> {
        let enough = mail.len() as u64 + PIECE_BYTES;
        while (mail.len() as u64) < enough {
            self.piece.clear();
            let mut limited = (&mut self.lines).take(PIECE_BYTES);
            let read = limited.read_until(b'\n', &mut self.piece)?;
            let mut text = self.piece.as_slice();
            if std::mem::take(&mut self.cr) && text != b"\n" {
                mail.push(b'\r');
            }
            if read == 0 {
                return Ok(());
            }
            if !self.in_line && is_quoted(text) {
                text = text.get(1..).unwrap_or_default();
            }
            let line = text.strip_suffix(b"\n");
            self.in_line = line.is_none();
            let without_cr = line.unwrap_or(text).strip_suffix(b"\r");
            mail.extend_from_slice(without_cr.or(line).unwrap_or(text));
            if self.in_line {
                self.cr = without_cr.is_some();
            } else {
                mail.extend_from_slice(b"\r\n");
            }
        }
        Ok(())
    }
}

fn is_quoted(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    quotes > 0 && line.get(quotes..).is_some_and(|it| it.starts_with(FROM))
}

#[cfg(test)]
#[path = "mbox_reader_tests.rs"]
mod tests;
