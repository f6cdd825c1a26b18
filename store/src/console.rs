//! Sessions of the console, where administrators look after the server.
//!
//! They have a table and a token of their own: one of them opens no mail, and a session of the webmail
//! opens no console. The mode neither opens nor ends them, for it is from the console that it is
//! watched. Whoever loses the role, or may not sign in any more, is out with the next request.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use crate::account::{self, Account, AccountId, Role, SIGNS_IN};
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::mode::{self, ModeChange};
use crate::proof::{Proof, Proven};
use crate::secret::Secret;
use crate::segment::hex;
use crate::session::before;
use crate::settings;
use crate::shadow::Store;

/// What the browser shows to prove its session: 32 random bytes in hexadecimal. The store keeps
/// only a hash of it.
#[derive(Clone, Debug)]
pub struct ConsoleToken(pub Secret);

/// Somebody who is signed in to the console.
#[derive(Clone, Debug)]
pub struct ConsoleSession {
    /// Who, with their roles of now.
    pub account: Account,
    /// Since when.
    pub started_at: Timestamp,
    /// What forms of this session must bring along, so that no other site can post them.
    pub form_token: Secret,
}

/// All that the console's gate needs to decide, read at one moment.
#[derive(Clone, Debug)]
pub struct ConsoleAdmission {
    /// The mode.
    pub mode: ModeChange,
    /// The session of the token, where it is valid.
    pub session: Option<ConsoleSession>,
}

/// What became of a sign-in to the console.
#[derive(Clone, Debug)]
pub enum ConsoleEntry {
    /// They are in.
    Open(ConsoleToken),
    /// They are who they say, and have no business there.
    NoRole,
    /// What they showed does not hold any more.
    Overtaken,
}

impl ConsoleToken {
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose()).into()
    }
}

impl ConsoleSession {
    /// Whether they may change something; auditors only look.
    pub fn is_administrator(&self) -> bool {
        self.account.roles.contains(&Role::Admin)
    }
}

impl Store {
    /// Begins a session of the console, in any mode, with a line in the audit log. An emergency code
    /// is for mail and opens none.
    pub async fn open_console(
        &self,
        proven: Proven,
        now: Timestamp,
    ) -> Result<ConsoleEntry, StoreError> {
        self.blocking(move |inner| inner.shadow.write(|shadow| enter(shadow, &proven, now)))
            .await
    }

    /// The mode, and the session of `token` where it is valid, read together. Using a session
    /// renews its idle time.
    pub async fn console_admission(
        &self,
        token: Option<&ConsoleToken>,
        now: Timestamp,
    ) -> Result<ConsoleAdmission, StoreError> {
        let hash = token.map(ConsoleToken::hash);
        self.blocking(move |inner| {
            let (admission, used_at) = inner.shadow.read(|shadow| {
                let mode = mode::present(shadow)?;
                let found = match hash {
                    Some(hash) => session(shadow, hash, now)?,
                    None => None,
                };
                let (session, used_at) = found.unzip();
                Ok((ConsoleAdmission { mode, session }, used_at))
            })?;
            // Not on every request.
            if used_at.is_some_and(|used_at| now.duration_since(used_at).as_secs() >= 60) {
                let renewed = inner.shadow.write(|shadow| {
                    shadow.execute(
                        "UPDATE console_session SET used_at = ?2 WHERE token_hash = ?1",
                        (hash, now.as_millisecond()),
                    )?;
                    Ok(())
                });
                if let Err(error) = renewed {
                    // A full disk is just what somebody comes here to see.
                    tracing::error!("a session of the console can not be renewed: {error}");
                }
            }
            Ok(admission)
        })
        .await
    }

    /// Ends one session of the console.
    pub async fn end_console(&self, token: &ConsoleToken) -> Result<(), StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute("DELETE FROM console_session WHERE token_hash = ?1", [hash])?;
                Ok(())
            })
        })
        .await
    }
}

fn enter(
    shadow: &Transaction<'_>,
    proven: &Proven,
    now: Timestamp,
) -> Result<ConsoleEntry, StoreError> {
    if matches!(proven.proof, Proof::Code(_)) || !proven.holds(shadow, now)? {
        return Ok(ConsoleEntry::Overtaken);
    }
    let account = account::account(shadow, proven.account)?;
    let has_role = !account.roles.is_empty();
    let event = AuditEvent {
        actor: account.login,
        action: if has_role {
            "console-sign-in"
        } else {
            "console-refused"
        },
        object: String::new(),
        detail: String::new(),
        address: proven.from,
    };
    audit::insert(shadow, &event, now)?;
    if !has_role {
        return Ok(ConsoleEntry::NoRole);
    }
    let token = ConsoleToken(Secret::new(hex(&settings::random::<32>()?)));
    let form_token = hex(&settings::random::<16>()?);
    shadow.execute(
        "DELETE FROM console_session WHERE used_at < ?1 OR started_at < ?2",
        (
            before(now, limits::CONSOLE_IDLE_MAX),
            before(now, limits::CONSOLE_AGE_MAX),
        ),
    )?;
    shadow.execute(
        "INSERT INTO console_session (token_hash, account, started_at, used_at, form_token)
         VALUES (?1, ?2, ?3, ?3, ?4)",
        (
            token.hash(),
            proven.account.0,
            now.as_millisecond(),
            form_token,
        ),
    )?;
    Ok(ConsoleEntry::Open(token))
}

/// The session and when it was used last. Without a role it is none.
fn session(
    shadow: &Transaction<'_>,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(ConsoleSession, Timestamp)>, StoreError> {
    let sql = format!(
        "SELECT account, started_at, form_token, used_at
         FROM console_session JOIN account ON account.id = account
         WHERE token_hash = ?1 AND used_at >= ?2 AND started_at >= ?3 AND {SIGNS_IN}"
    );
    let found = shadow
        .prepare_cached(&sql)?
        .query_row(
            (
                hash,
                before(now, limits::CONSOLE_IDLE_MAX),
                before(now, limits::CONSOLE_AGE_MAX),
            ),
            |row| {
                let (id, form_token): (i64, String) = (row.get(0)?, row.get(2)?);
                Ok((
                    AccountId(id),
                    columns::time(row, 1)?,
                    form_token,
                    columns::time(row, 3)?,
                ))
            },
        )
        .optional()?;
    let Some((id, started_at, form_token, used_at)) = found else {
        return Ok(None);
    };
    let account = account::account(shadow, id)?;
    if account.roles.is_empty() {
        return Ok(None);
    }
    let session = ConsoleSession {
        account,
        started_at,
        form_token: Secret::new(form_token),
    };
    Ok(Some((session, used_at)))
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
