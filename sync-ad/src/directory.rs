//! Reading a directory server: all of it, or what has changed since the last sync.

mod changed;
mod few;
mod held;
mod look;
mod range;
mod remembered;
mod state;
mod whole;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::ClientConfig;
use serde::Serialize;
use store::{Memory, Mirroring, Store, StoreError};

use crate::assemble::{
    Assembled, Claims, Context, Dispute, Entries, Flaw, FlawKind, LeftOut, TooManyMemberships,
    assemble,
};
use crate::kept::Kept;
use crate::ldap::connection::Connection;
use crate::ldap::error::LdapError;
use crate::ldap::tls::{self, TrustError};
use crate::limits;
use crate::reader_hold::ReaderHold;
use crate::settings::Settings;

pub use few::{Few, Lately};
pub use look::Looked;
pub use remembered::Origin;
use state::State;

/// A directory server, or several with the same content.
pub struct Directory {
    settings: Settings,
    tls: Arc<ClientConfig>,
    hold: ReaderHold,
    /// Whether nobody waits for what it says.
    is_by_itself: bool,
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// What has changed, if that can be told without doubt; else everything.
    WhatChanged,
    /// Everything.
    Everything,
}

/// What came of a reading.
#[derive(Debug)]
pub enum Found {
    /// Nothing is new since the last sync that was written.
    Nothing(Unchanged),
    /// Something is.
    Something(Box<Reading>),
}

/// The mirror is as the directory.
#[derive(Debug)]
pub struct Unchanged {
    began_from: String,
    state: String,
}

impl Unchanged {
    /// Remembers how far the server was looked at, so that the next look is shorter. Whom a sync that
    /// waited has shut out is let in again.
    pub async fn remember(self, store: &Store) -> Result<(), StoreError> {
        let Self { began_from, state } = self;
        store.lift_suspensions().await?;
        store.remember_directory_state(began_from, state).await
    }
}

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The mirror as it should be, and what to remember with it.
    pub mirroring: Mirroring,
    /// Names that two entries claim.
    pub disputes: Vec<Dispute>,
    /// Entries that have no mailbox here.
    pub left_out: Vec<LeftOut>,
    /// Entries of which something can not be used.
    pub flaws: Vec<Flaw>,
    /// How much was read in the end.
    pub extent: Extent,
    /// Entries that were read.
    pub entries_read: usize,
    /// The server that answered.
    pub server: String,
}

