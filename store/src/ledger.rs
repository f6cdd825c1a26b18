//! The ledger: what the queue says to people, and what people say to it.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::Serialize;

use crate::address::Address;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::day_state;
use crate::error::StoreError;
use crate::filing::Owed;
use crate::id::MessageId;
use crate::queue::{self, Purpose, QueueId, QueueState};
use crate::shadow::{Inner, Store};

/// One row of the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerRow {
    /// The row.
    pub id: QueueId,
    /// Which message, as text.
    pub message: String,
    /// To whom.
    pub recipient: Address,
    /// Why.
    pub purpose: Purpose,
    /// How far it has come.
    pub state: QueueState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Timestamp,
    /// When it came to the state it is in.
    pub changed_at: Timestamp,
    /// The last words of the other side, or why nobody was reached.
    pub last_words: String,
}

/// How much the primary still lacks (purposes [`Purpose::Return`] and [`Purpose::SentCopy`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OwedCount {
    /// Rows that are waiting or being handed over, messages not filed yet, and days that can not be
    /// read, since nobody knows what of them is not filed.
    pub open: u64,
    /// Rows that wait for a person: refused or unknown.
    pub for_a_person: u64,
    /// Rows settled so far.
    pub settled: u64,
}

/// What the primary says about a row of which nobody knows whether it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has the message, in this folder.
    Has(String),
    /// It does not have it.
    Lacks,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Has(folder) => write!(f, "the primary was asked and has it, in {folder}"),
            Self::Lacks => f.write_str("the primary was asked and does not have it"),
        }
    }
}

impl Store {
    /// How much the primary still lacks.
    pub async fn owed(&self) -> Result<OwedCount, StoreError> {
        self.blocking(|inner| {
            let mut unfiled = 0;
            for day in inner.days.list()? {
                unfiled += inner.read_day(day, day_state::unfiled)?.unwrap_or_default();
            }
            // Asked last: reading may have found some.
            unfiled += (inner.days.damaged().len() + inner.days.unread().len()) as u64;
            inner.shadow.read(|shadow| {
                let mut count = shadow.prepare_cached(
                    "SELECT count(*) FILTER (WHERE state IN ('waiting', 'claimed')),
                         count(*) FILTER (WHERE state IN ('refused', 'unknown')),
                         count(*) FILTER (WHERE state IN ('delivered', 'confirmed', 'written-off'))
                     FROM queue WHERE purpose IN ('return', 'sent-copy')",
                )?;
                Ok(count.query_row([], |row| {
                    Ok(OwedCount {
                        open: row.get::<_, u64>(0)? + unfiled,
                        for_a_person: row.get(1)?,
                        settled: row.get(2)?,
                    })
                })?)
            })
        })
        .await
    }

    /// All rows, newest first.
    pub async fn ledger(&self, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.rows("", limit).await
    }

    /// Rows that are not settled, newest first.
    pub async fn open_ledger(&self, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.rows(
            "WHERE state NOT IN ('delivered', 'confirmed', 'written-off')",
            limit,
        )
        .await
    }

