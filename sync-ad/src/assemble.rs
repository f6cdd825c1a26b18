//! The entries of a directory become the mirror. No input or output here.

mod claims;
mod groups;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use store::{
    AccountKind, Address, MirroredAccount, MirroredGroup, Role, Secret, Snapshot, Standing,
};

use crate::kept::{Class, Kept};

pub(crate) use claims::Claims;
use groups::Groups;
pub use groups::TooManyMemberships;

/// All entries by their keys.
pub(crate) type Entries = BTreeMap<String, Kept>;

/// What the config says beyond the attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The organisation's domains, in lower case: whoever has no address in one of them has no
    /// mailbox here.
    pub(crate) domains: Vec<String>,
    /// Names, addresses or DNs of the groups whose members administrate.
    pub(crate) admin_groups: Vec<String>,
    /// The same of those who read the audit log.
    pub(crate) auditor_groups: Vec<String>,
    /// The name of the group whose members open a shared mailbox: `mbx-{login}`.
    pub(crate) shared_group: Option<String>,
}

/// One name that two entries claim. Nobody decides that but a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// The address or the sign-in name.
    pub name: String,
    /// The entries that have it.
    pub claimed_by: Vec<String>,
    /// The one that had it before, and keeps it as long as the dispute lasts.
    pub stays_with: Option<String>,
}

/// One entry that has no mailbox here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Which.
    pub dn: String,
    /// Why.
    pub why: Reason,
}

/// Why an entry has no mailbox here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It has no address.
    NoAddress,
    /// None of its addresses is in a domain of the organisation.
    ForeignDomain,
    /// All its addresses are in dispute.
    Disputed,
}

/// The mirror, and what a person should know of how it was made.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) snapshot: Snapshot,
    pub(crate) disputes: Vec<Dispute>,
    pub(crate) left_out: Vec<LeftOut>,
    /// When the next account expires, in milliseconds since 1970.
    pub(crate) next_expiry: Option<i64>,
}

/// Makes the mirror. `owners` says who has the disputed names now.
pub(crate) fn assemble(
    entries: &Entries,
    claims: &Claims,
    owners: &HashMap<String, String>,
    rules: &Rules,
    now: Timestamp,
) -> Result<Assembled, TooManyMemberships> {
    let groups = Groups::new(entries);
    let admins = groups.accounts_of(&rules.admin_groups);
    let auditors = groups.accounts_of(&rules.auditor_groups);
    let mut assembled = Assembled {
        disputes: claims.disputes(entries, owners),
        ..Assembled::default()
    };
    for (key, kept) in entries {
        let Some(kind) = kind(kept.class) else {
            continue;
        };
        let may_have = |name: &str| claims.may_have(name, key, owners);
        let addresses: Vec<Address> = owned(&kept.addresses, may_have);
        if let Some(why) = reason(kept, &addresses, rules) {
            let dn = kept.dn.clone();
            assembled.left_out.push(LeftOut { dn, why });
            continue;
        }
        let mut roles = Vec::new();
        if kind == AccountKind::Person {
            roles.extend(admins.contains(key.as_str()).then_some(Role::Admin));
            roles.extend(auditors.contains(key.as_str()).then_some(Role::Auditor));
        }
        let account = MirroredAccount {
            key: key.clone(),
            name: kept.name.clone(),
            kind,
            roles,
            language: kept.language.clone(),
            verifier: kept.hash.clone().map(Secret::new),
            password_mark: kept.password_mark.clone(),
            opened_by: openers(&groups, kept, kind, rules),
            directory_names: owned_names(claims, kept),
            standing: standing(kept, now, &mut assembled.next_expiry),
            listing: kept.listing.clone(),
            ..signing_in(kept, addresses, |name| {
                claims.may_sign_in(name, key, owners)
            })
        };
        assembled.snapshot.accounts.push(account);
    }
    assembled.snapshot.groups = mail_groups(entries, &groups, claims, owners)?;
    Ok(assembled)
}

fn kind(class: Class) -> Option<AccountKind> {
    match class {
        Class::Person => Some(AccountKind::Person),
        Class::Shared => Some(AccountKind::Shared),
        Class::Room => Some(AccountKind::Room),
        Class::Group | Class::Nothing => None,
    }
}

fn owned(addresses: &[Address], may_have: impl Fn(&str) -> bool) -> Vec<Address> {
    let mine = addresses.iter().filter(|it| may_have(&it.key()));
    mine.cloned().collect()
}

