//! Emergency codes: each lets one person in once, where neither the directory nor a verifier can.
//!
//! Only the hash of a code is here. One that is used, forgotten or replaced has no row any more;
//! what became of it stands in the audit log.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};
use serde::Serialize;

use crate::account::{self, AccountId};
use crate::audit::{self, AuditEvent};
use crate::code_notice;
use crate::error::StoreError;
use crate::secret::Secret;
use crate::session;
use crate::shadow::Store;

/// The store's name for one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeId(i64);

/// A code that may be used now.
#[derive(Clone, Debug)]
pub struct KeptCode {
    /// The store's name for it.
    pub id: CodeId,
    /// Its Argon2id hash.
    pub hash: Secret,
}

/// A code that was just made.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// Whom it lets in.
    pub account: AccountId,
    /// Its Argon2id hash.
    pub hash: Secret,
}

/// What was forgotten of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// There was a verifier.
    pub verifier: bool,
    /// There was a code.
    pub code: bool,
    /// Sessions that ended.
    pub sessions: usize,
}

impl Store {
    /// Writes down new codes, all or none, each in the place of the one that the person had.
    /// `by` is who made them. Only people who may sign in have codes; anybody else is
    /// [`StoreError::Refused`].
    pub async fn issue_codes(
        &self,
        codes: Vec<NewCode>,
        (by, expires_at): (String, Timestamp),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "DELETE FROM emergency_code WHERE expires_at <= ?1",
                    [now.as_millisecond()],
                )?;
                let made = (by.as_str(), expires_at, now);
                codes.iter().try_for_each(|code| issue(shadow, code, made))
            })
        })
        .await
    }

    /// The code of `account` that may be used at `now`.
    pub async fn emergency_code(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<KeptCode>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let found = shadow
                    .prepare_cached(
                        "SELECT id, hash FROM emergency_code
                         WHERE account = ?1 AND expires_at > ?2",
                    )?
                    .query_row((account.0, now.as_millisecond()), |row| {
                        let hash: String = row.get(1)?;
                        Ok(KeptCode {
                            id: CodeId(row.get(0)?),
                            hash: Secret::new(hash),
                        })
                    });
                Ok(found.optional()?)
            })
        })
        .await
    }

    /// Removes all that lets `account` in while the directory is down: its verifier, its code, the
    /// proof that it can sign in, and its sessions. `by` is who says so.
    pub async fn forget_sign_in(
        &self,
        account: AccountId,
        by: String,
        now: Timestamp,
    ) -> Result<Forgotten, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let person = account::account(shadow, account)?;
                let of = [account.0];
                let handed_out = shadow.execute(
                    "UPDATE account SET verifier = NULL WHERE id = ?1 AND verifier IS NOT NULL",
                    of,
                )?;
                let count = |rows: &str| -> Result<usize, StoreError> {
                    let sql = format!("SELECT count(*) FROM {rows} WHERE account = ?1");
                    Ok(shadow.query_row(&sql, of, |row| row.get(0))?)
                };
                let forgotten = Forgotten {
                    verifier: count("made_verifier")? + handed_out > 0,
                    code: count("emergency_code")? > 0,
                    sessions: count("session")? + count("console_session")?,
                };
                session::shut_out(shadow, account)?;
                shadow.execute(
                    "UPDATE account SET forgotten_at = ?2 WHERE id = ?1",
                    (account.0, now.as_millisecond()),
                )?;
                let event = AuditEvent {
                    actor: by,
                    action: "forget",
                    object: person.login,
                    detail: String::new(),
                    address: None,
                };
                audit::insert(shadow, &event, now)?;
                Ok(forgotten)
            })
        })
        .await
    }
}

fn issue(
    shadow: &Transaction<'_>,
    code: &NewCode,
    (by, expires_at, now): (&str, Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let person = account::account(shadow, code.account)?;
    if !account::signs_in(shadow, code.account)? {
        let login = &person.login;
        return Err(StoreError::Refused(format!("nobody signs in as {login}")));
    }
    let of = [code.account.0];
    let replaced = shadow.execute("DELETE FROM emergency_code WHERE account = ?1", of)? > 0;
    shadow.execute(
        "INSERT INTO emergency_code (account, hash, made_at, made_by, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            code.account.0,
            code.hash.expose(),
            now.as_millisecond(),
            by,
            expires_at.as_millisecond(),
        ),
    )?;
    code_notice::made(shadow, code.account, (by, now))?;
    let replaces = if replaced { ", replaces another" } else { "" };
    let event = AuditEvent {
        actor: by.to_owned(),
        action: "code-made",
        object: person.login,
        detail: format!("valid until {expires_at}{replaces}"),
        address: None,
    };
    audit::insert(shadow, &event, now)
}

/// Removes the code of `account` if it is still good, and says so in the audit log.
pub(crate) fn use_up(
    shadow: &Transaction<'_>,
    (account, code): (AccountId, CodeId),
    (from, now): (Option<IpAddr>, Timestamp),
) -> Result<bool, StoreError> {
    let used = shadow
        .query_row(
            "DELETE FROM emergency_code WHERE id = ?1 AND account = ?2 AND expires_at > ?3
             RETURNING made_by",
            (code.0, account.0, now.as_millisecond()),
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    let Some(made_by) = used else {
        return Ok(false);
    };
    code_notice::used(shadow, account, now)?;
    let person = account::account(shadow, account)?;
    let event = AuditEvent {
        actor: person.login.clone(),
        action: "code-used",
        object: person.login,
        detail: format!("made by {made_by}"),
        address: from,
    };
    audit::insert(shadow, &event, now)?;
    Ok(true)
}

#[cfg(test)]
#[path = "emergency_code_tests.rs"]
mod tests;
