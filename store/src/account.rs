//! Accounts: the mailbox owners mirrored from the directory.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::error::StoreError;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// Somebody who signs in.
    Person,
    /// A mailbox that several people open; nobody signs in as it.
    Shared,
    /// A room or a device.
    Room,
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
    /// Makes the mirror equal to `snapshot`, in one transaction. With `dry_run` only says what
    /// would change.
    pub async fn mirror(&self, snapshot: Snapshot, dry_run: bool) -> Result<Difference, StoreError> {
        todo!()
    }

    /// Whether any account was ever mirrored: before that nobody can say that a recipient is
    /// unknown.
    pub async fn directory_loaded(&self) -> Result<bool, StoreError> {
        todo!()
    }

    /// Whom `address` belongs to. Compares without case; knows nothing of `+` tags.
    pub async fn owners(&self, address: &Address) -> Result<Owners, StoreError> {
        todo!()
    }

    /// One account. Removed ones are [`StoreError::Missing`].
    pub async fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        todo!()
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        todo!()
    }

    /// The account that signs in as `login`: a sign-in name or any of its addresses, without
    /// case. Gives its verifier too, where there is one. Shared mailboxes and rooms do not sign in.
    pub async fn sign_in_name(&self, login: &str) -> Result<Option<(Account, Option<Secret>)>, StoreError> {
        todo!()
    }

    /// The mailboxes `account` may open besides its own, by name.
    pub async fn opens(&self, account: AccountId) -> Result<Vec<Account>, StoreError> {
        todo!()
    }
}
