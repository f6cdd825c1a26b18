//! Who could sign in now, even with the directory down.

mod figures;
mod missing;

use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::{AccountId, IS_LISTED_GROUP, SIGNS_IN, recipient};
use crate::address::Address;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

pub use figures::{Count, DepartmentCount, Figures, GroupCount};
pub use missing::{MissingPeople, PeopleFilter, PeopleWanted};

/// How somebody showed that they can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShownBy {
    /// With name and password, on the page for trying it out.
    Check,
    /// With name and password, in an emergency.
    SignIn,
}

/// The last time somebody showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: ShownBy,
}

/// Whether one person could sign in while the directory is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Who.
    pub account: AccountId,
    /// Sign-in name.
    pub login: String,
    /// Name as shown to people.
    pub name: String,
    /// Its primary address.
    pub address: Address,
    /// Language of its pages, where the directory says.
    pub language: Option<String>,
    /// Where they work, where the directory says.
    pub department: Option<String>,
    /// Their password can be checked here, and their account is not locked.
    pub has_verifier: bool,
    /// Until when their emergency code is good, where they have one.
    pub code_until: Option<Timestamp>,
    /// When and how they last showed that they can sign in.
    pub shown: Option<Shown>,
    /// When somebody last wanted them to be reminded of it.
    pub reminded_at: Option<Timestamp>,
}

impl Readiness {
    /// Whether they could sign in now.
    pub fn is_ready(&self) -> bool {
        self.has_verifier || self.code_until.is_some()
    }
}

/// A group of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its mail address.
    pub address: Address,
    /// Name as shown to people.
    pub name: String,
}

impl Store {
    /// Everybody who signs in, by name, and whether they could at `now`. Shared mailboxes and rooms
    /// do not.
    pub async fn readiness(&self, now: Timestamp) -> Result<Vec<Readiness>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut all = Vec::new();
                each(shadow, now, |person| all.push(person))?;
                Ok(all)
            })
        })
        .await
    }

    /// Writes down that `account` showed that it can sign in, in place of what was known before.
    /// `event` is the line of the audit log about it. Of who may not sign in any more nothing is
    /// known.
    pub async fn show_readiness(
        &self,
        account: AccountId,
        shown: Shown,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let sql = format!(
                    "INSERT INTO readiness (account, at, how)
                     SELECT id, ?2, ?3 FROM account WHERE id = ?1 AND {SIGNS_IN}
                     ON CONFLICT DO UPDATE SET at = excluded.at, how = excluded.how"
                );
                shadow.execute(
                    &sql,
                    (
                        account.0,
                        shown.at.as_millisecond(),
                        columns::to_word(&shown.how)?,
                    ),
                )?;
                audit::insert(shadow, &event, shown.at)
            })
        })
        .await
    }

    /// All groups, by name.
    pub async fn groups(&self) -> Result<Vec<Group>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let rows = format!(
                    "SELECT address, name FROM mail_group WHERE {IS_LISTED_GROUP} ORDER BY name, key"
                );
                let mut rows = shadow.prepare_cached(&rows)?;
                let rows = rows.query_map([], |row| {
                    Ok(Group {
                        address: columns::parsed(row, 0)?,
                        name: row.get(1)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }
}

/// Gives everybody who signs in to `take`, by name.
fn each(
    shadow: &Transaction<'_>,
    now: Timestamp,
    mut take: impl FnMut(Readiness),
) -> Result<(), StoreError> {
    let mut rows = shadow.prepare_cached(
        "SELECT account.id, main.address, login, name, language,
             standing = 'active' AND (verifier IS NOT NULL OR made_verifier.account IS NOT NULL),
             emergency_code.expires_at, readiness.at, readiness.how, department,
             reminder.asked_at
         FROM account
         JOIN address AS main ON main.account = account.id AND main.position = 0
         LEFT JOIN emergency_code ON emergency_code.account = account.id
             AND emergency_code.expires_at > ?1
         LEFT JOIN made_verifier ON made_verifier.account = account.id
             AND made_verifier.expires_at > ?1 AND made_verifier.state = 'good'
         LEFT JOIN readiness ON readiness.account = account.id
         LEFT JOIN reminder ON reminder.account = account.id
         WHERE removed = 0 AND kind = 'person'
             AND standing IN ('active', 'locked') ORDER BY name, account.id",
    )?;
    for person in rows.query_map([now.as_millisecond()], one)? {
        take(person?);
    }
    Ok(())
}

fn one(row: &Row<'_>) -> rusqlite::Result<Readiness> {
    let who = recipient(row)?;
    let at = columns::maybe_time(row, 7)?;
    let shown = at.map(|at| {
        Ok::<_, rusqlite::Error>(Shown {
            at,
            how: columns::word(row, 8)?,
        })
    });
    Ok(Readiness {
        account: who.account,
        login: row.get(2)?,
        name: row.get(3)?,
        address: who.primary,
        language: row.get(4)?,
        has_verifier: row.get(5)?,
        code_until: columns::maybe_time(row, 6)?,
        shown: shown.transpose()?,
        department: row.get(9)?,
        reminded_at: columns::maybe_time(row, 10)?,
    })
}

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
