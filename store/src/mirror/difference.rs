//! What differs between the mirror and a snapshot of the directory.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::takeover::{self, DirectoryKind};
use super::{MirroredAccount, MirroredGroup, Snapshot};
use crate::error::StoreError;
use crate::secret::Secret;

/// What a sync changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Difference {
    /// Accounts that are new.
    pub added: usize,
    /// Accounts of which something changed.
    pub changed: usize,
    /// Accounts that take over a mailbox of another directory.
    pub taken_over: usize,
    /// Accounts that are gone; their mail stays until it ages.
    pub removed: usize,
    /// Accounts in the mirror now.
    pub accounts: usize,
    /// Groups that are new.
    pub groups_added: usize,
    /// Groups of which something changed.
    pub groups_changed: usize,
    /// Groups that are gone.
    pub groups_removed: usize,
    /// Groups in the mirror now.
    pub groups: usize,
}

/// What has to be written.
pub(super) struct Plan {
    pub(super) accounts: Vec<AccountPlan>,
    /// Those that are gone.
    pub(super) removed: Vec<RemovedAccount>,
    pub(super) groups: Vec<GroupPlan>,
    /// Keys of groups that are gone, with their names.
    pub(super) groups_removed: Vec<(String, String)>,
    /// Whether keys of the mirror mean anything in the snapshot.
    pub(super) keys: Keys,
}

/// What the keys of the mirror say of whoever is in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// Who has the same one is the same.
    Known,
    /// Nothing: it is a directory of another kind.
    OfAnotherKind,
    /// Nothing, or next to nothing: it is of the same kind, and its keys were made anew.
    MadeAnew,
}

/// One account that is new or different.
pub(super) struct AccountPlan {
    /// Its place in the snapshot.
    pub(super) at: usize,
    pub(super) fingerprint: String,
    /// What the mirror has.
    pub(super) before: Option<String>,
    /// The row and the login of the account whose mailbox it takes over.
    pub(super) takes_over: Option<(i64, String)>,
}

pub(super) struct RemovedAccount {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) login: String,
    pub(super) mirrored: String,
    /// The word of its [`crate::AccountKind`].
    pub(super) kind: String,
    pub(super) name: String,
}

/// One group that is new or different.
pub(super) struct GroupPlan {
    pub(super) at: usize,
    pub(super) fingerprint: String,
    pub(super) is_new: bool,
}

impl Plan {
    /// Nothing is to be written.
    pub(super) fn nothing() -> Self {
        Self {
            accounts: Vec::new(),
            removed: Vec::new(),
            groups: Vec::new(),
            groups_removed: Vec::new(),
            keys: Keys::Known,
        }
    }

    /// Compares. One pass over what the mirror has.
    pub(super) fn of(
        shadow: &Transaction<'_>,
        snapshot: &Snapshot,
        kind: DirectoryKind,
    ) -> Result<Self, StoreError> {
        let mut plan = Self::nothing();
        plan.compare_accounts(shadow, snapshot)?;
        if DirectoryKind::of_mirror(shadow)? != kind {
            plan.keys = Keys::OfAnotherKind;
        } else if takeover::are_made_anew(shadow, &plan, snapshot)? {
            plan.keys = Keys::MadeAnew;
        }
        if plan.keys != Keys::Known {
            takeover::plan(shadow, &mut plan, snapshot)?;
        }
        plan.compare_groups(shadow, snapshot)?;
        Ok(plan)
    }

