//! How many could sign in now, by group and by department.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Serialize;

use super::{Group, Readiness, each};
use crate::account::IS_LISTED_GROUP;
use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// How many of some people could sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All of them.
    pub people: usize,
    /// Those who could sign in now, in one way or the other.
    pub ready: usize,
    /// Those of them whose password can be checked here.
    pub password: usize,
    /// Those who have an emergency code that is good.
    pub code: usize,
    /// Those who showed that they can sign in.
    pub tried: usize,
}

impl Count {
    /// Counts these.
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Readiness>) -> Self {
        let mut count = Self::default();
        for person in people {
            count.add(person);
        }
        count
    }

    /// How many could not.
    pub fn missing(&self) -> usize {
        self.people.saturating_sub(self.ready)
    }

    fn add(&mut self, person: &Readiness) {
        self.people += 1;
        self.ready += usize::from(person.is_ready());
        self.password += usize::from(person.has_verifier);
        self.code += usize::from(person.code_until.is_some());
        self.tried += usize::from(person.shown.is_some());
    }
}

/// The members of a group who sign in, those of groups within it included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCount {
    /// Which.
    pub group: Group,
    /// How many.
    pub count: Count,
}

/// The people of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentCount {
    /// Its name; `None` are those of whom the directory names none.
    pub name: Option<String>,
    /// How many.
    pub count: Count,
}

/// How many could sign in now, even with the directory down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Of everybody who signs in.
    pub all: Count,
    /// By group, those with nobody left out. One person may be in several.
    pub groups: Vec<GroupCount>,
    /// By department.
    pub departments: Vec<DepartmentCount>,
}

impl Store {
    /// Counts who could sign in at `now`.
    pub async fn readiness_figures(&self, now: Timestamp) -> Result<Figures, StoreError> {
        self.blocking(move |inner| inner.shadow.read(|shadow| figures(shadow, now)))
            .await
    }
}

fn figures(shadow: &Transaction<'_>, now: Timestamp) -> Result<Figures, StoreError> {
    let mut people = Vec::new();
    // Places in `people`, by account.
    let mut places = HashMap::new();
    let mut departments: BTreeMap<Option<String>, Count> = BTreeMap::new();
    each(shadow, now, |person| {
        let department = person.department.as_deref().map(str::trim);
        let department = department.filter(|it| !it.is_empty()).map(str::to_owned);
        departments.entry(department).or_default().add(&person);
        places.insert(person.account.0, people.len());
        people.push(person);
    })?;
    let departments = departments
        .into_iter()
        .map(|(name, count)| DepartmentCount { name, count });
    let nested = Nested::read(shadow, &places)?;
    Ok(Figures {
        all: Count::of(&people),
        groups: nested.counts(&people),
        departments: departments.collect(),
    })
}

/// All groups and what is in them, by places in the vectors.
struct Nested {
    /// Those that people are shown; the others count for the groups that they are in.
    groups: Vec<Option<Group>>,
    members: Vec<Vec<usize>>,
    within: Vec<Vec<usize>>,
}

impl Nested {
    fn read(shadow: &Transaction<'_>, people: &HashMap<i64, usize>) -> Result<Self, StoreError> {
        let mut groups = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let rows = format!(
            "SELECT key, address, name, {IS_LISTED_GROUP} FROM mail_group ORDER BY name, key"
        );
        let mut rows = shadow.prepare_cached(&rows)?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            places.insert(row.get(0)?, groups.len());
            let is_listed: bool = row.get(3)?;
            let group = Group {
                address: columns::parsed(row, 1)?,
                name: row.get(2)?,
            };
            groups.push(Some(group).filter(|_| is_listed));
        }
        let mut members = vec![Vec::new(); groups.len()];
        let mut rows = shadow.prepare_cached("SELECT mail_group, account FROM group_account")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let group = places.get(&row.get::<_, String>(0)?);
            let person = people.get(&row.get(1)?);
            if let Some((of, person)) = group.and_then(|at| members.get_mut(*at)).zip(person) {
                of.push(*person);
            }
        }
        let mut within = vec![Vec::new(); groups.len()];
        let mut rows = shadow.prepare_cached("SELECT mail_group, member FROM group_group")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let group = places.get(&row.get::<_, String>(0)?);
            let member = places.get(&row.get::<_, String>(1)?);
            if let Some((of, member)) = group.and_then(|at| within.get_mut(*at)).zip(member) {
                of.push(*member);
            }
        }
        Ok(Self {
            groups,
            members,
            within,
        })
    }

    fn counts(self, people: &[Readiness]) -> Vec<GroupCount> {
        // The group that each group and each person was counted for last, by its number.
        let mut groups_seen = vec![0; self.groups.len()];
        let mut people_seen = vec![0; people.len()];
        let mut counts = Vec::with_capacity(self.groups.len());
        let groups = (1_usize..).zip(self.groups);
        for (number, group) in groups.filter_map(|(number, group)| Some((number, group?))) {
            let mut count = Count::default();
            let mut open = vec![number - 1];
            while let Some(at) = open.pop() {
                // Groups that contain each other end here.
                if !is_first(&mut groups_seen, at, number) {
                    continue;
                }
                open.extend(self.within.get(at).into_iter().flatten());
                for member in self.members.get(at).into_iter().flatten() {
                    if is_first(&mut people_seen, *member, number)
                        && let Some(person) = people.get(*member)
                    {
                        count.add(person);
                    }
                }
            }
            if count.people > 0 {
                counts.push(GroupCount { group, count });
            }
        }
        counts
    }
}

/// Whether `at` comes up for the first time while `number` is counted.
fn is_first(seen: &mut [usize], at: usize, number: usize) -> bool {
    seen.get_mut(at)
        .is_some_and(|seen| std::mem::replace(seen, number) != number)
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
