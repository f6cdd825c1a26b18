//! Argon2id, the only way passwords are kept here.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use store::Secret;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    pub(crate) fn new(why: &impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// The Argon2id hash of a password as `$argon2id$v=19$…`, with the parameters that the OWASP
/// recommends (19 MiB, two passes) and a salt from the operating system. Takes some 20 ms.
pub fn hash(password: &Secret) -> Result<String, HashError> {
    let hashed = Argon2::default().hash_password(password.expose().as_bytes());
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| HashError::new(&error))
}

/// Whether a text is a hash that can be checked.
pub fn is_hash(text: &str) -> bool {
    text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok_and(|hash| hash.hash.is_some())
}

/// Whether `password` is the one that `hash` was made from.
pub(crate) fn matches(password: &Secret, hash: &Secret) -> bool {
    let password = password.expose().as_bytes();
    Argon2::default()
        .verify_password(password, hash.expose())
        .is_ok()
}
