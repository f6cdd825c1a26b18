//! What syncs take away, those of one day together: the guard looks at it before a sync is written.

mod there;

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

use there::{Addresses, There};

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
    /// A group stays, and an account or a group that stays is in it no more.
    Membership,
    /// A mailbox stays, and an account that stays may open it no more.
    Opener,
    /// Somebody who may sign in administrates no more.
    Admin,
    /// Somebody who may sign in reads the audit log no more.
    Auditor,
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
            let was = difference::read(&removed.mirrored)?;
            for what in offices(&was) {
                self.note(what, removed.key.clone(), &removed.login);
            }
        }
        let stays: HashMap<&str, &str> = named(snapshot).collect();
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
            for what in offices(&was).filter(|what| offices(account).all(|it| it != *what)) {
                self.note(what, account.key.clone(), &account.login);
            }
            let opens: HashSet<&String> = account.opened_by.iter().collect();
            for opener in was.opened_by.iter().filter(|it| !opens.contains(it)) {
                if let Some(login) = stays.get(opener.as_str()) {
                    let name = format!("{login} of {}", account.login);
                    self.note(Lost::Opener, pair(&account.key, opener), &name);
                }
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
        if plan.groups.is_empty() {
            return Ok(());
        }
        // An account is known by its key, a group by its address.
        let mut had = shadow.prepare(
            "SELECT account.key FROM group_account JOIN account ON account.id = account
                 WHERE mail_group = ?1
             UNION ALL SELECT member FROM group_group WHERE mail_group = ?1",
        )?;
        let addresses = snapshot.groups.iter().map(|it| it.address.key());
        let addresses: HashSet<String> = addresses.collect();
        let mut stays: HashMap<&str, &str> = named(snapshot).collect();
        stays.extend(addresses.iter().map(|it| (it.as_str(), it.as_str())));
        for planned in &plan.groups {
            let group = &snapshot.groups[planned.at];
            let key = group.address.key();
            let had = had.query_map([&key], |row| row.get(0))?;
            let had: Vec<String> = had.collect::<Result<_, _>>()?;
            if group.is_empty() && !had.is_empty() {
                self.note(Lost::Members, key.clone(), group.address.as_str());
            }
            let has: HashSet<String> = group.members_and_groups().collect();
            for member in had.into_iter().filter(|it| !has.contains(it)) {
                if let Some(name) = stays.get(member.as_str()) {
                    let name = format!("{name} of {}", group.address);
                    self.note(Lost::Membership, pair(&key, &member), &name);
                }
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
        /// [`Lost::SignIn`], [`Lost::Admin`], [`Lost::Auditor`] and [`Lost::Opener`].
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
            Self::Membership => {
                "SELECT (SELECT COUNT(*) FROM group_account) + (SELECT COUNT(*) FROM group_group)"
            }
            Self::Opener => {
                "SELECT coalesce(sum(json_array_length(mirrored, '$.opened_by')), 0)
                 FROM account WHERE removed = 0"
            }
            Self::Admin => {
                "SELECT COUNT(*) FROM account WHERE removed = 0 AND kind = 'person'
                     AND mirrored ->> 'roles' LIKE '%\"admin\"%'
                     AND coalesce(mirrored ->> 'standing', 'active') IN ('active', 'locked')"
            }
            Self::Auditor => {
                "SELECT COUNT(*) FROM account WHERE removed = 0 AND kind = 'person'
                     AND mirrored ->> 'roles' LIKE '%\"auditor\"%'
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
            Self::Membership => groups.iter().map(MirroredGroup::size).sum(),
            Self::Opener => accounts.iter().map(|it| it.opened_by.len()).sum(),
            Self::Admin => accounts.iter().filter(|it| is_admin(it)).count(),
            Self::Auditor => {
                let has = |it: &&MirroredAccount| holds(it, Role::Auditor);
                accounts.iter().filter(has).count()
            }
        }
    }
}

/// One who can not sign in administrates nothing.
pub(super) fn is_admin(account: &MirroredAccount) -> bool {
    holds(account, Role::Admin)
}

fn holds(account: &MirroredAccount, role: Role) -> bool {
    account.roles.contains(&role) && account.signs_in()
}

/// What is lost with somebody who has this.
fn offices(account: &MirroredAccount) -> impl Iterator<Item = Lost> {
    let offices = [(Role::Admin, Lost::Admin), (Role::Auditor, Lost::Auditor)];
    let held = offices
        .into_iter()
        .filter(|(role, _)| holds(account, *role));
    held.map(|(_, what)| what)
}

/// Accounts by their keys, as people know them.
fn named(snapshot: &Snapshot) -> impl Iterator<Item = (&str, &str)> {
    let accounts = snapshot.accounts.iter();
    accounts.map(|it| (it.key.as_str(), it.login.as_str()))
}

/// What stands for one right of one on another. No key has a line break.
fn pair(of: &str, who: &str) -> String {
    format!("{of}\n{who}")
}
