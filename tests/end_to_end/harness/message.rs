//! Messages to send: files in `tests/messages/`, as they go over the wire.

use std::fs;
use std::path::Path;

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
