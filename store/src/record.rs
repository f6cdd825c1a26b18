//! Reading a kept message back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row};
use zstd::stream::read::Decoder;

use crate::columns;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::piece::Piece;
use crate::scan::{Fault, Scan, Whole};
use crate::segment::{self, Place};
use crate::shadow::{Inner, Store};

/// The row of one message.
pub(crate) struct MessageRow {
    pub(crate) place: Place,
    pub(crate) state: String,
    pub(crate) envelope: Envelope,
    pub(crate) content: Option<Piece>,
    pub(crate) aside: Option<Piece>,
}

impl Store {
    /// The stored record, byte for byte as it came in, checked against its checksum.
    pub async fn record(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        self.blocking(move |inner| inner.at_its_place(id, |row| inner.record(id, row)))
            .await
    }

    /// The mail itself: the record, or the inner message of a journal report.
    pub async fn content(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        self.blocking(move |inner| {
            let (record, piece) =
                inner.at_its_place(id, |row| Ok((inner.record(id, row)?, row.content.clone())))?;
            piece_of(id, piece, record)
        })
        .await
    }

    /// The mail as its owner can read it: the decrypted copy where there is one, else the mail
    /// itself. It must not be sent to anybody.
    pub async fn readable(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        self.blocking(move |inner| {
            let (record, piece) = inner.at_its_place(id, |row| {
                let piece = row.aside.as_ref().or(row.content.as_ref());
                Ok((inner.record(id, row)?, piece.cloned()))
            })?;
            piece_of(id, piece, record)
        })
        .await
    }

    /// The envelope a message came with.
    pub async fn envelope(&self, id: MessageId) -> Result<Envelope, StoreError> {
        self.blocking(move |inner| Ok(inner.row(id)?.envelope))
            .await
    }
}

impl Inner {
    pub(crate) fn row(&self, id: MessageId) -> Result<MessageRow, StoreError> {
        let found = self.days.of(id)?.index.read(|index| {
            let mut row = index.prepare_cached(
                "SELECT segment, offset, length, state, envelope, content_start, content_end,
                     content_encoding, content_size, aside
                 FROM message WHERE id = ?1",
            )?;
            let row = row.query_row([id.number()], |row| {
                Ok(MessageRow {
                    place: Place {
                        segment: row.get(0)?,
                        offset: row.get(1)?,
                        length: row.get(2)?,
                    },
                    state: row.get(3)?,
                    envelope: columns::json(row, 4)?,
                    content: content(row)?,
                    aside: match row.get_ref(9)? {
                        ValueRef::Null => None,
                        _ => Some(columns::json(row, 9)?),
                    },
                })
            });
            Ok(row.optional()?)
        })?;
        found.ok_or_else(|| StoreError::Missing(format!("message {id}")))
    }

    /// Reads the record of a message where its row says.
    pub(crate) fn at_its_place<T>(
        &self,
        id: MessageId,
        read: impl Fn(&MessageRow) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        at_its_place(|| self.row(id), |row| &row.place, read)
    }

    /// The envelope as it stands in the record, whatever the row says.
    pub(crate) fn envelope_in_record(&self, id: MessageId) -> Result<Envelope, StoreError> {
        let day = self.days.of(id)?.day;
        let look = || {
            let index = &self.days.at(day)?.index;
            index.read(|index| {
                let mut row = index
                    .prepare_cached("SELECT segment, offset, length FROM message WHERE id = ?1")?;
                Ok(row.query_row([id.number()], |row| {
                    Ok(Place {
                        segment: row.get(0)?,
                        offset: row.get(1)?,
                        length: row.get(2)?,
                    })
                })?)
            })
        };
        let read = |place: &Place| Ok(self.open_record(id, place)?.0.header.envelope);
        at_its_place(look, |place| place, read)
    }

    /// The file of a record that was compared with its checksums.
    pub(crate) fn open_record(
        &self,
        id: MessageId,
        place: &Place,
    ) -> Result<(Whole, File), StoreError> {
        let damaged = |why: String| StoreError::Damaged(format!("message {id}"), why);
        let path = self.days.of(id)?.dir.join(&place.segment);
        let opened = Scan::one(&path, place).map_err(|error| not_found(error, damaged))?;
        let (whole, file) = opened.map_err(|fault| match fault {
            Fault::CutShort => damaged("the record is cut short".to_owned()),
            Fault::Damaged(why) => damaged(why),
        })?;
        if whole.header.id != id.to_string() {
            return Err(damaged(format!("the record there is {}", whole.header.id)));
        }
        Ok((whole, file))
    }

    fn record(&self, id: MessageId, row: &MessageRow) -> Result<Vec<u8>, StoreError> {
        let day = self.days.of(id)?;
        let damaged = |why: String| StoreError::Damaged(format!("message {id}"), why);
        if row.place.length > limits::RECORD_BYTES_READ_AT_ONCE_MAX {
            return self.big_record(id, &row.place);
        }
        let record =
            segment::read(&day.dir, &row.place).map_err(|error| not_found(error, damaged))?;
        let (header, message) = segment::decode(&record, row.place.seal()).map_err(damaged)?;
        if header.id != id.to_string() {
            return Err(damaged(format!("the record there is {}", header.id)));
        }
        Ok(message)
    }

    /// A big mail is in memory once, and not a second time compressed.
    fn big_record(&self, id: MessageId, place: &Place) -> Result<Vec<u8>, StoreError> {
        let (whole, mut file) = self.open_record(id, place)?;
        let damaged = |why: &str| StoreError::Damaged(format!("message {id}"), why.to_owned());
        let size = usize::try_from(whole.size)
            .map_err(|_| damaged("the message is larger than memory"))?;
        let mut message = Vec::with_capacity(size);
        file.seek(SeekFrom::Start(whole.body.start))?;
        let body = file.take(whole.body.end - whole.body.start);
        Decoder::new(body)?
            .take(whole.size)
            .read_to_end(&mut message)?;
        Ok(message)
    }
}

/// Thinning a day moves what survives, so a record that is not there is looked for once more before
/// that is damage.
fn at_its_place<R, T>(
    look: impl Fn() -> Result<R, StoreError>,
    place: impl Fn(&R) -> &Place,
    read: impl Fn(&R) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let row = look()?;
    let damaged = match read(&row) {
        Err(damaged @ StoreError::Damaged(..)) => damaged,
        other => return other,
    };
    let now = look()?;
    if place(&now) == place(&row) {
        return Err(damaged);
    }
    read(&now)
}

/// Any other error may pass: too many open files, a disk that answers again later.
fn not_found(error: io::Error, damaged: impl Fn(String) -> StoreError) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => damaged(error.to_string()),
        _ => error.into(),
    }
}

fn piece_of(id: MessageId, piece: Option<Piece>, record: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let Some(piece) = piece else {
        return Ok(record);
    };
    piece.of(record).ok_or_else(|| {
        let why = "its inner message lies outside of it".to_owned();
        StoreError::Damaged(id.to_string(), why)
    })
}

/// The columns from `content_start` to `content_size`.
fn content(row: &Row<'_>) -> rusqlite::Result<Option<Piece>> {
    let (start, end): (Option<usize>, Option<usize>) = (row.get(5)?, row.get(6)?);
    let Some((start, end)) = start.zip(end) else {
        return Ok(None);
    };
    let as_is = Piece::as_is(start..end);
    let Some(size_bytes) = row.get(8)? else {
        return Ok(Some(as_is));
    };
    Ok(Some(Piece {
        encoding: columns::word(row, 7)?,
        size_bytes,
        ..as_is
    }))
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
