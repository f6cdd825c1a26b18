//! Members of groups: direct ones, those of groups within groups, and those whose primary group it
//! is. Groups that contain each other end where they were before.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Entries;
use crate::dn;
use crate::kept::{Class, Kept};
use crate::limits;

/// Groups within groups that multiply beyond what can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the groups of the directory have more than {} members after those of groups within groups \
     are counted; take fewer groups with directory.group_filter",
    limits::MEMBERSHIPS_MAX
)]
pub struct TooManyMemberships;

/// Who is in one group.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    /// Keys of accounts.
    pub(super) accounts: BTreeSet<&'a str>,
    /// Keys of groups that stand for themselves.
    pub(super) groups: BTreeSet<&'a str>,
}

/// All groups, with what is needed to find whom they mean.
pub(super) struct Groups<'a> {
    entries: &'a Entries,
    by_dn: HashMap<String, &'a str>,
    by_login: HashMap<String, &'a str>,
    /// Accounts by the number of their primary group.
    by_primary_group: HashMap<u32, Vec<&'a str>>,
    /// Groups by name and by address.
    by_name: HashMap<String, &'a str>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(entries: &'a Entries) -> Self {
        let mut groups = Self {
            entries,
            by_dn: HashMap::with_capacity(entries.len()),
            by_login: HashMap::new(),
            by_primary_group: HashMap::new(),
            by_name: HashMap::new(),
        };
        for (key, kept) in entries {
            groups.by_dn.insert(dn::key(&kept.dn), key);
            if kept.class == Class::Group {
                let addresses = kept.addresses.iter().map(store::Address::key);
                let names = [kept.name.to_lowercase(), kept.login.to_lowercase()];
                for name in names.into_iter().chain(addresses) {
                    groups.by_name.entry(name).or_insert(key);
                }
                continue;
            }
            for login in std::iter::once(&kept.login).chain(&kept.logins) {
                groups.by_login.insert(login.to_lowercase(), key);
            }
            if let Some(number) = kept.primary_group {
                let of_group = groups.by_primary_group.entry(number).or_default();
                of_group.push(key);
            }
        }
        groups
    }

    /// The accounts in these groups, which are given by DN, name or address. An unknown one is
    /// empty.
    pub(super) fn accounts_of(&self, names: &[String]) -> HashSet<&'a str> {
        let groups = names.iter().filter_map(|name| {
            let by_name = self.by_name.get(&name.to_lowercase());
            by_name.or_else(|| self.by_dn.get(&dn::key(name))).copied()
        });
        self.all_accounts(groups.collect())
    }

    /// The accounts that are meant by names of entries and sign-in names, groups as their members.
    pub(super) fn accounts_named(&self, names: &[String]) -> BTreeSet<&'a str> {
        let named = names.iter().filter_map(|name| self.named(name));
        self.all_accounts(named.collect()).into_iter().collect()
    }

    fn all_accounts(&self, mut open: Vec<&'a str>) -> HashSet<&'a str> {
        let mut seen = HashSet::new();
        let mut accounts = HashSet::new();
        while let Some(key) = open.pop() {
            if !seen.insert(key) {
                continue;
            }
            match self.entries.get(key) {
                Some(kept) if kept.class == Class::Group => open.extend(self.direct(kept)),
                Some(_) => _ = accounts.insert(key),
                None => {}
            }
        }
        accounts
    }

    /// The members of one group. A group within it that is a mail group stands for itself; of any
    /// other the members count. `memberships` counts all that were found.
    pub(super) fn members(
        &self,
        group: &'a str,
        is_mail_group: impl Fn(&str) -> bool,
        memberships: &mut usize,
    ) -> Result<Members<'a>, TooManyMemberships> {
        let mut members = Members::default();
        let mut seen = HashSet::from([group]);
        let mut open = vec![group];
        while let Some(key) = open.pop() {
            let Some(kept) = self.entries.get(key) else {
                continue;
            };
            for member in self.direct(kept) {
                if !seen.insert(member) {
                    continue;
                }
                *memberships += 1;
                if *memberships > limits::MEMBERSHIPS_MAX {
                    return Err(TooManyMemberships);
                }
                match self.entries.get(member) {
                    Some(it) if it.class != Class::Group => _ = members.accounts.insert(member),
                    Some(_) if is_mail_group(member) => _ = members.groups.insert(member),
                    _ => open.push(member),
                }
            }
        }
        Ok(members)
    }

    fn direct(&self, group: &'a Kept) -> impl Iterator<Item = &'a str> {
        let named = group.members.iter().filter_map(|name| self.named(name));
        let primary = group.rid.and_then(|rid| self.by_primary_group.get(&rid));
        named.chain(primary.into_iter().flatten().copied())
    }

    /// The entry of a DN, or the account of a sign-in name.
    fn named(&self, name: &str) -> Option<&'a str> {
        let found = if name.contains('=') {
            self.by_dn.get(&dn::key(name))
        } else {
            self.by_login.get(&name.to_lowercase())
        };
        found.copied()
    }
}
