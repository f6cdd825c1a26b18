//! Our own account is left alone for a while after a server has refused it: to try the same password
//! again and again could lock it. That is written down, so that a restart and other processes know it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{DirectoryNote, Secret, Store, StoreError};

use crate::ldap::error::LdapError;
use crate::limits;
use crate::password;
use crate::settings::Settings;

/// Whether our own account may be tried.
pub(crate) struct ReaderHold {
    /// Its name and its password.
    tried: Secret,
    /// The last note that was looked at, and whether it is of this name and password.
    seen: Mutex<Option<(String, bool)>>,
}

/// A refusal, as it is written down.
#[derive(Serialize, Deserialize)]
struct Note {
    /// Argon2id, of name and password.
    of: String,
    /// In milliseconds.
    until: i64,
    why: String,
}

/// A refusal that is no older than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) why: String,
    pub(crate) until: Timestamp,
}

impl ReaderHold {
    pub(crate) fn new(settings: &Settings) -> Self {
        // No name has it in it.
        let tried = format!("{}\0{}", settings.bind_dn, settings.password.expose());
        Self {
            tried: Secret::new(tried),
            seen: Mutex::default(),
        }
    }

    /// The refusal because of which the account is not tried at `now`.
    pub(crate) async fn lasts(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Held>, StoreError> {
        let text = store.directory_note(DirectoryNote::RefusedReader).await?;
        let Some((note, text)) = text.and_then(|it| Some((read(&it)?, it))) else {
            return Ok(None);
        };
        let Ok(until) = Timestamp::from_millisecond(note.until) else {
            return Ok(None);
        };
        // A clock that went back must not make it last.
        let is_over = now >= until || until.duration_since(now) > wait();
        if is_over || !self.is_ours(note.of, text).await? {
            return Ok(None);
        }
        let why = note.why;
        Ok(Some(Held { why, until }))
    }

    /// A server has refused the account. Until when it is not tried again.
    pub(crate) async fn begin(
        &self,
        store: &Store,
        (why, now): (&LdapError, Timestamp),
    ) -> Result<Timestamp, StoreError> {
        let until = now.checked_add(wait()).unwrap_or(Timestamp::MAX);
        let tried = self.tried.clone();
        let of = tokio::task::spawn_blocking(move || password::hash(&tried));
        let Ok(Ok(of)) = of.await else {
            return Ok(until);
        };
        let note = Note {
            of,
            until: until.as_millisecond(),
            why: why.to_string(),
        };
        // What is made of texts and numbers can be written as JSON.
        let note = serde_json::to_string(&note).ok();
        store
            .note_directory(DirectoryNote::RefusedReader, note)
            .await?;
        Ok(until)
    }

    /// A server has taken it.
    pub(crate) async fn end(&self, store: &Store) -> Result<(), StoreError> {
        let note = DirectoryNote::RefusedReader;
        if store.directory_note(note).await?.is_some() {
            store.note_directory(note, None).await?;
        }
        Ok(())
    }

    /// Whether a note is of this name and password. That takes a hash, once for each note.
    async fn is_ours(&self, of: String, text: String) -> Result<bool, StoreError> {
        if let Some(is_ours) = self.was_ours(&text) {
            return Ok(is_ours);
        }
        let (tried, of) = (self.tried.clone(), Secret::new(of));
        let matches = tokio::task::spawn_blocking(move || password::matches(&tried, &of));
        let is_ours = matches.await.map_err(|_| StoreError::Closed)?;
        *self.seen() = Some((text, is_ours));
        Ok(is_ours)
    }

    fn was_ours(&self, text: &str) -> Option<bool> {
        let seen = self.seen();
        let known = seen.as_ref().filter(|(seen, _)| seen == text);
        known.map(|(_, is_ours)| *is_ours)
    }

    fn seen(&self) -> MutexGuard<'_, Option<(String, bool)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(text: &str) -> Option<Note> {
    serde_json::from_str(text).ok()
}

fn wait() -> SignedDuration {
    SignedDuration::try_from(limits::REFUSED_READER_WAIT).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::played;

    #[tokio::test]
    async fn the_same_name_and_password_wait_and_others_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let hold = |name: &str, password: &str| {
            let mut settings = played::settings(&["ldap://127.0.0.1"], "");
            name.clone_into(&mut settings.bind_dn);
            settings.password = Secret::new(password);
            ReaderHold::new(&settings)
        };
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let refused = LdapError::Credentials {
            server: "ldaps://dc1".to_owned(),
            name: "cn=reader".to_owned(),
            why: "the password is wrong".to_owned(),
        };
        let ours = hold("cn=reader", "wrong");
        assert_eq!(ours.lasts(&store, now).await.unwrap(), None);
        let until = ours.begin(&store, (&refused, now)).await.unwrap();
        assert_eq!(until, "2026-11-22T10:00:00Z".parse().unwrap());
        let note = store.directory_note(DirectoryNote::RefusedReader);
        assert!(!note.await.unwrap().unwrap().contains("wrong\""));
        // Another process, after a restart.
        let restarted = hold("cn=reader", "wrong");
        for hold in [&ours, &restarted, &restarted] {
            let held = hold.lasts(&store, now).await.unwrap().unwrap();
            assert!(held.why.contains("the password is wrong"));
            assert_eq!(held.until, until);
            assert_eq!(hold.lasts(&store, until).await.unwrap(), None);
        }
        let last_year = "2025-11-22T09:00:00Z".parse().unwrap();
        assert_eq!(ours.lasts(&store, last_year).await.unwrap(), None);
        for other in [hold("cn=reader", "right"), hold("cn=other", "wrong")] {
            assert_eq!(other.lasts(&store, now).await.unwrap(), None);
        }
        ours.end(&store).await.unwrap();
        assert_eq!(restarted.lasts(&store, now).await.unwrap(), None);
    }
}
