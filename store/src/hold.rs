//! Holds: mail that must not age, because somebody said so and why.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::address::Address;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::hold_query;
use crate::id::MessageId;
use crate::limits;
use crate::search::Query;
use crate::shadow::{Inner, Store};

/// The name of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct HoldId(i64);

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HoldId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a hold covers: mail that is kept already, and mail that comes while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "what", rename_all = "kebab-case")]
pub enum HoldScope {
    /// The mail of one account, by its login or an address; also one that the directory no longer
    /// has, by its login.
    Account(String),
    /// The mail of everybody who is a member of a group, nested groups included, when the hold
    /// begins or at any time while it lasts. Who leaves the group stays held.
    Group(Address),
    /// All mail that a search finds, in whosever mailbox it lies. Its dates are those that were meant
    /// when the hold began.
    Query(String),
    /// One message.
    Message(MessageId),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Account,
    Group,
    Query,
    Message,
}

impl HoldScope {
    fn columns(&self) -> (Kind, String) {
        match self {
            Self::Account(name) => (Kind::Account, name.clone()),
            Self::Group(address) => (Kind::Group, address.key()),
            Self::Query(query) => (Kind::Query, query.clone()),
            Self::Message(id) => (Kind::Message, id.to_string()),
        }
    }
}

impl fmt::Display for HoldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => write!(f, "account {name}"),
            Self::Group(address) => write!(f, "group {address}"),
            Self::Query(query) => write!(f, "query {query}"),
            Self::Message(id) => write!(f, "message {id}"),
        }
    }
}

/// One hold, past or present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// Its name.
    pub id: HoldId,
    /// What it covers.
    #[serde(flatten)]
    pub scope: HoldScope,
    /// How many accounts that is now; 0 for a search or a message.
    pub accounts: u64,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub since: Timestamp,
    /// When and by whom it was released; `None` while it lasts.
    pub released: Option<Released>,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// Who said so.
    pub by: String,
}

impl Store {
    /// Begins a hold. Refuses what covers nothing: an account, a group or a message that the store
    /// does not know; and a search that is not understood as a whole. Writes an audit row.
    pub async fn add_hold(
        &self,
        scope: HoldScope,
        reason: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<HoldId, StoreError> {
        let (reason, by) = (shortened(reason)?, by.to_owned());
        self.blocking(move |inner| {
            let scope = match scope {
                HoldScope::Query(query) => {
                    HoldScope::Query(hold_query::understood(&query, now, hold_query::zone())?)
                }
                other => other,
            };
            if let HoldScope::Message(id) = &scope {
                inner.row(*id)?;
            }
            inner.shadow.write(|shadow| {
                let scope = scope.meant(shadow, &inner.aliases)?;
                let id = insert(shadow, &scope, (&reason, &by), now)?;
                audit(shadow, ("hold", id, &by), format!("{scope}: {reason}"), now)?;
                Ok(id)
            })
        })
        .await
    }

    /// Ends a hold; what it covered ages with the next run if it is due. It stays in the list.
    /// Writes an audit row.
    pub async fn release_hold(
        &self,
        id: HoldId,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let released = shadow.execute(
                    "UPDATE hold SET released_at = ?2, released_by = ?3
                     WHERE id = ?1 AND released_at IS NULL",
                    (id.0, now.as_millisecond(), &by),
                )?;
                if released == 0 {
                    return Err(StoreError::Missing(format!("a hold {id} that lasts")));
                }
                audit(shadow, ("hold-release", id, &by), String::new(), now)
            })
        })
        .await
    }

    /// All holds, past ones too, the newest first.
    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        self.blocking(|inner| inner.shadow.read(|shadow| list(shadow, "ORDER BY id DESC")))
            .await
    }
}

fn shortened(reason: &str) -> Result<String, StoreError> {
    if reason.trim().is_empty() {
        let why = "a hold needs a reason: whoever finds it later must know why it is there";
        return Err(StoreError::Refused(why.to_owned()));
    }
    Ok(reason.chars().take(limits::REASON_CHARS_MAX).collect())
}

fn insert(
    shadow: &Transaction<'_>,
    scope: &HoldScope,
    (reason, by): (&str, &str),
    now: Timestamp,
) -> Result<HoldId, StoreError> {
    let (kind, what) = scope.columns();
    shadow.execute(
        "INSERT INTO hold (kind, what, reason, by_whom, since) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            columns::to_word(&kind)?,
            &what,
            reason,
            by,
            now.as_millisecond(),
        ),
    )?;
    let id = HoldId(shadow.last_insert_rowid());
    match scope {
        HoldScope::Account(name) => {
            let account = account_named(shadow, name)?;
            let insert = "INSERT INTO hold_account (hold, account) VALUES (?1, ?2)";
            shadow.execute(insert, (id.0, account))?;
        }
        HoldScope::Group(address) => {
            let known = "SELECT EXISTS (SELECT 1 FROM mail_group WHERE key = ?1)";
            if !shadow.query_row(known, [address.key()], |row| row.get(0))? {
                return Err(StoreError::Missing(format!("the group {address}")));
            }
            note_members(shadow)?;
        }
        HoldScope::Query(_) | HoldScope::Message(_) => {}
    }
    Ok(id)
}

/// Whose login or address that is; somebody who is gone from the directory keeps the login.
pub(crate) fn account_named(shadow: &Transaction<'_>, name: &str) -> Result<i64, StoreError> {
    let found = shadow
        .query_row(
            "SELECT account FROM address WHERE key = ?1
             UNION ALL
             SELECT * FROM (SELECT id FROM account WHERE login = ?2 OR lower(login) = ?1
                            ORDER BY removed, id DESC)
             LIMIT 1",
            (name.to_lowercase(), name),
            |row| row.get(0),
        )
        .optional()?;
    found.ok_or_else(|| StoreError::Missing(format!("an account with the name {name}")))
}

