//! Accounts: the mailbox owners mirrored from the directory.

use std::fmt;

use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::hold;
use crate::secret::Secret;
use crate::shadow::Store;

/// The store's name for an account. It stays the same when the directory renames its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub(crate) i64);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for AccountId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What an account is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// Somebody who signs in.
    #[default]
    Person,
    /// A mailbox that several people open; nobody signs in as it.
    Shared,
    /// A room or a device.
    Room,
}

/// What the directory says about signing in. It says nothing about the mailbox, which takes mail all
/// the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It may.
    #[default]
    Active,
    /// Too many wrong passwords there. Here it signs in with an emergency code, or with its password
    /// as soon as the directory accepts that again.
    Locked,
    /// Its time is over.
    Expired,
    /// Somebody switched it off.
    Disabled,
}

impl Standing {
    /// Whether it signs in here at all.
    pub fn signs_in(self) -> bool {
        matches!(self, Self::Active | Self::Locked)
    }
}

/// What an account may do beyond reading its own mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Starts and ends emergencies, traces and resends mail.
    Admin,
    /// Reads the audit log.
    Auditor,
}

/// Who signs in, as a condition on rows of `account`: people whose standing lets them.
pub(crate) const SIGNS_IN: &str =
    "removed = 0 AND kind = 'person' AND standing IN ('active', 'locked')";

/// A condition on rows of `mail_group`: those that people are shown. One with several addresses is
/// there several times, and the others hold the first one.
pub(crate) const IS_LISTED_GROUP: &str = "hidden = 0 AND (entry = '' OR NOT EXISTS
     (SELECT 1 FROM group_group JOIN mail_group AS first ON first.key = group_group.member
      WHERE group_group.mail_group = mail_group.key AND first.entry = mail_group.entry))";

/// A mailbox owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The store's name for it.
    pub id: AccountId,
    /// Sign-in name.
    pub login: String,
    /// Name as shown to people.
    pub name: String,
    /// All its addresses, the primary one first; never empty.
    pub addresses: Vec<Address>,
    /// What it is.
    pub kind: AccountKind,
    /// Its roles; empty for staff.
    pub roles: Vec<Role>,
    /// Language of its pages (`de`, `en`), where the directory says.
    pub language: Option<String>,
}

impl Account {
    /// The address it writes from.
    pub fn primary_address(&self) -> &Address {
        &self.addresses[0]
    }
}

/// An account as one recipient of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Whose mailbox.
    pub account: AccountId,
    /// Its primary address.
    pub primary: Address,
}

/// Whom an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owners {
    /// No account and no group has it.
    Nobody,
    /// One account has it.
    One(Recipient),
    /// A group has it; these are its members, nested groups included, each once.
    Group(Vec<Recipient>),
}

impl Store {
    /// Whether any account was ever mirrored: before that nobody can say that a recipient is
    /// unknown.
    pub async fn directory_loaded(&self) -> Result<bool, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                Ok(
                    shadow.query_row("SELECT EXISTS (SELECT 1 FROM account)", [], |row| {
                        row.get(0)
                    })?,
                )
            })
        })
        .await
    }

    /// Whom `address` belongs to. Compares without case; knows nothing of `+` tags.
    pub async fn owners(&self, address: &Address) -> Result<Owners, StoreError> {
        let address = address.clone();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let meant = inner.aliases.address(shadow, &address)?;
                owners(shadow, &meant.key())
            })
        })
        .await
    }

    /// One account. Removed ones are [`StoreError::Missing`].
    pub async fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        self.blocking(move |inner| inner.shadow.read(|shadow| account(shadow, id)))
            .await
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let ids = "SELECT id FROM account WHERE removed = 0 ORDER BY name, id";
                all(shadow, ids, ())
            })
        })
        .await
    }

    /// The account that signs in as `login`: a sign-in name or any of its addresses, without
    /// case. Gives its verifier too, where there is one. Shared mailboxes and rooms do not sign in.
    pub async fn sign_in_name(
        &self,
        login: &str,
    ) -> Result<Option<(Account, Option<Secret>)>, StoreError> {
        let name = login.to_lowercase();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let name = inner.aliases.name(shadow, &name)?;
                let sql = format!(
                    "SELECT id, verifier FROM sign_in_name JOIN account ON account.id = account
                     WHERE sign_in_name.name = ?1 AND {SIGNS_IN}"
                );
                let found: Option<(i64, Option<String>)> = shadow
                    .prepare_cached(&sql)?
                    .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let Some((id, verifier)) = found else {
                    return Ok(None);
                };
                Ok(Some((
                    account(shadow, AccountId(id))?,
                    verifier.map(Secret::new),
                )))
            })
        })
        .await
    }

    /// The person with this name: a sign-in name or any address, without case. Finds also who may
    /// not sign in now.
    pub async fn person_named(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let name = name.to_lowercase();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let name = inner.aliases.name(shadow, &name)?;
                let id = shadow
                    .prepare_cached("SELECT account FROM sign_in_name WHERE name = ?1")?
                    .query_row([name], |row| row.get(0).map(AccountId))
                    .optional()?;
                id.map(|id| account(shadow, id)).transpose()
            })
        })
        .await
    }

    /// The account that is called so: by its login or any address, without case. A shared mailbox, too.
    pub async fn account_called(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let name = name.to_owned();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let name = inner.aliases.name(shadow, &name)?;
                called(shadow, &name)
            })
        })
        .await
    }

    /// The mailboxes `account` may open besides its own, by name.
    pub async fn opens(&self, account: AccountId) -> Result<Vec<Account>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let ids = "SELECT id FROM opener JOIN account ON account.id = mailbox
                    WHERE account = ?1 AND removed = 0 ORDER BY name, id";
                all(shadow, ids, [account.0])
            })
        })
        .await
    }
}

