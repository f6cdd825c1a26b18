//! What owners do with their entries: marks, moves, deleting. It is their view alone: the message,
//! its record and what is owed for it stay as they are.

use std::collections::BTreeMap;

use rusqlite::{ToSql, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::day::Day;
use crate::entry_name::{EntryCopy, EntryName};
use crate::error::StoreError;
use crate::id::MessageId;
use crate::mailbox::{self, Folder};
use crate::shadow::{Inner, Store};

/// A mark on an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// Was read.
    Seen,
    /// Was answered.
    Answered,
    /// Was forwarded.
    Forwarded,
    /// Was starred.
    Flagged,
}

/// Which entries of a message a change is for.
#[derive(Clone, Copy)]
enum Which {
    Both,
    One(EntryCopy),
}

/// What happens to an entry: the beginning of a statement that sets `?3`.
type Change = &'static str;

const MOVE: Change = "UPDATE entry SET moved = ?3 WHERE moved IS NOT 'gone'";
const DELETE_FOR_GOOD: Change = "UPDATE entry SET moved = ?3 WHERE moved = 'trash'";

impl Store {
    /// Sets a mark on messages, on both entries of a mail to oneself. Messages that the account
    /// does not have (any more) are passed over; [`StoreError::Missing`] when it has none of them.
    pub async fn set_flag(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
        flag: Flag,
    ) -> Result<(), StoreError> {
        self.mark(account, messages, (flag, 1)).await
    }

    /// Clears a mark on messages, as [`Self::set_flag`] sets it.
    pub async fn clear_flag(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
        flag: Flag,
    ) -> Result<(), StoreError> {
        self.mark(account, messages, (flag, 0)).await
    }

    /// Marks all of a folder as read, and says how many entries were not.
    pub async fn mark_folder_seen(
        &self,
        account: AccountId,
        folder: Folder,
    ) -> Result<usize, StoreError> {
        self.blocking(move |inner| {
            inner.change_folder((account, folder), |index| {
                let sql = format!(
                    "UPDATE entry SET seen = 1 WHERE account = ?1 AND {} AND seen = 0",
                    folder.condition()
                );
                let mut update = index.prepare_cached(&sql)?;
                Ok(update.execute((account.0, folder.as_str()))?)
            })
        })
        .await
    }

    /// Puts entries into a folder, and says how many it found. [`Folder::Inbox`] and
    /// [`Folder::Sent`] stand for where an entry was filed: what came in never lies in Sent, and
    /// what was sent never in the inbox. So moving entries back to the folder they came from undoes
    /// a move. Entries that the account does not have (any more) are passed over;
    /// [`StoreError::Missing`] when it has none of them.
    pub async fn move_to(
        &self,
        account: AccountId,
        entries: Vec<EntryName>,
        to: Folder,
    ) -> Result<usize, StoreError> {
        let moved = match to {
            Folder::Inbox | Folder::Sent => None,
            Folder::Archive | Folder::Junk | Folder::Trash => Some(to.as_str()),
        };
        self.change(account, named(entries), MOVE, moved).await
    }

    /// Deletes entries from the trash for good: their owner never sees them again. Tracing and
    /// handing back still do. Entries outside of the trash stay; [`StoreError::Missing`] when none
    /// is in it.
    pub async fn delete_for_good(
        &self,
        account: AccountId,
        entries: Vec<EntryName>,
    ) -> Result<usize, StoreError> {
        self.change(account, named(entries), DELETE_FOR_GOOD, Some("gone"))
            .await
    }

    /// Deletes all of the trash for good, and says how much it was.
    pub async fn empty_trash(&self, account: AccountId) -> Result<usize, StoreError> {
        self.blocking(move |inner| {
            inner.change_folder((account, Folder::Trash), |index| {
                let mut update = index.prepare_cached(
                    "UPDATE entry SET moved = 'gone' WHERE account = ?1 AND moved = 'trash'",
                )?;
                Ok(update.execute([account.0])?)
            })
        })
        .await
    }

    async fn mark(
        &self,
        account: AccountId,
        messages: Vec<MessageId>,
        (flag, value): (Flag, i64),
    ) -> Result<(), StoreError> {
        let entries = messages.into_iter().map(|id| (id, Which::Both)).collect();
        self.change(account, entries, flag.change(), value)
            .await
            .map(drop)
    }

    async fn change(
        &self,
        account: AccountId,
        entries: Vec<(MessageId, Which)>,
        change: Change,
        value: impl ToSql + Send + 'static,
    ) -> Result<usize, StoreError> {
        self.blocking(move |inner| inner.change(account, &entries, change, &value))
            .await
    }
}

impl Inner {
    /// All entries of one day in one transaction.
    fn change(
        &self,
        account: AccountId,
        entries: &[(MessageId, Which)],
        change: Change,
        value: &dyn ToSql,
    ) -> Result<usize, StoreError> {
        let mut days: BTreeMap<Day, Vec<(MessageId, Which)>> = BTreeMap::new();
        for (message, which) in entries {
            days.entry(message.day())
                .or_default()
                .push((*message, *which));
        }
        let mut changed = 0;
        for (day, entries) in days {
            let open = match self.days.at(day) {
                Err(StoreError::Missing(_)) => continue,
                other => other?,
            };
            changed += open.index.write(|index| {
                let mut changed = 0;
                for (message, which) in entries {
                    let sql = format!(
                        "{change} AND account = ?1 AND message = ?2{}",
                        which.condition()
                    );
                    let mut update = index.prepare_cached(&sql)?;
                    changed += update.execute((account.0, message.number(), value))?;
                }
                Ok(changed)
            })?;
        }
        match (changed, entries.first()) {
            (0, Some((first, _))) => Err(StoreError::Missing(format!("message {first}"))),
            _ => Ok(changed),
        }
    }

    /// Changes all of a folder, one transaction for each day that has some of it.
    fn change_folder(
        &self,
        (account, folder): (AccountId, Folder),
        change: impl Fn(&Transaction<'_>) -> Result<usize, StoreError>,
    ) -> Result<usize, StoreError> {
        let mut changed = 0;
        for day in self.days.list()? {
            let (total, _) = self
                .read_day(day, |index| mailbox::count_in_day(index, account, folder))?
                .unwrap_or_default();
            if total > 0 {
                changed += self.days.at(day)?.index.write(&change)?;
            }
        }
        Ok(changed)
    }
}

impl Flag {
    fn change(self) -> Change {
        match self {
            Self::Seen => "UPDATE entry SET seen = ?3 WHERE moved IS NOT 'gone'",
            Self::Answered => "UPDATE entry SET answered = ?3 WHERE moved IS NOT 'gone'",
            Self::Forwarded => "UPDATE entry SET forwarded = ?3 WHERE moved IS NOT 'gone'",
            Self::Flagged => "UPDATE entry SET flagged = ?3 WHERE moved IS NOT 'gone'",
        }
    }
}

impl Which {
    fn condition(self) -> String {
        match self {
            Self::Both => String::new(),
            Self::One(copy) => format!(" AND {}", copy.condition()),
        }
    }
}

fn named(entries: Vec<EntryName>) -> Vec<(MessageId, Which)> {
    let named = entries.into_iter();
    named
        .map(|entry| (entry.message, Which::One(entry.copy)))
        .collect()
}

#[cfg(test)]
#[path = "moves_tests.rs"]
mod tests;
