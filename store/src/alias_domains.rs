//! Domains that stand for others: `amy@corp.test` is `amy@corp.example`, unless somebody has it.
//!
//! Whoever asks the store for an address or a sign-in name need not know of them: mail, sign-in and
//! commands mean the same person by the same name.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use crate::address::Address;
use crate::error::StoreError;
use crate::hold::HoldScope;

/// Whether an account or a group has this address.
const IS_ADDRESS: &str = "SELECT EXISTS (SELECT 1 FROM address WHERE key = ?1)
    OR EXISTS (SELECT 1 FROM mail_group WHERE key = ?1)";

/// Whether somebody has this name, if it is an address or not.
const IS_NAME: &str = "SELECT EXISTS (SELECT 1 FROM sign_in_name WHERE name = ?1)
    OR EXISTS (SELECT 1 FROM address WHERE key = ?1)
    OR EXISTS (SELECT 1 FROM account WHERE lower(login) = ?1)";

/// Domains in which everybody of another domain has the same local part.
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
        self.stands_for(address.as_str())?.parse().ok()
    }

    /// The address that is meant by `address`: itself where somebody has it, else what it stands for.
    pub(crate) fn address(
        &self,
        shadow: &Transaction<'_>,
        address: &Address,
    ) -> Result<Address, StoreError> {
        let meant = self.meant(shadow, address.as_str(), IS_ADDRESS)?;
        // What it stands for may be too long to be an address, and then it is nobody's.
        Ok(meant.parse().unwrap_or_else(|_| address.clone()))
    }

    /// The same of a name that somebody signs in with or is called by, which may be an address.
    pub(crate) fn name(&self, shadow: &Transaction<'_>, name: &str) -> Result<String, StoreError> {
        self.meant(shadow, name, IS_NAME)
    }

    fn meant(
        &self,
        shadow: &Transaction<'_>,
        name: &str,
        is_known: &str,
    ) -> Result<String, StoreError> {
        let Some(other) = self.stands_for(name) else {
            return Ok(name.to_owned());
        };
        let mut is_known = shadow.prepare_cached(is_known)?;
        let is_known: bool = is_known.query_row([name.to_lowercase()], |row| row.get(0))?;
        Ok(if is_known { name.to_owned() } else { other })
    }

    fn stands_for(&self, name: &str) -> Option<String> {
        let (local, domain) = name.rsplit_once('@')?;
        let domain = self.0.get(&domain.to_lowercase())?;
        Some(format!("{local}@{domain}"))
    }
}

impl HoldScope {
    /// The same of whom is meant.
    pub(crate) fn meant(
        &self,
        shadow: &Transaction<'_>,
        aliases: &AliasDomains,
    ) -> Result<Self, StoreError> {
        Ok(match self {
            Self::Account(name) => Self::Account(aliases.name(shadow, name)?),
            Self::Group(address) => Self::Group(aliases.address(shadow, address)?),
            Self::Query(_) | Self::Message(_) => self.clone(),
        })
    }
}

#[cfg(test)]
#[path = "alias_domains_tests.rs"]
mod tests;
