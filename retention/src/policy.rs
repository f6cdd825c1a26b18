//! What "four weeks" means, and for whom it is longer or shorter.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use store::{AccountId, Address, Day, DayLimit};

use crate::limits;

/// How long mail is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whole days after the day of arrival.
    pub days: u16,
    /// Groups whose mail is kept longer or shorter than that.
    pub groups: Vec<GroupPolicy>,
    /// Days that the schedule ages at once.
    pub days_at_once: u16,
}

/// How long the mail of a group's members is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPolicy {
    /// The group; nested ones count.
    pub address: Address,
    /// Whole days after the day of arrival.
    pub days: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            days: limits::DAYS_DEFAULT,
            groups: Vec::new(),
            days_at_once: limits::DAYS_AT_ONCE_DEFAULT,
        }
    }
}

/// A policy whose groups are people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    days: i64,
    /// Those for whom it is another number of days.
    accounts: BTreeMap<AccountId, i64>,
    /// Groups that nobody knows, or that have no members: who would have been in them can not be
    /// told.
    unknown: Vec<Address>,
    /// Up to this age nothing goes, because such a group was to be kept so long.
    nothing_until: i64,
}

impl Limits {
    /// With the members of each group, none where the directory knows no such group. Who is in
    /// several has the longest of their limits. Mail that a group without members was to keep
    /// longer stays with everybody's: a directory that lost a group, or all who are in it, for a
    /// day must not cost their mail.
    pub fn new(policy: &Policy, members: &[Vec<AccountId>]) -> Self {
        let mut limits = Self {
            days: i64::from(policy.days),
            ..Self::default()
        };
        for (group, members) in policy.groups.iter().zip(members) {
            let days = i64::from(group.days);
            if members.is_empty() {
                limits.unknown.push(group.address.clone());
                limits.nothing_until = limits.nothing_until.max(days);
                continue;
            }
            for account in members {
                let longest = limits.accounts.entry(*account).or_insert(days);
                *longest = (*longest).max(days);
            }
        }
        limits
    }

    /// Groups of the policy that the directory does not know, or knows without members.
    pub fn unknown_groups(&self) -> &[Address] {
        &self.unknown
    }

    /// For whom a day is over when it ended `age_days` ago; `None` when for nobody.
    fn over(&self, age_days: i64) -> Option<DayLimit> {
        let those = |is_wanted: fn(i64, i64) -> bool| -> BTreeSet<AccountId> {
            let wanted = |(_, days): &(&AccountId, &i64)| is_wanted(**days, age_days);
            self.accounts
                .iter()
                .filter(wanted)
                .map(|it| *it.0)
                .collect()
        };
        // Also not for those with a shorter limit: they may be in the lost group as well.
        if age_days <= self.nothing_until {
            return None;
        }
        if age_days > self.days {
            return Some(DayLimit::OverBut(those(|days, age| days >= age)));
        }
        let shorter = those(|days, age| days < age);
        (!shorter.is_empty()).then_some(DayLimit::OverFor(shorter))
    }
}

/// The days that are over for somebody at `now`, the oldest first: those that ended more than the
/// limit ago.
pub fn due(now: Timestamp, days: &[Day], limits: &Limits) -> Vec<(Day, DayLimit)> {
    let today = Day::of(now);
    let over = |day: &Day| Some((*day, limits.over(day.days_until(today))?));
    days.iter().filter_map(over).collect()
}

/// Whether a day would be over for as many if it were named after the time at which it was first
/// seen: a clock that was wrong when its mail came says nothing about the age of that mail.
pub fn is_old(
    now: Timestamp,
    (day, limit): (Day, &DayLimit),
    seen: Timestamp,
    by: &Limits,
) -> bool {
    let born = seen.checked_sub(limits::SEEN_LATE_MAX).map_or(day, Day::of);
    let age_days = day.max(born).days_until(Day::of(now));
    by.over(age_days).as_ref() == Some(limit)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
