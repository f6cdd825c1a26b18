//! Who claims which address and which sign-in name. One name of two entries is a dispute.

use std::collections::{BTreeMap, HashMap};

use super::{Dispute, Entries};
use crate::kept::{Class, Kept};

/// The names that more than one entry has.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Addresses in lower case, with the keys of those who have them.
    disputed: BTreeMap<String, Vec<String>>,
    /// Names that one signs in with, and another too, or has as an address.
    disputed_logins: BTreeMap<String, Vec<String>>,
    /// Those of them that are somebody's address: mail goes before signing in.
    addresses: BTreeMap<String, String>,
    /// X.500 names in lower case.
    disputed_x500: BTreeMap<String, Vec<String>>,
}

impl Claims {
    /// Looks through all entries.
    pub(crate) fn of(entries: &Entries) -> Self {
        let (mut addresses, mut names, mut x500) = (Vec::new(), Vec::new(), Vec::new());
        for (key, kept) in entries {
            let key = key.as_str();
            let claims = Names::of(kept);
            addresses.extend(claims.addresses.iter().map(|name| (name.clone(), key)));
            names.extend(claims.addresses.into_iter().map(|name| (name, key)));
            names.extend(claims.logins.into_iter().map(|name| (name, key)));
            x500.extend(kept.x500.iter().map(|it| (it.to_lowercase(), key)));
        }
        let mut disputed_logins = shared(names);
        let is_disputed = |(name, _): &(String, &str)| disputed_logins.contains_key(name);
        let taken = addresses.iter().filter(|it| is_disputed(it));
        let taken = taken.map(|(name, key)| (name.clone(), (*key).to_owned()));
        let taken: BTreeMap<String, String> = taken.collect();
        let disputed = shared(addresses);
        disputed_logins.retain(|name, _| !disputed.contains_key(name));
        Self {
            disputed,
            disputed_logins,
            addresses: taken,
            disputed_x500: shared(x500),
        }
    }

    /// The disputed names, in lower case.
    pub(crate) fn names(&self) -> Vec<String> {
        let logins = self.disputed_logins.keys();
        self.disputed.keys().chain(logins).cloned().collect()
    }

    /// Whether the entry of this key may have an address: nobody else claims it, or it is the one
    /// that has it now.
    pub(crate) fn may_have(&self, name: &str, key: &str, owners: &HashMap<String, String>) -> bool {
        !self.disputed.contains_key(name) || owners.get(name).is_some_and(|owner| owner == key)
    }

    /// Whether it may sign in with a name: the same, and no other has it as an address.
    pub(crate) fn may_sign_in(
        &self,
        name: &str,
        key: &str,
        owners: &HashMap<String, String>,
    ) -> bool {
        match self.addresses.get(name) {
            Some(_) if self.disputed.contains_key(name) => self.may_have(name, key, owners),
            Some(owner) => owner == key,
            None if !self.disputed_logins.contains_key(name) => true,
            None => owners.get(name).is_some_and(|owner| owner == key),
        }
    }

    /// Whether an X.500 name means one entry.
    pub(crate) fn is_one_name(&self, name: &str) -> bool {
        !self.disputed_x500.contains_key(&name.to_lowercase())
    }

    /// All disputes, for people to read.
    pub(crate) fn disputes(
        &self,
        entries: &Entries,
        owners: &HashMap<String, String>,
    ) -> Vec<Dispute> {
        let dn = |key: &String| entries.get(key).map(|kept| kept.dn.clone());
        let disputes = self.disputed.iter().chain(&self.disputed_logins);
        let disputes = disputes.map(|(name, keys)| {
            let address = self.addresses.get(name);
            let address = address.filter(|_| !self.disputed.contains_key(name));
            let owner = address.or_else(|| owners.get(name));
            let owner = owner.filter(|owner| keys.contains(owner));
            Dispute {
                name: name.clone(),
                claimed_by: keys.iter().filter_map(dn).collect(),
                stays_with: owner.and_then(dn),
            }
        });
        let names = self.disputed_x500.iter().map(|(name, keys)| Dispute {
            name: name.clone(),
            claimed_by: keys.iter().filter_map(dn).collect(),
            stays_with: None,
        });
        disputes.chain(names).collect()
    }
}

/// What one entry claims, in lower case.
struct Names {
    addresses: Vec<String>,
    logins: Vec<String>,
}

impl Names {
    fn of(kept: &Kept) -> Self {
        let has_mailbox = matches!(kept.class, Class::Person | Class::Shared | Class::Room);
        let takes_mail = has_mailbox || kept.class == Class::Group;
        let addresses = kept.addresses.iter().filter(|_| takes_mail);
        let logins = std::iter::once(&kept.login).chain(&kept.logins);
        // An account without an address has no mailbox, and takes nobody's name away.
        let signs_in = has_mailbox && !kept.addresses.is_empty();
        let logins = logins.filter(|name| signs_in && !name.is_empty());
        Self {
            addresses: addresses.map(store::Address::key).collect(),
            logins: logins.map(|name| name.to_lowercase()).collect(),
        }
    }
}

fn shared(mut names: Vec<(String, &str)>) -> BTreeMap<String, Vec<String>> {
    names.sort_unstable();
    names.dedup();
    let mut shared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for chunk in names.chunk_by(|one, other| one.0 == other.0) {
        if let [(name, _), _, ..] = chunk {
            let keys = chunk.iter().map(|(_, key)| (*key).to_owned());
            shared.insert(name.clone(), keys.collect());
        }
    }
    shared
}
