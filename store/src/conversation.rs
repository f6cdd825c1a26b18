//! Conversations: which mails of an account belong together. A mail names itself in Message-ID and
//! others in In-Reply-To and References (RFC 5322 §3.6.4); mails that share a name belong together.
//!
//! Anybody can write any name into a mail, so nothing here trusts them: only the account's own
//! entries are given, and the search ends at its limits, whatever the names lead to.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use crate::account::AccountId;
use crate::day::Day;
use crate::entry_name::EntryName;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::mailbox::{self, EntryRow, SELECT_ENTRY};
use crate::shadow::{Inner, Store};

impl Store {
    /// The mails that belong to an entry, itself among them, oldest first: what came in, what was
    /// sent and what was archived, on whatever day. What lies in the trash or under junk is left
    /// out, unless it is the entry itself. Of a conversation of more than
    /// [`limits::CONVERSATION_MESSAGES_MAX`] mails it gives those that name each other most
    /// directly, the newest first. [`StoreError::Missing`] as for [`Store::entry`].
    pub async fn conversation(
        &self,
        account: AccountId,
        name: impl Into<EntryName>,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let name = name.into();
        self.blocking(move |inner| inner.conversation(account, name))
            .await
    }
}

impl Inner {
    fn conversation(
        &self,
        account: AccountId,
        name: EntryName,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let first = self.entry(account, name)?;
        let mut search = Search::new(account);
        let day = first.message.day();
        self.read_day(day, |index| search.take(index, first))?;
        for _ in 0..limits::CONVERSATION_ROUNDS_MAX {
            let names = std::mem::take(&mut search.next);
            if names.is_empty() {
                break;
            }
            for day in self.days.list()?.into_iter().rev() {
                self.read_day(day, |index| search.look(index, day, &names))?;
            }
        }
        Ok(search.found.into_values().collect())
    }
}

/// A conversation as far as it is known.
struct Search {
    account: AccountId,
    found: BTreeMap<MessageId, EntryRow>,
    /// Messages that name one of ours and are not this account's.
    foreign: HashSet<MessageId>,
    /// Names that were looked for already, or will be.
    known: HashSet<i64>,
    /// Those that will be, in the next round.
    next: Vec<i64>,
    /// How many more messages may be looked at.
    looks: usize,
}

impl Search {
    fn new(account: AccountId) -> Self {
        Self {
            account,
            found: BTreeMap::new(),
            foreign: HashSet::new(),
            known: HashSet::new(),
            next: Vec::new(),
            looks: limits::CONVERSATION_LOOKS_MAX,
        }
    }

    /// Takes all entries of one day that have one of these names.
    fn look(&mut self, index: &Transaction<'_>, day: Day, names: &[i64]) -> Result<(), StoreError> {
        let mut having = index.prepare_cached(
            "SELECT message FROM reference WHERE name = ?1 ORDER BY message DESC LIMIT ?2",
        )?;
        for name in names {
            let mut messages = having.query((name, self.looks))?;
            while let Some(row) = messages.next()? {
                if self.found.len() >= limits::CONVERSATION_MESSAGES_MAX {
                    return Ok(());
                }
                self.looks = self.looks.saturating_sub(1);
                let message = MessageId::from_parts(day, row.get(0)?);
                if self.found.contains_key(&message) || self.foreign.contains(&message) {
                    continue;
                }
                match visible(index, self.account, message)? {
                    Some(entry) => self.take(index, entry)?,
                    None => _ = self.foreign.insert(message),
                }
            }
        }
        Ok(())
    }

    /// Takes an entry, and its names for the next round.
    fn take(&mut self, index: &Transaction<'_>, entry: EntryRow) -> Result<(), StoreError> {
        let mut names =
            index.prepare_cached("SELECT name FROM reference WHERE message = ?1 LIMIT ?2")?;
        let bounds = (entry.message.number(), limits::REFERENCES_MAX);
        let mut names = names.query(bounds)?;
        while let Some(row) = names.next()? {
            let name = row.get(0)?;
            if self.known.len() < limits::CONVERSATION_NAMES_MAX && self.known.insert(name) {
                self.next.push(name);
            }
        }
        self.found.insert(entry.message, entry);
        Ok(())
    }
}

/// The entry of a message, where the account has one that is not in the trash or under junk.
fn visible(
    index: &Transaction<'_>,
    account: AccountId,
    message: MessageId,
) -> Result<Option<EntryRow>, StoreError> {
    let sql = format!(
        "{SELECT_ENTRY} WHERE account = ?1 AND message = ?2
         AND (moved IS NULL OR moved = 'archive') ORDER BY folder LIMIT 1"
    );
    let mut entry = index.prepare_cached(&sql)?;
    let entry = entry.query_row((account.0, message.number()), |row| {
        mailbox::entry(row, message.day())
    });
    Ok(entry.optional()?)
}

/// Writes down which names a message has, up to a limit. Doing it twice changes nothing.
pub(crate) fn write_references(
    index: &Transaction<'_>,
    message: MessageId,
    references: &[String],
) -> Result<(), StoreError> {
    let mut insert =
        index.prepare_cached("INSERT OR IGNORE INTO reference (name, message) VALUES (?1, ?2)")?;
    for name in references.iter().take(limits::REFERENCES_MAX) {
        insert.execute((hash(name), message.number()))?;
    }
    Ok(())
}

/// Messages of a day that call themselves so, the newest first.
pub(crate) fn named(index: &Transaction<'_>, name: &str) -> Result<Vec<i64>, StoreError> {
    let mut rows = index.prepare_cached(
        "SELECT id FROM reference JOIN message ON message.id = reference.message
         WHERE name = ?1 AND header_message_id = ?2 ORDER BY id DESC",
    )?;
    let rows = rows.query_map((hash(name), name), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first eight bytes of its SHA-256, so that names of any length and alphabet cost the same.
fn hash(name: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(name).into();
    let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    i64::from_be_bytes(*first)
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