    /// What goes to the primary, and is not settled or came to its state since then; the oldest first.
    pub async fn ledger_since(&self, since: Timestamp) -> Result<Vec<LedgerRow>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let sql = format!(
                    "{SELECT_ROW} WHERE purpose IN ('return', 'resend', 'sent-copy')
                     AND (changed_at >= ?1 OR state NOT IN ('delivered', 'confirmed', 'written-off'))
                     ORDER BY id"
                );
                let mut rows = shadow.prepare(&sql)?;
                let rows = rows.query_map([since.as_millisecond()], ledger_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// The rows of one message, oldest first.
    pub async fn ledger_of(&self, message: MessageId) -> Result<Vec<LedgerRow>, StoreError> {
        self.blocking(move |inner| inner.shadow.read(|shadow| LedgerRow::of(shadow, message)))
            .await
    }

    /// Queues a kept message for `recipient` at the primary once more. Writes an audit row.
    pub async fn resend(
        &self,
        message: MessageId,
        recipient: &Address,
        by: &str,
        now: Timestamp,
    ) -> Result<QueueId, StoreError> {
        let (recipient, by) = (recipient.clone(), by.to_owned());
        let id = self
            .blocking(move |inner| {
                inner.row(message)?;
                inner.shadow.write(|shadow| {
                    let owed = Owed {
                        purpose: Purpose::Resend,
                        recipient,
                        account: None,
                    };
                    queue::insert(shadow, (message, message), (&owed, None), now)?;
                    let id = QueueId(shadow.last_insert_rowid());
                    let detail = format!("{message} to {}", owed.recipient);
                    audit_row(shadow, id, ("resend", by, detail), now)?;
                    Ok(id)
                })
            })
            .await?;
        self.inner().queued.notify_one();
        Ok(id)
    }

    /// A person lets a refused or unknown row be tried again. Writes an audit row.
    pub async fn release(&self, id: QueueId, by: &str, now: Timestamp) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let state = queue::state(shadow, id)?;
                // A worker may have it in hand; then it is not for a person to decide yet.
                if !matches!(state, QueueState::Refused | QueueState::Unknown) {
                    return Err(StoreError::Refused(format!(
                        "queue row {id} is {}; only a refused or unknown one can be released",
                        columns::to_word(&state)?
                    )));
                }
                queue::change(shadow, id, QueueState::Waiting, (now, None))?;
                shadow.execute(
                    "UPDATE queue SET next_attempt_at = ?2, queued_at = ?2, told = '' WHERE id = ?1",
                    (id.0, now.as_millisecond()),
                )?;
                audit_row(shadow, id, ("release", by, String::new()), now)
            })?;
            inner.tell_decision(id, "a person lets it be tried again");
            Ok(())
        })
        .await?;
        self.inner().queued.notify_one();
        Ok(())
    }

    /// The primary was asked about a row in doubt after so many tries. Writes an audit row. A row that
    /// is not in doubt any more, or was tried again since, stays as it is.
    pub async fn answer_doubt(
        &self,
        (id, attempts): (QueueId, u32),
        answer: Answer,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let tried = "SELECT attempts FROM queue WHERE id = ?1";
                let tried: u32 = shadow.query_row(tried, [id.0], |row| row.get(0))?;
                if queue::state(shadow, id)? != QueueState::Unknown || tried != attempts {
                    return Ok(());
                }
                let next = match answer {
                    Answer::Has(_) => QueueState::Confirmed,
                    Answer::Lacks => QueueState::Waiting,
                };
                let words = answer.to_string();
                queue::change(shadow, id, next, (now, Some(&words)))?;
                shadow.execute(
                    "UPDATE queue SET next_attempt_at = ?2 WHERE id = ?1",
                    (id.0, now.as_millisecond()),
                )?;
                audit_row(
                    shadow,
                    id,
                    ("ask-primary", "shadowmail".to_owned(), words),
                    now,
                )
            })
        })
        .await?;
        self.inner().queued.notify_one();
        Ok(())
    }

    /// A person decides that a row need not arrive. Writes an audit row.
    pub async fn write_off(
        &self,
        id: QueueId,
        by: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (by, reason) = (by.to_owned(), reason.to_owned());
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let words = format!("written off: {reason}");
                queue::change(shadow, id, QueueState::WrittenOff, (now, Some(&words)))?;
                audit_row(shadow, id, ("write-off", by, reason), now)
            })?;
            inner.tell_decision(id, "written off by a person");
            Ok(())
        })
        .await
    }

    async fn rows(&self, which: &'static str, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let sql = format!("{SELECT_ROW} {which} ORDER BY id DESC LIMIT ?1");
                let mut rows = shadow.prepare_cached(&sql)?;
                let rows = rows.query_map([limit], ledger_row)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }
}

impl Inner {
    /// A line in the log for what the audit log has, too. It is done, so this can not fail.
    fn tell_decision(&self, row: QueueId, decision: &str) {
        let of_row = self.shadow.read(|shadow| {
            let mut of_row = shadow
                .prepare_cached("SELECT day, message, envelope_of FROM queue WHERE id = ?1")?;
            Ok(of_row.query_row([row.0], |row| {
                let message = MessageId::from_parts(columns::parsed(row, 0)?, row.get(1)?);
                Ok((message, columns::parsed::<MessageId>(row, 2)?))
            })?)
        });
        if let Ok((message, envelope_of)) = of_row {
            let envelope = self.row(envelope_of).map(|row| row.envelope);
            let mail_id = envelope.ok().and_then(|it| it.peer.mail_id);
            tracing::info!(message.id = %message, mail.id = mail_id, queue.id = %row, "{decision}");
        }
    }
}

impl LedgerRow {
    /// The rows of one message, oldest first.
    pub(crate) fn of(
        shadow: &Transaction<'_>,
        message: MessageId,
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!("{SELECT_ROW} WHERE day = ?1 AND message = ?2 ORDER BY id");
        let mut rows = shadow.prepare_cached(&sql)?;
        let rows = rows.query_map((message.day().to_string(), message.number()), ledger_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const SELECT_ROW: &str = "SELECT id, day, message, recipient, purpose, state, attempts,
    next_attempt_at, changed_at, last_words FROM queue";

fn ledger_row(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    Ok(LedgerRow {
        id: QueueId(row.get(0)?),
        message: queue::message_id(row)?.to_string(),
        recipient: columns::parsed(row, 3)?,
        purpose: columns::word(row, 4)?,
        state: columns::word(row, 5)?,
        attempts: row.get(6)?,
        next_attempt_at: columns::time(row, 7)?,
        changed_at: columns::time(row, 8)?,
        last_words: row.get(9)?,
    })
}

fn audit_row(
    shadow: &Transaction<'_>,
    id: QueueId,
    (action, actor, detail): (&'static str, String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = format!("queue row {id}");
    let event = AuditEvent {
        actor,
        action,
        object,
        detail,
        address: None,
    };
    audit::insert(shadow, &event, now)
}
