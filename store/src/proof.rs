//! What shows that somebody may come in.
//!
//! Passwords take long to check, and a sync or `user forget` may come in between. So what was shown
//! is looked at again in the transaction that opens the session: who was shut out meanwhile stays out.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use crate::account::{self, AccountId};
use crate::emergency_code::{self, CodeId};
use crate::error::StoreError;
use crate::secret::Secret;

/// What somebody showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A password that fits this verifier.
    Verifier(VerifierMark),
    /// The same, also when the verifier lies aside because the directory has refused its password: it
    /// refuses everybody's.
    DoubtedVerifier(VerifierMark),
    /// A password that the directory itself took, in a check that began then.
    Bind(Timestamp),
    /// An emergency code, which is good once.
    Code(CodeId),
}

/// Which verifier it was: nothing that one could sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierMark([u8; 32]);

/// Somebody who showed that they are who they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Who.
    pub account: AccountId,
    /// How.
    pub proof: Proof,
    /// Where they sit.
    pub from: Option<IpAddr>,
}

impl VerifierMark {
    /// The mark of a verifier.
    pub fn of(verifier: &Secret) -> Self {
        Self(Sha256::digest(verifier.expose()).into())
    }
}

impl Proven {
    /// Whether it still is so. A code is used up by this.
    pub(crate) fn holds(
        &self,
        shadow: &Transaction<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !account::signs_in(shadow, self.account)? {
            return Ok(false);
        }
        match self.proof {
            Proof::Verifier(mark) => is_verifier(shadow, (self.account, "good"), (mark, now)),
            Proof::DoubtedVerifier(mark) => {
                is_verifier(shadow, (self.account, "refused"), (mark, now))
            }
            Proof::Bind(began) => Ok(forgotten_at(shadow, self.account)?
                .is_none_or(|forgotten| forgotten < began.as_millisecond())),
            Proof::Code(code) => {
                emergency_code::use_up(shadow, (self.account, code), (self.from, now))
            }
        }
    }
}

/// Whether the account still has the verifier of this mark, from the directory or made here: a good one,
/// or one in this state.
fn is_verifier(
    shadow: &Transaction<'_>,
    (account, state): (AccountId, &str),
    (mark, now): (VerifierMark, Timestamp),
) -> Result<bool, StoreError> {
    let mut verifiers = shadow.prepare_cached(
        "SELECT verifier FROM account WHERE id = ?1 AND verifier IS NOT NULL
         UNION ALL SELECT hash FROM made_verifier WHERE account = ?1 AND expires_at > ?2
             AND state IN ('good', ?3)",
    )?;
    let mut verifiers = verifiers.query((account.0, now.as_millisecond(), state))?;
    while let Some(row) = verifiers.next()? {
        if VerifierMark::of(&Secret::new(row.get::<_, String>(0)?)) == mark {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When all that let the account in was forgotten last, in milliseconds.
fn forgotten_at(shadow: &Transaction<'_>, account: AccountId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT forgotten_at FROM account WHERE id = ?1";
    let found = shadow
        .prepare_cached(sql)?
        .query_row([account.0], |row| row.get(0));
    Ok(found.optional()?.flatten())
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
