//! The mbox form (RFC 4155), with the quoting called mboxrd: every line that begins with any number
//! of `>` and `From ` gets one `>` more, so that it can be taken off again.

use std::io::{self, Read, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How a message begins.
pub const FROM: &[u8] = b"From ";

/// Writes one message: CRLF becomes LF, and `From ` lines are quoted. `sender` is the reverse path,
/// empty for the null path.
pub fn write(
    out: &mut impl Write,
    (sender, at): (&str, Timestamp),
    mail: &mut impl Read,
) -> io::Result<()> {
    let sender = match sender {
        "" => "MAILER-DAEMON",
        sender => sender,
    };
    // Whoever reads it splits at the first blank.
    let sender: String = sender.chars().filter(|c| !c.is_whitespace()).collect();
    let at = at.to_zoned(TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y");
    writeln!(out, "From {sender} {at}")?;
    let mut lines = Lines {
        out,
        at: At::Quotes,
        cr: false,
        ended: true,
    };
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = mail.read(&mut piece)?;
        if read == 0 {
            return lines.end();
        }
        for byte in piece.get(..read).unwrap_or_default() {
            lines.byte(*byte)?;
        }
    }
}

/// Where in a line the writer is.
#[derive(Clone, Copy)]
enum At {
    /// Only `>` so far, or nothing.
    Quotes,
    /// So many bytes of `From `, which are not written yet.
    From(usize),
    Text,
}

struct Lines<'a, W> {
    out: &'a mut W,
    at: At,
    /// A CR is not written yet: an LF may follow.
    cr: bool,
    /// The last byte ended a line.
    ended: bool,
}

impl<W: Write> Lines<'_, W> {
    fn byte(&mut self, byte: u8) -> io::Result<()> {
        if std::mem::take(&mut self.cr) && byte != b'\n' {
            self.plain(b'\r')?;
        }
        match byte {
            b'\r' => {
                self.cr = true;
                Ok(())
            }
            other => self.plain(other),
        }
    }

    fn plain(&mut self, byte: u8) -> io::Result<()> {
        self.ended = byte == b'\n';
        let matched = match self.at {
            At::Quotes if byte == b'>' => return self.out.write_all(b">"),
            At::Quotes => 0,
            At::From(matched) => matched,
            At::Text => {
                if byte == b'\n' {
                    self.at = At::Quotes;
                }
                return self.out.write_all(&[byte]);
            }
        };
        if FROM.get(matched) == Some(&byte) {
            self.at = At::From(matched + 1);
            if matched + 1 == FROM.len() {
                self.at = At::Text;
                self.out.write_all(b">")?;
                self.out.write_all(FROM)?;
            }
            return Ok(());
        }
        self.out
            .write_all(FROM.get(..matched).unwrap_or_default())?;
        self.at = if byte == b'\n' { At::Quotes } else { At::Text };
        self.out.write_all(&[byte])
    }

    /// The last line ends, and an empty one follows.
    fn end(&mut self) -> io::Result<()> {
        if self.cr {
            self.plain(b'\r')?;
        }
        if let At::From(matched) = self.at {
            self.out
                .write_all(FROM.get(..matched).unwrap_or_default())?;
        }
        self.out.write_all(if self.ended { b"\n" } else { b"\n\n" })
    }
}

#[cfg(test)]
#[path = "mbox_tests.rs"]
mod tests;
