//! Members of groups: direct ones, those of groups within groups, and those whose primary group it
//! is. Groups that contain each other end where they were before.
//!
//! Rights hang on names here, so a name that means two entries means none.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Context, Dispute, Entries};
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
    names: Names<'a>,
    /// The direct members of each group.
    direct: HashMap<&'a str, Vec<&'a str>>,
    /// Names of groups that rights hang on and that mean several.
    ambiguous: BTreeMap<String, Vec<&'a str>>,
    /// Members that may still be looked at, the same one counted each time.
    left: usize,
}

impl<'a> Groups<'a> {
    pub(super) fn new(context: &Context<'a>) -> Self {
        let entries = context.entries;
        let names = Names::new(context);
        let mut of_primary: HashMap<u32, Vec<&str>> = HashMap::new();
        for (key, kept) in entries {
            if let Some(number) = kept.primary_group.filter(|_| kept.class != Class::Group) {
                of_primary.entry(number).or_default().push(key);
            }
        }
        let groups = entries.iter().filter(|(_, it)| it.class == Class::Group);
        let direct = groups.map(|(key, kept)| {
            let named = kept.members.iter().filter_map(|name| names.entry(name));
            let primary = kept.rid.and_then(|rid| of_primary.get(&rid));
            let all = named.chain(primary.into_iter().flatten().copied());
            (key.as_str(), all.collect())
        });
        Self {
            direct: direct.collect(),
            entries,
            names,
            ambiguous: BTreeMap::new(),
            left: limits::MEMBERS_LOOKED_AT_MAX,
        }
    }

    /// The accounts in these groups, which are given by DN, address or name. An unknown one is
    /// empty, and so is one that means several.
    pub(super) fn accounts_of(
        &mut self,
        names: &[String],
    ) -> Result<HashSet<&'a str>, TooManyMemberships> {
        let mut found = Vec::new();
        for name in names {
            match self.names.group(name) {
                Some(Meant::One(key)) => found.push(*key),
                Some(Meant::Several(keys)) => {
                    self.ambiguous.insert(name.clone(), keys.clone());
                }
                None => {}
            }
        }
        self.all_accounts(found)
    }

    /// The accounts that are meant by names of entries and sign-in names, groups as their members.
    pub(super) fn accounts_named(
        &mut self,
        names: &[String],
    ) -> Result<BTreeSet<&'a str>, TooManyMemberships> {
        let named = names.iter().filter_map(|name| self.names.entry(name));
        let accounts = self.all_accounts(named.collect())?;
        Ok(accounts.into_iter().collect())
    }

    fn all_accounts(
        &mut self,
        mut open: Vec<&'a str>,
    ) -> Result<HashSet<&'a str>, TooManyMemberships> {
        let mut seen = HashSet::new();
        let mut accounts = HashSet::new();
        while let Some(key) = open.pop() {
            if !seen.insert(key) {
                continue;
            }
            match self.direct.get(key) {
                Some(members) => {
                    count(&mut self.left, members.len())?;
                    open.extend(members);
                }
                None => _ = accounts.insert(key),
            }
        }
        Ok(accounts)
    }

    /// The members of one group. A group within it that is a mail group stands for itself; of any
    /// other the members count. `memberships` counts all that were found.
    pub(super) fn members(
        &mut self,
        group: &'a str,
        is_mail_group: impl Fn(&str) -> bool,
        memberships: &mut usize,
    ) -> Result<Members<'a>, TooManyMemberships> {
        let mut members = Members::default();
        let mut seen = HashSet::from([group]);
        let mut open = vec![group];
        while let Some(key) = open.pop() {
            let direct = self.direct.get(key).map_or(&[][..], Vec::as_slice);
            count(&mut self.left, direct.len())?;
            for member in direct {
                if !seen.insert(member) {
                    continue;
                }
                *memberships += 1;
                if *memberships > limits::MEMBERSHIPS_MAX {
                    return Err(TooManyMemberships);
                }
                if !self.direct.contains_key(member) {
                    members.accounts.insert(member);
                } else if is_mail_group(member) {
                    members.groups.insert(member);
                } else {
                    open.push(member);
                }
            }
        }
        Ok(members)
    }

    /// As if all others had been looked at.
    #[cfg(test)]
    pub(super) fn leave(&mut self, left: usize) {
        self.left = left;
    }

    /// The names that were asked for and mean several groups.
    pub(super) fn disputes(self) -> impl Iterator<Item = Dispute> {
        let entries = self.entries;
        self.ambiguous.into_iter().map(move |(name, keys)| {
            let of = keys.into_iter().filter_map(|key| entries.get(key));
            Dispute {
                name,
                claimed_by: of.map(|kept| kept.dn.clone()).collect(),
                stays_with: None,
            }
        })
    }
}

fn count(left: &mut usize, members: usize) -> Result<(), TooManyMemberships> {
    *left = left.checked_sub(members).ok_or(TooManyMemberships)?;
    Ok(())
}

/// What a name means.
enum Meant<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

/// Entries by the names that other entries and the config give them.
#[derive(Default)]
struct Names<'a> {
    by_dn: HashMap<String, Meant<'a>>,
    /// Accounts that are mirrored, by what they sign in with: the same one that signs in so.
    by_login: HashMap<String, Meant<'a>>,
    /// Groups, from the kind of name that is the hardest to take from another on.
    of_groups: [HashMap<String, Meant<'a>>; 3],
}

impl<'a> Names<'a> {
    fn new(context: &Context<'a>) -> Self {
        let mut names = Self::default();
        for (key, kept) in context.entries {
            note(&mut names.by_dn, dn::key(&kept.dn), key);
            if kept.class == Class::Group {
                let [addresses, logins, shown] = &mut names.of_groups;
                for address in context.addresses_of(key, kept) {
                    note(addresses, address.key(), key);
                }
                note(logins, kept.login.to_lowercase(), key);
                note(shown, kept.name.to_lowercase(), key);
            } else if context.is_ours(kept) {
                for login in logins(kept).filter(|login| context.may_sign_in(login, key)) {
                    note(&mut names.by_login, login.to_lowercase(), key);
                }
            }
        }
        names
    }

    /// The group of a DN, an address or a name.
    fn group(&self, name: &str) -> Option<&Meant<'a>> {
        let lower = name.to_lowercase();
        let by_dn = self.by_dn.get(&dn::key(name));
        by_dn.or_else(|| self.of_groups.iter().find_map(|names| names.get(&lower)))
    }

    /// The entry of a DN, or the account of a sign-in name.
    fn entry(&self, name: &str) -> Option<&'a str> {
        let found = if name.contains('=') {
            self.by_dn.get(&dn::key(name))
        } else {
            self.by_login.get(&name.to_lowercase())
        };
        match found {
            Some(Meant::One(key)) => Some(key),
            _ => None,
        }
    }
}

fn logins(kept: &Kept) -> impl Iterator<Item = &String> {
    std::iter::once(&kept.login).chain(&kept.logins)
}

fn note<'a>(names: &mut HashMap<String, Meant<'a>>, name: String, key: &'a str) {
    if name.is_empty() {
        return;
    }
    let Some(meant) = names.get_mut(&name) else {
        names.insert(name, Meant::One(key));
        return;
    };
    match meant {
        Meant::One(other) if *other == key => {}
        Meant::One(other) => *meant = Meant::Several(vec![*other, key]),
        // One entry gives all its names one after the other.
        Meant::Several(keys) if keys.last() == Some(&key) => {}
        Meant::Several(keys) => keys.push(key),
    }
}
