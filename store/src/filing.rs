//! Filing: from a kept record to entries in mailboxes, and to what is owed.
//!
//! Filing happens after the 250, on stored bytes, and can be done again at any time: a crash in
//! the middle leaves the message unfiled, and the next start files it.

mod batch;
mod rows;

pub(crate) use rows::write_entries;

use std::time::Duration;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::address::Address;
use crate::alert_kind::AlertKind;
use crate::columns;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::mailbox::Folder;
use crate::newcomer::UnknownName;
use crate::piece::Piece;
use crate::queue::{self, Purpose};
use crate::shadow::{Inner, Store};

/// A kept message that nobody has filed yet.
#[derive(Clone, Debug)]
pub struct Unfiled {
    /// Which one.
    pub id: MessageId,
    /// Its envelope.
    pub envelope: Envelope,
    /// Bytes of the message.
    pub size_bytes: u64,
}

/// What the filer decided about one message.
#[derive(Clone, Debug, Default)]
pub struct Filing {
    /// Where in the record the mail itself lies: all of it, or the inner message of a journal
    /// report.
    pub content: Option<Piece>,
    /// Where the decrypted copy of a protected mail lies, which only its owners may read and nobody
    /// may send.
    pub aside: Option<Piece>,
    /// What lists show.
    pub summary: Summary,
    /// Two records with the same key are the same mail; `None` never merges.
    pub merge_key: Option<[u8; 32]>,
    /// What it calls itself and the messages it is about: Message-ID, In-Reply-To and References,
    /// the most telling first. Up to [`limits::REFERENCES_MAX`] of them make conversations.
    pub references: Vec<String>,
    /// Mailboxes it goes to. With none of them the message is unsorted.
    pub entries: Vec<Entry>,
    /// Whom it must still reach.
    pub owed: Vec<Owed>,
    /// Who wrote it here.
    pub writer: Option<AccountId>,
    /// Accounts that the primary has served already, so that nothing is owed to them any more.
    pub served: Vec<AccountId>,
    /// It is one of our own re-injected messages coming back as a journal copy: the debt is
    /// confirmed and nothing is filed.
    pub replayed: Option<Replayed>,
    /// Recipients and senders that the directory does not know. When it does, they get the message:
    /// [`Store::welcome`].
    pub unknown_names: Vec<UnknownName>,
    /// Why nobody has it, where no owner may have it; for an administrator.
    pub unsorted_because: Option<String>,
}

impl Filing {
    /// Whether somebody outside is to get it: what we write to administrators lies in no mailbox.
    fn goes_outside(&self) -> bool {
        let is_outside = |owed: &Owed| owed.purpose == Purpose::Send;
        self.owed.iter().any(is_outside)
    }
}

/// One mailbox a message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub account: AccountId,
    /// Where in it.
    pub folder: Folder,
    /// Already read (what one sent oneself).
    pub seen: bool,
}

/// One delivery that somebody must still get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Why.
    pub purpose: Purpose,
    /// The address to hand over to: as the sender gave it, or a member's own for a group.
    pub recipient: Address,
    /// Whose mailbox that is, where it is one of ours.
    pub account: Option<AccountId>,
}

/// Our own marker, found with a valid seal in a message that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The message we had re-injected.
    pub message: MessageId,
    /// Whom for.
    pub queue: queue::QueueId,
}

/// What a list of messages shows of one, already decoded and shortened by the filer to
/// [`crate::limits::SUMMARY_CHARS_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Decoded subject.
    pub subject: String,
    /// Display name of the first From, or its address.
    pub from_name: String,
    /// Address of the first From.
    pub from_address: String,
    /// First few recipients, by name.
    pub to: String,
    /// First words of the text.
    pub preview: String,
    /// Message-ID of the header, without angle brackets.
    pub header_message_id: Option<String>,
    /// Date of the header, where it can be read.
    pub date: Option<Timestamp>,
    /// Number of attachments.
    pub attachments: u32,
}

/// What became of a filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It has entries of its own (or is unsorted).
    Own,
    /// Another record is the same mail; the entries were joined to that one.
    Merged(MessageId),
}

impl Store {
    /// Makes this process the one that files, until it ends; `false` while another one is. Two
    /// copies of a mail that were filed at the same moment would not see each other.
    pub async fn begin_filing(&self) -> Result<bool, StoreError> {
        self.blocking(|inner| Ok(inner.filer.try_take()?)).await
    }

