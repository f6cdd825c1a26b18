//! Checks passwords against hashes, ever slower for who guesses.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::Secret;
use tokio::sync::{Notify, Semaphore};

use crate::limits;
use crate::password::{self, HashError};
use crate::right_passwords::RightPasswords;
use crate::tries::{Admission, Attempt, Counted, Outcome, Tries};

/// The check of one set of names.
pub(crate) struct PasswordCheck {
    tries: Mutex<Tries>,
    /// A try has ended.
    ended: Notify,
    /// Hashes under way. One goes on when nobody waits for it any more: it gives its place back when
    /// it has ended, not when it was given up.
    hashing: Arc<Semaphore>,
    /// Those of programs that sign in over and over; without it each sign-in is hashed.
    right: Option<RightPasswords>,
    /// Checked for names that do not exist, so that the answer takes as long.
    nobodys_hash: Mutex<Secret>,
}

/// The check did not come to its end: the process stops.
#[derive(Debug, thiserror::Error)]
#[error("the check of a password was interrupted")]
pub struct Interrupted;

/// A try under way. Dropping it tells that it has ended: wrong, unless it was said to be right.
pub(crate) struct Try<'a> {
    check: &'a PasswordCheck,
    counted: Counted,
    outcome: Outcome,
    is_heard: bool,
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let outcome = self.outcome;
        self.check.tries().ended(&self.counted, outcome, now);
        self.check.ended.notify_waiters();
    }
}

/// Whether name and password are such at all. An empty password is refused before anything else:
/// some directories accept it (RFC 4513 §5.1.2). To one that reads until a zero byte, so is one that
/// begins with it.
pub(crate) fn are_bounded(login: &str, password: &Secret) -> bool {
    let password = password.expose();
    login.len() <= limits::LOGIN_BYTES_MAX
        && (1..=limits::PASSWORD_BYTES_MAX).contains(&password.len())
        && !password.contains('\0')
}

impl PasswordCheck {
    /// With no failures remembered. Hashes once, so it takes a moment: with as much work as in
    /// `model`, one of the hashes to come, so that a name that does not exist takes as long.
    pub(crate) fn new(model: Option<&Secret>) -> Result<Self, HashError> {
        let nobodys_hash = Secret::new(password::hash_like(model)?);
        Ok(Self {
            tries: Mutex::new(Tries::default()),
            ended: Notify::new(),
            hashing: Arc::new(Semaphore::new(limits::HASHES_AT_ONCE_MAX)),
            right: None,
            nobodys_hash: Mutex::new(nobodys_hash),
        })
    }

    /// The same for programs, which sign in anew for each mail: what was right a moment ago is not
    /// hashed again.
    pub(crate) fn for_programs(model: Option<&Secret>) -> Result<Self, HashError> {
        Ok(Self {
            right: Some(RightPasswords::new()?),
            ..Self::new(model)?
        })
    }

    /// From now on a name that does not exist takes as long as the costliest of `models`.
    pub(crate) async fn imitate(&self, models: Vec<Secret>) -> Result<(), Interrupted> {
        let model = password::costliest(models);
        if let Some(model) = &model
            && password::are_alike(model, &self.nobodys_hash())
        {
            return Ok(());
        }
        let made = tokio::task::spawn_blocking(move || password::hash_like(model.as_ref()));
        let made = made.await.map_err(|_| Interrupted)?;
        // What was made before from a model of its kind can not fail to be made.
        let made = made.map_err(|_| Interrupted)?;
        *self.nobodys() = Secret::new(made);
        Ok(())
    }

    /// There are so many people: see [`Tries::expect`].
    pub(crate) fn expect(&self, people: usize) {
        self.tries().expect(people);
    }

