//! The queue: one row for each message on its way to one recipient, and for ever after the
//! ledger of what became of it.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::columns;
use crate::error::StoreError;
use crate::filing::{Owed, Replayed};
use crate::id::MessageId;
use crate::limits;
use crate::settings;
use crate::shadow::Store;

/// The name of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct QueueId(pub i64);

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a message is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To the primary, which lacks it.
    Return,
    /// To the primary, for the Sent folder of the account that wrote it.
    SentCopy,
    /// To somebody outside, written in the emergency webmail.
    Send,
    /// To the primary once more, because an administrator asked for it.
    Resend,
    /// To the primary, which is to deliver what Shadowmail wrote itself. Nobody decides about it: what
    /// is not taken is given up.
    Notice,
}

/// How far a row has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueState {
    /// It may be tried when its time comes.
    Waiting,
    /// A worker is handing it over right now, or died while doing so.
    Claimed,
    /// The other side took it.
    Delivered,
    /// The other side refused it for good; a person must decide.
    Refused,
    /// The line broke after the final dot: it may or may not have arrived; a person must decide.
    Unknown,
    /// The primary has shown that it has it (a journal copy came back).
    Confirmed,
    /// It need not arrive: a person decided so, or it was a notice that nobody took.
    WrittenOff,
}

impl QueueState {
    /// The one table of what may become what.
    pub fn may_become(self, next: Self) -> bool {
        use QueueState::{Claimed, Confirmed, Delivered, Refused, Unknown, Waiting, WrittenOff};
        matches!(
            (self, next),
            (Waiting, Claimed | Confirmed | WrittenOff)
                | (Claimed, Waiting | Delivered | Refused | Unknown | Confirmed)
                | (Delivered, Confirmed)
                // Only by a person, or when the primary shows that it has it.
                | (Refused | Unknown, Waiting | WrittenOff | Confirmed)
        )
    }

    /// Whether nothing is left to do.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Confirmed | Self::WrittenOff)
    }
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Taken.
    Delivered,
    /// Refused for good.
    Refused,
    /// Tried, but not now; try again at that time.
    Later(Timestamp),
    /// Not tried at all; it is free again from that time on.
    GivenBack(Timestamp),
    /// The line broke after the final dot.
    Unknown,
    /// A notice that was not taken, or of which that is not known.
    GivenUp,
}

impl Store {
    /// Writes what became of a claim, with the other side's last words. A row that the primary
    /// has confirmed in the meantime stays confirmed.
    pub async fn settle(
        &self,
        id: QueueId,
        outcome: Settled,
        last_words: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let last_words: String = last_words
            .chars()
            .take(limits::LAST_WORDS_CHARS_MAX)
            .collect();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let (next, due, tries) = match outcome {
                    Settled::Delivered => (QueueState::Delivered, None, 1),
                    Settled::Refused => (QueueState::Refused, None, 1),
                    Settled::Unknown => (QueueState::Unknown, None, 1),
                    Settled::GivenUp => (QueueState::WrittenOff, None, 1),
                    Settled::Later(at) => (QueueState::Waiting, Some(at), 1),
                    Settled::GivenBack(at) => (QueueState::Waiting, Some(at), 0),
                };
                if state(shadow, id)? == QueueState::Confirmed {
                    return Ok(());
                }
                if outcome == Settled::GivenUp {
                    // Nobody needs to look at it in between.
                    change(shadow, id, QueueState::Refused, (now, None))?;
                }
                change(shadow, id, next, (now, Some(&last_words)))?;
                shadow.execute(
                    "UPDATE queue SET attempts = attempts + ?2,
                         next_attempt_at = coalesce(?3, next_attempt_at)
                     WHERE id = ?1",
                    (id.0, tries, due.map(Timestamp::as_millisecond)),
                )?;
                Ok(())
            })
        })
        .await
    }

    /// Makes this process the one that works on the queue, until it ends. Rows that a worker had
    /// claimed when it died become [`QueueState::Unknown`]: nobody knows how far it came; a notice
    /// is given up then. Gives the number of unknown ones; refuses while another process is the
    /// worker.
    pub async fn begin_work(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.blocking(move |inner| {
            if !inner.worker.try_take()? {
                let why =
                    "another process works on the queue of this data directory; stop it first";
                return Err(StoreError::Refused(why.to_owned()));
            }
            inner.shadow.write(|shadow| {
                let why = "the worker ended in the middle of handing it over";
                shadow.execute(
                    "UPDATE queue SET state = 'written-off', changed_at = ?1, last_words = ?2
                     WHERE state = 'claimed' AND purpose = 'notice'",
                    (now.as_millisecond(), why),
                )?;
                Ok(shadow.execute(
                    "UPDATE queue SET state = 'unknown', changed_at = ?1, last_words = ?2
                     WHERE state = 'claimed'",
                    (now.as_millisecond(), why),
                )?)
            })
        })
        .await
    }

    /// Everything that waits is due at `now`, whatever its retry time was.
    pub async fn try_all(&self, now: Timestamp) -> Result<(), StoreError> {
        self.blocking(move |inner| inner.shadow.write(|shadow| all_due(shadow, now)))
            .await?;
        self.inner().queued.notify_one();
        Ok(())
    }

    /// Waits until this process has queued something new, or a short while has passed (another
    /// process may have queued something, or a row's time has come).
    pub async fn queue_wanted(&self) {
        let _ = tokio::time::timeout(limits::POLL_EVERY, self.inner().queued.notified()).await;
    }

    /// The key that seals the marker of re-injected mail; made when it is first asked for.
    pub async fn replay_key(&self) -> Result<[u8; 32], StoreError> {
        self.blocking(|inner| {
            inner
                .shadow
                .write(|shadow| settings::key(shadow, settings::REPLAY_KEY))
        })
        .await
    }
}

