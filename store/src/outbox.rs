//! The outbox: mail made here that is kept as a message when its time comes.
//!
//! What stands in it survives a crash, and a crash between keeping it and taking it out lets it be
//! kept twice: the same bytes, so the filer makes one mail of them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::draft::{DraftId, DraftVersion};
use crate::envelope::{Envelope, Source};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::moves::Flag;
use crate::outbound;
use crate::queue::QueueId;
use crate::shadow::Store;
use crate::told::{self, Told};

/// The name of one mail in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OutboxId(pub i64);

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for OutboxId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let number = text.parse().map(Self);
        number.map_err(|_| StoreError::Missing(format!("outbox row {text}")))
    }
}

/// A mail for the outbox.
#[derive(Clone, Debug)]
pub struct Posting {
    /// The envelope it will be kept with.
    pub envelope: Envelope,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When.
    pub due_at: Timestamp,
    /// Who may take it back until then, and what they get.
    pub undo: Option<Undo>,
}

/// How a mail is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undo {
    /// By whom.
    pub writer: AccountId,
    /// The draft that it was; it goes when the mail goes, unless somebody has saved something else
    /// over it since.
    pub draft: DraftVersion,
    /// The mail that it answers or forwards.
    pub about: Option<Answered>,
}

/// A mail that is marked when another one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Whose entry.
    pub account: AccountId,
    /// Which message.
    pub message: MessageId,
    /// As what.
    pub flag: Flag,
}

/// A mail whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Which one.
    pub id: OutboxId,
    /// The envelope it is kept with.
    pub envelope: Envelope,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The mail that it answers or forwards.
    pub about: Option<Answered>,
}

impl Store {
    /// Puts a mail into the outbox.
    pub async fn post(&self, posting: Posting) -> Result<OutboxId, StoreError> {
        let id = self.blocking(move |inner| inner.shadow.write(|shadow| insert(shadow, &posting)));
        let id = id.await?;
        self.inner().queued.notify_one();
        Ok(id)
    }

