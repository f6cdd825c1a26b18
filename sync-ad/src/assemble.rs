//! The entries of a directory become the mirror. No input or output here.

mod claims;
mod groups;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{
    AccountKind, Address, MirroredAccount, MirroredGroup, Role, Secret, Snapshot, Standing,
};

use crate::kept::{Class, Kept};
use crate::limits;

pub(crate) use claims::Claims;
use groups::Groups;
pub use groups::TooManyMemberships;

/// All entries by their keys.
pub(crate) type Entries = BTreeMap<String, Kept>;

/// How long the directory keeps an account locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lockout {
    /// It does not say so.
    #[default]
    Unknown,
    Milliseconds(i64),
    /// For good, until somebody unlocks it.
    UntilUnlocked,
}

impl Lockout {
    /// When a lock of that time ends.
    fn end(self, locked_at: i64) -> Option<i64> {
        let unknown = limits::LOCKOUT_UNKNOWN.as_millis();
        match self {
            Self::Unknown => locked_at.checked_add(i64::try_from(unknown).ok()?),
            Self::Milliseconds(long) => locked_at.checked_add(long),
            Self::UntilUnlocked => None,
        }
    }
}

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

/// One name that two entries claim, or that rights hang on and that means two. Nobody decides that but a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// The address, the sign-in name or the name of a group.
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

/// One entry of which something can not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// Which.
    pub dn: String,
    /// What.
    pub what: FlawKind,
}

/// What can not be used of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlawKind {
    /// We may not read whether it may sign in; it may not.
    HidesStanding,
    /// We may not read the key by which it is known again; it is left out.
    HidesKey,
    /// Its DN is longer than any can be; it is left out.
    LongName,
    /// This attribute has values that are larger or more than any can be; they are left out.
    Oversized(String),
    /// The hash of its password would take too much work to check; it is not mirrored.
    CostlyHash,
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
    pub(crate) flaws: Vec<Flaw>,
    /// All people.
    pub(crate) persons: usize,
    /// When the next account expires, or is no longer locked, in milliseconds since 1970.
    pub(crate) next_expiry: Option<i64>,
}

/// What the mirror is made of.
pub(crate) struct Context<'a> {
    pub(crate) entries: &'a Entries,
    pub(crate) claims: &'a Claims,
    /// Who has the disputed names now.
    pub(crate) owners: &'a HashMap<String, String>,
    pub(crate) rules: &'a Rules,
    pub(crate) lockout: Lockout,
}

impl Context<'_> {
    /// The addresses of an entry that nobody else has.
    fn addresses_of(&self, key: &str, kept: &Kept) -> Vec<Address> {
        let may_have = |it: &&Address| self.claims.may_have(&it.key(), key, self.owners);
        kept.addresses.iter().filter(may_have).cloned().collect()
    }

    /// Whether the entry of this key is whom a sign-in name means.
    fn may_sign_in(&self, name: &str, key: &str) -> bool {
        let name = name.to_lowercase();
        self.claims.may_sign_in(&name, key, self.owners)
    }

    /// Whether an account has a mailbox here, were it not for what others claim.
    fn is_ours(&self, kept: &Kept) -> bool {
        kind(kept.class).is_some() && kept.addresses.iter().any(|it| self.is_our_domain(it))
    }

    fn is_our_domain(&self, address: &Address) -> bool {
        let mut domains = self.rules.domains.iter();
        domains.any(|domain| domain == address.domain())
    }
}

