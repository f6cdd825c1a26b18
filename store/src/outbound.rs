//! The switch for mail to the outside, and how many people one person may write to.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Row, Transaction};
use serde::Serialize;

use crate::account::AccountId;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::shadow::Store;

/// In the place of a writer: everybody. Accounts begin at 1.
const EVERYBODY: i64 = 0;

/// Mail to the outside waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboundStop {
    /// Whose; `None` for everybody's.
    pub writer: Option<AccountId>,
    /// Since when.
    pub since: Timestamp,
    /// Who said so.
    pub by: String,
    /// And why.
    pub reason: String,
}

/// What the switch holds back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Every stop that lasts, the one for everybody first.
    pub stops: Vec<OutboundStop>,
    /// Mails to one recipient each that wait because of them.
    pub waiting: u64,
}

/// Mail to the outside that nobody stopped, and that has not gone yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutboundQueue {
    /// Mails to one recipient each.
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub since: Option<Timestamp>,
    /// What was heard about that one last.
    pub last_words: String,
    /// Mails whose time to be sent has come, and that the worker has not taken.
    pub not_taken: u64,
}

/// How many recipients one person may write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterLimits {
    /// In an hour.
    pub per_hour: u32,
    /// In a day.
    pub per_day: u32,
}

/// A person wants to write to more than they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverLimit {
    /// Than so many in an hour.
    Hour(u32),
    /// Than so many in a day.
    Day(u32),
}

impl Store {
    /// Lets mail to the outside wait from now on: everybody's, or that of one writer. Each row is
    /// claimed on its own, so it holds at once in every process; what is being handed over this
    /// moment still goes. Writes an audit row. Gives `false` when it was so already.
    pub async fn stop_outbound(
        &self,
        (writer, reason): (Option<AccountId>, &str),
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (reason, by) = (reason.to_owned(), by.to_owned());
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let stopped = shadow.execute(
                    "INSERT OR IGNORE INTO outbound_stop (writer, since, by_whom, reason)
                     VALUES (?1, ?2, ?3, ?4)",
                    (key(writer), now.as_millisecond(), &by, &reason),
                )?;
                if stopped > 0 {
                    audit_row(shadow, ("outbound-stop", by), (writer, reason), now)?;
                }
                Ok(stopped > 0)
            })
        })
        .await
    }

    /// Ends a stop. Writes an audit row. Gives `false` when there was none.
    pub async fn resume_outbound(
        &self,
        writer: Option<AccountId>,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let by = by.to_owned();
        let resumed = self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let resumed =
                    shadow.execute("DELETE FROM outbound_stop WHERE writer = ?1", [key(writer)])?;
                if resumed > 0 {
                    // What could not go is not old for that.
                    shadow.execute(
                        "UPDATE queue SET queued_at = ?1 WHERE purpose = 'send' AND state = 'waiting'
                         AND (?2 = 0 OR writer = ?2)",
                        (now.as_millisecond(), key(writer)),
                    )?;
                    audit_row(shadow, ("outbound-go", by), (writer, String::new()), now)?;
                }
                Ok(resumed > 0)
            })
        });
        let resumed = resumed.await?;
        self.inner().queued.notify_one();
        Ok(resumed)
    }

    /// What is stopped, and how much waits because of it.
    pub async fn outbound_stopped(&self) -> Result<Stopped, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let mut stops = shadow.prepare_cached(
                    "SELECT writer, since, by_whom, reason FROM outbound_stop ORDER BY writer",
                )?;
                let stops = stops.query_map([], stop)?.collect::<Result<_, _>>()?;
                let mut waiting = shadow.prepare_cached(
                    "SELECT count(*) FROM queue WHERE purpose = 'send' AND state = 'waiting'
                     AND EXISTS (SELECT 1 FROM outbound_stop WHERE writer IN (0, queue.writer))",
                )?;
                let waiting = waiting.query_row([], |row| row.get(0))?;
                Ok(Stopped { stops, waiting })
            })
        })
        .await
    }

    /// What waits for the outside though nobody stopped it.
    pub async fn outbound_queue(&self, now: Timestamp) -> Result<OutboundQueue, StoreError> {
        let due_before = before(now, limits::OUTBOX_TAKEN_WITHIN);
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                // The bare columns are those of the row that has the minimum (SQLite, select.html §2.5).
                let mut waiting = shadow.prepare_cached(
                    "SELECT count(*), min(queued_at), last_words FROM queue
                     WHERE purpose = 'send' AND state IN ('waiting', 'claimed')
                     AND NOT EXISTS (SELECT 1 FROM outbound_stop WHERE writer IN (0, queue.writer))",
                )?;
                let not_taken = "SELECT count(*) FROM outbox WHERE due_at < ?1";
                let not_taken = shadow.query_row(not_taken, [due_before], |row| row.get(0))?;
                Ok(waiting.query_row([], |row| {
                    let waiting = row.get(0)?;
                    Ok(OutboundQueue {
                        waiting,
                        since: match waiting {
                            0 => None,
                            _ => Some(columns::time(row, 1)?),
                        },
                        last_words: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                        not_taken,
                    })
                })?)
            })
        })
        .await
    }

    /// Counts the recipients of a mail that `writer` is about to send, unless that is more than
    /// they may write to.
    pub async fn count_recipients(
        &self,
        (writer, recipients): (AccountId, usize),
        limits: WriterLimits,
        now: Timestamp,
    ) -> Result<Result<(), OverLimit>, StoreError> {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let since = |hours| before(now, SignedDuration::from_hours(hours));
                shadow.execute("DELETE FROM written_to WHERE at <= ?1", [since(24)])?;
                let written = |hours| -> Result<u32, StoreError> {
                    let mut sum = shadow.prepare_cached(
                        "SELECT coalesce(sum(recipients), 0) FROM written_to
                         WHERE writer = ?1 AND at > ?2 AND refused = 0",
                    )?;
                    Ok(sum.query_row((writer.0, since(hours)), |row| row.get(0))?)
                };
                let over = if written(1)?.saturating_add(recipients) > limits.per_hour {
                    Some(OverLimit::Hour(limits.per_hour))
                } else if written(24)?.saturating_add(recipients) > limits.per_day {
                    Some(OverLimit::Day(limits.per_day))
                } else {
                    None
                };
                shadow.execute(
                    "INSERT INTO written_to (writer, at, recipients, refused)
                     VALUES (?1, ?2, ?3, ?4)",
                    (writer.0, now.as_millisecond(), recipients, over.is_some()),
                )?;
                Ok(over.map_or(Ok(()), Err))
            })
        })
        .await
    }

    /// Whether anybody wanted to write to more people than they may, in the hour before `now`.
    pub async fn was_over_limit(&self, now: Timestamp) -> Result<bool, StoreError> {
        let since = before(now, SignedDuration::from_hours(1));
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let over = "SELECT EXISTS (
                    SELECT 1 FROM written_to WHERE refused <> 0 AND at > ?1)";
                Ok(shadow.query_row(over, [since], |row| row.get(0))?)
            })
        })
        .await
    }
}

