//! The life of one mail: how often it came, in whose mailboxes it lies, what became of what was owed,
//! and who read it.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::Serialize;

use crate::account::AccountId;
use crate::address::{Address, ReversePath};
use crate::audit::AuditRow;
use crate::columns;
use crate::day::Day;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::ledger::LedgerRow;
use crate::limits;
use crate::shadow::{Inner, Store};

/// Everything that is known about one mail.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// The record that has the entries; the first of `arrivals`.
    pub id: MessageId,
    /// Decoded subject; may be empty.
    pub subject: String,
    /// The address of its From; may be empty.
    pub from: String,
    /// Message-ID of its header, without angle brackets.
    pub header_message_id: Option<String>,
    /// Each time it came, the record with the entries first, then the oldest first.
    pub arrivals: Vec<Arrival>,
    /// In whose mailboxes it lies.
    pub places: Vec<Lying>,
    /// Why no mailbox shows it, where that is not that its owners are unknown.
    pub unsorted_because: Option<String>,
    /// Whom of its recipients the directory does not know.
    pub unknown_names: Vec<String>,
    /// What is or was on its way to the primary or outside, the oldest first.
    pub deliveries: Vec<LedgerRow>,
    /// Who did what with it, the oldest first.
    pub audit: Vec<AuditRow>,
}

/// One time that it came.
#[derive(Clone, Debug, Serialize)]
pub struct Arrival {
    /// The record that was made of it.
    pub id: MessageId,
    /// What became of the record.
    pub state: ArrivalState,
    /// Bytes of the record.
    pub size_bytes: u64,
    /// How it came.
    pub envelope: Envelope,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivalState {
    /// It waits for the filer.
    Unfiled,
    /// It lies in mailboxes.
    Filed,
    /// No mailbox shows it.
    Unsorted,
    /// Another record is the same mail.
    Merged,
}

/// One mailbox in which it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lying {
    /// Whose, by login.
    pub login: String,
    /// Where: a folder, or `gone` where its owner deleted it for good.
    pub folder: String,
    /// Its owner has read it.
    pub seen: bool,
    /// The primary has shown that it has it in this mailbox.
    pub at_primary: bool,
}

/// What mail is looked for without the full text, which is behind and knows no envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// From or to an address: in From, in `MAIL FROM` or in `RCPT TO`, blind copies included.
    Address(Address),
    /// With this Message-ID, without angle brackets.
    HeaderMessageId(String),
}

impl Store {
    /// The life of a mail, by any of its records.
    pub async fn trace(&self, id: MessageId) -> Result<Trace, StoreError> {
        self.blocking(move |inner| inner.trace(id)).await
    }

    /// Records that arrived in a span of time, the newest first, up to `limit`. Every record of the
    /// span may be looked at.
    pub async fn arrived(
        &self,
        sought: Sought,
        span: Range<Timestamp>,
        limit: usize,
    ) -> Result<Vec<MessageId>, StoreError> {
        self.blocking(move |inner| {
            let mut found = Vec::new();
            for day in inner.days.list()?.into_iter().rev() {
                if day < Day::of(span.start) || day > Day::of(span.end) {
                    continue;
                }
                let of_day = inner.read_day(day, |index| sought.of_day(index, day))?;
                let is_meant = |id: &MessageId| span.contains(&id.arrived_at());
                found.extend(of_day.into_iter().flatten().filter(is_meant));
                if found.len() >= limit {
                    break;
                }
            }
            found.truncate(limit);
            Ok(found)
        })
        .await
    }
}

impl Sought {
    fn of_day(&self, index: &Transaction<'_>, day: Day) -> Result<Vec<MessageId>, StoreError> {
        let (condition, value) = match self {
            Self::Address(address) => (
                "lower(from_address) = ?1 OR instr(lower(envelope), '\"' || ?1 || '\"') > 0",
                address.key(),
            ),
            Self::HeaderMessageId(id) => ("header_message_id = ?1", id.clone()),
        };
        let sql = format!(
            "SELECT id, from_address, envelope FROM message WHERE {condition} ORDER BY id DESC"
        );
        let mut rows = index.prepare_cached(&sql)?;
        let mut rows = rows.query([value])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if self.is_in(row)? {
                found.push(MessageId::from_parts(day, row.get(0)?));
            }
        }
        Ok(found)
    }

    /// Anybody can write an address into his EHLO, and that lies in the envelope, too.
    fn is_in(&self, row: &Row<'_>) -> Result<bool, StoreError> {
        let Self::Address(address) = self else {
            return Ok(true);
        };
        let is_same = |other: &Address| other.key() == address.key();
        let from: String = row.get(1)?;
        // One damaged envelope must not hide the others.
        let envelope = columns::json::<Envelope>(row, 2).ok();
        Ok(from.to_lowercase() == address.key()
            || envelope.is_none_or(|it| {
                it.recipients.iter().any(is_same)
                    || matches!(&it.reverse_path, ReversePath::Address(path) if is_same(path))
            }))
    }
}

