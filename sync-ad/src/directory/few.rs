//! A few accounts of which something has changed that concerns nobody else: a name, a telephone
//! number, a password. That is what happens in a directory all day long, and it takes milliseconds:
//! the mirror of all others need not be made again.

use std::collections::HashMap;

use jiff::Timestamp;
use store::{Difference, Memory, MirroredAccount, Patched, Secret, Store, StoreError};

use super::changed::{self, Seen};
use super::state::State;
use super::{Directory, DirectoryError, Unchanged};
use crate::assemble::{self, Entries};
use crate::kept::Kept;

/// What has changed since the last sync.
#[derive(Debug)]
pub enum Lately {
    /// Nothing.
    Nothing(Unchanged),
    /// A few accounts, each for itself.
    Few(Few),
    /// More than that, or nobody can tell: see [`Directory::read`].
    More,
}

/// Some accounts as they should be, and what to remember with them.
#[derive(Debug)]
pub struct Few {
    accounts: Vec<MirroredAccount>,
    memory: Memory,
}

impl Few {
    /// Writes them. `None` when that would take something away, or another sync was faster: then
    /// everybody must be looked at.
    pub async fn write(
        self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Difference>, StoreError> {
        match store.patch(self.accounts, self.memory, now).await? {
            Patched::Done(difference) => Ok(Some(difference)),
            Patched::LooksAtAll => Ok(None),
        }
    }
}

impl Directory {
    /// Asks the server that answered last what a few accounts have changed. Writes nothing. When that
    /// server fails, another one may do better.
    pub async fn read_lately(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Lately, DirectoryError> {
        match self.lately(store, now).await {
            Err(DirectoryError::Server(error)) if error.is_of_server() => Ok(Lately::More),
            read => read,
        }
    }

    async fn lately(&self, store: &Store, now: Timestamp) -> Result<Lately, DirectoryError> {
        let Some(text) = store.directory_state().await? else {
            return Ok(Lately::More);
        };
        let before = State::read(&text).filter(|it| it.is_usable(&self.settings, now));
        let Some(before) = before.filter(|it| !it.makes_another(&self.settings, now)) else {
            return Ok(Lately::More);
        };
        let servers = self.settings.servers.iter();
        let Some(at) = servers
            .map(ToString::to_string)
            .position(|it| it == before.server)
        else {
            return Ok(Lately::More);
        };
        let mut connection = self.connect(at).await?;
        let seen = changed::seen(&mut connection, &self.settings, before, now).await?;
        connection.close().await;
        match seen {
            Seen::Nothing(state) => Ok(Lately::Nothing(Unchanged {
                began_from: text,
                state: state.text(),
            })),
            Seen::Some(changes, state) => self.few(store, (changes, state), (text, now)).await,
            Seen::Doubt => Ok(Lately::More),
        }
    }

    async fn few(
        &self,
        store: &Store,
        (changes, state): (changed::Changes, State),
        (began_from, now): (String, Timestamp),
    ) -> Result<Lately, DirectoryError> {
        let mut keys = changes.gone.clone();
        keys.extend(changes.put.keys().cloned());
        let mut known: HashMap<String, (Kept, Option<MirroredAccount>)> = HashMap::new();
        for it in store.remembered_of(keys).await? {
            let Ok(kept) = serde_json::from_str(&it.entry) else {
                return Ok(Lately::More);
            };
            known.insert(it.key, (kept, it.account));
        }
        if changes.gone.iter().any(|key| known.contains_key(key)) {
            return Ok(Lately::More);
        }
        let mut put = Entries::new();
        let mut accounts = Vec::new();
        let mut next_expiry = state.next_expiry;
        for (key, new) in changes.put {
            let Some((old, account)) = known.remove(&key) else {
                return Ok(Lately::More);
            };
            if old == new {
                continue;
            }
            let Some(account) = account.filter(|_| old.is_alike_to_others(&new)) else {
                return Ok(Lately::More);
            };
            accounts.push(MirroredAccount {
                name: new.name.clone(),
                language: new.language.clone(),
                verifier: new.hash.clone().map(Secret::new),
                password_mark: new.password_mark.clone(),
                standing: assemble::standing(&new, state.lockout, now, &mut next_expiry),
                listing: new.listing.clone(),
                ..account
            });
            put.insert(key, new);
        }
        if put.is_empty() {
            return Ok(Lately::Nothing(Unchanged {
                began_from,
                state: state.text(),
            }));
        }
        let state = State {
            next_expiry,
            number: state.number.wrapping_add(1),
            ..state
        };
        let text = |(key, kept)| {
            let text = serde_json::to_string(&kept).map_err(std::io::Error::from);
            Ok((key, text?))
        };
        let put: Result<Vec<(String, String)>, StoreError> = put.into_iter().map(text).collect();
        Ok(Lately::Few(Few {
            accounts,
            memory: Memory {
                began_from: Some(began_from),
                state: state.text(),
                is_whole: false,
                put: put?,
                gone: Vec::new(),
            },
        }))
    }
}
