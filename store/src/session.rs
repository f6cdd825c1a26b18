//! Sessions of signed-in people.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use crate::account::{self, Account, AccountId, SIGNS_IN};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::mode::{self, Mode, ModeChange};
use crate::proof::Proven;
use crate::secret::Secret;
use crate::segment::hex;
use crate::settings;
use crate::shadow::Store;

/// What the browser shows to prove its session: 32 random bytes in hexadecimal. The store keeps
/// only a hash of it.
#[derive(Clone, Debug)]
pub struct SessionToken(pub Secret);

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// Since when.
    pub started_at: Timestamp,
    /// What forms of this session must bring along, so that no other site can post them.
    pub form_token: Secret,
}

/// All that the gate needs to decide, read at one moment.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The mode.
    pub mode: ModeChange,
    /// The session of the token, where it is valid.
    pub session: Option<Session>,
}

impl SessionToken {
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose()).into()
    }
}

impl Store {
    /// Begins a session and gives the token that proves it; uses an emergency code up, in one
    /// transaction with the line in the audit log. `None` when what was shown does not hold any
    /// more: the account was removed, disabled or forgotten meanwhile, its password is another one,
    /// the code is used or too old.
    ///
    /// Refuses in [`Mode::Normal`]: nobody is signed in while the webmail is locked, and a code
    /// stays. Sessions that have been unused for very long are removed on the way.
    pub async fn open_session(
        &self,
        proven: Proven,
        now: Timestamp,
    ) -> Result<Option<SessionToken>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                if mode::present(shadow)?.mode == Mode::Normal {
                    return Err(StoreError::Refused("the webmail is locked".to_owned()));
                }
                if !proven.holds(shadow, now)? {
                    return Ok(None);
                }
                open(shadow, proven.account, now).map(Some)
            })
        })
        .await
    }

    /// The mode, and the session of `token` where it is valid, read together. Using a session
    /// renews its idle time.
    pub async fn admission(
        &self,
        token: Option<&SessionToken>,
        now: Timestamp,
    ) -> Result<Admission, StoreError> {
        let hash = token.map(SessionToken::hash);
        self.blocking(move |inner| {
            let (admission, used_at) = inner.shadow.read(|shadow| {
                let mode = mode::present(shadow)?;
                let found = match hash {
                    Some(hash) => session(shadow, hash, (VALID, now))?,
                    None => None,
                };
                let (session, used_at) = found.unzip();
                Ok((Admission { mode, session }, used_at))
            })?;
            // Not on every request: a page with pictures would write a dozen times.
            if used_at.is_some_and(|used_at| now.duration_since(used_at).as_secs() >= 60) {
                let renewed = inner.shadow.write(|shadow| {
                    shadow.execute(
                        "UPDATE session SET used_at = ?2 WHERE token_hash = ?1",
                        (hash, now.as_millisecond()),
                    )?;
                    Ok(())
                });
                if let Err(error) = renewed {
                    // A full disk must not close the webmail in an emergency.
                    tracing::error!("a session can not be renewed: {error}");
                }
            }
            Ok(admission)
        })
        .await
    }

    /// The session of `token`, also when it has ended meanwhile, with its emergency or by its age.
    /// It proves who was writing, so that what they typed is kept as a draft; it opens nothing.
    /// One that its owner ended is forgotten.
    pub async fn ended_session(
        &self,
        token: &SessionToken,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let found = session(shadow, hash, (REMEMBERED, now))?;
                Ok(found.map(|(session, _)| session))
            })
        })
        .await
    }

    /// Ends one session.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute("DELETE FROM session WHERE token_hash = ?1", [hash])?;
                Ok(())
            })
        })
        .await
    }
}

/// Takes from `account`, who is gone or may not sign in any more, all that lets it in or keeps it
/// in. If it comes back it begins anew.
pub(crate) fn shut_out(shadow: &Transaction<'_>, account: AccountId) -> Result<(), StoreError> {
    for rows in [
        "DELETE FROM made_verifier WHERE account = ?1",
        "DELETE FROM emergency_code WHERE account = ?1",
        "DELETE FROM readiness WHERE account = ?1",
    ] {
        shadow.prepare_cached(rows)?.execute([account.0])?;
    }
    end_of(shadow, account)
}

/// Ends the sessions of the console that `account` has.
pub(crate) fn end_console_of(
    shadow: &Transaction<'_>,
    account: AccountId,
) -> Result<(), StoreError> {
    let sessions = "DELETE FROM console_session WHERE account = ?1";
    shadow.prepare_cached(sessions)?.execute([account.0])?;
    Ok(())
}

/// Ends all sessions of `account`, of both kinds.
pub(crate) fn end_of(shadow: &Transaction<'_>, account: AccountId) -> Result<(), StoreError> {
    let sessions = "DELETE FROM session WHERE account = ?1";
    shadow.prepare_cached(sessions)?.execute([account.0])?;
    end_console_of(shadow, account)
}

/// Ends all sessions in a copy of the database, which may be of an earlier version that had no
/// console.
pub(crate) fn end_all(copy: &Connection) -> Result<(), StoreError> {
    for table in ["session", "console_session"] {
        if copy.table_exists(None, table)? {
            copy.execute(&format!("DELETE FROM {table}"), [])?;
        }
    }
    Ok(())
}

fn open(
    shadow: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<SessionToken, StoreError> {
    let token = SessionToken(Secret::new(hex(&settings::random::<32>()?)));
    let form_token = hex(&settings::random::<16>()?);
    shadow.execute(
        "DELETE FROM session WHERE used_at < ?1",
        [before(now, limits::SESSION_REMEMBERED_MAX)],
    )?;
    shadow.execute(
        "INSERT INTO session (token_hash, account, started_at, used_at, form_token)
         VALUES (?1, ?2, ?3, ?3, ?4)",
        (token.hash(), account.0, now.as_millisecond(), form_token),
    )?;
    Ok(token)
}

/// Which sessions count.
struct Which {
    condition: &'static str,
    idle_max: SignedDuration,
    age_max: SignedDuration,
}

const VALID: Which = Which {
    condition: "ended_at IS NULL",
    idle_max: limits::SESSION_IDLE_MAX,
    age_max: limits::SESSION_AGE_MAX,
};

const REMEMBERED: Which = Which {
    condition: "TRUE",
    idle_max: limits::SESSION_REMEMBERED_MAX,
    age_max: SignedDuration::MAX,
};

fn session(
    shadow: &Transaction<'_>,
    hash: [u8; 32],
    (which, now): (Which, Timestamp),
) -> Result<Option<(Session, Timestamp)>, StoreError> {
    let sql = format!(
        "SELECT account, started_at, form_token, used_at
         FROM session JOIN account ON account.id = account
         WHERE token_hash = ?1 AND used_at >= ?2 AND started_at >= ?3 AND {} AND {SIGNS_IN}",
        which.condition
    );
    let found = shadow
        .prepare_cached(&sql)?
        .query_row(
            (
                hash,
                before(now, which.idle_max),
                before(now, which.age_max),
            ),
            |row| {
                let form_token: String = row.get(2)?;
                let id = AccountId(row.get(0)?);
                Ok((
                    id,
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
    let session = Session {
        account: account::account(shadow, id)?,
        started_at,
        form_token: Secret::new(form_token),
    };
    Ok(Some((session, used_at)))
}

/// The time that a span before `now` began, in milliseconds.
pub(crate) fn before(now: Timestamp, span: SignedDuration) -> i64 {
    now.as_millisecond()
        .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
