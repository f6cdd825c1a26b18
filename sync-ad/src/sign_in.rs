//! Do this name and this password belong together?

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use store::{Account, AccountId, CodeId, Secret, Store, StoreError};

use crate::emergency_code::{EmergencyCode, Typed};
use crate::password::HashError;
use crate::password_check::{Interrupted, PasswordCheck, Try, are_bounded};

/// The answer to a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<Who = Welcome> {
    /// They belong together.
    Welcome(Who),
    /// They do not, or there is no such name: nobody learns which.
    Refused(Seemed),
    /// Too many wrong passwords; wait that long.
    Wait(Duration),
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// This account, with its password.
    Password(AccountId),
    /// Whose emergency code this is, once.
    Code(CodeId),
}

/// What was typed for a password, by its look alone: it is no secret, for it says nothing about what
/// would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seemed {
    /// A password.
    Password,
    /// An emergency code, but not one that is good now and belongs to the name.
    Code,
    /// An emergency code with a typing mistake.
    MistypedCode,
}

/// Checks sign-ins against the verifiers in the mirror, and against emergency codes.
pub struct SignInCheck {
    store: Store,
    check: PasswordCheck,
}

/// Somebody at the door.
struct Visitor<'a> {
    /// Who they are, if there is such a name.
    account: Option<Account>,
    verifier: Option<Secret>,
    typed: &'a Secret,
    attempt: Try<'a>,
}

impl SignInCheck {
    /// A check with no failures remembered. Hashes once, so it takes a moment.
    pub fn new(store: Store) -> Result<Self, HashError> {
        Ok(Self {
            store,
            check: PasswordCheck::new(None)?,
        })
    }

    /// Checks `login` (a sign-in name or one of the account's addresses) and `password`, which may
    /// be an emergency code; `from` is where the person sits. A code is not used up by this: that is
    /// for [`Store::open_session_with_code`].
    pub async fn check(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        let visitor = match self.visitor(login, password, from).await? {
            Ok(visitor) => visitor,
            Err(verdict) => return Ok(verdict),
        };
        if let Some(account) = visitor.knows_password().await? {
            visitor.attempt.succeeded();
            return Ok(Verdict::Welcome(Welcome::Password(account)));
        }
        let typed = match EmergencyCode::read(password.expose()) {
            Typed::Other => return Ok(Verdict::Refused(Seemed::Password)),
            Typed::Mistyped => return Ok(Verdict::Refused(Seemed::MistypedCode)),
            Typed::Code(typed) => typed,
        };
        let kept = match &visitor.account {
            Some(account) => {
                let now = Timestamp::now();
                self.store.emergency_code(account.id, now).await?
            }
            None => None,
        };
        let hash = kept.as_ref().map(|code| code.hash.clone());
        let fits = visitor.attempt.fits(hash, typed.text()).await;
        match kept {
            Some(code) if fits.map_err(closed)? => {
                visitor.attempt.succeeded();
                Ok(Verdict::Welcome(Welcome::Code(code.id)))
            }
            _ => Ok(Verdict::Refused(Seemed::Code)),
        }
    }

    /// The same for who only tries it out: an emergency code is no way in.
    pub async fn try_out(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict<AccountId>, StoreError> {
        let visitor = match self.visitor(login, password, from).await? {
            Ok(visitor) => visitor,
            Err(verdict) => return Ok(verdict),
        };
        if let Some(account) = visitor.knows_password().await? {
            visitor.attempt.succeeded();
            return Ok(Verdict::Welcome(account));
        }
        Ok(Verdict::Refused(
            match EmergencyCode::read(password.expose()) {
                Typed::Other => Seemed::Password,
                Typed::Mistyped => Seemed::MistypedCode,
                Typed::Code(_) => Seemed::Code,
            },
        ))
    }

    /// Who is at the door, or what they are told before anything is checked.
    async fn visitor<'a, Who>(
        &'a self,
        login: &str,
        typed: &'a Secret,
        from: Option<IpAddr>,
    ) -> Result<Result<Visitor<'a>, Verdict<Who>>, StoreError> {
        if !are_bounded(login, typed) {
            return Ok(Err(Verdict::Refused(Seemed::Password)));
        }
        let found = self.store.sign_in_name(login).await?;
        let (account, verifier) = found.unzip();
        let name = account.as_ref().map_or(login, |account| &account.login);
        Ok(match self.check.begin(name, from).await {
            Ok(attempt) => Ok(Visitor {
                account,
                verifier: verifier.flatten(),
                typed,
                attempt,
            }),
            Err(wait) => Err(Verdict::Wait(wait)),
        })
    }
}

impl Visitor<'_> {
    /// The account whose password was typed.
    async fn knows_password(&self) -> Result<Option<AccountId>, StoreError> {
        let fits = self.attempt.fits(self.verifier.clone(), self.typed).await;
        let fits = fits.map_err(closed)?;
        let account = self.account.as_ref().map(|account| account.id);
        Ok(account.filter(|_| fits))
    }
}

fn closed(_: Interrupted) -> StoreError {
    StoreError::Closed
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