    /// Begins a try, after waiting for others of the same name from the same place. An error is how
    /// long to stay away after too many wrong ones.
    pub(crate) async fn begin(&self, attempt: &Attempt<'_>) -> Result<Try<'_>, Duration> {
        let begun = |counted, is_heard| Try {
            check: self,
            counted,
            outcome: Outcome::Wrong,
            is_heard,
        };
        loop {
            // Before the question, so that no end in between is missed.
            let mut ended = pin!(self.ended.notified());
            ended.as_mut().enable();
            let admission = self.tries().begin(attempt, Instant::now());
            match admission {
                Admission::Now(counted) => return Ok(begun(counted, true)),
                Admission::Unheard(counted) => return Ok(begun(counted, false)),
                Admission::AfterOthers => ended.await,
                Admission::Wait(wait) => return Err(wait),
            }
        }
    }

    async fn is_right(&self, password: &Secret, hash: Secret) -> Result<bool, Interrupted> {
        let Some(right) = &self.right else {
            return self.matches(password.clone(), hash).await;
        };
        if right.knows(&hash, password, Instant::now()) {
            return Ok(true);
        }
        let is_right = self.matches(password.clone(), hash.clone()).await?;
        if is_right {
            right.remember(&hash, password, Instant::now());
        }
        Ok(is_right)
    }

    async fn matches(&self, password: Secret, hash: Secret) -> Result<bool, Interrupted> {
        let place = Arc::clone(&self.hashing).acquire_owned().await;
        let place = place.map_err(|_| Interrupted)?;
        let matches = tokio::task::spawn_blocking(move || {
            let matches = password::matches(&password, &hash);
            drop(place);
            matches
        });
        matches.await.map_err(|_| Interrupted)
    }

    fn nobodys(&self) -> MutexGuard<'_, Secret> {
        self.nobodys_hash
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn nobodys_hash(&self) -> Secret {
        self.nobodys().clone()
    }

    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Try<'_> {
    /// Whether `typed` is what `hash` was made from. Without a hash it is not, which takes as long.
    pub(crate) async fn fits(
        &self,
        hash: Option<Secret>,
        typed: &Secret,
    ) -> Result<bool, Interrupted> {
        let Some(hash) = hash else {
            let hash = self.check.nobodys_hash();
            self.check.matches(typed.clone(), hash).await?;
            return Ok(false);
        };
        self.check.is_right(typed, hash).await
    }

    /// Whether this account came in from this address before, of late.
    pub(crate) fn is_at_home(&self) -> bool {
        self.counted.is_at_home()
    }

    /// Whether the password may be looked at: see [`Admission::Unheard`].
    pub(crate) fn is_heard(&self) -> bool {
        self.is_heard
    }

    /// The hash of what was typed.
    pub(crate) async fn hash(&self, typed: &Secret) -> Result<Secret, Interrupted> {
        let place = Arc::clone(&self.check.hashing).acquire_owned().await;
        let place = place.map_err(|_| Interrupted)?;
        let typed = typed.clone();
        let made = tokio::task::spawn_blocking(move || {
            let made = password::hash(&typed);
            drop(place);
            made
        });
        let made = made.await.map_err(|_| Interrupted)?;
        made.map(Secret::new).map_err(|_| Interrupted)
    }

    /// It was right: it is forgotten, and so are the wrong ones before it.
    pub(crate) fn succeeded(mut self) {
        self.outcome = Outcome::Right;
    }

    /// It took too long.
    pub(crate) fn given_up(mut self) {
        self.outcome = Outcome::Unchecked;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_hash_that_was_given_up_keeps_its_place_until_it_has_ended() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let check = PasswordCheck::new(None).unwrap();
            let password = Secret::new("typed");
            // Nothing is hashed before this says so.
            let (go, wait) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || wait.recv());
            for _ in 0..2 * limits::HASHES_AT_ONCE_MAX {
                let hash = check.nobodys_hash();
                let given_up = check.matches(password.clone(), hash).now_or_never();
                assert!(given_up.is_none());
            }
            assert_eq!(check.hashing.available_permits(), 0);
            go.send(()).unwrap();
            busy.await.unwrap().unwrap();
            let all = u32::try_from(limits::HASHES_AT_ONCE_MAX).unwrap();
            let _all = check.hashing.acquire_many(all).await.unwrap();
        });
    }
}
