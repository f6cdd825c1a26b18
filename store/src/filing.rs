//! Filing: from a kept record to entries in mailboxes, and to what is owed.
//!
//! Filing happens after the 250, on stored bytes, and can be done again at any time: a crash in
//! the middle leaves the message unfiled, and the next start files it.

use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use crate::account::AccountId;
use crate::address::Address;
use crate::columns;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::mailbox::Folder;
use crate::queue::{self, Purpose};
use crate::shadow::{Inner, Store};

/// A kept message that nobody has filed yet.
#[derive(Clone, Debug)]
pub struct Unfiled {
    /// Which one.
    pub id: MessageId,
    /// Its envelope.
    pub envelope: Envelope,
}

/// What the filer decided about one message.
#[derive(Clone, Debug, Default)]
pub struct Filing {
    /// Where in the record the mail itself lies: all of it, or the inner message of a journal
    /// report.
    pub content: Option<Range<usize>>,
    /// What lists show.
    pub summary: Summary,
    /// Two records with the same key are the same mail; `None` never merges.
    pub merge_key: Option<[u8; 32]>,
    /// Mailboxes it goes to. With none of them the message is unsorted.
    pub entries: Vec<Entry>,
    /// Whom it must still reach.
    pub owed: Vec<Owed>,
    /// Accounts that the primary has served already, so that nothing is owed to them any more.
    pub served: Vec<AccountId>,
    /// It is one of our own re-injected messages coming back as a journal copy: the debt is
    /// confirmed and nothing is filed.
    pub replayed: Option<Replayed>,
    /// Recipients of ours that no account is known for.
    pub unknown_recipients: Vec<Address>,
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
                let rows = inner.days.at(day)?.index.read(|index| {
                    let mut rows = index.prepare_cached(
                        "SELECT id, envelope FROM message WHERE state = 'unfiled'
                         ORDER BY id LIMIT ?1",
                    )?;
                    let rows = rows.query_map([wanted], |row| {
                        let id = MessageId::from_parts(day, row.get(0)?);
                        Ok((id, columns::json(row, 1)))
                    })?;
                    Ok(rows.collect::<Result<Vec<_>, _>>()?)
                })?;
                for (id, envelope) in rows {
                    match envelope {
                        Ok(envelope) => unfiled.push(Unfiled { id, envelope }),
                        // One row that can not be read must not stop the others for ever.
                        Err(error) => {
                            tracing::error!(message.id = %id, "message {id} is unsorted: {error}");
                            inner.set_unsorted(id)?;
                        }
                    }
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

    /// Writes down what the filer decided. Doing it twice changes nothing.
    pub async fn file(&self, id: MessageId, filing: Filing) -> Result<Filed, StoreError> {
        let filed = self.blocking(move |inner| inner.file(id, &filing)).await?;
        self.inner().filed.notify_waiters();
        self.inner().queued.notify_one();
        Ok(filed)
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
    fn file(&self, id: MessageId, filing: &Filing) -> Result<Filed, StoreError> {
        if let Some(replayed) = filing.replayed
            && let Some(purpose) = self
                .shadow
                .write(|shadow| queue::confirm_replayed(shadow, replayed))?
        {
            return self.file_replayed(id, (replayed.message, purpose), filing);
        }
        let twin = self.twin(id, filing)?;
        let home = twin.unwrap_or(id);
        self.write_debts(id, twin, filing)?;
        self.days.of(home)?.index.write(|index| {
            if twin.is_none() {
                write_message(index, id, filing)?;
            }
            write_entries(index, home, filing)
        })?;
        match twin {
            None => Ok(Filed::Own),
            Some(twin) => {
                self.merge(id, twin, filing)?;
                Ok(Filed::Merged(twin))
            }
        }
    }

    /// What we handed back comes as a journal copy. Whoever else the primary gave it to, by a rule
    /// or a forwarding, sees it too; a Sent copy is no new mail for its writer.
    fn file_replayed(
        &self,
        id: MessageId,
        (message, purpose): (MessageId, Purpose),
        filing: &Filing,
    ) -> Result<Filed, StoreError> {
        if purpose != Purpose::SentCopy {
            match self.days.of(message) {
                Ok(day) => day
                    .index
                    .write(|index| write_entries(index, message, filing))?,
                // Handed back for so long that it has aged meanwhile.
                Err(StoreError::Missing(_)) => {}
                Err(other) => return Err(other),
            }
        }
        self.merge(id, message, filing)?;
        Ok(Filed::Merged(message))
    }

    /// The queue comes before the entries: if the power goes between the two, the message is
    /// still unfiled and all of this happens again; the other order could forget a debt.
    fn write_debts(
        &self,
        id: MessageId,
        twin: Option<MessageId>,
        filing: &Filing,
    ) -> Result<(), StoreError> {
        let home = twin.unwrap_or(id);
        let served_before = match twin {
            Some(twin) => self.served(twin)?,
            None => Vec::new(),
        };
        let is_served = |account| served_before.contains(&account);
        self.shadow.write(|shadow| {
            self.refuse_dropped(shadow, home.day())?;
            if twin.is_some() {
                // An earlier try of this filing may have come this far when there was no twin yet.
                queue::remove_untried(shadow, id)?;
            }
            for owed in &filing.owed {
                let served = owed.purpose == Purpose::Return && owed.account.is_some_and(is_served);
                if !served {
                    queue::insert(shadow, (home, id), owed, id.arrived_at())?;
                }
            }
            queue::confirm_served(shadow, home, &filing.served)
        })
    }

    /// Another record that is the same mail, on the same day or up to a week before: senders
    /// retry for five days (RFC 5321 §4.5.4.1).
    fn twin(&self, id: MessageId, filing: &Filing) -> Result<Option<MessageId>, StoreError> {
        let Some(key) = filing.merge_key else {
            return Ok(None);
        };
        for day in self.days.list()?.into_iter().rev() {
            let age_days = day.days_until(id.day());
            if !(0..=limits::MERGE_DAYS_MAX).contains(&age_days) {
                continue;
            }
            let found: Option<i64> = self.days.at(day)?.index.read(|index| {
                let mut twin = index.prepare_cached(
                    "SELECT id FROM message WHERE merge_key = ?1 ORDER BY id LIMIT 1",
                )?;
                Ok(twin.query_row([key], |row| row.get(0)).optional()?)
            })?;
            if let Some(number) = found {
                let twin = MessageId::from_parts(day, number);
                return Ok(Some(twin).filter(|twin| *twin != id));
            }
        }
        Ok(None)
    }

    /// Accounts whose copy of a message the primary has shown to have.
    fn served(&self, id: MessageId) -> Result<Vec<AccountId>, StoreError> {
        self.days.of(id)?.index.read(|index| {
            let mut served = index.prepare_cached(
                "SELECT account FROM entry WHERE message = ?1 AND at_primary = 1",
            )?;
            let served = served.query_map([id.number()], |row| row.get(0).map(AccountId))?;
            Ok(served.collect::<Result<_, _>>()?)
        })
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

    fn merge(&self, id: MessageId, into: MessageId, filing: &Filing) -> Result<(), StoreError> {
        self.days.of(id)?.index.write(|index| {
            write_message(index, id, filing)?;
            // Without its key, so that the next copy finds the record that has the entries.
            index.execute(
                "UPDATE message SET state = 'merged', merged_into = ?2, merge_key = NULL
                 WHERE id = ?1",
                (id.number(), into.to_string()),
            )?;
            Ok(())
        })
    }
}

fn write_message(
    index: &Transaction<'_>,
    id: MessageId,
    filing: &Filing,
) -> Result<(), StoreError> {
    let summary = &filing.summary;
    let content = filing.content.as_ref();
    index
        .prepare_cached(
            "UPDATE message SET state = ?2, content_start = ?3, content_end = ?4, merge_key = ?5,
                 subject = ?6, from_name = ?7, from_address = ?8, to_names = ?9, preview = ?10,
                 header_message_id = ?11, date = ?12, attachments = ?13
             WHERE id = ?1",
        )?
        .execute((
            id.number(),
            if filing.entries.is_empty() {
                "unsorted"
            } else {
                "filed"
            },
            content.map(|range| range.start),
            content.map(|range| range.end),
            filing.merge_key,
            &summary.subject,
            &summary.from_name,
            &summary.from_address,
            &summary.to,
            &summary.preview,
            &summary.header_message_id,
            summary.date.map(Timestamp::as_millisecond),
            summary.attachments,
        ))?;
    Ok(())
}

fn write_entries(
    index: &Transaction<'_>,
    home: MessageId,
    filing: &Filing,
) -> Result<(), StoreError> {
    let mut insert = index.prepare_cached(
        "INSERT INTO entry (account, folder, message, seen, at_primary) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET at_primary = max(at_primary, excluded.at_primary)",
    )?;
    for entry in &filing.entries {
        insert.execute((
            entry.account.0,
            entry.folder.as_str(),
            home.number(),
            entry.seen,
            filing.served.contains(&entry.account),
        ))?;
    }
    if !filing.entries.is_empty() {
        index.execute(
            "UPDATE message SET state = 'filed' WHERE id = ?1 AND state = 'unsorted'",
            [home.number()],
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "filing_tests.rs"]
mod tests;
