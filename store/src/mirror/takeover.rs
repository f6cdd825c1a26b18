//! Another directory in the place of the one before: a file becomes a server, or one server another.
//! All keys are others then, and an account is known by its address.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::Snapshot;
use super::difference::{AccountPlan, Plan};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::settings;

/// What sort of directory the mirror is made of. Keys of one are nothing to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryKind {
    /// A file; the key is the login.
    #[default]
    File,
    /// Active Directory; the key is the objectGUID.
    ActiveDirectory,
    /// OpenLDAP and its like; the key is the entryUUID.
    Ldap,
}

/// The kind that the mirror was made of last.
const KIND: &str = "directory-kind";

impl DirectoryKind {
    /// That of the mirror. Before there were several it was a file.
    pub(super) fn of_mirror(shadow: &Transaction<'_>) -> Result<Self, StoreError> {
        let value = "SELECT value FROM setting WHERE name = ?1";
        let value = shadow.query_row(value, [KIND], |row| row.get::<_, Vec<u8>>(0));
        let word = value.optional()?.unwrap_or_default();
        Ok(serde_json::from_slice(&word).unwrap_or_default())
    }

    pub(super) fn remember(self, shadow: &Transaction<'_>) -> Result<(), StoreError> {
        let word = serde_json::to_vec(&self).map_err(std::io::Error::from)?;
        settings::put(shadow, KIND, &word)
    }
}

/// Lets each new account take the row over of the one that is gone and had its primary address as its
/// own primary one: mail, drafts, codes and what it has shown stay. An alias is no such sign: somebody
/// may have left, and whoever comes may have it now. What it is must be the same, too: all else is for
/// a person to decide.
pub(super) fn plan(
    shadow: &Transaction<'_>,
    plan: &mut Plan,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    let mut heirs: HashMap<usize, Vec<usize>> = HashMap::new();
    let by_address = former(shadow, plan)?;
    let mut returns = shadow.prepare("SELECT EXISTS (SELECT 1 FROM account WHERE key = ?1)")?;
    for (at, planned) in plan.accounts.iter().enumerate() {
        let account = &snapshot.accounts[planned.at];
        let Some(address) = account
            .addresses
            .first()
            .filter(|_| planned.before.is_none())
        else {
            continue;
        };
        let Some(former) = by_address.get(&address.key()) else {
            continue;
        };
        // One that was here before has a row of its own.
        let has_row: bool = returns.query_row([&account.key], |row| row.get(0))?;
        if !has_row && plan.removed[*former].kind == columns::to_word(&account.kind)? {
            heirs.entry(*former).or_default().push(at);
        }
    }
    let mut taken = Vec::new();
    for (former, heirs) in heirs {
        if let [at] = heirs[..] {
            let from = &plan.removed[former];
            plan.accounts[at].before = Some(from.mirrored.clone());
            plan.accounts[at].takes_over = Some((from.id, from.login.clone()));
            taken.push(former);
        }
    }
    let mut at = 0;
    plan.removed.retain(|_| {
        at += 1;
        !taken.contains(&(at - 1))
    });
    Ok(())
}

/// Whether the directory is another one of the same kind, or was made anew: next to nobody has the
/// key that they had, and most have the primary address. An OpenLDAP that was loaded from a file
/// without entryUUID is one, and so is a new domain.
pub(super) fn are_made_anew(
    shadow: &Transaction<'_>,
    plan: &Plan,
    snapshot: &Snapshot,
) -> Result<bool, StoreError> {
    let is_new = |it: &&AccountPlan| it.before.is_none();
    let new: Vec<&AccountPlan> = plan.accounts.iter().filter(is_new).collect();
    let known = snapshot.accounts.len() - new.len();
    let gone = plan.removed.len();
    if gone == 0 || known * 100 >= (known + gone) * limits::KEYS_KNOWN_PERCENT_MIN {
        return Ok(false);
    }
    let former = former(shadow, plan)?;
    let primary = |it: &&AccountPlan| {
        let address = snapshot.accounts[it.at].addresses.first();
        address.is_some_and(|address| former.contains_key(&address.key()))
    };
    Ok(new.into_iter().filter(primary).count() * 2 > gone)
}

/// The places of those who are gone, by their primary addresses.
fn former(shadow: &Transaction<'_>, plan: &Plan) -> Result<HashMap<String, usize>, StoreError> {
    let mut addresses =
        shadow.prepare("SELECT key FROM address WHERE account = ?1 AND position = 0")?;
    let mut by_address = HashMap::new();
    for (at, removed) in plan.removed.iter().enumerate() {
        let keys = addresses.query_map([removed.id], |row| row.get::<_, String>(0))?;
        for key in keys {
            by_address.insert(key?, at);
        }
    }
    Ok(by_address)
}

#[cfg(test)]
#[path = "takeover_tests.rs"]
mod tests;
