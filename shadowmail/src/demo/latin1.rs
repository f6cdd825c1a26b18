//! ISO-8859-1 in quoted-printable, as older mail programs write it.

use std::fmt::Write as _;

use mail_builder::encoders::QuotedPrintableEncoder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::{BodyPart, MimePart};

/// Characters of the text in one encoded word: three letters each at most stay below the 75 of
/// RFC 2047 §2.
const WORD_CHARS_MAX: usize = 18;

/// A header value as encoded words (RFC 2047).
pub fn header(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let words = chars.chunks(WORD_CHARS_MAX).map(|chunk| {
        let mut word = String::from("=?iso-8859-1?Q?");
        for c in chunk {
            match c {
                ' ' => word.push('_'),
                c if c.is_ascii_alphanumeric() => word.push(*c),
                c => {
                    let _ = write!(word, "={:02X}", byte(*c));
                }
            }
        }
        word + "?="
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A text part.
pub fn body(text: &str) -> std::io::Result<MimePart<'static>> {
    let bytes: Vec<u8> = text
        .lines()
        .flat_map(|line| line.chars().chain("\r\n".chars()))
        .map(byte)
        .collect();
    let encoded = QuotedPrintableEncoder::new()
        .preserve_line_breaks()
        .encode(&bytes)?;
    let kind = ContentType::new("text/plain").attribute("charset", "iso-8859-1");
    Ok(MimePart::new(kind, BodyPart::Binary(encoded.into())).transfer_encoding("quoted-printable"))
}

fn byte(c: char) -> u8 {
    u8::try_from(u32::from(c)).unwrap_or(b'?')
}