    /// Puts a mail into the outbox that tells the writer of a row what became of it, and marks the
    /// row, in one transaction: nobody is told twice.
    pub async fn post_notice(
        &self,
        (row, told): (QueueId, Told),
        posting: Posting,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                if told::mark(shadow, row, told)? {
                    insert(shadow, &posting)?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Takes a mail out again before it goes, and gives the draft that it was. Its recipients do not
    /// count any more ([`Store::count_recipients`]). Writes an audit row. `None` when it has gone, or
    /// is none of this writer's.
    pub async fn take_back(
        &self,
        id: OutboxId,
        writer: AccountId,
        now: Timestamp,
    ) -> Result<Option<DraftId>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let taken = shadow.query_row(
                    "DELETE FROM outbox WHERE id = ?1 AND writer = ?2 AND leaving = 0
                     RETURNING draft, envelope",
                    (id.0, writer.0),
                    |row| Ok((DraftId(row.get(0)?), columns::json::<Envelope>(row, 1)?)),
                );
                let Some((draft, envelope)) = taken.optional()? else {
                    return Ok(None);
                };
                outbound::uncount(shadow, writer, envelope.recipients.len())?;
                let event = event(
                    shadow,
                    ("undo", format!("draft {draft}")),
                    writer,
                    &envelope,
                )?;
                audit::insert(shadow, &event, now)?;
                Ok(Some(draft))
            })
        })
        .await
    }

    /// Whether a writer can still take a mail back.
    pub async fn is_in_outbox(&self, id: OutboxId, writer: AccountId) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let found = "SELECT EXISTS (
                    SELECT 1 FROM outbox WHERE id = ?1 AND writer = ?2 AND leaving = 0)";
                Ok(shadow.query_row(found, (id.0, writer.0), |row| row.get(0))?)
            })
        })
        .await
    }

    /// The mail whose time came first, if any has; nobody can take it back any more.
    pub async fn leaving(&self, now: Timestamp) -> Result<Option<Departure>, StoreError> {
        self.blocking(move |inner| {
            let due = "SELECT EXISTS (SELECT 1 FROM outbox WHERE due_at <= ?1)";
            let now = [now.as_millisecond()];
            let any: bool = inner.shadow.read(|shadow| {
                Ok(shadow
                    .prepare_cached(due)?
                    .query_row(now, |row| row.get(0))?)
            })?;
            if !any {
                return Ok(None);
            }
            inner.shadow.write(|shadow| {
                let leaving = shadow.query_row(
                    "UPDATE outbox SET leaving = 1 WHERE id = (
                         SELECT id FROM outbox WHERE due_at <= ?1 ORDER BY due_at, id LIMIT 1)
                     RETURNING id, envelope, bytes, about",
                    now,
                    departure,
                );
                Ok(leaving.optional()?)
            })
        })
        .await
    }

    /// It is kept as `message`: it leaves the outbox, and the draft that it was goes. Writes an audit
    /// row where somebody wrote it.
    pub async fn has_left(
        &self,
        id: OutboxId,
        message: MessageId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "DELETE FROM draft WHERE (id, version, account) IN (
                         SELECT draft, version, writer FROM outbox WHERE id = ?1)",
                    [id.0],
                )?;
                let left = shadow.query_row(
                    "DELETE FROM outbox WHERE id = ?1 RETURNING writer, envelope",
                    [id.0],
                    |row| Ok((row.get(0)?, columns::json::<Envelope>(row, 1)?)),
                );
                if let Some((Some(writer), envelope)) = left.optional()? {
                    let what = ("send", message.to_string());
                    let event = event(shadow, what, AccountId(writer), &envelope)?;
                    audit::insert(shadow, &event, now)?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// After a restore: what somebody was about to send then is a draft again, because it has gone out
/// since. Notices go once more.
pub(crate) fn after_restore(shadow: &Transaction<'_>) -> Result<(), StoreError> {
    shadow.execute("DELETE FROM outbox WHERE draft IS NOT NULL", [])?;
    Ok(())
}

fn insert(shadow: &Transaction<'_>, posting: &Posting) -> Result<OutboxId, StoreError> {
    let Posting {
        envelope,
        bytes,
        due_at,
        undo,
    } = posting;
    let envelope = serde_json::to_string(envelope).map_err(std::io::Error::from)?;
    let about = undo.and_then(|undo| undo.about);
    let about = about.map(|about| serde_json::to_string(&about));
    let about = about.transpose().map_err(std::io::Error::from)?;
    shadow
        .prepare_cached(
            "INSERT INTO outbox (due_at, writer, draft, version, about, envelope, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            due_at.as_millisecond(),
            undo.map(|undo| undo.writer.0),
            undo.map(|undo| undo.draft.id.0),
            undo.map(|undo| undo.draft.number),
            about,
            envelope,
            bytes,
        ))?;
    Ok(OutboxId(shadow.last_insert_rowid()))
}

fn departure(row: &Row<'_>) -> rusqlite::Result<Departure> {
    let about: Option<String> = row.get(3)?;
    Ok(Departure {
        id: OutboxId(row.get(0)?),
        envelope: columns::json(row, 1)?,
        bytes: row.get(2)?,
        about: about.map(|_| columns::json(row, 3)).transpose()?,
    })
}

/// A line about what a writer did with a mail of this envelope.
fn event(
    shadow: &Transaction<'_>,
    (action, object): (&'static str, String),
    writer: AccountId,
    envelope: &Envelope,
) -> Result<AuditEvent, StoreError> {
    let login = |account: AccountId| -> Result<String, StoreError> {
        let login = shadow
            .prepare_cached("SELECT login FROM account WHERE id = ?1")?
            .query_row([account.0], |row| row.get(0))
            .optional()?;
        Ok(login.unwrap_or_else(|| format!("account {account}")))
    };
    let mailbox = match envelope.source {
        Source::Written { account } | Source::Rehearsed { account } => {
            format!("mailbox {}", login(account)?)
        }
        _ => String::new(),
    };
    Ok(AuditEvent {
        actor: login(writer)?,
        action,
        object,
        detail: mailbox,
        address: envelope.peer.address,
    })
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
