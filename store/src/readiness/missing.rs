//! Who could not sign in with the directory down, a page at a time.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Readiness, each};
use crate::account::{AccountId, Owners, owners};
use crate::address::Address;
use crate::error::StoreError;
use crate::search::Wanted;
use crate::shadow::Store;

/// Which people.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Only the members of this group, those of groups within it included.
    pub group: Option<Address>,
    /// Only these of a department; `Some(None)` are those of whom the directory names none.
    pub department: Option<Option<String>>,
    /// Only those whose name, sign-in name, address or department has words that begin so. Umlauts
    /// may be written in any way.
    pub words: String,
    /// Of those who are left.
    pub who: PeopleWanted,
}

/// Who of some people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeopleWanted {
    /// Those who could not sign in.
    #[default]
    Missing,
    /// Those who could by an emergency code alone, which nobody has used yet.
    WithUnusedCode,
}

/// Those who could not sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingPeople {
    /// How many there are.
    pub total: usize,
    /// Those who were asked for, by name.
    pub people: Vec<Readiness>,
}

impl Store {
    /// Who of some people could not sign in at `now`, or whom else `of` wants: up to `limit`, without the first `skip`.
    /// There is nobody in a group that does not exist.
    pub async fn missing(
        &self,
        of: PeopleFilter,
        (skip, limit): (usize, usize),
        now: Timestamp,
    ) -> Result<MissingPeople, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let members = match &of.group {
                    Some(group) => {
                        let meant = inner.aliases.address(shadow, group)?;
                        match owners(shadow, &meant.key())? {
                            Owners::Group(members) => {
                                let members = members.into_iter().map(|it| it.account);
                                Some(members.collect::<HashSet<AccountId>>())
                            }
                            Owners::One(_) | Owners::Nobody => Some(HashSet::new()),
                        }
                    }
                    None => None,
                };
                let wanted = Wanted::of(&of.words);
                let mut missing = MissingPeople::default();
                each(shadow, now, |person| {
                    let is_member = members
                        .as_ref()
                        .is_none_or(|it| it.contains(&person.account));
                    if !is_wanted(&person, of.who) || !is_member || !is_of(&person, &of, &wanted) {
                        return;
                    }
                    if (skip..skip.saturating_add(limit)).contains(&missing.total) {
                        missing.people.push(person);
                    }
                    missing.total += 1;
                })?;
                Ok(missing)
            })
        })
        .await
    }
}

fn is_wanted(person: &Readiness, who: PeopleWanted) -> bool {
    match who {
        PeopleWanted::Missing => !person.is_ready(),
        PeopleWanted::WithUnusedCode => !person.has_verifier && person.code_until.is_some(),
    }
}

fn is_of(person: &Readiness, of: &PeopleFilter, wanted: &Wanted) -> bool {
    let department = person.department.as_deref().map(str::trim);
    let department = department.filter(|it| !it.is_empty());
    let is_there = of
        .department
        .as_ref()
        .is_none_or(|wanted| wanted.as_deref() == department);
    is_there
        && wanted.is_in([
            person.name.as_str(),
            &person.login,
            person.address.as_str(),
            department.unwrap_or_default(),
        ])
}

#[cfg(test)]
#[path = "missing_tests.rs"]
mod tests;
