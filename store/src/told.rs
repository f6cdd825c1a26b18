//! What writers must be told about mail to the outside.

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::queue::{self, QueueId};
use crate::shadow::Store;

/// What a writer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It did not arrive yet, and is tried again and again.
    Delayed,
    /// It was refused, or given up.
    Failed,
}

/// A row whose writer does not know yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// Which row.
    pub id: QueueId,
    /// Which message.
    pub message: MessageId,
    /// The record whose envelope it went out with.
    pub envelope_of: MessageId,
    /// To whom.
    pub recipient: Address,
    /// Who wrote it, where that is known.
    pub writer: Option<AccountId>,
    /// What they must be told.
    pub tell: Told,
    /// When it came to the state it is in.
    pub changed_at: Timestamp,
    /// The last words of the other side.
    pub last_words: String,
}

impl Store {
    /// Rows to the outside whose writer must be told that they failed, or that they wait since
    /// before `late`. What was stopped on purpose is not late.
    pub async fn untold(
        &self,
        late: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<Untold>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut rows = shadow.prepare_cached(
                    "SELECT id, day, message, envelope_of, recipient, writer, 'failed', changed_at,
                         last_words
                     FROM queue
                     WHERE purpose = 'send' AND told <> 'failed' AND state = 'refused'
                     UNION ALL
                     SELECT id, day, message, envelope_of, recipient, writer, 'delayed',
                         changed_at, last_words
                     FROM queue
                     WHERE purpose = 'send' AND told <> 'failed' AND state = 'waiting'
                         AND told = '' AND queued_at < ?1
                         AND NOT EXISTS (
                             SELECT 1 FROM outbound_stop WHERE writer IN (0, queue.writer))
                     LIMIT ?2",
                )?;
                let late = late.unwrap_or(Timestamp::MIN).as_millisecond();
                let rows = rows.query_map((late, limit), untold)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// Nobody can be told about a row: it is left alone from now on.
    pub async fn untellable(&self, id: QueueId, tell: Told) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| mark(shadow, id, tell).map(drop))
        })
        .await
    }
}

/// Writes down that the writer of a row is told. `false` when they were told already, or the row
/// has moved on.
pub(crate) fn mark(shadow: &Transaction<'_>, id: QueueId, told: Told) -> Result<bool, StoreError> {
    let state = match told {
        Told::Delayed => "waiting",
        Told::Failed => "refused",
    };
    let marked = shadow.execute(
        "UPDATE queue SET told = ?2
         WHERE id = ?1 AND state = ?3 AND told <> ?2 AND told <> 'failed'",
        (id.0, columns::to_word(&told)?, state),
    )?;
    Ok(marked > 0)
}

fn untold(row: &Row<'_>) -> rusqlite::Result<Untold> {
    Ok(Untold {
        id: QueueId(row.get(0)?),
        message: queue::message_id(row)?,
        envelope_of: columns::parsed(row, 3)?,
        recipient: columns::parsed(row, 4)?,
        writer: row.get::<_, Option<i64>>(5)?.map(AccountId),
        tell: columns::word(row, 6)?,
        changed_at: columns::time(row, 7)?,
        last_words: row.get(8)?,
    })
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
