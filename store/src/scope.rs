//! For whom a mode holds: an outage of one site opens the webmail for its people only, and a drill
//! for those who take part.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::{self, AccountId, Owners, SIGNS_IN};
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// For whom a mode holds. Who is a member of a group is asked again each time, so whoever joins it
/// is among them; whoever was in it at the beginning stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All accounts.
    #[default]
    Everyone,
    /// Those who are named, and nobody else.
    Only(Chosen),
}

/// Groups, with the groups in them, and single accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The groups' addresses, with what the groups are called.
    pub groups: BTreeMap<Address, String>,
    /// The accounts, with what people call them.
    pub accounts: BTreeMap<AccountId, String>,
}

/// Somebody named a group or an account that is none.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// No group has the address.
    #[error("the directory has no group {0}")]
    NoGroup(String),
    /// No account has the name or the address.
    #[error("the directory has no account {0}")]
    NoAccount(String),
    /// Nobody among them can sign in.
    #[error("nobody who can sign in is among them")]
    Nobody,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Scope {
    /// Both together.
    #[must_use]
    pub fn widened(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(mut chosen), Self::Only(more)) => {
                chosen.groups.extend(more.groups);
                chosen.accounts.extend(more.accounts);
                Self::Only(chosen)
            }
            _ => Self::Everyone,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Only(chosen) => {
                let groups = chosen.groups.keys().map(Address::to_string);
                let names: Vec<String> = groups.chain(chosen.accounts.values().cloned()).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

impl Store {
    /// The scope of these groups and accounts, by their addresses or sign-in names. Everyone when
    /// none is named.
    pub async fn scope(
        &self,
        groups: Vec<String>,
        accounts: Vec<String>,
    ) -> Result<Scope, ScopeError> {
        if groups.is_empty() && accounts.is_empty() {
            return Ok(Scope::Everyone);
        }
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let of_group = |named: &String| match named.parse() {
                    Ok(address) => {
                        let meant = inner.aliases.address(shadow, &address)?;
                        Ok::<_, StoreError>(meant.to_string())
                    }
                    Err(_) => Ok(named.clone()),
                };
                let groups = groups.iter().map(of_group).collect::<Result<_, _>>()?;
                let of_account = |named: &String| inner.aliases.name(shadow, named);
                let accounts = accounts.iter().map(of_account).collect::<Result<_, _>>()?;
                Ok(chosen(shadow, groups, accounts))
            })
        })
        .await?
    }

    /// How many people who can sign in are in a scope.
    pub async fn people_in(&self, scope: Scope) -> Result<usize, StoreError> {
        self.blocking(move |inner| inner.shadow.read(|shadow| people(shadow, &scope)))
            .await
    }

    /// Those of `addresses` that reach somebody outside of the scope that holds at present: an account
    /// that is not in it, a group with such a member or with none, or nobody of ours.
    pub async fn outside_of(
        &self,
        scope: Scope,
        addresses: Vec<Address>,
    ) -> Result<Vec<Address>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut outside = Vec::new();
                for address in addresses {
                    let meant = inner.aliases.address(shadow, &address)?;
                    if !reaches_only(shadow, &scope, &meant)? {
                        outside.push(address);
                    }
                }
                Ok(outside)
            })
        })
        .await
    }
}

fn chosen(
    shadow: &Transaction<'_>,
    groups: Vec<String>,
    accounts: Vec<String>,
) -> Result<Scope, ScopeError> {
    let mut chosen = Chosen::default();
    for named in groups {
        let Some((address, name)) = group(shadow, &named)? else {
            return Err(ScopeError::NoGroup(named));
        };
        chosen.groups.insert(address, name);
    }
    for named in accounts {
        let Some(account) = account::called(shadow, &named)? else {
            return Err(ScopeError::NoAccount(named));
        };
        chosen.accounts.insert(account.id, account.name);
    }
    let scope = Scope::Only(chosen);
    match people(shadow, &scope)? {
        0 => Err(ScopeError::Nobody),
        _ => Ok(scope),
    }
}

