//! What differs between the mirror and a snapshot, one by one and value by value, for whoever is to
//! agree to it.

use std::collections::{BTreeSet, HashMap};
use std::{fmt, io};

use rusqlite::{OptionalExtension, Transaction};
use serde::Serialize;
use serde_json::{Map, Value};

use super::difference::{self, AccountPlan, GroupPlan, Plan};
use super::{MirroredAccount, Snapshot};
use crate::columns;
use crate::error::StoreError;
use crate::limits;

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// It is new.
    Added,
    /// Something of it is different.
    Changed,
    /// It takes over the mailbox of an account of another directory.
    TakesOver,
    /// It is gone.
    Removed,
}

/// One account or group that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// How.
    pub what: Changed,
    /// The login of an account, the address of a group.
    pub who: String,
    /// Its name.
    pub name: String,
    /// What of it is different.
    pub fields: Vec<String>,
    /// What was there, and what is there now: of all but passwords.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ChangedValue>,
    /// The login of the account whose mailbox it takes over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// One thing that has another value. Of one that has many, such as addresses, those that are others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ChangedValue {
    /// Which.
    pub field: &'static str,
    /// What was there and is not any more.
    pub lost: Named,
    /// What is there and was not.
    pub gained: Named,
}

/// Some values, of which the first few are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// These.
    pub named: Vec<String>,
    /// How many there are beside them.
    pub more: usize,
}

impl Plan {
    /// One by one.
    pub(super) fn changes(
        &self,
        shadow: &Transaction<'_>,
        snapshot: &Snapshot,
    ) -> Result<Vec<Change>, StoreError> {
        let names = Names::of(shadow, snapshot);
        let mut changes = Vec::new();
        for plan in &self.accounts {
            changes.push(of_account(plan, snapshot, &names)?);
        }
        for plan in &self.groups {
            changes.push(of_group(plan, snapshot, &names)?);
        }
        let accounts = self.removed.iter().map(|it| (&it.login, &it.name));
        let groups = self.groups_removed.iter().map(|(key, name)| (key, name));
        changes.extend(accounts.chain(groups).map(|(who, name)| Change {
            what: Changed::Removed,
            who: who.clone(),
            name: name.clone(),
            fields: Vec::new(),
            values: Vec::new(),
            from: None,
        }));
        changes.sort_unstable();
        Ok(changes)
    }
}

fn of_account(
    plan: &AccountPlan,
    snapshot: &Snapshot,
    names: &Names<'_>,
) -> Result<Change, StoreError> {
    let account = &snapshot.accounts[plan.at];
    let (mut fields, mut values) = (Vec::new(), Vec::new());
    if let Some(before) = &plan.before {
        fields = self::fields(before, &plan.fingerprint)?;
        values = of_values(&difference::read(before)?, account, names)?;
    }
    Ok(Change {
        what: match (&plan.before, &plan.takes_over) {
            (None, _) => Changed::Added,
            (Some(_), None) => Changed::Changed,
            (Some(_), Some(_)) => Changed::TakesOver,
        },
        who: account.login.clone(),
        name: account.name.clone(),
        fields,
        values,
        from: plan.takes_over.as_ref().map(|(_, login)| login.clone()),
    })
}

