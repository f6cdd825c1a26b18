//! A conversation in lines, as SMTP and IMAP have it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::limits;
use crate::wire::{self, Place, Security, Wire};

/// A connection of which lines are read.
pub(super) struct Talk {
    wire: Wire,
    place: String,
    read: Vec<u8>,
}

impl Talk {
    pub(super) async fn open(place: &Place, security: &Security) -> Result<Self, String> {
        Ok(Self {
            wire: wire::connect(place, security).await?,
            place: place.to_string(),
            read: Vec::new(),
        })
    }

    /// Says these bytes.
    pub(super) async fn say(&mut self, text: &str) -> Result<(), String> {
        let said = async {
            self.wire.write_all(text.as_bytes()).await?;
            self.wire.flush().await
        };
        said.await.map_err(|error| self.broken(&error.to_string()))
    }

    /// The next line, without its end.
    pub(super) async fn line(&mut self) -> Result<String, String> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let rest = self.read.split_off(end + 1);
                let line = std::mem::replace(&mut self.read, rest);
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.read.len() > limits::PROBE_LINE_BYTES_MAX {
                return Err(format!("{} says a line without an end", self.place));
            }
            let mut piece = [0; 1024];
            let read = self.wire.read(&mut piece).await;
            match read.map_err(|error| self.broken(&error.to_string()))? {
                0 => return Err(self.broken("it hung up")),
                read => self.read.extend(piece.iter().take(read)),
            }
        }
    }

    /// The last line of a reply of SMTP (RFC 5321 §4.2.1), which must begin with this; `to` is what it is an
    /// answer to.
    pub(super) async fn reply(&mut self, want: &str, to: &str) -> Result<String, String> {
        for _ in 0..limits::PROBE_LINES_MAX {
            let line = self.line().await?;
            if line.as_bytes().get(3) == Some(&b'-') {
                continue;
            }
            return if line.starts_with(want) {
                Ok(line)
            } else {
                Err(format!("{} answered \"{line}\" to {to}", self.place))
            };
        }
        Err(format!("{} says lines without an end", self.place))
    }

    fn broken(&self, why: &str) -> String {
        format!("the connection to {} broke: {why}", self.place)
    }
}
