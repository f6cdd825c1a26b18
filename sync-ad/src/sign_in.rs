//! Do this name and this password belong together?

use std::net::IpAddr;
use std::time::Duration;

use store::{AccountId, Secret, Store, StoreError};

use crate::password::HashError;
use crate::password_check::{Checked, PasswordCheck, are_bounded};

/// The answer to a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<Who = AccountId> {
    /// They belong together.
    Welcome(Who),
    /// They do not, or there is no such name: nobody learns which.
    Refused,
    /// Too many wrong passwords; wait that long.
    Wait(Duration),
}

/// Checks sign-ins against the verifiers in the mirror.
pub struct SignInCheck {
    store: Store,
    check: PasswordCheck,
}

impl SignInCheck {
    /// A check with no failures remembered. Hashes once, so it takes a moment.
    pub fn new(store: Store) -> Result<Self, HashError> {
        Ok(Self {
            store,
            check: PasswordCheck::new(None)?,
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
        if !are_bounded(login, password) {
            return Ok(Verdict::Refused);
        }
        let found = self.store.sign_in_name(login).await?;
        let name = found.as_ref().map_or(login, |(account, _)| &account.login);
        let hash = found.as_ref().and_then(|(_, hash)| hash.clone());
        let checked = self.check.check(name, hash, password, from).await;
        Ok(match (checked.map_err(|_| StoreError::Closed)?, found) {
            (Checked::Right, Some((account, _))) => Verdict::Welcome(account.id),
            (Checked::Right, None) | (Checked::Wrong, _) => Verdict::Refused,
            (Checked::Wait(wait), _) => Verdict::Wait(wait),
        })
    }
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