impl Inner {
    fn trace(&self, id: MessageId) -> Result<Trace, StoreError> {
        let home = self.home_of(id)?;
        let mut arrivals = self.copies_of(home)?;
        let first = self.arrival(home)?;
        arrivals.insert(0, first);
        let ids: Vec<MessageId> = arrivals.iter().map(|arrival| arrival.id).collect();
        let logins = self.logins()?;
        let mut trace = self.days.of(home)?.index.read(|index| {
            let number = home.number();
            let mut row = index.prepare_cached(
                "SELECT subject, from_address, header_message_id, unsorted_because
                 FROM message WHERE id = ?1",
            )?;
            let mut names = index
                .prepare_cached("SELECT name FROM unknown_name WHERE message = ?1 ORDER BY name")?;
            let names = names.query_map([number], |row| row.get(0))?;
            Ok(row.query_row([number], |row| {
                Ok(Trace {
                    id: home,
                    subject: row.get(0)?,
                    from: row.get(1)?,
                    header_message_id: row.get(2)?,
                    unsorted_because: row.get(3)?,
                    unknown_names: names.collect::<Result<_, _>>()?,
                    arrivals,
                    places: places(index, number, &logins)?,
                    deliveries: Vec::new(),
                    audit: Vec::new(),
                })
            })?)
        })?;
        self.shadow.read(|shadow| {
            for id in &ids {
                trace.deliveries.extend(LedgerRow::of(shadow, *id)?);
                trace.audit.extend(AuditRow::of_message(shadow, *id)?);
            }
            Ok(())
        })?;
        trace.deliveries.sort_by_key(|row| row.id);
        trace.audit.sort_by_key(|row| row.at);
        Ok(trace)
    }

    /// The record that this one was merged into, or itself where that has aged.
    fn home_of(&self, id: MessageId) -> Result<MessageId, StoreError> {
        let merged: Option<Option<String>> = self.days.of(id)?.index.read(|index| {
            let mut row = index.prepare_cached("SELECT merged_into FROM message WHERE id = ?1")?;
            Ok(row.query_row([id.number()], |row| row.get(0)).optional()?)
        })?;
        let Some(merged) = merged else {
            return Err(StoreError::Missing(format!("message {id}")));
        };
        let home = merged.and_then(|text| text.parse::<MessageId>().ok());
        match home {
            Some(home) if self.arrival(home).is_ok() => Ok(home),
            _ => Ok(id),
        }
    }

    fn arrival(&self, id: MessageId) -> Result<Arrival, StoreError> {
        let found = self.days.of(id)?.index.read(|index| {
            let sql = format!("{SELECT_ARRIVAL} WHERE id = ?1");
            let mut row = index.prepare_cached(&sql)?;
            Ok(row
                .query_row([id.number()], |row| arrival(row, id.day()))
                .optional()?)
        })?;
        found.ok_or_else(|| StoreError::Missing(format!("message {id}")))
    }

    /// The oldest first.
    fn copies_of(&self, home: MessageId) -> Result<Vec<Arrival>, StoreError> {
        let mut copies = Vec::new();
        for day in self.days.list()? {
            if day.days_until(home.day()).abs() > limits::MERGE_DAYS_MAX {
                continue;
            }
            let of_day = self.read_day(day, |index| {
                let sql = format!("{SELECT_ARRIVAL} WHERE merged_into = ?1 ORDER BY id");
                let mut rows = index.prepare_cached(&sql)?;
                let rows = rows.query_map([home.to_string()], |row| arrival(row, day))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })?;
            copies.extend(of_day.into_iter().flatten());
        }
        Ok(copies)
    }

    /// Of all accounts, removed ones included: their mail is still there.
    fn logins(&self) -> Result<BTreeMap<AccountId, String>, StoreError> {
        self.shadow.read(|shadow| {
            let mut rows = shadow.prepare_cached("SELECT id, login FROM account")?;
            let rows = rows.query_map([], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

const SELECT_ARRIVAL: &str = "SELECT id, state, size, envelope FROM message";

fn arrival(row: &Row<'_>, day: Day) -> rusqlite::Result<Arrival> {
    Ok(Arrival {
        id: MessageId::from_parts(day, row.get(0)?),
        state: columns::word(row, 1)?,
        size_bytes: row.get(2)?,
        envelope: columns::json(row, 3)?,
    })
}

fn places(
    index: &Transaction<'_>,
    message: i64,
    logins: &BTreeMap<AccountId, String>,
) -> rusqlite::Result<Vec<Lying>> {
    let mut rows = index.prepare_cached(
        "SELECT account, coalesce(moved, folder), seen, at_primary FROM entry
         WHERE message = ?1 ORDER BY account, folder",
    )?;
    let rows = rows.query_map([message], |row| {
        let account: i64 = row.get(0)?;
        let login = logins.get(&AccountId(account)).cloned();
        Ok(Lying {
            login: login.unwrap_or_else(|| format!("account {account}")),
            folder: row.get(1)?,
            seen: row.get(2)?,
            at_primary: row.get(3)?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