/// Makes the mirror.
pub(crate) fn assemble(
    context: &Context<'_>,
    now: Timestamp,
) -> Result<Assembled, TooManyMemberships> {
    let Context { entries, rules, .. } = *context;
    let mut groups = Groups::new(context);
    let admins = groups.accounts_of(&rules.admin_groups)?;
    let auditors = groups.accounts_of(&rules.auditor_groups)?;
    let mut assembled = Assembled {
        disputes: context.claims.disputes(entries, context.owners),
        ..Assembled::default()
    };
    for (key, kept) in entries {
        assembled
            .flaws
            .extend(kept.oversized.iter().map(|name| Flaw {
                dn: kept.dn.clone(),
                what: FlawKind::Oversized(name.clone()),
            }));
        let Some(kind) = kind(kept.class) else {
            continue;
        };
        let addresses = context.addresses_of(key, kept);
        let dn = || kept.dn.clone();
        if let Some(why) = reason(context, kept, &addresses) {
            assembled.left_out.push(LeftOut { dn: dn(), why });
            continue;
        }
        let mut roles = Vec::new();
        if kind == AccountKind::Person {
            assembled.persons += 1;
            roles.extend(admins.contains(key.as_str()).then_some(Role::Admin));
            roles.extend(auditors.contains(key.as_str()).then_some(Role::Auditor));
            let hides = kept.hides_standing.then_some(FlawKind::HidesStanding);
            let costly = kept.hash_is_costly.then_some(FlawKind::CostlyHash);
            let flaws = hides.into_iter().chain(costly);
            assembled
                .flaws
                .extend(flaws.map(|what| Flaw { dn: dn(), what }));
        }
        let account = MirroredAccount {
            key: key.clone(),
            name: kept.name.clone(),
            kind,
            roles,
            language: kept.language.clone(),
            verifier: kept.hash.clone().map(Secret::new),
            password_mark: kept.password_mark.clone(),
            opened_by: openers(&mut groups, kept, kind, rules)?,
            directory_names: owned_names(context.claims, kept),
            standing: standing(kept, context.lockout, now, &mut assembled.next_expiry),
            listing: kept.listing.clone(),
            ..signing_in(kept, addresses, |name| context.may_sign_in(name, key))
        };
        assembled.snapshot.accounts.push(account);
    }
    assembled.snapshot.groups = mail_groups(context, &mut groups)?;
    assembled.disputes.extend(groups.disputes());
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

fn reason(context: &Context<'_>, kept: &Kept, mine: &[Address]) -> Option<Reason> {
    if kept.addresses.is_empty() {
        Some(Reason::NoAddress)
    } else if !context.is_ours(kept) {
        Some(Reason::ForeignDomain)
    } else if !mine.iter().any(|it| context.is_our_domain(it)) {
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
    let mine = |name: &&String| !name.is_empty() && may_have(name);
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
fn openers(
    groups: &mut Groups<'_>,
    kept: &Kept,
    kind: AccountKind,
    rules: &Rules,
) -> Result<Vec<String>, TooManyMemberships> {
    let mut openers = groups.accounts_named(&kept.opened_by)?;
    if let (AccountKind::Shared | AccountKind::Room, Some(pattern)) = (kind, &rules.shared_group) {
        let local = kept.addresses.first().map_or("", Address::local);
        let name = pattern
            .replace("{login}", &kept.login)
            .replace("{local}", local);
        openers.extend(groups.accounts_of(&[name])?);
    }
    Ok(openers.into_iter().map(str::to_owned).collect())
}

/// Whether it may sign in now. What will make that another answer by itself counts for `next_expiry`.
pub(crate) fn standing(
    kept: &Kept,
    lockout: Lockout,
    now: Timestamp,
    next_expiry: &mut Option<i64>,
) -> Standing {
    let mut is_over = |at: i64| {
        let is_over = at <= now.as_millisecond();
        if !is_over {
            *next_expiry = Some(next_expiry.map_or(at, |next| next.min(at)));
        }
        is_over
    };
    if kept.expires_at.is_some_and(&mut is_over) && kept.standing.signs_in() {
        return Standing::Expired;
    }
    if kept.starts_at.is_some_and(|at| !is_over(at)) && kept.standing.signs_in() {
        return Standing::Disabled;
    }
    // It is not written anywhere that a lock has ended, but at the next sign-in.
    let unlocked_at = kept.locked_at.and_then(|at| lockout.end(at));
    match kept.standing {
        Standing::Locked if unlocked_at.is_some_and(is_over) => Standing::Active,
        standing => standing,
    }
}

/// Groups that have an address, once for each address: the others hold the first one.
fn mail_groups<'a>(
    context: &Context<'a>,
    groups: &mut Groups<'a>,
) -> Result<Vec<MirroredGroup>, TooManyMemberships> {
    let entries = context.entries;
    let is_group = |kept: &Kept| kept.class == Class::Group;
    let with_addresses = entries.iter().filter(|(_, kept)| is_group(kept));
    let primaries: HashMap<&str, Vec<Address>> = with_addresses
        .map(|(key, kept)| (key.as_str(), context.addresses_of(key, kept)))
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
            key: key.clone(),
            address: primary.clone(),
            name: kept.name.clone(),
            hidden: kept.listing.hidden,
            groups: nested.cloned().collect(),
            members: members.accounts.into_iter().map(str::to_owned).collect(),
        });
        all.extend(aliases.iter().map(|alias| MirroredGroup {
            key: key.clone(),
            address: alias.clone(),
            name: kept.name.clone(),
            hidden: kept.listing.hidden,
            members: Vec::new(),
            groups: vec![primary.clone()],
        }));
    }
    Ok(all)
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
