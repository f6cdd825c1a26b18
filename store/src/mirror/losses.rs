//! What syncs take away, those of one day together: the guard looks at it before a sync is written.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use super::difference::{self, Keys, Plan};
use super::{MirroredAccount, MirroredGroup, Snapshot};
use crate::account::Role;
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::limits;

/// What can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// An account is gone.
    Account,
    /// An account of the directory before is gone, and none of this one takes its mailbox over.
    Mailbox,
    /// An account is gone, and one with another key takes its mailbox over, though the directory is
    /// of the same kind.
    Key,
    /// A person stays, and may sign in no more.
    SignIn,
    /// An account stays, and an address that it had is nobody's.
    Address,
    /// A group is gone.
    Group,
    /// A group stays, and nobody is in it.
    Members,
    /// Somebody who may sign in administrates no more.
    Admin,
}

/// How much of one kind is taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Of which kind.
    pub what: Lost,
    /// How many there were a day ago, or when a person last agreed to a loss.
    pub before: usize,
    /// How many there are after this sync.
    pub after: usize,
    /// What is lost, as people know it: logins and addresses. What this sync takes comes first.
    pub who: Vec<String>,
}

/// What a sync takes away, with what others took in the day before it.
#[derive(Debug, Default)]
pub(super) struct Losses {
    pub(super) all: Vec<Loss>,
    /// What this sync takes, by kind and key, with its name.
    new: BTreeMap<(Lost, String), String>,
    /// What others took and is back, or is too long ago.
    over: Vec<(Lost, String)>,
}

impl Losses {
    /// Looks at what the plan changes. What does not change costs nothing.
    pub(super) fn of(
        shadow: &Transaction<'_>,
        plan: &Plan,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut losses = Self::default();
        losses.note_accounts(plan, snapshot)?;
        losses.note_groups(shadow, plan, snapshot)?;
        let earlier = losses.earlier(shadow, snapshot, now)?;
        let mut who: BTreeMap<Lost, Vec<String>> = BTreeMap::new();
        let mut counts: HashMap<Lost, usize> = HashMap::new();
        for ((what, _), name) in &losses.new {
            who.entry(*what).or_default().push(name.clone());
        }
        for (what, name) in earlier {
            who.entry(what).or_default().push(name);
            *counts.entry(what).or_default() += 1;
        }
        for (what, who) in who {
            let earlier = counts.get(&what).copied().unwrap_or_default();
            losses.all.push(Loss {
                what,
                before: what.count(shadow)? + earlier,
                after: what.count_in(snapshot),
                who,
            });
        }
        Ok(losses)
    }

    fn note(&mut self, what: Lost, key: String, name: &str) {
        self.new.insert((what, key), name.to_owned());
    }

    fn note_accounts(&mut self, plan: &Plan, snapshot: &Snapshot) -> Result<(), StoreError> {
        for removed in &plan.removed {
            let what = match plan.keys {
                Keys::Known => Lost::Account,
                Keys::OfAnotherKind | Keys::MadeAnew => Lost::Mailbox,
            };
            self.note(what, removed.key.clone(), &removed.login);
            if is_admin(&difference::read(&removed.mirrored)?) {
                self.note(Lost::Admin, removed.key.clone(), &removed.login);
            }
        }
        let mut missing: Vec<Address> = Vec::new();
        for planned in &plan.accounts {
            let Some(before) = &planned.before else {
                continue;
            };
            let account = &snapshot.accounts[planned.at];
            let was = difference::read(before)?;
            if was.signs_in() && !account.signs_in() {
                self.note(Lost::SignIn, account.key.clone(), &account.login);
            }
            if is_admin(&was) && !is_admin(account) {
                self.note(Lost::Admin, account.key.clone(), &account.login);
            }
            if planned.takes_over.is_some() && plan.keys == Keys::MadeAnew {
                self.note(Lost::Key, account.key.clone(), &account.login);
            }
            let is_mine = |it: &Address| account.addresses.contains(it);
            missing.extend(was.addresses.into_iter().filter(|it| !is_mine(it)));
        }
        if missing.is_empty() {
            return Ok(());
        }
        // Whoever gives an address to somebody else takes it from nobody.
        let had = Addresses::of(snapshot);
        for address in missing {
            let key = address.key();
            if !had.0.contains(&key) {
                self.note(Lost::Address, key, address.as_str());
            }
        }
        Ok(())
    }

    fn note_groups(
        &mut self,
        shadow: &Transaction<'_>,
        plan: &Plan,
        snapshot: &Snapshot,
    ) -> Result<(), StoreError> {
        for (key, _) in &plan.groups_removed {
            self.note(Lost::Group, key.clone(), key);
        }
        let mut had_members = shadow.prepare(
            "SELECT EXISTS (SELECT 1 FROM group_account WHERE mail_group = ?1)
                 OR EXISTS (SELECT 1 FROM group_group WHERE mail_group = ?1)",
        )?;
        for planned in &plan.groups {
            let group = &snapshot.groups[planned.at];
            let key = group.address.key();
            let is_empty = group.members.is_empty() && group.groups.is_empty();
            if is_empty && had_members.query_row([&key], |row| row.get(0))? {
                self.note(Lost::Members, key, group.address.as_str());
            }
        }
        Ok(())
    }