fn of_values(
    was: &MirroredAccount,
    is: &MirroredAccount,
    names: &Names<'_>,
) -> Result<Vec<ChangedValue>, StoreError> {
    let roles = |account: &MirroredAccount| -> Result<Vec<String>, StoreError> {
        let words = account.roles.iter().map(columns::to_word);
        words.collect()
    };
    let yes = |is: bool| is.then(|| "yes".to_owned());
    let words =
        |account: &MirroredAccount| -> Result<[(&'static str, Option<String>); 9], StoreError> {
            let listing = &account.listing;
            Ok([
                ("login", Some(account.login.clone())),
                ("name", Some(account.name.clone())),
                ("primary address", texts(account).into_iter().next()),
                ("kind", Some(columns::to_word(&account.kind)?)),
                ("standing", Some(columns::to_word(&account.standing)?)),
                ("language", account.language.clone()),
                ("department", listing.department.clone()),
                ("phone", listing.phone.clone()),
                ("hidden", yes(listing.hidden)),
            ])
        };
    let mut values = Vec::new();
    for ((field, was), (_, is)) in words(was)?.into_iter().zip(words(is)?) {
        values.extend(ChangedValue::of(field, was, is));
    }
    let openers = |account: &MirroredAccount| names.of_all(&account.opened_by);
    values.extend(ChangedValue::of("addresses", texts(was), texts(is)));
    values.extend(ChangedValue::of("roles", roles(was)?, roles(is)?));
    values.extend(ChangedValue::of("opened_by", openers(was)?, openers(is)?));
    let lists = |account: &MirroredAccount| {
        [&account.sign_in_names, &account.directory_names].map(Clone::clone)
    };
    let fields = ["sign_in_names", "directory_names"];
    for (field, (was, is)) in fields
        .into_iter()
        .zip(lists(was).into_iter().zip(lists(is)))
    {
        values.extend(ChangedValue::of(field, was, is));
    }
    Ok(values)
}

fn texts(account: &MirroredAccount) -> Vec<String> {
    account.addresses.iter().map(ToString::to_string).collect()
}

fn of_group(
    plan: &GroupPlan,
    snapshot: &Snapshot,
    names: &Names<'_>,
) -> Result<Change, StoreError> {
    let group = &snapshot.groups[plan.at];
    let mut values = Vec::new();
    if !plan.is_new {
        let key = group.address.key();
        let yes = |is: bool| is.then(|| "yes".to_owned());
        let was = "SELECT name, hidden FROM mail_group WHERE key = ?1";
        let was = names
            .shadow
            .query_row(was, [&key], |row| Ok((row.get(0)?, row.get(1)?)));
        let (name, hidden): (String, bool) = was?;
        values.extend(ChangedValue::of(
            "name",
            Some(name),
            Some(group.name.clone()),
        ));
        values.extend(ChangedValue::of("hidden", yes(hidden), yes(group.hidden)));
        let mut had = names.shadow.prepare_cached(
            "SELECT login FROM group_account JOIN account ON account.id = account
                 WHERE mail_group = ?1
             UNION ALL SELECT member FROM group_group WHERE mail_group = ?1",
        )?;
        let had = had.query_map([&key], |row| row.get(0))?;
        let had: Vec<String> = had.collect::<Result<_, _>>()?;
        let mut has = names.of_all(&group.members)?;
        has.extend(group.groups.iter().map(crate::address::Address::key));
        values.extend(ChangedValue::of("members", had, has));
    }
    Ok(Change {
        what: if plan.is_new {
            Changed::Added
        } else {
            Changed::Changed
        },
        who: group.address.to_string(),
        name: group.name.clone(),
        fields: Vec::new(),
        values,
        from: None,
    })
}

/// What people call accounts: by the snapshot, and by the mirror whoever is not in that.
struct Names<'a> {
    shadow: &'a Transaction<'a>,
    of_keys: HashMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    fn of(shadow: &'a Transaction<'a>, snapshot: &'a Snapshot) -> Self {
        let accounts = snapshot.accounts.iter();
        Self {
            shadow,
            of_keys: accounts
                .map(|it| (it.key.as_str(), it.login.as_str()))
                .collect(),
        }
    }

    fn of_all(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        let mut login = self
            .shadow
            .prepare_cached("SELECT login FROM account WHERE key = ?1")?;
        let names = keys.iter().map(|key| {
            if let Some(login) = self.of_keys.get(key.as_str()) {
                return Ok((*login).to_owned());
            }
            let login = login.query_row([key], |row| row.get(0)).optional()?;
            Ok(login.unwrap_or_else(|| key.clone()))
        });
        names.collect()
    }
}

impl ChangedValue {
    /// `None` when nothing differs but the order.
    fn of(
        field: &'static str,
        was: impl IntoIterator<Item = String>,
        is: impl IntoIterator<Item = String>,
    ) -> Option<Self> {
        let was: BTreeSet<String> = was.into_iter().collect();
        let is: BTreeSet<String> = is.into_iter().collect();
        let value = Self {
            field,
            lost: Named::of(was.difference(&is)),
            gained: Named::of(is.difference(&was)),
        };
        (value.lost != value.gained).then_some(value)
    }
}

impl Named {
    fn of<'a>(mut values: impl Iterator<Item = &'a String>) -> Self {
        let named = values.by_ref().take(limits::CHANGED_NAMED_MAX).cloned();
        Self {
            named: named.collect(),
            more: values.count(),
        }
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

impl fmt::Display for ChangedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            lost,
            gained,
        } = self;
        let is_one = |it: &Named| it.named.len() == 1 && it.more == 0;
        if is_one(lost) && is_one(gained) {
            return write!(f, "{field} {lost} → {gained}");
        }
        f.write_str(field)?;
        for (sign, named) in [('-', lost), ('+', gained)] {
            if !named.is_empty() {
                write!(f, " {sign} {named}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named.join(", "))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// The names of what differs between two fingerprints.
fn fields(before: &str, after: &str) -> Result<Vec<String>, StoreError> {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text).map_err(io::Error::from);
    let (before, after) = (read(before)?, read(after)?);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    Ok(names.into_iter().filter(differs).cloned().collect())
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
