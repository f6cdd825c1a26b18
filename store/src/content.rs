//! Reading the mail of a record piece by piece, for downloads and export: its size does not decide
//! how much memory that takes.

use std::io::{self, Read, Seek, SeekFrom};

use zstd::stream::read::Decoder;

use crate::error::StoreError;
use crate::id::MessageId;
use crate::piece::Encoding;
use crate::record::MessageRow;
use crate::shadow::{Inner, Store};
use crate::transfer::Decoded;

/// The bytes of a mail, to be read in order. Reading blocks. They stay readable when their day is
/// dropped in the meantime.
pub struct Content {
    bytes: Box<dyn Read + Send>,
    length: u64,
}

impl Content {
    /// How many bytes there are, read and unread.
    #[expect(
        clippy::len_without_is_empty,
        reason = "what was read is not taken off"
    )]
    pub fn len(&self) -> u64 {
        self.length
    }
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(into)
    }
}

impl Store {
    /// The same bytes as [`Store::content`], never all in memory. Before it gives out the first of
    /// them it has compared the whole record with its checksums.
    pub async fn open_content(&self, id: MessageId) -> Result<Content, StoreError> {
        self.blocking(move |inner| inner.at_its_place(id, |row| inner.open_content(id, row)))
            .await
    }
}

impl Inner {
    fn open_content(&self, id: MessageId, row: &MessageRow) -> Result<Content, StoreError> {
        let damaged = |why: &str| StoreError::Damaged(format!("message {id}"), why.to_owned());
        let (record, mut file) = self.open_record(id, &row.place)?;
        let range = match &row.content {
            None => 0..record.size,
            Some(piece) => piece.range.start as u64..piece.range.end as u64,
        };
        if range.start > range.end || range.end > record.size {
            return Err(damaged("its inner message lies outside of it"));
        }
        file.seek(SeekFrom::Start(record.body.start))?;
        let body = file.take(record.body.end - record.body.start);
        let mut message = Decoder::new(body)?;
        io::copy(&mut (&mut message).take(range.start), &mut io::sink())?;
        let bytes = message.take(range.end.saturating_sub(range.start));
        Ok(match &row.content {
            Some(piece) if piece.encoding != Encoding::AsIs => Content {
                bytes: Box::new(Decoded::new(bytes, piece.encoding).take(piece.size_bytes)),
                length: piece.size_bytes,
            },
            _ => Content {
                length: bytes.limit(),
                bytes: Box::new(bytes),
            },
        })
    }
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