fn reason(kept: &Kept, mine: &[Address], rules: &Rules) -> Option<Reason> {
    let is_ours = |it: &Address| rules.domains.iter().any(|domain| domain == it.domain());
    if kept.addresses.is_empty() {
        Some(Reason::NoAddress)
    } else if !kept.addresses.iter().any(is_ours) {
        Some(Reason::ForeignDomain)
    } else if !mine.iter().any(is_ours) {
        Some(Reason::Disputed)
    } else {
        None
    }
}

/// The names an account signs in with. One whose login is in dispute signs in with its address.
fn signing_in(
    kept: &Kept,
    addresses: Vec<Address>,
    may_have: impl Fn(&str) -> bool,
) -> MirroredAccount {
    let mine = |name: &&String| !name.is_empty() && may_have(&name.to_lowercase());
    let login = Some(&kept.login).filter(mine).cloned();
    let login = login.or_else(|| addresses.first().map(ToString::to_string));
    let login = login.unwrap_or_default();
    let mut sign_in_names: Vec<String> = kept.logins.iter().filter(mine).cloned().collect();
    sign_in_names.sort_unstable_by_key(|name| name.to_lowercase());
    sign_in_names.dedup_by_key(|name| name.to_lowercase());
    sign_in_names.retain(|name| name.to_lowercase() != login.to_lowercase());
    MirroredAccount {
        login,
        sign_in_names,
        addresses,
        ..MirroredAccount::default()
    }
}

fn owned_names(claims: &Claims, kept: &Kept) -> Vec<String> {
    let undisputed = kept.x500.iter().filter(|name| claims.is_one_name(name));
    undisputed.cloned().collect()
}

/// Who may open a mailbox besides its owner: whom it names, and the members of the group that is
/// named after it.
fn openers(groups: &Groups<'_>, kept: &Kept, kind: AccountKind, rules: &Rules) -> Vec<String> {
    let mut openers = groups.accounts_named(&kept.opened_by);
    if let (AccountKind::Shared | AccountKind::Room, Some(pattern)) = (kind, &rules.shared_group) {
        let local = kept.addresses.first().map_or("", Address::local);
        let name = pattern
            .replace("{login}", &kept.login)
            .replace("{local}", local);
        openers.extend(groups.accounts_of(&[name]));
    }
    openers.into_iter().map(str::to_owned).collect()
}

fn standing(kept: &Kept, now: Timestamp, next_expiry: &mut Option<i64>) -> Standing {
    match kept.expires_at {
        Some(at) if at <= now.as_millisecond() && kept.standing.signs_in() => Standing::Expired,
        Some(at) if at > now.as_millisecond() => {
            *next_expiry = Some(next_expiry.map_or(at, |next| next.min(at)));
            kept.standing
        }
        _ => kept.standing,
    }
}

/// Groups that have an address, once for each address: the others hold the first one.
fn mail_groups(
    entries: &Entries,
    groups: &Groups<'_>,
    claims: &Claims,
    owners: &HashMap<String, String>,
) -> Result<Vec<MirroredGroup>, TooManyMemberships> {
    let is_group = |kept: &Kept| kept.class == Class::Group;
    let with_addresses = entries.iter().filter(|(_, kept)| is_group(kept));
    let primaries: HashMap<&str, Vec<Address>> = with_addresses
        .map(|(key, kept)| {
            let may_have = |name: &str| claims.may_have(name, key, owners);
            (key.as_str(), owned(&kept.addresses, may_have))
        })
        .filter(|(_, addresses)| !addresses.is_empty())
        .collect();
    let mut all = Vec::new();
    let mut memberships = 0;
    for (key, kept) in entries {
        let Some((primary, aliases)) = primaries.get(key.as_str()).and_then(|it| it.split_first())
        else {
            continue;
        };
        let is_mail_group = |key: &str| primaries.contains_key(key);
        let members = groups.members(key, is_mail_group, &mut memberships)?;
        let nested = members
            .groups
            .iter()
            .filter_map(|it| primaries.get(it)?.first());
        all.push(MirroredGroup {
            address: primary.clone(),
            name: kept.name.clone(),
            groups: nested.cloned().collect(),
            members: members.accounts.into_iter().map(str::to_owned).collect(),
        });
        all.extend(aliases.iter().map(|alias| MirroredGroup {
            address: alias.clone(),
            name: kept.name.clone(),
            members: Vec::new(),
            groups: vec![primary.clone()],
        }));
    }
    Ok(all)
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
