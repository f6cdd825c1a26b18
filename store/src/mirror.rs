//! The mirror of the directory: what a sync brings, and how it is written down.

mod change;
mod difference;
mod losses;
mod memory;
mod patch;
mod question;
mod rows;
mod suspension;
mod takeover;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use crate::account::{AccountKind, Role, Standing};
use crate::address::Address;
use crate::error::StoreError;
use crate::hold;
use crate::newcomer;
use crate::secret::Secret;
use crate::shadow::Store;

pub use change::{Change, Changed, ChangedValue, Named};
pub use difference::Difference;
use difference::Plan;
use losses::Losses;
pub use losses::{Accepted, Loss, Lost, Ruling};
pub use memory::{Memory, Remembered};
pub use patch::{Patched, RememberedEntry};
pub use question::Question;
pub use suspension::ShutOut;
use suspension::{Lifted, Suspensions};
pub use takeover::DirectoryKind;

/// The whole directory as one sync read it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All accounts.
    pub accounts: Vec<MirroredAccount>,
    /// All groups.
    pub groups: Vec<MirroredGroup>,
}

/// One account as the directory has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MirroredAccount {
    /// The directory's own unchanging key (login of a file, objectGUID, entryUUID).
    #[serde(skip)]
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
    #[serde(serialize_with = "exposed")]
    pub verifier: Option<Secret>,
    /// Keys of the accounts that may open this mailbox besides its owner.
    pub opened_by: Vec<String>,
    /// Its X.500 names, `/o=Corp/ou=…/cn=Recipients/cn=amy`: `legacyExchangeDN`, and the `X500:` ones
    /// of `proxyAddresses`. Journal reports name people by them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub directory_names: Vec<String>,
    /// Names it signs in with besides its login and its addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sign_in_names: Vec<String>,
    /// What the directory says that is another when the password is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_mark: Option<String>,
    /// Whether the directory lets it sign in.
    #[serde(skip_serializing_if = "is_usual")]
    pub standing: Standing,
    /// What the address book says of it.
    #[serde(skip_serializing_if = "is_usual")]
    pub listing: Listing,
}

/// What the address book says of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Where they work.
    pub department: Option<String>,
    /// Where they are called.
    pub phone: Option<String>,
    /// Whether they do not stand in it.
    pub hidden: bool,
}

/// One group as the directory has it.
#[derive(Clone, Debug, Serialize)]
pub struct MirroredGroup {
    /// The directory's own unchanging key. A group with several addresses is there several times.
    pub key: String,
    /// Its mail address.
    pub address: Address,
    /// Name as shown to people.
    pub name: String,
    /// Whether it does not stand in the address book.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Keys of member accounts.
    pub members: Vec<String>,
    /// Addresses of member groups.
    pub groups: Vec<Address>,
}

impl MirroredAccount {
    /// Whether it is somebody who may sign in.
    fn signs_in(&self) -> bool {
        self.kind == AccountKind::Person && self.standing.signs_in()
    }
}

impl MirroredGroup {
    fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// How many accounts and groups are in it.
    fn size(&self) -> usize {
        self.members.len() + self.groups.len()
    }

    /// Keys of its accounts and addresses of its groups, in lower case.
    fn members_and_groups(&self) -> impl Iterator<Item = String> {
        let groups = self.groups.iter().map(Address::key);
        self.members.iter().cloned().chain(groups)
    }
}

/// A reading of the directory that is to be written.
#[derive(Clone, Debug)]
pub struct Mirroring {
    /// What was read.
    pub snapshot: Snapshot,
    /// What to remember with it; without it what was remembered of a server is forgotten.
    pub memory: Option<Memory>,
    /// Of what sort of directory.
    pub kind: DirectoryKind,
    /// The time.
    pub now: Timestamp,
}

/// What a sync would do.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// All in all.
    pub difference: Difference,
    /// One by one.
    pub changes: Vec<Change>,
    /// What it takes away, with what others took in the day before it.
    pub losses: Vec<Loss>,
    /// Whom it would shut out and whom not, when the rest waits.
    pub shut_out: Option<ShutOut>,
}

/// What came of a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mirrored {
    /// The mirror is as the directory.
    Done(Difference),
    /// It would have lost so much, and was not allowed to. Only who must not get in any more is shut
    /// out.
    Stopped(Vec<Loss>, ShutOut),
    /// Another sync was written since this one began to read. What it read may be older.
    Overtaken,
}

impl Store {
    /// Makes the mirror equal to `snapshot`, in one transaction. Only what differs is written.
    pub async fn mirror(&self, snapshot: Snapshot) -> Result<Difference, StoreError> {
        let mirroring = Mirroring {
            snapshot,
            memory: None,
            kind: DirectoryKind::File,
            now: Timestamp::now(),
        };
        let mirrored = self.mirror_if(mirroring, |_| Ruling::Write(Accepted::ByPerson));
        match mirrored.await? {
            Mirrored::Done(difference) => Ok(difference),
            Mirrored::Stopped(..) | Mirrored::Overtaken => Ok(Difference::default()),
        }
    }

