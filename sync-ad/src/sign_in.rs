//! Do this name and this password belong together?

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::{AccountId, Secret, Store, StoreError};
use tokio::sync::Semaphore;

use crate::limits;
use crate::password::{self, HashError};
use crate::tries::{Trier, Tries};

/// The answer to a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They belong together.
    Welcome(AccountId),
    /// They do not, or there is no such name: nobody learns which.
    Refused,
    /// Too many wrong passwords; wait that long.
    Wait(Duration),
}

/// Checks sign-ins against the verifiers in the mirror.
pub struct SignInCheck {
    store: Store,
    tries: Mutex<Tries>,
    hashing: Semaphore,
    /// Checked for names that do not exist, so that the answer takes as long.
    nobodys_hash: Secret,
}

impl SignInCheck {
    /// A check with no failures remembered. Hashes once, so it takes a moment.
    pub fn new(store: Store) -> Result<Self, HashError> {
        let nobodys_hash = Secret::new(password::hash(&Secret::new("nobody"))?);
        Ok(Self {
            store,
            tries: Mutex::new(Tries::default()),
            hashing: Semaphore::new(limits::HASHES_AT_ONCE_MAX),
            nobodys_hash,
        })
    }

    /// Checks `login` (a sign-in name or one of the account's addresses) and `password`; `from`
    /// is where the person sits.
    pub async fn check(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        // An empty password is refused before anything else: some directories accept it
        // (RFC 4513 §5.1.2).
        let length = password.expose().len();
        if length == 0 || length > limits::PASSWORD_BYTES_MAX {
            return Ok(Verdict::Refused);
        }
        let found = self.store.sign_in_name(login).await?;
        let trier = match &found {
            Some((account, _)) => Trier::new(&account.login, from),
            None => Trier::new(login, from),
        };
        if let Err(wait) = self.tries().begin(&trier, Instant::now()) {
            return Ok(Verdict::Wait(wait));
        }
        let (id, hash) = match found {
            Some((account, Some(hash))) => (Some(account.id), hash),
            Some((_, None)) | None => (None, self.nobodys_hash.clone()),
        };
        let right = self.matches(password.clone(), hash).await?;
        if let Some(id) = id.filter(|_| right) {
            self.tries().succeeded(&trier);
            return Ok(Verdict::Welcome(id));
        }
        Ok(Verdict::Refused)
    }

    async fn matches(&self, password: Secret, hash: Secret) -> Result<bool, StoreError> {
        let _permit = self
            .hashing
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)?;
        let matches = tokio::task::spawn_blocking(move || password::matches(&password, &hash));
        matches.await.map_err(|_| StoreError::Closed)
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
