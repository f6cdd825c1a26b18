//! Whom an address belongs to, with what the directory does not know: `+` tags, and domains that
//! stand for others.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use store::{Address, Owners, Store, StoreError};

use crate::limits;

/// Domains in which everybody of another domain has the same local part: `amy@corp.test` is
/// `amy@corp.example`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasDomains(BTreeMap<String, String>);

impl AliasDomains {
    /// Each alias with the domain it stands for, both in lower case.
    pub fn new(domains: BTreeMap<String, String>) -> Self {
        Self(domains)
    }

    /// All aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The same person in the domain that this one stands for.
    pub fn resolved(&self, address: &Address) -> Option<Address> {
        let domain = self.0.get(address.domain())?;
        format!("{}@{domain}", address.local()).parse().ok()
    }
}

/// Whom `address` belongs to. `amy+lists@corp.example` is `amy@corp.example` unless somebody has
/// the longer address, and an address in an alias domain is that of the domain it stands for unless
/// somebody has it.
pub(crate) async fn of(
    store: &Store,
    aliases: &AliasDomains,
    address: &Address,
) -> Result<Owners, StoreError> {
    let mut candidates = vec![address.clone()];
    candidates.extend(without_tag(address));
    let resolved: Vec<Address> = candidates
        .iter()
        .filter_map(|address| aliases.resolved(address))
        .collect();
    for candidate in candidates.iter().chain(&resolved) {
        let owners = store.owners(candidate).await?;
        if owners != Owners::Nobody {
            return Ok(owners);
        }
    }
    Ok(Owners::Nobody)
}

/// Answers of the directory that are used again, for a batch of messages: most mail goes to few.
#[derive(Debug, Default)]
pub(crate) struct KnownOwners {
    known: Mutex<HashMap<Address, Owners>>,
    aliases: AliasDomains,
}

impl KnownOwners {
    pub(crate) fn new(aliases: AliasDomains) -> Self {
        Self {
            known: Mutex::default(),
            aliases,
        }
    }

    /// Whom `address` belongs to, see [`of`].
    pub(crate) async fn owners(
        &self,
        store: &Store,
        address: &Address,
    ) -> Result<Owners, StoreError> {
        let known = self.known().get(address).cloned();
        if let Some(owners) = known {
            return Ok(owners);
        }
        let owners = of(store, &self.aliases, address).await?;
        let mut known = self.known();
        if known.len() < limits::KNOWN_OWNERS_MAX {
            known.insert(address.clone(), owners.clone());
        }
        Ok(owners)
    }

    /// Asks again from here on: the directory changes.
    pub(crate) fn forget(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Address, Owners>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address without its `+` tag (RFC 5233 calls it the detail); `None` when it has none.
pub(crate) fn without_tag(address: &Address) -> Option<Address> {
    let (user, _) = address.local().split_once('+')?;
    format!("{user}@{}", address.domain()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alias_domains() {
        let domains = [("corp.test".to_owned(), "corp.example".to_owned())];
        let aliases = AliasDomains::new(domains.into());
        let check = |address: &str, want: Option<&str>| {
            let resolved = aliases.resolved(&address.parse().unwrap());
            assert_eq!(resolved.as_ref().map(Address::as_str), want, "{address}");
        };
        check("Amy@CORP.test", Some("Amy@corp.example"));
        check("amy@corp.example", None);
        check("amy@sub.corp.test", None);
    }

    #[test]
    fn tags() {
        let check = |address: &str, want: Option<&str>| {
            let plain = without_tag(&address.parse().unwrap());
            assert_eq!(plain.as_ref().map(Address::as_str), want, "{address}");
        };
        check("amy@c.example", None);
        check("amy+lists@c.example", Some("amy@c.example"));
        check("amy+a+b@c.example", Some("amy@c.example"));
        check("+a@c.example", None);
        check("amy+@c.example", Some("amy@c.example"));
    }
}
