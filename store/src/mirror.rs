//! The mirror of the directory: how a sync is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use rusqlite::Transaction;
use serde::Serialize;

use crate::account::{AccountKind, Role};
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::hold;
use crate::newcomer;
use crate::secret::Secret;
use crate::shadow::Store;

/// The whole directory as one sync read it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All accounts.
    pub accounts: Vec<MirroredAccount>,
    /// All groups.
    pub groups: Vec<MirroredGroup>,
}

/// One account as the directory has it.
#[derive(Clone, Debug)]
pub struct MirroredAccount {
    /// The directory's own unchanging key (login of a file, objectGUID, entryUUID).
    pub key: String,
    /// Sign-in name.
    pub login: String,
    /// Name as shown to people.
    pub name: String,
    /// All its addresses, the primary one first; an account without one can not be mirrored.
    pub addresses: Vec<Address>,
    /// What it is.
    pub kind: AccountKind,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Language of its pages.
    pub language: Option<String>,
    /// Argon2id hash, where the directory hands one out.
    pub verifier: Option<Secret>,
    /// Keys of the accounts that may open this mailbox besides its owner.
    pub opened_by: Vec<String>,
    /// Its X.500 names, `/o=Corp/ou=…/cn=Recipients/cn=amy`: `legacyExchangeDN`, and the `X500:` ones
    /// of `proxyAddresses`. Journal reports name people by them.
    pub directory_names: Vec<String>,
}

/// One group as the directory has it.
#[derive(Clone, Debug)]
pub struct MirroredGroup {
    /// Its mail address.
    pub address: Address,
    /// Name as shown to people.
    pub name: String,
    /// Keys of member accounts.
    pub members: Vec<String>,
    /// Addresses of member groups.
    pub groups: Vec<Address>,
}

/// What a sync changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Accounts that are new.
    pub added: usize,
    /// Accounts of which something changed.
    pub changed: usize,
    /// Accounts that are gone; their mail stays until it ages.
    pub removed: usize,
    /// Accounts in the mirror now.
    pub accounts: usize,
    /// Groups in the mirror now.
    pub groups: usize,
}

impl Store {
    /// Makes the mirror equal to `snapshot`, in one transaction.
    pub async fn mirror(&self, snapshot: Snapshot) -> Result<Difference, StoreError> {
        self.blocking(move |inner| {
            snapshot.refuse_conflicts()?;
            inner.shadow.write(|shadow| {
                let difference = compare(shadow, &snapshot)?;
                write_accounts(shadow, &snapshot)?;
                write_names(shadow, &snapshot)?;
                write_groups(shadow, &snapshot)?;
                hold::note_members(shadow)?;
                newcomer::count_sync(shadow)?;
                Ok(difference)
            })
        })
        .await
    }

    /// What [`Store::mirror`] would change.
    pub async fn compare(&self, snapshot: Snapshot) -> Result<Difference, StoreError> {
        self.blocking(move |inner| {
            snapshot.refuse_conflicts()?;
            inner.shadow.read(|shadow| compare(shadow, &snapshot))
        })
        .await
    }
}

impl Snapshot {
    /// Two owners of one address or one sign-in name can not both be right, and guessing would
    /// show one person's mail to another.
    fn refuse_conflicts(&self) -> Result<(), StoreError> {
        let mut addresses: BTreeMap<String, &str> = BTreeMap::new();
        let mut logins: BTreeMap<String, &str> = BTreeMap::new();
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for account in &self.accounts {
            if account.addresses.is_empty() {
                return Err(StoreError::Refused(format!(
                    "{} has no address",
                    account.login
                )));
            }
            for address in &account.addresses {
                claim(&mut addresses, address.key(), &account.login)?;
            }
            for name in &account.directory_names {
                let key = newcomer::directory_key(name);
                // An account may be given the same one twice, in two attributes.
                if names.get(&key).is_none_or(|other| *other != account.login) {
                    claim(&mut names, key, &account.login)?;
                }
            }
            claim(&mut logins, account.login.to_lowercase(), &account.login)?;
        }
        for group in &self.groups {
            claim(&mut addresses, group.address.key(), &group.name)?;
        }
        for (login, owner) in logins {
            if addresses.get(&login).is_some_and(|other| *other != owner) {
                return Err(both(&login, owner, addresses[&login]));
            }
        }
        Ok(())
    }
}

fn claim<'a>(
    taken: &mut BTreeMap<String, &'a str>,
    name: String,
    owner: &'a str,
) -> Result<(), StoreError> {
    if let Some(other) = taken.get(&name) {
        return Err(both(&name, owner, other));
    }
    taken.insert(name, owner);
    Ok(())
}

fn both(name: &str, one: &str, other: &str) -> StoreError {
    StoreError::Refused(format!(
        "{name} belongs to both {other} and {one}; remove it from one"
    ))
}