    /// Messages nobody has filed yet, oldest first, from all days.
    pub async fn unfiled(&self, limit: usize) -> Result<Vec<Unfiled>, StoreError> {
        self.blocking(move |inner| {
            let mut unfiled = Vec::new();
            for day in inner.days.list()? {
                let wanted = limit - unfiled.len();
                let rows = inner.read_day(day, |index| {
                    let mut rows = index.prepare_cached(
                        "SELECT id, envelope, size FROM message WHERE state = 'unfiled'
                         ORDER BY id LIMIT ?1",
                    )?;
                    let rows = rows.query_map([wanted], |row| {
                        let id = MessageId::from_parts(day, row.get(0)?);
                        Ok((id, columns::json(row, 1), row.get(2)?))
                    })?;
                    Ok(rows.collect::<Result<Vec<_>, _>>()?)
                })?;
                for (id, envelope, size_bytes) in rows.into_iter().flatten() {
                    let envelope = match envelope {
                        Ok(envelope) => Some(envelope),
                        Err(error) => inner.envelope_again(id, &error)?,
                    };
                    unfiled.extend(envelope.map(|envelope| Unfiled {
                        id,
                        envelope,
                        size_bytes,
                    }));
                }
                if unfiled.len() >= limit {
                    break;
                }
            }
            Ok(unfiled)
        })
        .await
    }

    /// Waits until this process has kept something new to file, or a short while has passed
    /// (another process may have kept something).
    pub async fn filing_wanted(&self) {
        let _ = tokio::time::timeout(limits::POLL_EVERY, self.inner().kept.notified()).await;
    }

    /// Writes down what the filer decided about several messages, in the order of the batch, and
    /// gives what became of each. The databases are synced once for all of them. Doing it twice
    /// changes nothing, and after an error it is unknown which of them are filed: do it again, one
    /// message at a time when the cause may lie with one of them.
    pub async fn file_many(
        &self,
        batch: Vec<(MessageId, Filing)>,
    ) -> Result<Vec<Filed>, StoreError> {
        let filed = self.blocking(move |inner| inner.file_many(&batch)).await?;
        self.inner().filed.notify_waiters();
        self.inner().queued.notify_one();
        Ok(filed)
    }

    /// [`Store::file_many`] for one message.
    pub async fn file(&self, id: MessageId, filing: Filing) -> Result<Filed, StoreError> {
        let filed = self.file_many(vec![(id, filing)]).await?;
        filed.first().copied().ok_or(StoreError::Closed)
    }

    /// Waits until `id` is filed, at most a few seconds. `false` when it is not yet.
    pub async fn wait_until_filed(&self, id: MessageId) -> Result<bool, StoreError> {
        let deadline = tokio::time::Instant::now() + limits::WAIT_FOR_FILING_MAX;
        loop {
            let filed = self.inner().filed.notified();
            let state = self.blocking(move |inner| inner.row(id)).await?.state;
            if state != "unfiled" {
                return Ok(true);
            }
            if tokio::time::Instant::now() > deadline {
                return Ok(false);
            }
            // Another process may file it, so a look now and then is needed too.
            let _ = tokio::time::timeout(Duration::from_millis(50), filed).await;
        }
    }
}

impl Inner {
    /// The envelope of a row that can not be read stands in its record, too. Without either the
    /// message is put aside for a person: one must not stop the others for ever.
    fn envelope_again(
        &self,
        id: MessageId,
        error: &rusqlite::Error,
    ) -> Result<Option<Envelope>, StoreError> {
        match self.envelope_in_record(id) {
            Ok(envelope) => {
                tracing::warn!(message.id = %id, %error, "the envelope in the row of message {id} is damaged; taking the one in its record");
                Ok(Some(envelope))
            }
            Err(lost) => {
                let words = format!(
                    "message {id} can not be sorted ({error}; {lost}): nobody gets to see it or is \
                     owed it; look at it with `shadowmail store export`"
                );
                self.alerts
                    .raise(AlertKind::DayDamaged, &words, Timestamp::now());
                self.set_unsorted(id)?;
                Ok(None)
            }
        }
    }

    /// Puts a message aside for a person to look at.
    fn set_unsorted(&self, id: MessageId) -> Result<(), StoreError> {
        self.days.of(id)?.index.write(|index| {
            index.execute(
                "UPDATE message SET state = 'unsorted' WHERE id = ?1",
                [id.number()],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
#[path = "filing_tests.rs"]
mod tests;