/// A directory can not be read. The mirror stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A server said or did something that ends the reading.
    #[error(transparent)]
    Server(#[from] LdapError),
    /// A server has refused our own account, now or a while ago.
    #[error(
        "{why}; so that it does not lock that account nothing tries the same password again before \
         {until:.0}, unless you do so with `shadowmail sync` or in the console"
    )]
    ReaderRefused {
        /// What the server said.
        why: String,
        /// When it is tried again.
        until: Timestamp,
    },
    /// None of several servers could be used.
    #[error("no directory server can be used: {0}")]
    NoServer(String),
    /// The groups multiply.
    #[error(transparent)]
    Groups(#[from] TooManyMemberships),
    /// There is nobody, and there was nobody before.
    #[error(
        "{server} shows nobody with an address in the domains below {base}; look at \
         directory.user_filter, directory.attributes and domains, and whether {name} may read there"
    )]
    Nobody {
        /// Which server.
        server: String,
        /// Where.
        base: String,
        /// As whom we came.
        name: String,
    },
    /// Of most people we can not say whether they may sign in.
    #[error(
        "{server} does not show {name} userAccountControl and accountExpires of {hidden} of {persons} \
         people, so nobody can say who may sign in; give it the right to read \"account \
         restrictions\", as members of \"Pre-Windows 2000 Compatible Access\" have it"
    )]
    Hidden {
        /// Which server.
        server: String,
        /// As whom we came.
        name: String,
        /// Of how many.
        hidden: usize,
        /// All people.
        persons: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a server gave.
struct Fresh {
    entries: Entries,
    extent: Extent,
    state: State,
    /// Keys of what was read.
    put: Vec<String>,
    /// Keys of what is gone.
    gone: Vec<String>,
}

impl Directory {
    /// A directory that was not read yet.
    pub fn new(settings: Settings) -> Result<Self, TrustError> {
        let tls = tls::config(settings.ca_file.as_deref())?;
        Ok(Self {
            hold: ReaderHold::new(&settings),
            settings,
            tls,
            is_by_itself: false,
        })
    }

    async fn read_now(
        &self,
        store: &Store,
        extent: Extent,
        now: Timestamp,
    ) -> Result<Found, DirectoryError> {
        let began_from = store.directory_state().await?;
        let mut failed = Vec::new();
        for (at, server) in self.settings.servers.iter().enumerate() {
            let reading = self.read_from(at, store, began_from.as_ref(), (extent, now));
            match tokio::time::timeout(limits::SYNC_WAIT, reading).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(DirectoryError::Server(error))) => note(&mut failed, error)?,
                Ok(Err(error)) => return Err(error),
                Err(_) => note(&mut failed, LdapError::endless(server))?,
            }
        }
        Err(none_left(failed))
    }

    async fn connect(&self, at: usize) -> Result<Connection, LdapError> {
        let settings = &self.settings;
        let server = &settings.servers[at];
        let mut connection = Connection::open(server, &self.tls, settings.patience).await?;
        connection
            .bind(&settings.bind_dn, &settings.password)
            .await?;
        Ok(connection)
    }

    async fn read_from(
        &self,
        at: usize,
        store: &Store,
        began_from: Option<&String>,
        (extent, now): (Extent, Timestamp),
    ) -> Result<Found, DirectoryError> {
        let last = began_from.and_then(|text| State::read(text));
        let number = last.as_ref().map_or(0, |last| last.number).wrapping_add(1);
        let is_usable =
            |it: &State| extent == Extent::WhatChanged && it.is_usable(&self.settings, now);
        let before = last.filter(is_usable);
        let mut connection = self.connect(at).await?;
        let answer = changed::read(&mut connection, &self.settings, store, before, now).await?;
        self.note_lockout(&mut connection, store).await?;
        let server = connection.server().to_owned();
        connection.close().await;
        match answer {
            changed::Answer::Nothing(state) => Ok(Found::Nothing(Unchanged {
                began_from: began_from.cloned().unwrap_or_default(),
                state: state.text(),
            })),
            changed::Answer::Something(mut fresh) => {
                fresh.state.number = number;
                fresh.state.rules = self.settings.fingerprint_of_rules();
                let began_from = began_from.cloned();
                let reading = self
                    .reading(server, store, (fresh, began_from), now)
                    .await?;
                Ok(Found::Something(Box::new(reading)))
            }
        }
    }

    async fn reading(
        &self,
        server: String,
        store: &Store,
        (fresh, began_from): (Fresh, Option<String>),
        now: Timestamp,
    ) -> Result<Reading, DirectoryError> {
        let rules = self.settings.rules.clone();
        // Half a second of work each, with a hundred thousand entries.
        let claimed = tokio::task::spawn_blocking(move || (Claims::of(&fresh.entries), fresh));
        let (claims, mut fresh) = claimed.await.map_err(|_| StoreError::Closed)?;
        let owners = owners(store, &claims).await?;
        let worked = tokio::task::spawn_blocking(move || {
            let context = Context {
                entries: &fresh.entries,
                claims: &claims,
                owners: &owners,
                rules: &rules,
                lockout: fresh.state.lockout,
            };
            let assembled = assemble(&context, now)?;
            fresh.state.next_expiry = assembled.next_expiry;
            Ok((fresh, assembled))
        });
        let worked: Result<(Fresh, Assembled), TooManyMemberships> =
            worked.await.map_err(|_| StoreError::Closed)?;
        let (fresh, assembled) = worked?;
        if assembled.snapshot.accounts.is_empty() && !store.directory_loaded().await? {
            return Err(DirectoryError::Nobody {
                server,
                base: self.settings.bases.join(", "),
                name: self.settings.bind_dn.clone(),
            });
        }
        let hides = |it: &&Flaw| it.what == FlawKind::HidesStanding;
        let hidden = assembled.flaws.iter().filter(hides).count();
        let persons = assembled.persons;
        if hidden > persons / 2 {
            return Err(DirectoryError::Hidden {
                server,
                name: self.settings.bind_dn.clone(),
                hidden,
                persons,
            });
        }
        let flaw = |dn: &String, what| Flaw {
            dn: dn.clone(),
            what,
        };
        let keyless = fresh.state.keyless.iter();
        let keyless = keyless.map(|dn| flaw(dn, FlawKind::HidesKey));
        let long_names = fresh.state.long_names.iter();
        let long_names = long_names.map(|dn| flaw(dn, FlawKind::LongName));
        Ok(Reading {
            disputes: assembled.disputes,
            left_out: assembled.left_out,
            flaws: assembled
                .flaws
                .into_iter()
                .chain(keyless)
                .chain(long_names)
                .collect(),
            extent: fresh.extent,
            entries_read: fresh.put.len(),
            server,
            mirroring: Mirroring {
                snapshot: assembled.snapshot,
                memory: Some(fresh.memory(began_from)),
                kind: self.settings.mapping.directory.into(),
                now,
            },
        })
    }
}

impl Fresh {
    fn memory(self, began_from: Option<String>) -> Memory {
        let text = |key: &String| {
            let kept = self.entries.get(key)?;
            // What is made of texts and numbers can be written as JSON.
            Some((key.clone(), serde_json::to_string(kept).ok()?))
        };
        Memory {
            began_from,
            state: self.state.text(),
            is_whole: self.extent == Extent::Everything,
            put: self.put.iter().filter_map(text).collect(),
            gone: self.gone,
        }
    }
}

/// Who has the disputed names now.
async fn owners(store: &Store, claims: &Claims) -> Result<HashMap<String, String>, StoreError> {
    let names = claims.names();
    let keys = store.keys_of_names(names.clone()).await?;
    let owned = names.into_iter().zip(keys);
    Ok(owned.filter_map(|(name, key)| Some((name, key?))).collect())
}

/// Notes why a server could not be used, unless no other one may do better.
fn note(failed: &mut Vec<LdapError>, error: LdapError) -> Result<(), LdapError> {
    if !error.is_of_server() {
        return Err(error);
    }
    tracing::warn!("{error}");
    failed.push(error);
    Ok(())
}

fn none_left(mut failed: Vec<LdapError>) -> DirectoryError {
    if failed.len() == 1 {
        return failed.remove(0).into();
    }
    let sentences: Vec<String> = failed.iter().map(ToString::to_string).collect();
    DirectoryError::NoServer(sentences.join("; "))
}

/// Entries that were remembered.
fn recall(entries: Vec<(String, String)>) -> Option<Entries> {
    let read = |(key, text): (String, String)| {
        let kept: Kept = serde_json::from_str(&text).ok()?;
        Some((key, kept))
    };
    entries.into_iter().map(read).collect()
}

#[cfg(test)]
mod played;

#[cfg(test)]
#[path = "directory/active_tests.rs"]
mod active_tests;

#[cfg(test)]
#[path = "directory/few_tests.rs"]
mod few_tests;

#[cfg(test)]
#[path = "directory/hostile_tests.rs"]
mod hostile_tests;