/// Adds a row unless the same debt stands there already. It will go out with the envelope of
/// `envelope_of`, which may be another record of the same mail. Due at `at`; `writer` wrote it
/// here.
pub(crate) fn insert(
    shadow: &Transaction<'_>,
    (message, envelope_of): (MessageId, MessageId),
    (owed, writer): (&Owed, Option<AccountId>),
    at: Timestamp,
) -> Result<(), StoreError> {
    shadow
        .prepare_cached(
            "INSERT OR IGNORE INTO queue (day, message, envelope_of, recipient, recipient_key,
                 account, purpose, state, next_attempt_at, changed_at, queued_at, writer)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, ?8, ?8, ?9
             WHERE ?7 = 'resend' OR ?6 IS NULL OR NOT EXISTS (
                 SELECT 1 FROM queue
                 WHERE day = ?1 AND message = ?2 AND account = ?6 AND purpose = ?7)",
        )?
        .execute((
            message.day().to_string(),
            message.number(),
            envelope_of.to_string(),
            owed.recipient.as_str(),
            owed.recipient.key(),
            owed.account.map(|account| account.0),
            columns::to_word(&owed.purpose)?,
            at.as_millisecond(),
            writer.map(|writer| writer.0),
        ))?;
    Ok(())
}

/// Everything that waits is due.
pub(crate) fn all_due(shadow: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    shadow.execute(
        "UPDATE queue SET next_attempt_at = ?1 WHERE state = 'waiting' AND next_attempt_at > ?1",
        [now.as_millisecond()],
    )?;
    Ok(())
}

/// The primary has shown that these accounts have the message.
pub(crate) fn confirm_served(
    shadow: &Transaction<'_>,
    message: MessageId,
    served: &[AccountId],
) -> Result<(), StoreError> {
    let mut rows = shadow.prepare_cached(
        "SELECT id FROM queue WHERE day = ?1 AND message = ?2 AND account = ?3
         AND purpose IN ('return', 'resend', 'notice') AND state <> 'written-off'",
    )?;
    for account in served {
        let key = (message.day().to_string(), message.number(), account.0);
        let ids = rows.query_map(key, |row| row.get(0).map(QueueId))?;
        for id in ids.collect::<Result<Vec<_>, _>>()? {
            confirm(shadow, id)?;
        }
    }
    Ok(())
}

/// Why a message of ours that came back was on its way; `None` when no such row exists, and then
/// it is none that we sent.
pub(crate) fn purpose_of(
    shadow: &Transaction<'_>,
    replayed: Replayed,
) -> Result<Option<Purpose>, StoreError> {
    let Replayed { message, queue } = replayed;
    Ok(shadow
        .query_row(
            "SELECT purpose FROM queue WHERE id = ?1 AND day = ?2 AND message = ?3",
            (queue.0, message.day().to_string(), message.number()),
            |row| columns::word(row, 0),
        )
        .optional()?)
}

/// The primary has shown that it has what this row is about.
pub(crate) fn confirm(shadow: &Transaction<'_>, id: QueueId) -> Result<(), StoreError> {
    if state(shadow, id)?.may_become(QueueState::Confirmed) {
        change(shadow, id, QueueState::Confirmed, (Timestamp::now(), None))?;
    }
    Ok(())
}

pub(crate) fn state(shadow: &Transaction<'_>, id: QueueId) -> Result<QueueState, StoreError> {
    let mut state = shadow.prepare_cached("SELECT state FROM queue WHERE id = ?1")?;
    let state = state
        .query_row([id.0], |row| columns::word(row, 0))
        .optional()?;
    state.ok_or_else(|| StoreError::Missing(format!("queue row {id}")))
}

/// The one place where a row changes its state.
pub(crate) fn change(
    shadow: &Transaction<'_>,
    id: QueueId,
    next: QueueState,
    (now, last_words): (Timestamp, Option<&str>),
) -> Result<(), StoreError> {
    let present = state(shadow, id)?;
    if !present.may_become(next) {
        let (present, next) = (columns::to_word(&present)?, columns::to_word(&next)?);
        return Err(StoreError::Refused(format!(
            "queue row {id} is {present} and can not become {next}"
        )));
    }
    shadow
        .prepare_cached(
            "UPDATE queue SET state = ?2, changed_at = ?3, last_words = coalesce(?4, last_words)
             WHERE id = ?1",
        )?
        .execute((
            id.0,
            columns::to_word(&next)?,
            now.as_millisecond(),
            last_words,
        ))?;
    Ok(())
}

/// Columns 1 and 2 of a row of the queue.
pub(crate) fn message_id(row: &Row<'_>) -> rusqlite::Result<MessageId> {
    Ok(MessageId::from_parts(columns::parsed(row, 1)?, row.get(2)?))
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