    /// The same, if `judge` says so of what is lost, and remembers `memory` with it. Otherwise it only
    /// shuts people out, until the next sync says something else.
    pub async fn mirror_if(
        &self,
        mirroring: Mirroring,
        judge: impl FnOnce(&[Loss]) -> Ruling + Send + 'static,
    ) -> Result<Mirrored, StoreError> {
        self.blocking(move |inner| {
            let (memory, now, kind) = (mirroring.memory, mirroring.now, mirroring.kind);
            let snapshot = mirroring.snapshot.normalised()?;
            inner.shadow.write(|shadow| {
                if let Some(memory) = &memory
                    && !memory.is_of_now(shadow)?
                {
                    return Ok(Mirrored::Overtaken);
                }
                let lifted = suspension::lift(shadow)?;
                let plan = Plan::of(shadow, &snapshot, kind)?;
                let losses = Losses::of(shadow, &plan, &snapshot, now)?;
                let accepted = match judge(&losses.all) {
                    Ruling::Write(accepted) => accepted,
                    Ruling::Wait { at_once } => {
                        let suspensions = Suspensions::of(&plan, &snapshot, &at_once)?;
                        suspensions.write(shadow, &lifted, now)?;
                        return Ok(Mirrored::Stopped(losses.all, suspensions.shut_out()));
                    }
                };
                write(shadow, (&snapshot, &plan), &lifted, now)?;
                losses.write(shadow, accepted, now)?;
                kind.remember(shadow)?;
                match &memory {
                    Some(memory) => memory.write(shadow)?,
                    None => memory::forget(shadow)?,
                }
                Ok(Mirrored::Done(plan.difference(&snapshot)))
            })
        })
        .await
    }

    /// What [`Store::mirror_if`] would do.
    pub async fn compare(
        &self,
        mirroring: Mirroring,
        judge: impl FnOnce(&[Loss]) -> Ruling + Send + 'static,
    ) -> Result<Comparison, StoreError> {
        self.blocking(move |inner| {
            let snapshot = mirroring.snapshot.normalised()?;
            inner.shadow.read(|shadow| {
                let plan = Plan::of(shadow, &snapshot, mirroring.kind)?;
                let losses = Losses::of(shadow, &plan, &snapshot, mirroring.now)?.all;
                let shut_out = match judge(&losses) {
                    Ruling::Write(_) => None,
                    Ruling::Wait { at_once } => {
                        Some(Suspensions::of(&plan, &snapshot, &at_once)?.shut_out())
                    }
                };
                Ok(Comparison {
                    difference: plan.difference(&snapshot),
                    changes: plan.changes(shadow, &snapshot)?,
                    losses,
                    shut_out,
                })
            })
        })
        .await
    }
}

fn write(
    shadow: &Transaction<'_>,
    (snapshot, plan): (&Snapshot, &Plan),
    lifted: &Lifted,
    now: Timestamp,
) -> Result<(), StoreError> {
    if plan.is_empty() {
        return Ok(());
    }
    rows::remove_accounts(shadow, plan)?;
    rows::write_accounts(shadow, (snapshot, plan), lifted, now)?;
    rows::write_names(shadow, snapshot, plan)?;
    rows::write_groups(shadow, snapshot, plan)?;
    hold::note_members(shadow)?;
    newcomer::count_sync(shadow)
}

impl Snapshot {
    /// Without members and openers that are not in it themselves, and in one order: so that two
    /// snapshots of the same are equal. Refuses what contradicts itself.
    fn normalised(mut self) -> Result<Self, StoreError> {
        self.refuse_conflicts()?;
        let mut keys: Vec<String> = self.accounts.iter().map(|it| it.key.clone()).collect();
        keys.sort_unstable();
        let is_known = |key: &String| keys.binary_search(key).is_ok();
        for account in &mut self.accounts {
            account.opened_by.retain(is_known);
        }
        let mut addresses: Vec<String> = self.groups.iter().map(|it| it.address.key()).collect();
        addresses.sort_unstable();
        for group in &mut self.groups {
            group.members.retain(is_known);
            group.members.sort_unstable();
            group.members.dedup();
            group
                .groups
                .retain(|it| addresses.binary_search(&it.key()).is_ok());
            group.groups.sort_unstable();
            group.groups.dedup();
        }
        Ok(self)
    }

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
            for name in &account.sign_in_names {
                claim(&mut logins, name.to_lowercase(), &account.login)?;
            }
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

/// The hash of a password, which a secret does not show by itself.
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn exposed<S: serde::Serializer>(secret: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(to)
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