/// Whether `id` is somebody who may sign in now.
pub(crate) fn signs_in(shadow: &Transaction<'_>, id: AccountId) -> Result<bool, StoreError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM account WHERE id = ?1 AND {SIGNS_IN})");
    let mut signs_in = shadow.prepare_cached(&sql)?;
    Ok(signs_in.query_row([id.0], |row| row.get(0))?)
}

/// The account with this login or address.
pub(crate) fn called(shadow: &Transaction<'_>, name: &str) -> Result<Option<Account>, StoreError> {
    let id = match hold::account_named(shadow, name) {
        Err(StoreError::Missing(_)) => return Ok(None),
        id => AccountId(id?),
    };
    let is_there = "SELECT EXISTS (SELECT 1 FROM account WHERE id = ?1 AND removed = 0)";
    let is_there: bool = shadow.query_row(is_there, [id.0], |row| row.get(0))?;
    is_there.then(|| account(shadow, id)).transpose()
}

/// Reads one account that is not removed.
pub(crate) fn account(shadow: &Transaction<'_>, id: AccountId) -> Result<Account, StoreError> {
    let mut account = shadow
        .prepare_cached(
            "SELECT id, login, name, kind, roles, language FROM account
             WHERE id = ?1 AND removed = 0",
        )?
        .query_row([id.0], without_addresses)
        .optional()?
        .ok_or_else(|| StoreError::Missing(format!("account {id}")))?;
    let mut addresses = shadow
        .prepare_cached("SELECT address FROM address WHERE account = ?1 ORDER BY position")?;
    for address in addresses.query_map([id.0], |row| columns::parsed(row, 0))? {
        account.addresses.push(address?);
    }
    Ok(account)
}

fn all(
    shadow: &Transaction<'_>,
    ids: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Account>, StoreError> {
    let mut statement = shadow.prepare_cached(ids)?;
    let ids = statement.query_map(parameters, |row| row.get(0).map(AccountId))?;
    ids.map(|id| account(shadow, id?)).collect()
}

fn without_addresses(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get(0)?),
        login: row.get(1)?,
        name: row.get(2)?,
        addresses: Vec::new(),
        kind: columns::word(row, 3)?,
        roles: columns::json(row, 4)?,
        language: row.get(5)?,
    })
}

pub(crate) fn owners(shadow: &Transaction<'_>, key: &str) -> Result<Owners, StoreError> {
    let one = shadow
        .prepare_cached(
            "SELECT owned.account, main.address FROM address AS owned
             JOIN address AS main ON main.account = owned.account AND main.position = 0
             WHERE owned.key = ?1",
        )?
        .query_row([key], recipient)
        .optional()?;
    if let Some(one) = one {
        return Ok(Owners::One(one));
    }
    let is_group = "SELECT EXISTS (SELECT 1 FROM mail_group WHERE key = ?1)";
    if !shadow.query_row(is_group, [key], |row| row.get(0))? {
        return Ok(Owners::Nobody);
    }
    // UNION, not UNION ALL: groups that contain each other end here.
    let mut members = shadow.prepare_cached(
        "WITH RECURSIVE nested (name) AS (
             SELECT ?1 UNION
             SELECT member FROM group_group JOIN nested ON mail_group = nested.name)
         SELECT DISTINCT main.account, main.address FROM nested
         JOIN group_account ON mail_group = nested.name
         JOIN address AS main ON main.account = group_account.account AND main.position = 0
         ORDER BY main.account",
    )?;
    let members = members.query_map([key], recipient)?;
    Ok(Owners::Group(members.collect::<Result<_, _>>()?))
}

pub(crate) fn recipient(row: &Row<'_>) -> rusqlite::Result<Recipient> {
    Ok(Recipient {
        account: AccountId(row.get(0)?),
        primary: columns::parsed(row, 1)?,
    })
}
