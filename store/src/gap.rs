//! What a primary that was restored from a backup may lack: all mail of a time, mailbox by mailbox.

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;
use rusqlite::{Row, Transaction};

use crate::account::{AccountId, Recipient};
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::queue::{self, Purpose, QueueState};
use crate::shadow::Store;

/// A mail that lies in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which one.
    pub message: MessageId,
    /// How it gets back there: [`Purpose::Resend`], or [`Purpose::SentCopy`] for what the owner wrote.
    pub purpose: Purpose,
    /// Message-ID of its header, without angle brackets.
    pub name: Option<String>,
    /// Its size.
    pub size_bytes: u64,
}

/// A row of the queue that brings a mail back to a mailbox, or has brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bringing {
    /// How far it is.
    pub state: QueueState,
    /// Since when it is in that state.
    pub changed_at: Timestamp,
    /// It was queued by [`Store::bring_back`].
    pub is_again: bool,
}

impl Store {
    /// All mail that came into a mailbox in a time, the oldest first, without what its owner deleted
    /// for good and what was written in a drill.
    pub async fn kept_in(
        &self,
        account: AccountId,
        span: Range<Timestamp>,
    ) -> Result<Vec<Kept>, StoreError> {
        self.blocking(move |inner| {
            let days = Day::of(span.start)..=Day::of(span.end);
            let mut kept = Vec::new();
            for day in inner.days.list()? {
                if !days.contains(&day) {
                    continue;
                }
                let of_day = inner.read_day(day, |index| of_day(index, (day, account)))?;
                let of_day = of_day.into_iter().flatten();
                kept.extend(of_day.filter(|it| span.contains(&it.message.arrived_at())));
            }
            Ok(kept)
        })
        .await
    }

    /// What is, or was, on its way to mailboxes of the primary.
    pub async fn bringing(
        &self,
    ) -> Result<HashMap<(AccountId, MessageId, Purpose), Bringing>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                // The newest of several is the last one, and counts.
                let mut rows = shadow.prepare(
                    "SELECT id, day, message, account, purpose, state, changed_at, again FROM queue
                     WHERE account IS NOT NULL AND purpose IN ('return', 'resend', 'sent-copy')
                     AND state <> 'written-off' ORDER BY id",
                )?;
                let rows = rows.query_map([], bringing)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// Queues mails for a mailbox of the primary, which lacks them again, and says how many; with an
    /// audit row that says why. Those that somebody else has queued since they were `compared` are left
    /// out.
    pub async fn bring_back(
        &self,
        owner: Recipient,
        mails: Vec<(MessageId, Purpose)>,
        (by, why): (String, String),
        (compared, now): (Timestamp, Timestamp),
    ) -> Result<usize, StoreError> {
        let queued = self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let mut insert = shadow.prepare_cached(
                    "INSERT INTO queue (day, message, envelope_of, recipient, recipient_key,
                         account, purpose, state, next_attempt_at, changed_at, again)
                     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, ?8, 1
                     WHERE NOT EXISTS (
                         SELECT 1 FROM queue WHERE day = ?1 AND message = ?2 AND account = ?6
                         AND (purpose = ?7 OR (?7 = 'resend' AND purpose = 'return'))
                         AND (state IN ('waiting', 'claimed', 'refused', 'unknown')
                              OR (again = 1 AND changed_at > ?9)))",
                )?;
                let mut count = 0;
                for (message, purpose) in mails {
                    count += insert.execute((
                        message.day().to_string(),
                        message.number(),
                        message.to_string(),
                        owner.primary.as_str(),
                        owner.primary.key(),
                        owner.account.0,
                        columns::to_word(&purpose)?,
                        now.as_millisecond(),
                        compared.as_millisecond(),
                    ))?;
                }
                let event = AuditEvent {
                    actor: by,
                    action: "bring-back",
                    object: owner.primary.to_string(),
                    detail: format!("{count} mails: {why}"),
                    address: None,
                };
                audit::insert(shadow, &event, now)?;
                Ok(count)
            })
        });
        let queued = queued.await?;
        self.inner().queued.notify_one();
        Ok(queued)
    }
}

fn of_day(
    index: &Transaction<'_>,
    (day, account): (Day, AccountId),
) -> Result<Vec<Kept>, StoreError> {
    let mut rows = index.prepare_cached(
        "SELECT message.id, entry.folder, header_message_id, coalesce(content_size, size)
         FROM entry JOIN message ON message.id = entry.message
         WHERE account = ?1 AND moved IS NOT 'gone'
         AND iif(json_valid(envelope), json_extract(envelope, '$.source.rehearsed'), NULL) IS NULL
         ORDER BY message.id",
    )?;
    let rows = rows.query_map([account.0], |row| {
        let folder: String = row.get(1)?;
        Ok(Kept {
            message: MessageId::from_parts(day, row.get(0)?),
            purpose: match folder.as_str() {
                "sent" => Purpose::SentCopy,
                _ => Purpose::Resend,
            },
            name: row.get(2)?,
            size_bytes: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn bringing(row: &Row<'_>) -> rusqlite::Result<((AccountId, MessageId, Purpose), Bringing)> {
    let purpose = match columns::word(row, 4)? {
        Purpose::SentCopy => Purpose::SentCopy,
        _ => Purpose::Resend,
    };
    let key = (AccountId(row.get(3)?), queue::message_id(row)?, purpose);
    let bringing = Bringing {
        state: columns::word(row, 5)?,
        changed_at: columns::time(row, 6)?,
        is_again: row.get(7)?,
    };
    Ok((key, bringing))
}

#[cfg(test)]
#[path = "gap_tests.rs"]
mod tests;
