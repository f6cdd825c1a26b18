//! Sessions of signed-in people.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use crate::account::{self, Account, AccountId, SIGNS_IN};
use crate::columns;
use crate::database::Database;
use crate::error::StoreError;
use crate::limits;
use crate::mode::{self, Mode, ModeChange};
use crate::proof::Proven;
use crate::scope;
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

/// What became of somebody who asked for a session.
#[derive(Debug)]
pub enum Entrance {
    /// They have one.
    Open(SessionToken),
    /// The webmail is locked: the mode is [`Mode::Normal`].
    Locked,
    /// The mode does not hold for them: they have their usual mail.
    NotForThem,
    /// What was shown does not hold any more: the account was removed, disabled or forgotten
    /// meanwhile, its password is another one, the code is used or too old.
    Void,
}

impl Entrance {
    /// The token of who has a session.
    pub fn token(self) -> Option<SessionToken> {
        match self {
            Self::Open(token) => Some(token),
            Self::Locked | Self::NotForThem | Self::Void => None,
        }
    }
}

impl SessionToken {
    fn hash(&self) -> [u8; 32] {
        hash_of(&self.0)
    }
}

/// Which sessions; each kind has a table of its own, so that no token of one is good for the other.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Mail,
    Console,
}

impl Kind {
    fn table(self) -> &'static str {
        match self {
            Self::Mail => "session",
            Self::Console => "console_session",
        }
    }
}

impl Store {
    /// Begins a session and gives the token that proves it; uses an emergency code up, in one
    /// transaction with the line in the audit log. A code stays where nobody is let in. Sessions
    /// that have been unused for very long are removed on the way.
    pub async fn open_session(
        &self,
        proven: Proven,
        now: Timestamp,
    ) -> Result<Entrance, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let present = mode::present(shadow)?;
                if present.mode == Mode::Normal {
                    return Ok(Entrance::Locked);
                }
                if !scope::includes(shadow, &present.scope, proven.account)? {
                    return Ok(Entrance::NotForThem);
                }
                if !proven.holds(shadow, now)? {
                    return Ok(Entrance::Void);
                }
                open(shadow, proven.account, now).map(Entrance::Open)
            })
        })
        .await
    }

    /// The mode, and the session of `token` where it is valid and the mode holds for its account,
    /// read together. Using a session renews its idle time.
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
                let found = match found {
                    Some((session, _))
                        if !scope::includes(shadow, &mode.scope, session.account.id)? =>
                    {
                        None
                    }
                    found => found,
                };
                let (session, used_at) = found.unzip();
                Ok((Admission { mode, session }, used_at))
            })?;
            renew(&inner.shadow, (Kind::Mail, hash), (used_at, now));
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
        self.blocking(move |inner| inner.shadow.write(|shadow| end(shadow, Kind::Mail, hash)))
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
        "UPDATE suspended SET verifier = NULL WHERE account = ?1",
        "DELETE FROM at_home WHERE account = ?1",
    ] {
        shadow.prepare_cached(rows)?.execute([account.0])?;
    }
    end_of(shadow, account)
}

/// Ends one session.
pub(crate) fn end(shadow: &Transaction<'_>, kind: Kind, hash: [u8; 32]) -> Result<(), StoreError> {
    let session = format!("DELETE FROM {} WHERE token_hash = ?1", kind.table());
    shadow.prepare_cached(&session)?.execute([hash])?;
    Ok(())
}

/// Ends the sessions of one kind that `account` has.
pub(crate) fn end_kind_of(
    shadow: &Transaction<'_>,
    kind: Kind,
    account: AccountId,
) -> Result<(), StoreError> {
    let sessions = format!("DELETE FROM {} WHERE account = ?1", kind.table());
    shadow.prepare_cached(&sessions)?.execute([account.0])?;
    Ok(())
}

/// Ends all sessions of `account`, of both kinds.
pub(crate) fn end_of(shadow: &Transaction<'_>, account: AccountId) -> Result<(), StoreError> {
    end_kind_of(shadow, Kind::Mail, account)?;
    end_kind_of(shadow, Kind::Console, account)
}

/// Ends all sessions in a copy of the database, which may be of an earlier version that had no
/// console.
pub(crate) fn end_all(copy: &Connection) -> Result<(), StoreError> {
    for table in [Kind::Mail.table(), Kind::Console.table()] {
        if copy.table_exists(None, table)? {
            copy.execute(&format!("DELETE FROM {table}"), [])?;
        }
    }
    Ok(())
}

/// Renews the idle time of a session that was used last at `used_at`. Not on every request: a page with
/// pictures would write a dozen times.
pub(crate) fn renew(
    shadow: &Database,
    (kind, hash): (Kind, Option<[u8; 32]>),
    (used_at, now): (Option<Timestamp>, Timestamp),
) {
    if used_at.is_none_or(|used_at| now.duration_since(used_at).as_secs() < 60) {
        return;
    }
    let session = format!(
        "UPDATE {} SET used_at = ?2 WHERE token_hash = ?1",
        kind.table()
    );
    let renewed = shadow.write(|shadow| {
        shadow.execute(&session, (hash, now.as_millisecond()))?;
        Ok(())
    });
    if let Err(error) = renewed {
        // A full disk must not close the webmail in an emergency, and is just what somebody comes
        // to the console to see.
        let whose = match kind {
            Kind::Mail => "a session",
            Kind::Console => "a session of the console",
        };
        tracing::error!("{whose} can not be renewed: {error}");
    }
}

/// What the store keeps of a token.
pub(crate) fn hash_of(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.expose()).into()
}

/// A new token, and what forms of its session must bring along.
pub(crate) fn new_tokens() -> Result<(Secret, String), StoreError> {
    let token = Secret::new(hex(&settings::random::<32>()?));
    Ok((token, hex(&settings::random::<16>()?)))
}

fn open(
    shadow: &Transaction<'_>,
    account: AccountId,
    now: Timestamp,
) -> Result<SessionToken, StoreError> {
    let (token, form_token) = new_tokens()?;
    let token = SessionToken(token);
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
            Row::read,
        )
        .optional()?;
    let Some(row) = found else {
        return Ok(None);
    };
    let session = Session {
        account: account::account(shadow, row.account)?,
        started_at: row.started_at,
        form_token: row.form_token,
    };
    Ok(Some((session, row.used_at)))
}

/// A session as its table has it: `account, started_at, form_token, used_at`.
struct Row {
    account: AccountId,
    started_at: Timestamp,
    form_token: Secret,
    used_at: Timestamp,
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            account: AccountId(row.get(0)?),
            started_at: columns::time(row, 1)?,
            form_token: Secret::new(row.get::<_, String>(2)?),
            used_at: columns::time(row, 3)?,
        })
    }
}

/// The time that a span before `now` began, in milliseconds.
pub(crate) fn before(now: Timestamp, span: SignedDuration) -> i64 {
    now.as_millisecond()
        .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
