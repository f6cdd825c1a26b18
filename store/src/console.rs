//! Sessions of the console, where administrators look after the server.
//!
//! They have a table and a token of their own: one of them opens no mail, and a session of the webmail
//! opens no console. The mode neither opens nor ends them, for it is from the console that it is
//! watched. Whoever loses the role, or may not sign in any more, is out with the next request.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use crate::account::{self, Account, AccountId, Role, SIGNS_IN};
use crate::audit::{self, AuditEvent};
use crate::error::StoreError;
use crate::limits;
use crate::mode::{self, ModeChange};
use crate::proof::{Proof, Proven};
use crate::secret::Secret;
use crate::session::{self, Kind, before};
use crate::shadow::Store;
use crate::totp::{self, CodeVerdict};

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

/// Whether the console opens without a second factor for who has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactor {
    /// It does; who has one is asked for it all the same.
    #[default]
    Offered,
    /// It does not.
    Required,
}

/// What became of a sign-in to the console.
#[derive(Clone, Debug)]
pub enum ConsoleEntry {
    /// They are in.
    Open(ConsoleToken),
    /// They are in when they give a code of their second factor; see [`Store::give_code`].
    Code(ConsoleToken),
    /// They have no second factor, and nobody gets in without.
    NoSecondFactor,
    /// They are who they say, and have no business there.
    NoRole,
    /// What they showed does not hold any more.
    Overtaken,
}

/// What became of a code of a second factor.
#[derive(Clone, Debug)]
pub enum CodeAsked {
    /// They are in, with another token than before.
    Open(ConsoleToken),
    /// It is wrong, or was used already.
    Wrong,
    /// Too many were wrong; this one was not looked at.
    Wait,
    /// Nobody was asked, or it took them too long: they have to begin again.
    Over,
}

impl ConsoleToken {
    fn hash(&self) -> [u8; 32] {
        session::hash_of(&self.0)
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
        second_factor: SecondFactor,
        now: Timestamp,
    ) -> Result<ConsoleEntry, StoreError> {
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| enter(shadow, (&proven, second_factor), now))
        })
        .await
    }

    /// Whether a code is asked for from who shows `token`.
    pub async fn is_code_asked(
        &self,
        token: &ConsoleToken,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner
                .shadow
                .read(|shadow| Ok(asked(shadow, hash, now)?.is_some()))
        })
        .await
    }

    /// Takes a code of the second factor from who shows `token`, with a line in the audit log; `from`
    /// is where they sit. One code opens one session.
    pub async fn give_code(
        &self,
        token: &ConsoleToken,
        (code, from): (String, Option<IpAddr>),
        now: Timestamp,
    ) -> Result<CodeAsked, StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let Some(id) = asked(shadow, hash, now)? else {
                    return Ok(CodeAsked::Over);
                };
                let login = account::account(shadow, id)?.login;
                let line = |action| note(shadow, (action, login), from, now);
                match totp::judge(shadow, (id, &code), now)? {
                    CodeVerdict::Right => {
                        session::end(shadow, Kind::Console, hash)?;
                        line("console-sign-in")?;
                        Ok(CodeAsked::Open(begin(shadow, (id, OPEN), now)?))
                    }
                    CodeVerdict::Wrong => {
                        line("console-code-failed")?;
                        Ok(CodeAsked::Wrong)
                    }
                    CodeVerdict::Wait => Ok(CodeAsked::Wait),
                }
            })
        })
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
                    Some(hash) => found(shadow, hash, now)?,
                    None => None,
                };
                let (session, used_at) = found.unzip();
                Ok((ConsoleAdmission { mode, session }, used_at))
            })?;
            session::renew(&inner.shadow, (Kind::Console, hash), (used_at, now));
            Ok(admission)
        })
        .await
    }

    /// Ends one session of the console.
    pub async fn end_console(&self, token: &ConsoleToken) -> Result<(), StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| session::end(shadow, Kind::Console, hash))
        })
        .await
    }
}

/// A session that is good for everything.
const OPEN: &str = "open";

