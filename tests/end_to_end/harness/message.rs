//! Messages to send: files in `tests/messages/`, as they go over the wire.

use std::fs;
use std::path::Path;

use crate::harness::random::Random;

/// A message with known bytes.
#[derive(Clone, Debug)]
pub struct Message {
    /// The file it came from, without its ending.
    pub name: String,
    /// Headers, empty line and body, with CRLF.
    pub bytes: Vec<u8>,
}

impl Message {
    /// Reads `tests/messages/NAME.eml`. Lines end with CRLF on the wire, with LF in the file.
    pub fn load(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("messages/{name}.eml"));
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut bytes = Vec::with_capacity(text.len());
        for byte in text {
            if byte == b'\n' {
                bytes.push(b'\r');
            }
            bytes.push(byte);
        }
        Self {
            name: name.to_owned(),
            bytes,
        }
    }

    /// A short one with a number, for floods.
    pub fn numbered(number: usize) -> Self {
        let name = format!("flood-{number}");
        let text = format!(
            "From: Flut <flut@outside.example>\r\nTo: info@corp.example\r\n\
             Subject: Nummer {number}\r\nDate: Sat, 21 Nov 2026 09:00:00 +0100\r\n\
             Message-ID: <{name}@outside.example>\r\n\r\nNummer {number}.\r\n"
        );
        Self {
            name,
            bytes: text.into_bytes(),
        }
    }

    /// The Message-IDs of such messages, in the order of the alphabet.
    pub fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        let ids = numbers.into_iter().map(|it| Self::numbered(it).id());
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    }

    /// One with a number and a body of about so many bytes: lines of all lengths, some with a dot
    /// in front, that no compressor makes small. The same number gives the same bytes.
    pub fn with_body(number: usize, bytes: usize) -> Self {
        let mut message = Self::numbered(number);
        let mut random = Random::with_seed(number as u64);
        let end = message.bytes.len() + bytes;
        while message.bytes.len() < end {
            if random.below(4) == 0 {
                message.bytes.push(b'.');
            }
            for _ in 0..random.below(60) {
                // Printable, so that it is a mail by any rule.
                let byte = b' ' + u8::try_from(random.below(95)).unwrap();
                message.bytes.push(byte);
            }
            message.bytes.extend_from_slice(b"\r\n");
        }
        message
    }

    /// Its Message-ID, with angle brackets.
    pub fn id(&self) -> String {
        self.header("Message-ID")
    }

    /// Its Date, as it is written.
    pub fn date(&self) -> String {
        self.header("Date")
    }

    fn header(&self, name: &str) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let start = format!("{name}: ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{} has no {name}", self.name))
            .to_owned()
    }
}
