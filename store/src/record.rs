//! Reading a kept message back.

use std::io;
use std::ops::Range;

use rusqlite::OptionalExtension;

use crate::columns;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::segment::{self, Place};
use crate::shadow::{Inner, Store};

/// The row of one message.
pub(crate) struct MessageRow {
    pub(crate) place: Place,
    pub(crate) state: String,
    envelope: Envelope,
    pub(crate) content: Option<Range<usize>>,
}

impl Store {
    /// The stored record, byte for byte as it came in, checked against its checksum.
    pub async fn record(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        self.blocking(move |inner| inner.record(id, &inner.row(id)?))
            .await
    }

    /// The mail itself: the record, or the inner message of a journal report.
    pub async fn content(&self, id: MessageId) -> Result<Vec<u8>, StoreError> {
        self.blocking(move |inner| {
            let row = inner.row(id)?;
            let mut record = inner.record(id, &row)?;
            if let Some(range) = row.content {
                if range.start > range.end || range.end > record.len() {
                    let why = "its inner message lies outside of it".to_owned();
                    return Err(StoreError::Damaged(id.to_string(), why));
                }
                record.truncate(range.end);
                record.drain(..range.start);
            }
            Ok(record)
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
                "SELECT segment, offset, length, state, envelope, content_start, content_end
                 FROM message WHERE id = ?1",
            )?;
            let row = row.query_row([id.number()], |row| {
                let start: Option<u64> = row.get(5)?;
                let end: Option<u64> = row.get(6)?;
                Ok(MessageRow {
                    place: Place {
                        segment: row.get(0)?,
                        offset: row.get(1)?,
                        length: row.get(2)?,
                    },
                    state: row.get(3)?,
                    envelope: columns::json(row, 4)?,
                    content: start.zip(end).and_then(range),
                })
            });
            Ok(row.optional()?)
        })?;
        found.ok_or_else(|| StoreError::Missing(format!("message {id}")))
    }

    fn record(&self, id: MessageId, row: &MessageRow) -> Result<Vec<u8>, StoreError> {
        let day = self.days.of(id)?;
        let damaged = |why: String| StoreError::Damaged(format!("message {id}"), why);
        let record = segment::read(&day.dir, &row.place).map_err(|error| match error.kind() {
            // Anything else may pass: too many open files, a disk that answers again later.
            io::ErrorKind::NotFound => damaged(error.to_string()),
            _ => error.into(),
        })?;
        let (header, message) = segment::decode(&record).map_err(damaged)?;
        if header.id != id.to_string() {
            return Err(damaged(format!("the record there is {}", header.id)));
        }
        Ok(message)
    }
}

fn range((start, end): (u64, u64)) -> Option<Range<usize>> {
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}
