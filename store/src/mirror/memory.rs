//! What is remembered of a directory server, so that it need be asked only for what has changed.
//! It is written with the mirror that was made of it: the two never disagree.

use rusqlite::{OptionalExtension, Transaction};

use crate::error::StoreError;
use crate::settings;
use crate::shadow::Store;

/// Where the last sync ended.
const STATE: &str = "directory-state";

/// What a sync remembers.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What [`Store::directory_state`] said when the reading began.
    pub began_from: Option<String>,
    /// Where it ended; only its reader knows what that means.
    pub state: String,
    /// Whether all entries were read, and not only those that changed: then the old ones are
    /// forgotten.
    pub is_whole: bool,
    /// Entries by their keys.
    pub put: Vec<(String, String)>,
    /// Keys of entries that are gone.
    pub gone: Vec<String>,
}

/// What the last sync remembered.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// Where it ended.
    pub state: String,
    /// All entries by their keys.
    pub entries: Vec<(String, String)>,
}

impl Store {
    /// Where the last sync with a directory server ended.
    pub async fn directory_state(&self) -> Result<Option<String>, StoreError> {
        self.blocking(|inner| inner.shadow.read(state)).await
    }

    /// The same with all entries: some hundred bytes each.
    pub async fn directory_memory(&self) -> Result<Option<Remembered>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let Some(state) = state(shadow)? else {
                    return Ok(None);
                };
                let mut entries = shadow.prepare("SELECT key, entry FROM directory_entry")?;
                let entries = entries.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let entries = entries.collect::<Result<_, _>>()?;
                Ok(Some(Remembered { state, entries }))
            })
        })
        .await
    }

    /// Writes down where a sync ended that found nothing new, unless another one was written since it
    /// began.
    pub async fn remember_directory_state(
        &self,
        began_from: String,
        state: String,
    ) -> Result<(), StoreError> {
        if began_from == state {
            return Ok(());
        }
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                if self::state(shadow)?.as_ref() == Some(&began_from) {
                    settings::put(shadow, STATE, state.as_bytes())?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The keys of the accounts and groups that have these addresses or sign-in names, which are in
    /// lower case; in the same order.
    pub async fn keys_of_names(
        &self,
        names: Vec<String>,
    ) -> Result<Vec<Option<String>>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut owner = shadow.prepare(
                    "SELECT account.key FROM address JOIN account ON account.id = account
                         WHERE address.key = ?1
                     UNION
                     SELECT account.key FROM sign_in_name JOIN account ON account.id = account
                         WHERE sign_in_name.name = ?1
                     UNION
                     SELECT entry FROM mail_group WHERE key = ?1 AND entry <> ''",
                )?;
                let owners = names.iter().map(|name| {
                    let key = owner.query_row([name], |row| row.get(0));
                    Ok(key.optional()?)
                });
                owners.collect()
            })
        })
        .await
    }
}

impl Memory {
    /// Whether nothing was written since the reading began.
    pub(super) fn is_of_now(&self, shadow: &Transaction<'_>) -> Result<bool, StoreError> {
        Ok(state(shadow)? == self.began_from)
    }

    pub(super) fn write(&self, shadow: &Transaction<'_>) -> Result<(), StoreError> {
        settings::put(shadow, STATE, self.state.as_bytes())?;
        if self.is_whole {
            shadow.execute("DELETE FROM directory_entry", [])?;
        }
        let mut put = shadow.prepare(
            "INSERT INTO directory_entry (key, entry) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET entry = excluded.entry",
        )?;
        for (key, entry) in &self.put {
            put.execute((key, entry))?;
        }
        let mut gone = shadow.prepare("DELETE FROM directory_entry WHERE key = ?1")?;
        for key in &self.gone {
            gone.execute([key])?;
        }
        Ok(())
    }
}

/// Forgets a server: the mirror was made of something else.
pub(super) fn forget(shadow: &Transaction<'_>) -> Result<(), StoreError> {
    if state(shadow)?.is_some() {
        shadow.execute("DELETE FROM setting WHERE name = ?1", [STATE])?;
        shadow.execute("DELETE FROM directory_entry", [])?;
    }
    Ok(())
}

fn state(shadow: &Transaction<'_>) -> Result<Option<String>, StoreError> {
    let value = "SELECT value FROM setting WHERE name = ?1";
    let value = shadow.query_row(value, [STATE], |row| row.get::<_, Vec<u8>>(0));
    let stored = value.optional()?;
    Ok(stored.and_then(|bytes| String::from_utf8(bytes).ok()))
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
