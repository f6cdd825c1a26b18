//! Passwords of break-glass administrators: `7K3M-9QXT-2HV0-BWF4`.
//!
//! Sixteen random characters, 80 bits, from an envelope in a safe: out of reach for whoever guesses,
//! so nothing has to keep guessers away, who could keep the owner away with it. The characters
//! are those of emergency codes.

use std::sync::Arc;

use store::Secret;
use tokio::sync::Semaphore;

use crate::emergency_code;
use crate::limits;
use crate::password::{self, HashError};
use crate::password_check::Interrupted;

/// Characters of a password.
const LENGTH: usize = 16;

/// Characters of a group.
const GROUP: usize = 4;

/// A password. It is shown once, when it is made.
#[derive(Clone, Debug)]
pub struct BreakGlassPassword(Secret);

/// Checks such passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct BreakGlassCheck {
    hashing: Arc<Semaphore>,
}

impl BreakGlassPassword {
    /// A new one, from the operating system's random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)?;
        // 256 is a multiple of 32, so each character is as likely as any other.
        let symbols = bytes
            .iter()
            .filter_map(|byte| emergency_code::symbol(byte & 31));
        Ok(Self(Secret::new(symbols.collect::<String>())))
    }

    /// As it is shown.
    pub fn shown(&self) -> Secret {
        let text: Vec<char> = self.0.expose().chars().collect();
        let groups = text.chunks(GROUP).map(String::from_iter);
        Secret::new(groups.collect::<Vec<_>>().join("-"))
    }

    /// Its Argon2id hash.
    pub fn hash(&self) -> Result<Secret, HashError> {
        password::hash(&self.0).map(Secret::new)
    }
}

impl Default for BreakGlassCheck {
    fn default() -> Self {
        Self {
            hashing: Arc::new(Semaphore::new(limits::BREAK_GLASS_HASHES_AT_ONCE_MAX)),
        }
    }
}

impl BreakGlassCheck {
    /// Whether `typed` is the password that `hash` was made from. Hyphens and spaces do not count, and
    /// whoever types O, I or L means 0 or 1.
    pub async fn fits(&self, typed: &Secret, hash: Secret) -> Result<bool, Interrupted> {
        if typed.expose().len() > limits::PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let meant = Secret::new(emergency_code::meant(typed.expose()));
        let place = Arc::clone(&self.hashing).acquire_owned().await;
        let place = place.map_err(|_| Interrupted)?;
        // A hash keeps its place until it has ended, also when nobody waits for it any more.
        let fits = tokio::task::spawn_blocking(move || {
            let fits = password::matches(&meant, &hash);
            drop(place);
            fits
        });
        fits.await.map_err(|_| Interrupted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_however_it_is_typed() {
        let password = BreakGlassPassword::generate().unwrap();
        let shown = password.shown();
        let shown = shown.expose();
        assert_eq!(shown.len(), LENGTH + 3);
        assert!(
            shown.split('-').all(|group| group.len() == GROUP),
            "{shown}"
        );
        let hash = password.hash().unwrap();
        let check = BreakGlassCheck::default();
        let fits = async |typed: &str| check.fits(&Secret::new(typed), hash.clone()).await;
        let spoken = shown.replace('0', "o").replace('1', "l");
        for typed in [
            shown.to_owned(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            shown.replace('-', " "),
            spoken,
        ] {
            assert!(fits(&typed).await.unwrap(), "{typed}");
        }
        for typed in ["", "-", &shown[1..], &shown.repeat(2), &"0".repeat(5000)] {
            assert!(!fits(typed).await.unwrap(), "{typed}");
        }
    }

    #[test]
    fn no_two_are_the_same() {
        let one = BreakGlassPassword::generate().unwrap().shown();
        let other = BreakGlassPassword::generate().unwrap().shown();
        assert_ne!(one.expose(), other.expose());
    }
}
