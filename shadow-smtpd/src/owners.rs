//! Whom an address belongs to, with what the directory does not know: `+` tags.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use store::{Address, Owners, Store, StoreError};

use crate::limits;

/// Whom `address` belongs to. `amy+lists@corp.example` is `amy@corp.example` unless somebody has
/// the longer address.
pub(crate) async fn of(store: &Store, address: &Address) -> Result<Owners, StoreError> {
    let owners = store.owners(address).await?;
    match without_tag(address) {
        Some(plain) if owners == Owners::Nobody => store.owners(&plain).await,
        _ => Ok(owners),
    }
}

/// Answers of the directory that are used again, for a batch of messages: most mail goes to few.
#[derive(Debug, Default)]
pub(crate) struct KnownOwners {
    known: Mutex<HashMap<Address, Owners>>,
}

impl KnownOwners {
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
        let owners = of(store, address).await?;
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
