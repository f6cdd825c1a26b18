//! Who claims which address and which sign-in name. One name of two entries is a dispute.

use std::collections::{BTreeMap, HashMap};

use super::{Dispute, Entries};
use crate::kept::{Class, Kept};

/// The names that more than one entry has.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// Addresses and sign-in names in lower case, with the keys of those who have them.
    disputed: BTreeMap<String, Vec<String>>,
    /// X.500 names in lower case.
    disputed_x500: BTreeMap<String, Vec<String>>,
}

impl Claims {
    /// Looks through all entries.
    pub(crate) fn of(entries: &Entries) -> Self {
        let (mut names, mut x500) = (Vec::new(), Vec::new());
        for (key, kept) in entries {
            names.extend(names_of(kept).map(|name| (name, key.as_str())));
            x500.extend(kept.x500.iter().map(|it| (it.to_lowercase(), key.as_str())));
        }
        Self {
            disputed: shared(names),
            disputed_x500: shared(x500),
        }
    }

    /// The disputed names, in lower case.
    pub(crate) fn names(&self) -> Vec<String> {
        self.disputed.keys().cloned().collect()
    }

    /// Whether the entry of this key may have a name: nobody else claims it, or it is the one that
    /// has it now.
    pub(crate) fn may_have(&self, name: &str, key: &str, owners: &HashMap<String, String>) -> bool {
        !self.disputed.contains_key(name) || owners.get(name).is_some_and(|owner| owner == key)
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
        let disputes = self.disputed.iter().map(|(name, keys)| {
            let owner = owners.get(name).filter(|owner| keys.contains(owner));
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

/// Addresses, and of accounts also the names they sign in with.
fn names_of(kept: &Kept) -> impl Iterator<Item = String> {
    let has_mailbox = matches!(kept.class, Class::Person | Class::Shared | Class::Room);
    let addresses = has_mailbox || kept.class == Class::Group;
    let addresses = kept.addresses.iter().filter(move |_| addresses);
    let logins = std::iter::once(&kept.login).chain(&kept.logins);
    // An account without an address has no mailbox, and takes nobody's name away.
    let signs_in = has_mailbox && !kept.addresses.is_empty();
    let logins = logins.filter(move |name| signs_in && !name.is_empty());
    addresses
        .map(store::Address::key)
        .chain(logins.map(|name| name.to_lowercase()))
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
