//! Who is signed in to the console.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use super::OPEN;
use crate::account::{self, Account, AccountId, Role};
use crate::break_glass::{self, BreakGlassName};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::secret::Secret;
use crate::session::before;

/// Who is signed in to the console.
#[derive(Clone, Debug)]
pub enum ConsoleUser {
    /// Somebody of the directory, with their roles of now.
    Person(Account),
    /// An administrator who needs none.
    BreakGlass(BreakGlassName),
}

/// Somebody who is signed in to the console.
#[derive(Clone, Debug)]
pub struct ConsoleSession {
    /// Who.
    pub user: ConsoleUser,
    /// Since when.
    pub started_at: Timestamp,
    /// When they last showed who they are.
    pub proved_at: Timestamp,
    /// What forms of this session must bring along, so that no other site can post them.
    pub form_token: Secret,
}

impl ConsoleUser {
    /// Whether they may change something; auditors only look.
    pub fn is_administrator(&self) -> bool {
        match self {
            Self::Person(account) => account.roles.contains(&Role::Admin),
            Self::BreakGlass(_) => true,
        }
    }

    /// Who they are in the audit log and in the history.
    pub fn actor(&self) -> String {
        match self {
            Self::Person(account) => account.login.clone(),
            Self::BreakGlass(name) => name.actor(),
        }
    }

    /// Their name, as shown.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(account) => &account.name,
            Self::BreakGlass(name) => name.as_str(),
        }
    }

    /// Their account in the directory.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Person(account) => Some(account),
            Self::BreakGlass(_) => None,
        }
    }
}

/// The same as rows name it.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    Person(AccountId),
    BreakGlass(i64),
}

/// The session and when it was used last. Without a role it is none.
pub(super) fn found(
    shadow: &Transaction<'_>,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(ConsoleSession, Timestamp)>, StoreError> {
    let found = shadow
        .prepare_cached(
            "SELECT account, break_glass, started_at, proved_at, form_token, used_at
             FROM console_session
             WHERE token_hash = ?1 AND used_at >= ?2 AND started_at >= ?3 AND stage = ?4",
        )?
        .query_row(
            (
                hash,
                before(now, limits::CONSOLE_IDLE_MAX),
                before(now, limits::CONSOLE_AGE_MAX),
                OPEN,
            ),
            Found::read,
        )
        .optional()?;
    let Some(row) = found else {
        return Ok(None);
    };
    let user = match row.who {
        Who::Person(id) => person(shadow, id)?.map(ConsoleUser::Person),
        Who::BreakGlass(id) => break_glass::name_of(shadow, id)?.map(ConsoleUser::BreakGlass),
    };
    let session = user.map(|user| ConsoleSession {
        user,
        started_at: row.started_at,
        proved_at: row.proved_at,
        form_token: row.form_token,
    });
    Ok(session.map(|session| (session, row.used_at)))
}

/// Who has a role and may sign in.
fn person(shadow: &Transaction<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    if !account::signs_in(shadow, id)? {
        return Ok(None);
    }
    let account = account::account(shadow, id)?;
    Ok((!account.roles.is_empty()).then_some(account))
}

/// A row of the table.
struct Found {
    who: Who,
    started_at: Timestamp,
    proved_at: Timestamp,
    form_token: Secret,
    used_at: Timestamp,
}

impl Found {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let account: Option<i64> = row.get(0)?;
        Ok(Self {
            who: match account {
                Some(id) => Who::Person(AccountId(id)),
                None => Who::BreakGlass(row.get(1)?),
            },
            started_at: columns::time(row, 2)?,
            proved_at: columns::time(row, 3)?,
            form_token: Secret::new(row.get::<_, String>(4)?),
            used_at: columns::time(row, 5)?,
        })
    }
}