fn group(shadow: &Transaction<'_>, named: &str) -> Result<Option<(Address, String)>, StoreError> {
    let Ok(address) = named.parse::<Address>() else {
        return Ok(None);
    };
    let name = "SELECT name FROM mail_group WHERE key = ?1";
    let name = shadow.query_row(name, [address.key()], |row| row.get(0));
    Ok(name.optional()?.map(|name| (address, name)))
}

/// The accounts that were chosen in a table `included (id)`, for a statement that begins with it. `?1`
/// are the keys of groups, `?2` the accounts, both in JSON. UNION, not UNION ALL: groups that contain
/// each other end here. A macro, because only literals are put together at compile time.
macro_rules! included {
    ($more:literal) => {
        concat!(
            "WITH RECURSIVE nested (name) AS (
                 SELECT value FROM json_each(?1)
                 UNION SELECT member FROM group_group JOIN nested ON mail_group = nested.name),
             included (id) AS (
                 SELECT value FROM json_each(?2)
                 UNION SELECT account FROM group_account JOIN nested ON mail_group = nested.name ",
            $more,
            ") "
        )
    };
}

/// Of a scope that somebody thinks about.
const CHOSEN: &str = included!("");

/// Of the scope that holds at present: with those who were in its groups when they were chosen. What
/// the directory loses during an outage shuts nobody out.
pub(crate) const INCLUDED: &str = included!("UNION SELECT account FROM scope_member");

impl Chosen {
    /// `?1` and `?2` of [`INCLUDED`].
    pub(crate) fn keys(&self) -> Result<(String, String), StoreError> {
        let groups: Vec<String> = self.groups.keys().map(Address::key).collect();
        let accounts: Vec<i64> = self.accounts.keys().map(|account| account.0).collect();
        Ok((columns::to_json(&groups)?, columns::to_json(&accounts)?))
    }
}

/// Remembers who is in a scope that holds from now on, besides those who were in the one before it
/// where that goes on.
pub(crate) fn remember(
    shadow: &Transaction<'_>,
    before: &Scope,
    next: &Scope,
) -> Result<(), StoreError> {
    let goes_on = before.clone().widened(next.clone()) == *next;
    if !goes_on {
        shadow.execute("DELETE FROM scope_member", [])?;
    }
    if let Scope::Only(chosen) = next {
        let sql = format!("{CHOSEN} INSERT OR IGNORE INTO scope_member SELECT id FROM included");
        shadow.execute(&sql, chosen.keys()?)?;
    }
    Ok(())
}

/// Whether an account is in the scope that holds at present.
pub(crate) fn includes(
    shadow: &Transaction<'_>,
    scope: &Scope,
    account: AccountId,
) -> Result<bool, StoreError> {
    let Scope::Only(chosen) = scope else {
        return Ok(true);
    };
    let (groups, accounts) = chosen.keys()?;
    let sql = format!("{INCLUDED} SELECT EXISTS (SELECT 1 FROM included WHERE id = ?3)");
    let mut is_included = shadow.prepare_cached(&sql)?;
    Ok(is_included.query_row((groups, accounts, account.0), |row| row.get(0))?)
}

fn people(shadow: &Transaction<'_>, scope: &Scope) -> Result<usize, StoreError> {
    let count = |row: &Row<'_>| row.get(0);
    Ok(match scope {
        Scope::Everyone => {
            let sql = format!("SELECT count(*) FROM account WHERE {SIGNS_IN}");
            shadow.query_row(&sql, [], count)?
        }
        Scope::Only(chosen) => {
            let sql = format!(
                "{CHOSEN} SELECT count(*) FROM account
                 WHERE id IN (SELECT id FROM included) AND {SIGNS_IN}"
            );
            shadow.query_row(&sql, chosen.keys()?, count)?
        }
    })
}

fn reaches_only(
    shadow: &Transaction<'_>,
    scope: &Scope,
    address: &Address,
) -> Result<bool, StoreError> {
    let reached = match account::owners(shadow, &address.key())? {
        Owners::Nobody => return Ok(false),
        Owners::One(one) => vec![one],
        // People outside read it, or nobody does.
        Owners::Group(members) if members.is_empty() => return Ok(false),
        Owners::Group(members) => members,
    };
    for one in reached {
        if !includes(shadow, scope, one.account)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
#[path = "scope_tests.rs"]
mod tests;
