//! The life of one mail: how often it came, in whose mailboxes it lies, what became of what was owed,
//! and who read it.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::Serialize;

use crate::account::AccountId;
use crate::address::{Address, ReversePath};
use crate::audit::AuditRow;
use crate::columns;
use crate::conversation;
use crate::day::Day;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::ledger::LedgerRow;
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
    /// How it came; `None` where that can not be read any more.
    pub envelope: Option<Envelope>,
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
    /// From or to an address: in From, in `MAIL FROM` or in `RCPT TO`, blind copies included, and all
    /// that lies in a mailbox with this address.
    Address(Address),
    /// With this Message-ID, without angle brackets.
    HeaderMessageId(String),
}

impl Store {
    /// The life of a mail, by any of its records.
    pub async fn trace(&self, id: MessageId) -> Result<Trace, StoreError> {
        self.blocking(move |inner| inner.trace(id)).await
    }

    /// Who did what with a mail, and with its deliveries, the oldest first. Reads all of the log.
    pub async fn audit_of(&self, trace: &Trace) -> Result<Vec<AuditRow>, StoreError> {
        let mut objects = Vec::new();
        for arrival in &trace.arrivals {
            // The second entry of a mail to oneself has a name of its own.
            objects.extend([arrival.id.to_string(), format!("{}.sent", arrival.id)]);
        }
        let rows = trace.deliveries.iter();
        objects.extend(rows.map(|row| format!("queue row {}", row.id)));
        self.blocking(move |inner| inner.shadow.read(|shadow| AuditRow::of(shadow, &objects)))
            .await
    }

    /// Records that arrived in a span of time, the newest first, up to `limit`. Where there are not
    /// so many, every record of the span may be looked at.
    pub async fn arrived(
        &self,
        sought: Sought,
        span: Range<Timestamp>,
        limit: usize,
    ) -> Result<Vec<MessageId>, StoreError> {
        self.blocking(move |inner| {
            let account = inner.account_of(&sought)?;
            let mut found = Vec::new();
            for day in inner.days.list()?.into_iter().rev() {
                if day < Day::of(span.start) || day > Day::of(span.end) {
                    continue;
                }
                let wanted = limit - found.len();
                let is_meant = |id: &MessageId| span.contains(&id.arrived_at());
                let of_day = inner.read_day(day, |index| match &sought {
                    Sought::Address(address) => {
                        let whose = Whose { address, account };
                        whose.of_day(index, day, (is_meant, wanted))
                    }
                    Sought::HeaderMessageId(name) => {
                        let ids = conversation::named(index, name)?.into_iter();
                        let ids = ids.map(|number| MessageId::from_parts(day, number));
                        Ok(ids.filter(is_meant).collect())
                    }
                })?;
                found.extend(of_day.into_iter().flatten().take(wanted));
                if found.len() >= limit {
                    break;
                }
            }
            Ok(found)
        })
        .await
    }
}

/// An address, and the account that has it.
struct Whose<'a> {
    address: &'a Address,
    account: Option<AccountId>,
}

impl Whose<'_> {
    /// The newest first, up to `wanted`.
    fn of_day(
        &self,
        index: &Transaction<'_>,
        day: Day,
        (is_meant, wanted): (impl Fn(&MessageId) -> bool, usize),
    ) -> Result<Vec<MessageId>, StoreError> {
        let mut found = BTreeSet::new();
        let mut entries =
            index.prepare_cached("SELECT DISTINCT message FROM entry WHERE account = ?1")?;
        let mut entries = entries.query([self.account.map(|account| account.0)])?;
        while let Some(row) = entries.next()? {
            found.insert(MessageId::from_parts(day, row.get(0)?));
        }
        let mut names = index.prepare_cached("SELECT message FROM unknown_name WHERE name = ?1")?;
        let mut names = names.query([self.address.key()])?;
        while let Some(row) = names.next()? {
            found.insert(MessageId::from_parts(day, row.get(0)?));
        }
        found.retain(&is_meant);
        // The newest of these rows can stand before those, so as many are looked for.
        let mut rows = index.prepare_cached(
            "SELECT id, from_address, envelope FROM message
             WHERE lower(from_address) = ?1 OR instr(lower(envelope), ?2) > 0 ORDER BY id DESC",
        )?;
        let mut rows = rows.query((self.address.key(), self.needle()))?;
        let mut more = 0;
        while more < wanted
            && let Some(row) = rows.next()?
        {
            let id = MessageId::from_parts(day, row.get(0)?);
            if is_meant(&id) && self.is_in(row)? {
                found.insert(id);
                more += 1;
            }
        }
        Ok(found.into_iter().rev().take(wanted).collect())
    }

    /// What stands in the JSON of every envelope that names the address. SQLite makes only letters of
    /// ASCII small, and JSON writes some characters of quoted names otherwise.
    fn needle(&self) -> String {
        let key = self.address.key();
        if key.is_ascii() && !key.contains(['"', '\\']) {
            format!("\"{key}\"")
        } else if self.address.domain().is_ascii() {
            format!("@{}\"", self.address.domain().to_ascii_lowercase())
        } else {
            "@".to_owned()
        }
    }

    /// Anybody can write an address into his EHLO, and that lies in the envelope, too.
    fn is_in(&self, row: &Row<'_>) -> Result<bool, StoreError> {
        let key = self.address.key();
        let is_same = |other: &Address| other.key() == key;
        let from: String = row.get(1)?;
        let envelope = columns::json::<Envelope>(row, 2).ok();
        Ok(from.to_lowercase() == key
            || envelope.is_some_and(|it| {
                it.recipients.iter().any(is_same)
                    || matches!(&it.reverse_path, ReversePath::Address(path) if is_same(path))
            }))
    }
}

