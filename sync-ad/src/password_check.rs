//! Checks passwords against hashes, ever slower for who guesses.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::Secret;
use tokio::sync::Semaphore;

use crate::limits;
use crate::password::{self, HashError};
use crate::tries::{Trier, Tries};

/// The check of one set of names.
pub(crate) struct PasswordCheck {
    tries: Mutex<Tries>,
    hashing: Semaphore,
    /// Checked for names that do not exist, so that the answer takes as long.
    nobodys_hash: Secret,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is the password.
    Right,
    /// It is not.
    Wrong,
    /// Too many wrong ones came before.
    Wait(Duration),
}

/// The check did not come to its end: the process stops.
#[derive(Debug, thiserror::Error)]
#[error("the check of a password was interrupted")]
pub struct Interrupted;

/// Whether a password is one at all. An empty one is refused before anything else: some
/// directories accept it (RFC 4513 §5.1.2).
pub(crate) fn is_bounded(password: &Secret) -> bool {
    (1..=limits::PASSWORD_BYTES_MAX).contains(&password.expose().len())
}

impl PasswordCheck {
    /// With no failures remembered. Hashes once, so it takes a moment.
    pub(crate) fn new() -> Result<Self, HashError> {
        let nobodys_hash = Secret::new(password::hash(&Secret::new("nobody"))?);
        Ok(Self {
            tries: Mutex::new(Tries::default()),
            hashing: Semaphore::new(limits::HASHES_AT_ONCE_MAX),
            nobodys_hash,
        })
    }

    /// Checks `password` for `name`, who has this hash, or none when there is no such name; `from`
    /// is where it is typed.
    pub(crate) async fn check(
        &self,
        name: &str,
        hash: Option<Secret>,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Checked, Interrupted> {
        let trier = Trier::new(name, from);
        if let Err(wait) = self.tries().begin(&trier, Instant::now()) {
            return Ok(Checked::Wait(wait));
        }
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobodys_hash.clone());
        if self.matches(password.clone(), hash).await? && exists {
            self.tries().succeeded(&trier);
            return Ok(Checked::Right);
        }
        Ok(Checked::Wrong)
    }

    async fn matches(&self, password: Secret, hash: Secret) -> Result<bool, Interrupted> {
        let _permit = self.hashing.acquire().await.map_err(|_| Interrupted)?;
        let matches = tokio::task::spawn_blocking(move || password::matches(&password, &hash));
        matches.await.map_err(|_| Interrupted)
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
