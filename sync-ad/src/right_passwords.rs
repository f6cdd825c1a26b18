//! Passwords that were right a moment ago, so that a program that signs in for each mail costs one
//! hash a minute. No clock here: time is an argument.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::Secret;

use crate::limits;
use crate::password::HashError;

/// What is remembered is useless to who reads our memory later: a digest with a key of this
/// process. The hash that stands in the config is part of it, so a changed password is another.
pub(crate) struct RightPasswords {
    key: [u8; 64],
    until: Mutex<HashMap<[u8; 32], Instant>>,
}

impl RightPasswords {
    pub(crate) fn new() -> Result<Self, HashError> {
        // As long as a block of SHA-256 (RFC 2104 §2).
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| HashError::new(&error))?;
        Ok(Self {
            key,
            until: Mutex::default(),
        })
    }

    /// `password` is the one that `hash` was made from.
    pub(crate) fn remember(&self, hash: &Secret, password: &Secret, now: Instant) {
        let digest = self.digest(hash, password);
        let mut until = self.until();
        until.retain(|_, until| *until > now);
        // One for each user of a config, so there are few.
        until.insert(digest, now + limits::RIGHT_PASSWORD_REMEMBERED);
    }

    /// Whether that was seen a moment ago.
    pub(crate) fn knows(&self, hash: &Secret, password: &Secret, now: Instant) -> bool {
        let digest = self.digest(hash, password);
        self.until().get(&digest).is_some_and(|until| *until > now)
    }

    fn digest(&self, hash: &Secret, password: &Secret) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(hash.expose().as_bytes());
        // No hash has it in it.
        mac.update(&[0]);
        mac.update(password.expose().as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn until(&self) -> MutexGuard<'_, HashMap<[u8; 32], Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_password_is_known_for_a_while() {
        let secret = |text: &str| Secret::new(text);
        let right = RightPasswords::new().unwrap();
        let now = Instant::now();
        let (hash, password) = (secret("$argon2id$a"), secret("right"));
        assert!(!right.knows(&hash, &password, now));
        right.remember(&hash, &password, now);
        let last = now + limits::RIGHT_PASSWORD_REMEMBERED;
        let known = [
            (&hash, &password, now, true),
            (&hash, &secret("wrong"), now, false),
            // The administrator has changed it.
            (&secret("$argon2id$b"), &password, now, false),
            (&hash, &password, last, false),
        ];
        for (hash, password, at, want) in known {
            assert_eq!(right.knows(hash, password, at), want);
        }
        right.remember(&secret("$argon2id$b"), &password, last);
        assert_eq!(right.until().len(), 1);
    }
}