    /// What was taken within the last day, and is still gone. What this sync takes again is its own.
    fn earlier(
        &mut self,
        shadow: &Transaction<'_>,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<Vec<(Lost, String)>, StoreError> {
        let mut rows = shadow.prepare("SELECT what, key, name, at FROM mirror_loss")?;
        let rows = rows.query_map([], |row| {
            Ok((
                columns::word::<Lost>(row, 0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                columns::time(row, 3)?,
            ))
        })?;
        let mut earlier = Vec::new();
        let mut there = None;
        for row in rows {
            let (what, key, name, at) = row?;
            let there = there.get_or_insert_with(|| There::of(snapshot));
            let counts = now
                < at.saturating_add(limits::LOSSES_COUNTED_TOGETHER)
                    .unwrap_or(at);
            if !counts || there.has(what, &key) {
                self.over.push((what, key));
            } else if !self.new.contains_key(&(what, key)) {
                earlier.push((what, name));
            }
        }
        Ok(earlier)
    }

    /// Writes down what this sync took. When a person agreed, nothing is counted from here on.
    pub(super) fn write(
        &self,
        shadow: &Transaction<'_>,
        was_accepted: Accepted,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if was_accepted == Accepted::ByPerson {
            shadow.execute("DELETE FROM mirror_loss", [])?;
            return Ok(());
        }
        let mut forget = shadow.prepare("DELETE FROM mirror_loss WHERE what = ?1 AND key = ?2")?;
        for (what, key) in &self.over {
            forget.execute((columns::to_word(what)?, key))?;
        }
        let mut note = shadow.prepare(
            "INSERT OR REPLACE INTO mirror_loss (what, key, name, at) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for ((what, key), name) in &self.new {
            note.execute((columns::to_word(what)?, key, name, now.as_millisecond()))?;
        }
        Ok(())
    }
}

/// What becomes of a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is written.
    Write(Accepted),
    /// It waits for a person.
    Wait {
        /// The kinds of loss that shut people out all the same: of [`Lost::Account`],
        /// [`Lost::SignIn`] and [`Lost::Admin`].
        at_once: Vec<Lost>,
    },
}

/// Why a loss is written all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is as small as any that nobody need be asked about.
    Unasked,
    /// A person agreed to it.
    ByPerson,
}

impl Lost {
    /// How many the mirror has, also of those whom only a sync that waits has shut out.
    fn count(self, shadow: &Transaction<'_>) -> Result<usize, StoreError> {
        let count = match self {
            Self::Account | Self::Mailbox | Self::Key => {
                "SELECT COUNT(*) FROM account WHERE removed = 0"
            }
            Self::SignIn => {
                "SELECT COUNT(*) FROM account WHERE removed = 0 AND kind = 'person'
                     AND coalesce(mirrored ->> 'standing', 'active') IN ('active', 'locked')"
            }
            Self::Address => "SELECT COUNT(*) FROM address",
            Self::Group => "SELECT COUNT(*) FROM mail_group",
            Self::Members => {
                "SELECT COUNT(*) FROM mail_group
                 WHERE EXISTS (SELECT 1 FROM group_account WHERE mail_group = mail_group.key)
                     OR EXISTS (SELECT 1 FROM group_group WHERE mail_group = mail_group.key)"
            }
            Self::Admin => {
                "SELECT COUNT(*) FROM account WHERE removed = 0 AND kind = 'person'
                     AND mirrored ->> 'roles' LIKE '%\"admin\"%'
                     AND coalesce(mirrored ->> 'standing', 'active') IN ('active', 'locked')"
            }
        };
        Ok(shadow.query_row(count, [], |row| row.get(0))?)
    }

    /// How many a snapshot has.
    fn count_in(self, snapshot: &Snapshot) -> usize {
        let (accounts, groups) = (&snapshot.accounts, &snapshot.groups);
        match self {
            Self::Account | Self::Mailbox | Self::Key => accounts.len(),
            Self::SignIn => accounts.iter().filter(|it| it.signs_in()).count(),
            Self::Address => accounts.iter().map(|it| it.addresses.len()).sum(),
            Self::Group => groups.len(),
            Self::Members => groups.iter().filter(|it| !it.is_empty()).count(),
            Self::Admin => accounts.iter().filter(|it| is_admin(it)).count(),
        }
    }
}

/// One who can not sign in administrates nothing.
pub(super) fn is_admin(account: &MirroredAccount) -> bool {
    account.roles.contains(&Role::Admin) && account.signs_in()
}

/// All addresses of a snapshot, in lower case.
struct Addresses(HashSet<String>);

impl Addresses {
    fn of(snapshot: &Snapshot) -> Self {
        let accounts = snapshot.accounts.iter().flat_map(|it| &it.addresses);
        let groups = snapshot.groups.iter().map(|it| &it.address);
        Self(accounts.chain(groups).map(Address::key).collect())
    }
}

/// What is in a snapshot, to be looked up.
struct There<'a> {
    accounts: HashMap<&'a str, &'a MirroredAccount>,
    addresses: Addresses,
    groups: HashMap<String, &'a MirroredGroup>,
}

impl<'a> There<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let accounts = snapshot.accounts.iter();
        let groups = snapshot.groups.iter();
        Self {
            accounts: accounts.map(|it| (it.key.as_str(), it)).collect(),
            addresses: Addresses::of(snapshot),
            groups: groups.map(|it| (it.address.key(), it)).collect(),
        }
    }

    /// Whether what was lost is there, or can not be any more: who is gone is counted as that.
    fn has(&self, what: Lost, key: &str) -> bool {
        let account = self.accounts.get(key);
        let group = self.groups.get(key);
        match what {
            Lost::Account | Lost::Mailbox => account.is_some(),
            // What a person has agreed to is counted by nobody.
            Lost::Key => true,
            Lost::SignIn => account.is_none_or(|it| it.signs_in()),
            Lost::Address => self.addresses.0.contains(key),
            Lost::Group => group.is_some(),
            Lost::Members => group.is_none_or(|it| !it.is_empty()),
            Lost::Admin => account.is_some_and(|it| is_admin(it)),
        }
    }
}
