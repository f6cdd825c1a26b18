//! Newcomers: what the mail of somebody whom the directory did not know is found by, once it does.
//! `welcome` gives it to them.

use rusqlite::{OptionalExtension, Transaction};

use crate::account::{Recipient, recipient};
use crate::columns;
use crate::day::Day;
use crate::error::StoreError;
use crate::filing::Unfiled;
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::settings;
use crate::shadow::Store;

/// Somebody whom a message is for, or from, and whom the directory does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// An address of ours, or an X.500 name. Case says nothing.
    pub name: String,
    /// Where they get it once they are known: [`Folder::Inbox`] or [`Folder::Sent`].
    pub folder: Folder,
    /// The primary has it for them.
    pub at_primary: bool,
}

/// Counts the syncs.
const SYNCS: &str = "directory-syncs";

impl Store {
    /// Whose mailbox an X.500 name means, such as `/o=Corp/ou=…/cn=Recipients/cn=amy`. Compares
    /// without case.
    pub async fn owner_of_directory_name(
        &self,
        name: &str,
    ) -> Result<Option<Recipient>, StoreError> {
        let key = directory_key(name);
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let owner = shadow
                    .prepare_cached(
                        "SELECT main.account, main.address FROM directory_name AS named
                         JOIN address AS main ON main.account = named.account AND main.position = 0
                         WHERE named.name = ?1",
                    )?
                    .query_row([key], recipient);
                Ok(owner.optional()?)
            })
        })
        .await
    }

    /// How often the directory was mirrored: while it is the same, so is everybody in it.
    pub async fn directory_syncs(&self) -> Result<u64, StoreError> {
        self.blocking(|inner| inner.shadow.read(syncs)).await
    }

    /// Addresses (in lower case) and X.500 names that kept messages have, and that the directory
    /// did not know when those were filed: up to `limit`, from `after` on, by their days. A name is
    /// there once for each day.
    pub async fn unknown_names(
        &self,
        after: Option<(Day, String)>,
        limit: usize,
    ) -> Result<Vec<(Day, String)>, StoreError> {
        self.blocking(move |inner| {
            let mut unknown = Vec::new();
            let days = inner.days.list()?.into_iter();
            let begin = after.as_ref().map(|(day, _)| *day);
            for day in days.filter(|day| begin.is_none_or(|begin| *day >= begin)) {
                let behind = after.as_ref().filter(|(of, _)| *of == day);
                let behind = behind.map_or("", |(_, name)| name.as_str());
                let wanted = limit - unknown.len();
                inner.read_day(day, |index| {
                    let mut names = index.prepare_cached(
                        "SELECT DISTINCT name FROM unknown_name WHERE name > ?1 ORDER BY name
                         LIMIT ?2",
                    )?;
                    let names = names.query_map((behind, wanted), |row| row.get(0))?;
                    for name in names {
                        unknown.push((day, name?));
                    }
                    Ok(())
                })?;
                if unknown.len() >= limit {
                    break;
                }
            }
            Ok(unknown)
        })
        .await
    }

    /// Up to `limit` messages of a day, from `after` on, of which version 4 of the schema did not write
    /// down what an X.500 name is to them: the sender, or somebody who got it.
    pub async fn unplaced(
        &self,
        (day, name): (Day, String),
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<Unfiled>, StoreError> {
        let after = after.map_or(i64::MIN, MessageId::number);
        self.blocking(move |inner| {
            let unplaced = inner.read_day(day, |index| {
                // The present version knows of each recipient of a report that the primary has it.
                let mut rows = index.prepare_cached(
                    "SELECT id, envelope, size FROM unknown_name JOIN message ON id = message
                     WHERE name = ?1 AND folder = 'inbox' AND at_primary = 0 AND message > ?2
                       AND state IN ('filed', 'merged')
                     ORDER BY message LIMIT ?3",
                )?;
                let rows = rows.query_map((name, after, limit), |row| {
                    let id = MessageId::from_parts(day, row.get(0)?);
                    let size_bytes = row.get(2)?;
                    // One that is damaged must not stop the others.
                    let envelope = columns::json(row, 1).ok();
                    Ok(envelope.map(|envelope| Unfiled {
                        id,
                        envelope,
                        size_bytes,
                    }))
                })?;
                rows.filter_map(Result::transpose)
                    .collect::<Result<_, _>>()
                    .map_err(StoreError::from)
            })?;
            Ok(unplaced.unwrap_or_default())
        })
        .await
    }

    /// Says anew what a name is to a message; nothing when nobody gets it by that name.
    pub async fn place(
        &self,
        (id, name): (MessageId, String),
        names: Vec<UnknownName>,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.days.of(id)?.index.write(|index| {
                index
                    .prepare_cached("DELETE FROM unknown_name WHERE name = ?1 AND message = ?2")?
                    .execute((&name, id.number()))?;
                let mut insert = index.prepare_cached(
                    "INSERT INTO unknown_name (name, message, folder, at_primary)
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                )?;
                for it in &names {
                    insert.execute((&name, id.number(), it.folder.as_str(), it.at_primary))?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Lets all unsorted messages be filed again, which helps when the config has changed. Gives
    /// how many.
    pub async fn file_unsorted_again(&self) -> Result<u64, StoreError> {
        let again = self
            .blocking(|inner| {
                let unfile = "UPDATE message SET state = 'unfiled' WHERE state = 'unsorted'";
                let mut again = 0;
                for day in inner.days.list()? {
                    // It may have aged meanwhile.
                    inner.use_day(day, |open| {
                        let unfile = |index: &Transaction<'_>| Ok(index.execute(unfile, [])?);
                        again += open.index.write(unfile)? as u64;
                        Ok(())
                    })?;
                }
                Ok(again)
            })
            .await?;
        self.inner().kept.notify_one();
        Ok(again)
    }
}

/// The form that two spellings of one X.500 name share.
pub(crate) fn directory_key(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The directory was mirrored once more.
pub(crate) fn count_sync(shadow: &Transaction<'_>) -> Result<(), StoreError> {
    let next = syncs(shadow)?.wrapping_add(1);
    settings::put(shadow, SYNCS, &next.to_be_bytes())
}

pub(crate) fn syncs(shadow: &Transaction<'_>) -> Result<u64, StoreError> {
    let value = "SELECT value FROM setting WHERE name = ?1";
    let value = shadow.query_row(value, [SYNCS], |row| row.get(0));
    let stored: Option<[u8; 8]> = value.optional()?;
    Ok(stored.map_or(0, u64::from_be_bytes))
}

#[cfg(test)]
#[path = "newcomer_tests.rs"]
mod tests;
