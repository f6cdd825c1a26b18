//! What the directory has called wrong, so that it is not asked so often that it locks the account.
//! No clock here: time is an argument.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::{AccountId, Secret, ShownMax};

use crate::limits;
use crate::lockout::{Lockout, Policy};
use crate::password::HashError;

/// Passwords that the directory refused, for each account. Only digests with a key of this process
/// are kept.
pub(crate) struct WrongPasswords {
    key: [u8; 64],
    /// As the config says.
    wanted: Bounds,
    /// As the directory bears.
    bounds: Mutex<Bounds>,
    /// As it bears of those who are under a policy of their own.
    own: Mutex<HashMap<Who, Bounds>>,
    refused: Mutex<HashMap<Who, Refused>>,
}

/// How many wrong passwords of an account the directory may be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// So many.
    pub(crate) max: usize,
    /// Never so many: then the directory locks the account.
    pub(crate) never: usize,
    /// Until so long after the last of them.
    pub(crate) window: Duration,
}

/// Whose passwords they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Account(AccountId),
    /// Nobody's: a name that does not exist. It is treated alike, so that nobody learns that.
    Nobody(String),
    /// That of whoever has the name that was typed, or of nobody. What is told hangs on this alone:
    /// two names of one account must not show that they are.
    Typed(String),
}

/// What somebody at the door has to show. Strangers may not use up what the owner needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nothing, and who owns the account would have.
    Nothing,
    /// Nothing, and neither would the owner: nobody came in as this account lately, or there is none.
    First,
    /// This account came in from their address before, or several people did.
    Home,
    /// The password fits a verifier: the directory took it once.
    Verifier,
}

struct Refused {
    last: Instant,
    digests: Vec<Digest>,
}

struct Digest {
    of: [u8; 32],
    /// The directory has not answered yet.
    is_asked: bool,
}

/// Whether the directory may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayAsk {
    Yes,
    /// It has called this very password wrong.
    KnownWrong,
    /// One more could make it lock the account.
    TooMany,
}

impl WrongPasswords {
    pub(crate) fn new(bounds: Bounds) -> Result<Self, HashError> {
        // As long as a block of SHA-256 (RFC 2104 §2).
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| HashError::new(&error))?;
        Ok(Self {
            key,
            wanted: bounds,
            bounds: Mutex::new(bounds),
            own: Mutex::default(),
            refused: Mutex::default(),
        })
    }

    /// The directory locks an account after so many.
    pub(crate) fn heed(&self, lockout: Option<Lockout>) {
        let within = self.wanted.within(lockout);
        *self.bounds.lock().unwrap_or_else(PoisonError::into_inner) = within;
    }

    /// This policy holds for somebody.
    pub(crate) fn learn(&self, who: &Who, policy: Policy) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        match policy {
            Policy::Own(lockout) => _ = own.insert(who.clone(), self.wanted.within(Some(lockout))),
            Policy::Domain => _ = own.remove(who),
            Policy::Unknown => {}
        }
    }

    /// How many may be shown of somebody to whoever claims this, as far as their policy is known.
    pub(crate) fn most(&self, who: &Who, claim: Claim) -> ShownMax {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let own = own.get(who).copied();
        let bounds = own.unwrap_or_else(|| self.bounds());
        ShownMax {
            passwords: bounds.of(claim),
            window: bounds.window,
        }
    }

    /// How many of somebody the directory was shown, those among them that it has not answered yet.
    pub(crate) fn shown(&self, who: &Who) -> usize {
        self.refused().get(who).map_or(0, |it| it.digests.len())
    }

    /// Whether the directory may be asked about `password`, which is then taken for wrong until
    /// [`WrongPasswords::ended`] says otherwise: so many at once are no more than one by one. `mark`
    /// is the directory's mark of the present password: with a new one everything may be right.
    pub(crate) fn begin(
        &self,
        who: &Who,
        (password, mark): (&Secret, Option<&str>),
        (claim, now): (Claim, Instant),
    ) -> MayAsk {
        let of = self.digest(password, mark);
        let most = self.most(who, claim);
        let mut all = self.refused();
        let refused = all.get_mut(who);
        let refused = refused.filter(|it| !it.is_over(most.window, now));
        let Some(refused) = refused else {
            if most.passwords == 0 {
                return MayAsk::TooMany;
            }
            make_room(&mut all, most.window, now);
            let first = Refused {
                last: now,
                digests: vec![Digest { of, is_asked: true }],
            };
            all.insert(who.clone(), first);
            return MayAsk::Yes;
        };
        if refused.digests.iter().any(|it| it.of == of && !it.is_asked) {
            return MayAsk::KnownWrong;
        }
        if refused.digests.len() >= most.passwords {
            return MayAsk::TooMany;
        }
        refused.last = now;
        refused.digests.push(Digest { of, is_asked: true });
        MayAsk::Yes
    }

    /// The directory has answered about a password that [`WrongPasswords::begin`] let through, or
    /// was not reached. After the right one the directory counts anew, too.
    pub(crate) fn ended(
        &self,
        who: &Who,
        (password, mark): (&Secret, Option<&str>),
        (answer, now): (Answer, Instant),
    ) {
        let of = self.digest(password, mark);
        let mut all = self.refused();
        let Some(refused) = all.get_mut(who) else {
            return;
        };
        let mut asked = refused.digests.iter_mut();
        let at = asked.position(|it| it.of == of && it.is_asked);
        match (answer, at) {
            (Answer::Wrong, Some(at)) => {
                refused.digests[at].is_asked = false;
                refused.last = now;
            }
            (Answer::None, Some(at)) => {
                refused.digests.remove(at);
            }
            (Answer::Right, _) => refused.digests.retain(|it| it.is_asked && it.of != of),
            (_, None) => {}
        }
        if refused.digests.is_empty() {
            all.remove(who);
        }
    }

    fn digest(&self, password: &Secret, mark: Option<&str>) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(mark.unwrap_or_default().as_bytes());
        // No mark has it in it.
        mac.update(&[0]);
        mac.update(password.expose().as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn bounds(&self) -> Bounds {
        *self.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<Who, Refused>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the directory answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Right,
    Wrong,
    /// Nothing.
    None,
}

impl Bounds {
    /// Places that may be taken by whoever claims this. What fits a verifier is beyond the number, and
    /// no more than once: it is a password that was right, or still is. Strangers leave the owner one;
    /// where there is only one they have it as long as the owner has nothing to show either. Where the
    /// first wrong one locks the account, they have none.
    fn of(self, claim: Claim) -> usize {
        let bearable = self.never.saturating_sub(1);
        let home = self.max.min(bearable).max(1);
        match claim {
            Claim::Nothing => home - 1,
            Claim::First => (home - 1).max(1).min(bearable),
            Claim::Home => home,
            Claim::Verifier => self.max.saturating_add(1).min(bearable).max(1),
        }
    }
}

impl Refused {
    /// Active Directory, too, forgets them all when none has followed the last for a while.
    fn is_over(&self, window: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= window
    }
}

/// Accounts are never crowded out by names that somebody made up.
fn make_room(all: &mut HashMap<Who, Refused>, window: Duration, now: Instant) {
    if all.len() < limits::TRIES_REMEMBERED_MAX {
        return;
    }
    all.retain(|_, refused| !refused.is_over(window, now));
    if all.len() >= limits::TRIES_REMEMBERED_MAX {
        all.retain(|who, _| matches!(who, Who::Account(_)));
    }
}

#[cfg(test)]
#[path = "wrong_passwords_tests.rs"]
mod tests;