    fn compare_accounts(
        &mut self,
        shadow: &Transaction<'_>,
        snapshot: &Snapshot,
    ) -> Result<(), StoreError> {
        let accounts = snapshot.accounts.iter().enumerate();
        let mut wanted: HashMap<&str, usize> =
            accounts.map(|(at, it)| (it.key.as_str(), at)).collect();
        let mut present = shadow.prepare(
            "SELECT key, mirrored, id, login, name, kind FROM account WHERE removed = 0",
        )?;
        let mut present = present.query([])?;
        while let Some(row) = present.next()? {
            let key: String = row.get(0)?;
            let Some((_, at)) = wanted.remove_entry(key.as_str()) else {
                self.removed.push(RemovedAccount {
                    key,
                    id: row.get(2)?,
                    login: row.get(3)?,
                    name: row.get(4)?,
                    mirrored: row.get(1)?,
                    kind: row.get(5)?,
                });
                continue;
            };
            let before: String = row.get(1)?;
            let fingerprint = fingerprint(&snapshot.accounts[at])?;
            if before != fingerprint {
                self.accounts.push(AccountPlan {
                    at,
                    fingerprint,
                    before: Some(before),
                    takes_over: None,
                });
            }
        }
        let mut new: Vec<usize> = wanted.into_values().collect();
        new.sort_unstable();
        for at in new {
            self.accounts.push(AccountPlan {
                at,
                fingerprint: fingerprint(&snapshot.accounts[at])?,
                before: None,
                takes_over: None,
            });
        }
        Ok(())
    }

    fn compare_groups(
        &mut self,
        shadow: &Transaction<'_>,
        snapshot: &Snapshot,
    ) -> Result<(), StoreError> {
        let mut present = shadow.prepare("SELECT key, mirrored, name FROM mail_group")?;
        let mut present: HashMap<String, (String, String)> = present
            .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
            .collect::<Result<_, _>>()?;
        for (at, group) in snapshot.groups.iter().enumerate() {
            let before = present.remove(&group.address.key());
            let fingerprint = group_fingerprint(group)?;
            if before.as_ref().is_none_or(|(old, _)| *old != fingerprint) {
                self.groups.push(GroupPlan {
                    at,
                    fingerprint,
                    is_new: before.is_none(),
                });
            }
        }
        let gone = present.into_iter().map(|(key, (_, name))| (key, name));
        self.groups_removed = gone.collect();
        self.groups_removed.sort_unstable();
        Ok(())
    }

    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.removed.is_empty()
            && self.groups.is_empty()
            && self.groups_removed.is_empty()
    }

    /// All in all.
    pub(super) fn difference(&self, snapshot: &Snapshot) -> Difference {
        let added = |it: &&AccountPlan| it.before.is_none();
        let added = self.accounts.iter().filter(added).count();
        let taken_over = self.accounts.iter().filter(|it| it.takes_over.is_some());
        let taken_over = taken_over.count();
        let groups_added = self.groups.iter().filter(|it| it.is_new).count();
        Difference {
            added,
            changed: self.accounts.len() - added - taken_over,
            taken_over,
            removed: self.removed.len(),
            accounts: snapshot.accounts.len(),
            groups_added,
            groups_changed: self.groups.len() - groups_added,
            groups_removed: self.groups_removed.len(),
            groups: snapshot.groups.len(),
        }
    }
}

impl AccountPlan {
    /// Whether the directory says something else of the password than before. What it never knew,
    /// such as a hash made here, it does not take away.
    pub(super) fn changes_verifier(&self, account: &MirroredAccount) -> Result<bool, StoreError> {
        let before = self.before.as_ref().filter(|_| self.takes_over.is_none());
        let Some(was) = before.map(|before| read(before)).transpose()? else {
            return Ok(true);
        };
        let exposed = |secret: &Option<Secret>| secret.as_ref().map(|it| it.expose().to_owned());
        Ok(exposed(&was.verifier) != exposed(&account.verifier))
    }
}

/// Everything the directory said of one account, as one text: if it differs, something changed.
pub(super) fn fingerprint(account: &MirroredAccount) -> Result<String, StoreError> {
    Ok(serde_json::to_string(account).map_err(io::Error::from)?)
}

/// An account as the mirror has it, without its key.
pub(super) fn read(fingerprint: &str) -> Result<MirroredAccount, StoreError> {
    Ok(serde_json::from_str(fingerprint).map_err(io::Error::from)?)
}

/// The same of a group, which may have a hundred thousand members, as a checksum.
fn group_fingerprint(group: &MirroredGroup) -> Result<String, StoreError> {
    let all = serde_json::to_vec(group).map_err(io::Error::from)?;
    let mut text = String::new();
    for byte in Sha256::digest(&all) {
        let _ = write!(text, "{byte:02x}"); // to a String it can not fail
    }
    Ok(text)
}