impl Inner {
    /// The account that has an address now.
    fn account_of(&self, sought: &Sought) -> Result<Option<AccountId>, StoreError> {
        let Sought::Address(address) = sought else {
            return Ok(None);
        };
        self.shadow.read(|shadow| {
            let mut row = shadow.prepare_cached("SELECT account FROM address WHERE key = ?1")?;
            let meant = self.aliases.address(shadow, address)?;
            let account = row.query_row([meant.key()], |row| row.get(0).map(AccountId));
            Ok(account.optional()?)
        })
    }

    fn trace(&self, id: MessageId) -> Result<Trace, StoreError> {
        let first = self.home_of(id)?;
        let home = first.id;
        let mut arrivals = self.copies_of(home)?;
        arrivals.insert(0, first);
        let (mut trace, entries) = self.days.of(home)?.index.read(|index| {
            let number = home.number();
            let mut row = index.prepare_cached(
                "SELECT subject, from_address, header_message_id, unsorted_because
                 FROM message WHERE id = ?1",
            )?;
            let mut names = index.prepare_cached(
                "SELECT DISTINCT name FROM unknown_name WHERE message = ?1 ORDER BY name",
            )?;
            let names = names.query_map([number], |row| row.get(0))?;
            let trace = row.query_row([number], |row| {
                Ok(Trace {
                    id: home,
                    subject: row.get(0)?,
                    from: row.get(1)?,
                    header_message_id: row.get(2)?,
                    unsorted_because: row.get(3)?,
                    unknown_names: names.collect::<Result<_, _>>()?,
                    arrivals,
                    places: Vec::new(),
                    deliveries: Vec::new(),
                })
            })?;
            Ok((trace, entries(index, number)?))
        })?;
        self.shadow.read(|shadow| {
            for arrival in &trace.arrivals {
                trace.deliveries.extend(LedgerRow::of(shadow, arrival.id)?);
            }
            for (account, folder, seen, at_primary) in entries {
                trace.places.push(Lying {
                    login: login(shadow, account)?,
                    folder,
                    seen,
                    at_primary,
                });
            }
            Ok(())
        })?;
        trace.deliveries.sort_by_key(|row| row.id);
        Ok(trace)
    }

    /// The record that this one was merged into, or itself where that has aged.
    fn home_of(&self, id: MessageId) -> Result<Arrival, StoreError> {
        let merged: Option<Option<String>> = self.days.of(id)?.index.read(|index| {
            let mut row = index.prepare_cached("SELECT merged_into FROM message WHERE id = ?1")?;
            Ok(row.query_row([id.number()], |row| row.get(0)).optional()?)
        })?;
        let home = merged.flatten().and_then(|text| text.parse().ok());
        match home.map(|home| self.arrival(home)) {
            None | Some(Err(StoreError::Missing(_))) => self.arrival(id),
            Some(found) => found,
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

    /// The oldest first. What we handed back can come again on any later day.
    fn copies_of(&self, home: MessageId) -> Result<Vec<Arrival>, StoreError> {
        let mut copies = Vec::new();
        for day in self.days.list()? {
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
}

const SELECT_ARRIVAL: &str = "SELECT id, state, size, envelope FROM message";

fn arrival(row: &Row<'_>, day: Day) -> rusqlite::Result<Arrival> {
    Ok(Arrival {
        id: MessageId::from_parts(day, row.get(0)?),
        state: columns::word(row, 1)?,
        size_bytes: row.get(2)?,
        envelope: columns::json(row, 3).ok(),
    })
}

/// Whose, where, whether read, and whether the primary has shown it there.
type EntryOf = (i64, String, bool, bool);

fn entries(index: &Transaction<'_>, message: i64) -> rusqlite::Result<Vec<EntryOf>> {
    let mut rows = index.prepare_cached(
        "SELECT account, coalesce(moved, folder), seen, at_primary FROM entry
         WHERE message = ?1 ORDER BY account, folder",
    )?;
    let rows = rows.query_map([message], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    rows.collect()
}

/// Of an account, also of one that was removed: its mail is still there.
fn login(shadow: &Transaction<'_>, account: i64) -> Result<String, StoreError> {
    let mut row = shadow.prepare_cached("SELECT login FROM account WHERE id = ?1")?;
    let login = row.query_row([account], |row| row.get(0)).optional()?;
    Ok(login.unwrap_or_else(|| format!("account {account}")))
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