/// A mail of `writer` to so many recipients was taken back.
pub(crate) fn uncount(
    shadow: &Transaction<'_>,
    writer: AccountId,
    recipients: usize,
) -> Result<(), StoreError> {
    shadow.execute(
        "DELETE FROM written_to WHERE rowid = (
             SELECT max(rowid) FROM written_to
             WHERE writer = ?1 AND recipients = ?2 AND refused = 0)",
        (writer.0, recipients),
    )?;
    Ok(())
}

fn key(writer: Option<AccountId>) -> i64 {
    writer.map_or(EVERYBODY, |writer| writer.0)
}

/// Milliseconds.
fn before(now: Timestamp, span: SignedDuration) -> i64 {
    now.checked_sub(span)
        .unwrap_or(Timestamp::MIN)
        .as_millisecond()
}

fn stop(row: &Row<'_>) -> rusqlite::Result<OutboundStop> {
    let writer: i64 = row.get(0)?;
    Ok(OutboundStop {
        writer: (writer != EVERYBODY).then_some(AccountId(writer)),
        since: columns::time(row, 1)?,
        by: row.get(2)?,
        reason: row.get(3)?,
    })
}

fn audit_row(
    shadow: &Transaction<'_>,
    (action, actor): (&'static str, String),
    (writer, detail): (Option<AccountId>, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let object = match writer {
        Some(writer) => shadow
            .prepare_cached("SELECT login FROM account WHERE id = ?1")?
            .query_row([writer.0], |row| row.get(0))?,
        None => "everybody".to_owned(),
    };
    let event = AuditEvent {
        actor,
        action,
        object,
        detail,
        address: None,
    };
    audit::insert(shadow, &event, now)
}

#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;
