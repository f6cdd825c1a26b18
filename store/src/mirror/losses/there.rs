//! What is in a snapshot, to be looked up: what was lost in the day before may be back.

use std::collections::{HashMap, HashSet};

use super::{Lost, holds};
use crate::account::Role;
use crate::address::Address;
use crate::mirror::{MirroredAccount, MirroredGroup, Snapshot};

/// All addresses of a snapshot, in lower case.
pub(super) struct Addresses(pub(super) HashSet<String>);

impl Addresses {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let accounts = snapshot.accounts.iter().flat_map(|it| &it.addresses);
        let groups = snapshot.groups.iter().map(|it| &it.address);
        Self(accounts.chain(groups).map(Address::key).collect())
    }
}

/// What is in a snapshot, to be looked up.
pub(super) struct There<'a> {
    accounts: HashMap<&'a str, &'a MirroredAccount>,
    addresses: Addresses,
    groups: HashMap<String, &'a MirroredGroup>,
}

impl<'a> There<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let accounts = snapshot.accounts.iter();
        let groups = snapshot.groups.iter();
        Self {
            accounts: accounts.map(|it| (it.key.as_str(), it)).collect(),
            addresses: Addresses::of(snapshot),
            groups: groups.map(|it| (it.address.key(), it)).collect(),
        }
    }

    /// Whether what was lost is there, or can not be any more: who is gone is counted as that.
    pub(super) fn has(&self, what: Lost, key: &str) -> bool {
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
            Lost::Membership | Lost::Opener => match key.split_once('\n') {
                Some((of, who)) if what == Lost::Opener => self.opens(who, of),
                Some((of, who)) => self.is_in(who, of),
                None => true,
            },
            Lost::Admin => account.is_some_and(|it| holds(it, Role::Admin)),
            Lost::Auditor => account.is_some_and(|it| holds(it, Role::Auditor)),
        }
    }

    fn opens(&self, who: &str, mailbox: &str) -> bool {
        let mailbox = self.accounts.get(mailbox);
        let opens = |it: &MirroredAccount| it.opened_by.iter().any(|key| key == who);
        mailbox.is_none_or(|it| opens(it)) || !self.accounts.contains_key(who)
    }

    fn is_in(&self, who: &str, group: &str) -> bool {
        let Some(group) = self.groups.get(group) else {
            return true;
        };
        let stays = self.accounts.contains_key(who) || self.groups.contains_key(who);
        // Members are in order, and may be very many.
        let has = |key: &String| key.as_str().cmp(who);
        let is_account = group.members.binary_search_by(has).is_ok();
        !stays || is_account || group.groups.iter().any(|it| it.key() == who)
    }
}
