//! Reading the mail of a record piece by piece, for downloads and export: its size does not decide
//! how much memory that takes.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};

use zstd::stream::read::Decoder;

use crate::error::StoreError;
use crate::id::MessageId;
use crate::record::MessageRow;
use crate::shadow::{Inner, Store};

/// The bytes of a mail, to be read in order. Reading blocks. They stay readable when their day is
/// dropped in the meantime.
pub struct Content {
    bytes: Take<Decoder<'static, BufReader<Take<File>>>>,
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
            Some(range) => range.start as u64..range.end as u64,
        };
        if range.start > range.end || range.end > record.size {
            return Err(damaged("its inner message lies outside of it"));
        }
        file.seek(SeekFrom::Start(record.body.start))?;
        let body = file.take(record.body.end - record.body.start);
        let mut message = Decoder::new(body)?;
        io::copy(&mut (&mut message).take(range.start), &mut io::sink())?;
        let length = range.end - range.start;
        Ok(Content {
            bytes: message.take(length),
            length,
        })
    }
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
