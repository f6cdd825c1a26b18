//! `shadowmail user ready`: who could sign in now, even with the directory down.

use std::collections::BTreeSet;
use std::io;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{AccountId, Address, Group, Owners, Readiness, Shown, Store, StoreError};

use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// Say who could sign in now, even with the directory down, and who could not
///
/// Ready is whose password can be checked here, or who has an emergency code that is good. Tried has
/// who showed it, at /ready in normal times or in an emergency.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user ready
  shadowmail user ready --group sales@corp.example
  shadowmail user ready --json | jq -r '.people[] | select(.ready | not) | .address'
  shadowmail user code --missing --sheets codes.html    codes for those who are missing")]
pub struct Ready {
    /// Only the members of this group
    #[arg(long, value_name = "ADDRESS")]
    group: Option<Address>,
    #[command(flatten)]
    output: Output,
}

/// How many of some people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All of them.
    pub people: usize,
    /// Those who could sign in now.
    pub ready: usize,
    /// Those who showed that they can.
    pub tried: usize,
}

impl Count {
    /// Counts these.
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Readiness>) -> Self {
        let mut count = Self::default();
        for person in people {
            count.people += 1;
            count.ready += usize::from(person.is_ready());
            count.tried += usize::from(person.shown.is_some());
        }
        count
    }
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    all: Count,
    groups: Vec<GroupRow>,
    people: Vec<Row>,
}

#[derive(Serialize)]
struct GroupRow {
    address: Address,
    name: String,
    #[serde(flatten)]
    count: Count,
}

#[derive(Serialize)]
struct Row {
    login: String,
    name: String,
    address: Address,
    ready: bool,
    /// Their password can be checked here.
    verifier: bool,
    code_until: Option<Timestamp>,
    tried: Option<Shown>,
}

impl Ready {
    /// Reads and prints it.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let store = &opened.store;
        let mut people = store.readiness(Timestamp::now()).await?;
        let mut groups = store.groups().await?;
        if let Some(group) = &self.group {
            let members = members(store, group).await?;
            people.retain(|it| members.contains(&it.account));
            groups.retain(|it| it.address.key() == group.key());
        }
        let report = Report {
            all: Count::of(&people),
            groups: group_rows(store, groups, &people).await?,
            people: people.into_iter().map(row).collect(),
        };
        self.output.show(&report, Report::print)?;
        Ok(())
    }
}

/// The members of a group, nested ones included.
pub async fn members(store: &Store, group: &Address) -> anyhow::Result<BTreeSet<AccountId>> {
    match store.owners(group).await? {
        Owners::Group(members) => Ok(members.into_iter().map(|it| it.account).collect()),
        Owners::One(_) | Owners::Nobody => {
            let advice = "the directory has no group with that address";
            Err(UsageError(format!("{group}: {advice}")).into())
        }
    }
}

async fn group_rows(
    store: &Store,
    groups: Vec<Group>,
    people: &[Readiness],
) -> Result<Vec<GroupRow>, StoreError> {
    let mut rows = Vec::with_capacity(groups.len());
    for Group { address, name } in groups {
        let Owners::Group(members) = store.owners(&address).await? else {
            continue;
        };
        let members: BTreeSet<AccountId> = members.into_iter().map(|it| it.account).collect();
        let count = Count::of(people.iter().filter(|it| members.contains(&it.account)));
        rows.push(GroupRow {
            address,
            name,
            count,
        });
    }
    Ok(rows)
}

fn row(person: Readiness) -> Row {
    Row {
        ready: person.is_ready(),
        login: person.login,
        name: person.name,
        address: person.address,
        verifier: person.has_verifier,
        code_until: person.code_until,
        tried: person.shown,
    }
}

impl Report {
    fn print(&self) -> io::Result<()> {
        let Count {
            people,
            ready,
            tried,
        } = self.all;
        print::line(format_args!(
            "{ready} of {people} people could sign in now, even with the directory down; {tried} \
             have tried it"
        ))?;
        let cells: Vec<[String; 5]> = self.groups.iter().map(GroupRow::cells).collect();
        if !cells.is_empty() {
            print::line("")?;
            print::table(["GROUP", "NAME", "PEOPLE", "READY", "TRIED"], &cells)?;
        }
        let missing: Vec<[String; 3]> = self
            .people
            .iter()
            .filter(|person| !person.ready)
            .map(|person| {
                let address = person.address.to_string();
                [person.login.clone(), person.name.clone(), address]
            })
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        print::line("\nmissing:")?;
        print::table(["LOGIN", "NAME", "ADDRESS"], &missing)?;
        print::line("\n`shadowmail user code --missing --sheets FILE.html` makes codes for them")
    }
}

impl GroupRow {
    fn cells(&self) -> [String; 5] {
        let Count {
            people,
            ready,
            tried,
        } = self.count;
        let [people, ready, tried] = [people, ready, tried].map(|count| count.to_string());
        [
            self.address.to_string(),
            self.name.clone(),
            people,
            ready,
            tried,
        ]
    }
}