/// Adds who is a member now to each hold by group. Called in the transaction of each sync, so that
/// nobody is a member without being noted.
pub(crate) fn note_members(shadow: &Transaction<'_>) -> Result<(), StoreError> {
    // UNION, not UNION ALL: groups that contain each other end here.
    shadow.execute(
        "WITH RECURSIVE nested (hold, name) AS (
             SELECT id, what FROM hold WHERE kind = 'group' AND released_at IS NULL
             UNION
             SELECT hold, member FROM group_group JOIN nested ON mail_group = nested.name)
         INSERT OR IGNORE INTO hold_account (hold, account)
         SELECT DISTINCT nested.hold, group_account.account
         FROM nested JOIN group_account ON mail_group = nested.name",
        [],
    )?;
    Ok(())
}

const SELECT_HOLD: &str = "SELECT id, kind, what, reason, by_whom, since, released_at, released_by,
    (SELECT count(*) FROM hold_account WHERE hold = hold.id) FROM hold";

pub(crate) fn list(shadow: &Transaction<'_>, which: &str) -> Result<Vec<Hold>, StoreError> {
    let mut rows = shadow.prepare_cached(&format!("{SELECT_HOLD} {which}"))?;
    let rows = rows.query_map([], hold)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whose mail a hold covers.
pub(crate) fn accounts(shadow: &Transaction<'_>, id: HoldId) -> Result<Vec<AccountId>, StoreError> {
    let mut rows = shadow.prepare_cached("SELECT account FROM hold_account WHERE hold = ?1")?;
    let rows = rows.query_map([id.0], |row| row.get(0).map(AccountId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn hold(row: &Row<'_>) -> rusqlite::Result<Hold> {
    let scope = match columns::word(row, 1)? {
        Kind::Account => HoldScope::Account(row.get(2)?),
        Kind::Group => HoldScope::Group(columns::parsed(row, 2)?),
        Kind::Query => HoldScope::Query(row.get(2)?),
        Kind::Message => HoldScope::Message(columns::parsed(row, 2)?),
    };
    let released = match (columns::maybe_time(row, 6)?, row.get(7)?) {
        (Some(at), Some(by)) => Some(Released { at, by }),
        _ => None,
    };
    Ok(Hold {
        id: HoldId(row.get(0)?),
        scope,
        reason: row.get(3)?,
        by: row.get(4)?,
        since: columns::time(row, 5)?,
        released,
        accounts: row.get(8)?,
    })
}

fn audit(
    shadow: &Transaction<'_>,
    (action, id, actor): (&'static str, HoldId, &str),
    detail: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        actor: actor.to_owned(),
        action,
        object: format!("hold {id}"),
        detail,
        address: None,
    };
    audit::insert(shadow, &event, now)
}

/// What all holds that last cover, as aging needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Covered {
    /// Whose mail.
    pub(crate) accounts: BTreeSet<AccountId>,
    /// Which messages, and the records they were merged into.
    pub(crate) messages: BTreeSet<MessageId>,
    /// Which searches, each as its hold says it.
    pub(crate) queries: Vec<(String, Query)>,
    /// Changes with every hold that begins or ends.
    pub(crate) stamp: Stamp,
}

/// Tells whether holds have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    begun: i64,
    released: i64,
    accounts: i64,
}

pub(crate) fn stamp(shadow: &Transaction<'_>) -> Result<Stamp, StoreError> {
    let stamp = "SELECT (SELECT count(*) FROM hold), (SELECT count(released_at) FROM hold),
        (SELECT count(*) FROM hold_account)";
    Ok(shadow.query_row(stamp, [], |row| {
        Ok(Stamp {
            begun: row.get(0)?,
            released: row.get(1)?,
            accounts: row.get(2)?,
        })
    })?)
}

impl Inner {
    /// What is held now.
    pub(crate) fn covered_by_holds(&self) -> Result<Covered, StoreError> {
        let mut covered = self.shadow.read(|shadow| {
            let mut covered = Covered {
                stamp: stamp(shadow)?,
                ..Covered::default()
            };
            for hold in list(shadow, "WHERE released_at IS NULL")? {
                match hold.scope {
                    HoldScope::Account(_) | HoldScope::Group(_) => {}
                    HoldScope::Query(text) => {
                        let query = hold_query::stored(&text, hold.since);
                        covered.queries.push((text, query));
                    }
                    HoldScope::Message(id) => {
                        covered.messages.insert(id);
                    }
                }
            }
            let mut accounts = shadow.prepare_cached(
                "SELECT DISTINCT account FROM hold_account JOIN hold ON hold.id = hold
                 WHERE released_at IS NULL",
            )?;
            for account in accounts.query_map([], |row| row.get(0).map(AccountId))? {
                covered.accounts.insert(account?);
            }
            Ok(covered)
        })?;
        for id in covered.messages.clone() {
            covered.messages.extend(self.merged_into(id)?);
        }
        Ok(covered)
    }

    /// The record that has the entries of a merged one.
    fn merged_into(&self, id: MessageId) -> Result<Option<MessageId>, StoreError> {
        let day = match self.days.of(id) {
            Ok(day) => day,
            Err(StoreError::Missing(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        day.index.read(|index| {
            let into = "SELECT merged_into FROM message
                WHERE id = ?1 AND merged_into IS NOT NULL";
            let mut into = index.prepare_cached(into)?;
            let into = into.query_row([id.number()], |row| columns::parsed(row, 0));
            Ok(into.optional()?)
        })
    }
}

#[cfg(test)]
#[path = "hold_tests.rs"]
mod tests;