/// One of somebody who has still to give a code.
const CODE: &str = "code";

fn enter(
    shadow: &Transaction<'_>,
    (proven, second_factor): (&Proven, SecondFactor),
    now: Timestamp,
) -> Result<ConsoleEntry, StoreError> {
    if matches!(proven.proof, Proof::Code(_)) || !proven.holds(shadow, now)? {
        return Ok(ConsoleEntry::Overtaken);
    }
    let Account {
        id, login, roles, ..
    } = account::account(shadow, proven.account)?;
    let line = |action| note(shadow, (action, login), proven.from, now);
    if roles.is_empty() {
        line("console-refused")?;
        return Ok(ConsoleEntry::NoRole);
    }
    if totp::has(shadow, id)? {
        line("console-code-asked")?;
        return Ok(ConsoleEntry::Code(begin(shadow, (id, CODE), now)?));
    }
    match second_factor {
        SecondFactor::Required => {
            line("console-refused")?;
            Ok(ConsoleEntry::NoSecondFactor)
        }
        SecondFactor::Offered => {
            line("console-sign-in")?;
            Ok(ConsoleEntry::Open(begin(shadow, (id, OPEN), now)?))
        }
    }
}

fn note(
    shadow: &Transaction<'_>,
    (action, actor): (&'static str, String),
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        actor,
        action,
        object: String::new(),
        detail: String::new(),
        address,
    };
    audit::insert(shadow, &event, now)
}

/// Begins a session, and sweeps those that are over.
fn begin(
    shadow: &Transaction<'_>,
    (account, stage): (AccountId, &str),
    now: Timestamp,
) -> Result<ConsoleToken, StoreError> {
    let (token, form_token) = session::new_tokens()?;
    let token = ConsoleToken(token);
    shadow.execute(
        "DELETE FROM console_session WHERE used_at < ?1 OR started_at < ?2",
        (
            before(now, limits::CONSOLE_IDLE_MAX),
            before(now, limits::CONSOLE_AGE_MAX),
        ),
    )?;
    shadow.execute(
        "INSERT INTO console_session (token_hash, account, started_at, used_at, form_token, stage)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        (
            token.hash(),
            account.0,
            now.as_millisecond(),
            form_token,
            stage,
        ),
    )?;
    Ok(token)
}

/// Whose code is asked for.
fn asked(
    shadow: &Transaction<'_>,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<AccountId>, StoreError> {
    let sql = format!(
        "SELECT account FROM console_session JOIN account ON account.id = account
         WHERE token_hash = ?1 AND started_at >= ?2 AND stage = ?3 AND {SIGNS_IN}"
    );
    let since = before(now, limits::CONSOLE_CODE_WAIT_MAX);
    let mut asked = shadow.prepare_cached(&sql)?;
    let asked = asked.query_row((hash, since, CODE), |row| row.get(0).map(AccountId));
    Ok(asked.optional()?)
}

/// The session and when it was used last. Without a role it is none.
fn found(
    shadow: &Transaction<'_>,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(ConsoleSession, Timestamp)>, StoreError> {
    let sql = format!(
        "SELECT account, started_at, form_token, used_at
         FROM console_session JOIN account ON account.id = account
         WHERE token_hash = ?1 AND used_at >= ?2 AND started_at >= ?3 AND stage = ?4
             AND {SIGNS_IN}"
    );
    let found = shadow
        .prepare_cached(&sql)?
        .query_row(
            (
                hash,
                before(now, limits::CONSOLE_IDLE_MAX),
                before(now, limits::CONSOLE_AGE_MAX),
                OPEN,
            ),
            session::Row::read,
        )
        .optional()?;
    let Some(row) = found else {
        return Ok(None);
    };
    let account = account::account(shadow, row.account)?;
    if account.roles.is_empty() {
        return Ok(None);
    }
    let session = ConsoleSession {
        account,
        started_at: row.started_at,
        form_token: row.form_token,
    };
    Ok(Some((session, row.used_at)))
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
