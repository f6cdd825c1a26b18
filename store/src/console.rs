//! Sessions of the console, where administrators look after the server.
//!
//! They have a table and a token of their own: one of them opens no mail, and a session of the webmail
//! opens no console. The mode neither opens nor ends them, for it is from the console that it is
//! watched. Whoever loses the role, or may not sign in any more, is out with the next request.

mod user;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction};

use crate::account::{self, Account, AccountId, SIGNS_IN};
use crate::alert_kind::AlertKind;
use crate::audit::{self, AuditEvent};
use crate::error::StoreError;
use crate::limits;
use crate::mode::{self, ModeChange};
use crate::proof::{Proof, Proven};
use crate::secret::Secret;
use crate::session::{self, Kind, before};
use crate::shadow::Store;
use crate::totp::{self, CodeVerdict};

pub(crate) use user::Who;
use user::found;
pub use user::{ConsoleSession, ConsoleUser};

/// What the browser shows to prove its session: 32 random bytes in hexadecimal. The store keeps
/// only a hash of it.
#[derive(Clone, Debug)]
pub struct ConsoleToken(pub Secret);

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

/// Who uses a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedBy {
    /// Somebody who clicks.
    Person,
    /// A page that loads itself again.
    Page,
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
    /// Too many were wrong; this one was not looked at, and none will be for so long.
    Wait(SignedDuration),
    /// Nobody was asked, or it took them too long: they have to begin again.
    Over,
}

impl ConsoleToken {
    fn hash(&self) -> [u8; 32] {
        session::hash_of(&self.0)
    }
}

impl Store {
    /// Begins a session of the console, in any mode, with a line in the audit log. An emergency code
    /// is for mail and opens none, and neither does a password that the directory refuses.
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
            let typed = (hash, code.as_str());
            let (asked, guessed) = inner
                .shadow
                .write(|shadow| judge_code(shadow, typed, (from, now)))?;
            if let Some(words) = guessed {
                let kind = AlertKind::SecondFactorGuessed;
                inner.alerts.raise(kind, &words, now);
            }
            Ok(asked)
        })
        .await
    }

    /// Says that who shows `token` has just shown once more who they are.
    pub async fn prove_console(
        &self,
        token: &ConsoleToken,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let hash = token.hash();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "UPDATE console_session SET proved_at = ?2 WHERE token_hash = ?1",
                    (hash, now.as_millisecond()),
                )?;
                Ok(())
            })
        })
        .await
    }

    /// The mode, and the session of `token` where it is valid, read together. Using a session
    /// renews its idle time, where a person does it and not a page that loads itself again.
    pub async fn console_admission(
        &self,
        (token, by): (Option<&ConsoleToken>, UsedBy),
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
            let used_at = used_at.filter(|_| by == UsedBy::Person);
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
pub(crate) const OPEN: &str = "open";

/// One of somebody who has still to give a code.
const CODE: &str = "code";

fn enter(
    shadow: &Transaction<'_>,
    (proven, second_factor): (&Proven, SecondFactor),
    now: Timestamp,
) -> Result<ConsoleEntry, StoreError> {
    let is_for_mail = matches!(proven.proof, Proof::Code(_) | Proof::DoubtedVerifier(_));
    if is_for_mail || !proven.holds(shadow, now)? {
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
        return Ok(ConsoleEntry::Code(begin(
            shadow,
            (Who::Person(id), CODE),
            now,
        )?));
    }
    match second_factor {
        SecondFactor::Required => {
            line("console-refused")?;
            Ok(ConsoleEntry::NoSecondFactor)
        }
        SecondFactor::Offered => {
            line("console-sign-in")?;
            Ok(ConsoleEntry::Open(begin(
                shadow,
                (Who::Person(id), OPEN),
                now,
            )?))
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

/// What came of a code, and what an administrator must know when somebody guesses.
fn judge_code(
    shadow: &Transaction<'_>,
    (hash, code): ([u8; 32], &str),
    (from, now): (Option<IpAddr>, Timestamp),
) -> Result<(CodeAsked, Option<String>), StoreError> {
    let Some(id) = asked(shadow, hash, now)? else {
        return Ok((CodeAsked::Over, None));
    };
    let login = account::account(shadow, id)?.login;
    let line = |action| note(shadow, (action, login.clone()), from, now);
    Ok(match totp::judge(shadow, (id, code), (from, now))? {
        CodeVerdict::Right => {
            session::end(shadow, Kind::Console, hash)?;
            line("console-sign-in")?;
            let token = begin(shadow, (Who::Person(id), OPEN), now)?;
            (CodeAsked::Open(token), None)
        }
        CodeVerdict::Wrong(so_far) => {
            line("console-code-failed")?;
            let guessed = (so_far >= limits::TOTP_FREE_TRIES).then(|| {
                format!(
                    "somebody who knows the password of {login} has typed {so_far} wrong codes of the second \
                     factor; if that is not {login}, the password has to be changed"
                )
            });
            (CodeAsked::Wrong, guessed)
        }
        CodeVerdict::Wait(wait) => (CodeAsked::Wait(wait), None),
    })
}

/// Begins a session, and sweeps those that are over.
pub(crate) fn begin(
    shadow: &Transaction<'_>,
    (who, stage): (Who, &str),
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
    let (account, break_glass) = match who {
        Who::Person(account) => (Some(account.0), None),
        Who::BreakGlass(id) => (None, Some(id)),
    };
    shadow.execute(
        "INSERT INTO console_session
             (token_hash, account, break_glass, started_at, used_at, proved_at, form_token, stage)
         VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?5, ?6)",
        (
            token.hash(),
            account,
            break_glass,
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

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