/// Everything the directory said of one account, as one text: if it differs, something changed.
fn fingerprint(account: &MirroredAccount) -> Result<String, StoreError> {
    #[derive(Serialize)]
    struct All<'a> {
        login: &'a str,
        name: &'a str,
        addresses: &'a [Address],
        kind: AccountKind,
        roles: &'a [Role],
        language: Option<&'a str>,
        verifier: Option<&'a str>,
        opened_by: &'a [String],
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        directory_names: &'a [String],
    }
    let all = All {
        login: &account.login,
        name: &account.name,
        addresses: &account.addresses,
        kind: account.kind,
        roles: &account.roles,
        language: account.language.as_deref(),
        verifier: account.verifier.as_ref().map(Secret::expose),
        opened_by: &account.opened_by,
        directory_names: &account.directory_names,
    };
    Ok(serde_json::to_string(&all).map_err(io::Error::from)?)
}

fn compare(shadow: &Transaction<'_>, snapshot: &Snapshot) -> Result<Difference, StoreError> {
    let mut present = shadow.prepare("SELECT key, mirrored FROM account WHERE removed = 0")?;
    let mut present: BTreeMap<String, String> = present
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut difference = Difference {
        accounts: snapshot.accounts.len(),
        groups: snapshot.groups.len(),
        ..Difference::default()
    };
    for account in &snapshot.accounts {
        match present.remove(&account.key) {
            None => difference.added += 1,
            Some(old) if old != fingerprint(account)? => difference.changed += 1,
            Some(_) => {}
        }
    }
    difference.removed = present.len();
    Ok(difference)
}

fn write_accounts(shadow: &Transaction<'_>, snapshot: &Snapshot) -> Result<(), StoreError> {
    for table in [
        "address",
        "directory_name",
        "sign_in_name",
        "opener",
        "group_account",
        "group_group",
        "mail_group",
    ] {
        shadow.execute(&format!("DELETE FROM {table}"), [])?;
    }
    shadow.execute("UPDATE account SET removed = 1, verifier = NULL", [])?;
    let mut upsert = shadow.prepare(
        "INSERT INTO account (key, mirrored, login, name, kind, roles, language, verifier)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (key) DO UPDATE SET mirrored = ?2, login = ?3, name = ?4, kind = ?5,
             roles = ?6, language = ?7, verifier = ?8, removed = 0",
    )?;
    for account in &snapshot.accounts {
        upsert.execute((
            &account.key,
            fingerprint(account)?,
            &account.login,
            &account.name,
            columns::to_word(&account.kind)?,
            serde_json::to_string(&account.roles).map_err(io::Error::from)?,
            &account.language,
            account.verifier.as_ref().map(Secret::expose),
        ))?;
    }
    // Whoever is gone must not go on reading, nor come in again with what was given to them before.
    for table in ["session", "emergency_code", "readiness"] {
        let sql = format!(
            "DELETE FROM {table} WHERE account IN (SELECT id FROM account WHERE removed = 1)"
        );
        shadow.execute(&sql, [])?;
    }
    Ok(())
}

fn write_names(shadow: &Transaction<'_>, snapshot: &Snapshot) -> Result<(), StoreError> {
    let mut address = shadow.prepare(
        "INSERT INTO address (key, address, account, position)
         SELECT ?1, ?2, id, ?3 FROM account WHERE key = ?4",
    )?;
    let mut name = shadow.prepare(
        "INSERT OR IGNORE INTO sign_in_name (name, account)
         SELECT ?1, id FROM account WHERE key = ?2",
    )?;
    let mut opener = shadow.prepare(
        "INSERT OR IGNORE INTO opener (account, mailbox)
         SELECT person.id, mailbox.id FROM account AS person, account AS mailbox
         WHERE person.key = ?1 AND person.removed = 0 AND mailbox.key = ?2",
    )?;
    let mut directory_name = shadow.prepare(
        "INSERT OR IGNORE INTO directory_name (name, account)
         SELECT ?1, id FROM account WHERE key = ?2",
    )?;
    for account in &snapshot.accounts {
        for each in &account.directory_names {
            directory_name.execute((newcomer::directory_key(each), &account.key))?;
        }
        for (position, each) in account.addresses.iter().enumerate() {
            address.execute((each.key(), each.as_str(), position, &account.key))?;
        }
        if account.kind == AccountKind::Person {
            name.execute((account.login.to_lowercase(), &account.key))?;
            for each in &account.addresses {
                name.execute((each.key(), &account.key))?;
            }
        }
        for person in &account.opened_by {
            opener.execute((person, &account.key))?;
        }
    }
    Ok(())
}

fn write_groups(shadow: &Transaction<'_>, snapshot: &Snapshot) -> Result<(), StoreError> {
    let known: BTreeSet<String> = snapshot
        .groups
        .iter()
        .map(|group| group.address.key())
        .collect();
    for group in &snapshot.groups {
        let key = group.address.key();
        shadow.execute(
            "INSERT INTO mail_group (key, address, name) VALUES (?1, ?2, ?3)",
            (&key, group.address.as_str(), &group.name),
        )?;
    }
    for group in &snapshot.groups {
        let key = group.address.key();
        for member in &group.members {
            shadow.execute(
                "INSERT OR IGNORE INTO group_account (mail_group, account)
                 SELECT ?1, id FROM account WHERE key = ?2 AND removed = 0",
                (&key, member),
            )?;
        }
        for member in group
            .groups
            .iter()
            .map(Address::key)
            .filter(|key| known.contains(key))
        {
            shadow.execute(
                "INSERT OR IGNORE INTO group_group (mail_group, member) VALUES (?1, ?2)",
                (&key, member),
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
