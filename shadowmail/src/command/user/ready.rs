//! `shadowmail user ready`: who could sign in now, even with the directory down.

use std::collections::BTreeSet;
use std::io;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{AccountId, Address, Count, Figures, Owners, Readiness, Shown, Store};

use crate::command::{Opened, UsageError};
use crate::csv;
use crate::print::{self, Output};

/// People who are missing that are named.
const MISSING_NAMED_MAX: usize = 100;

/// Say who could sign in now, even with the directory down, and who could not
///
/// Ready is whose password can be checked here, or who has an emergency code that is good. Tried has
/// who showed it, at /ready in normal times or in an emergency.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user ready
  shadowmail user ready --group sales@corp.example
  shadowmail user ready --missing --csv > missing.csv   who could not, for a spreadsheet
  shadowmail user ready --json | jq '.groups[] | select(.ready < .people)'
  shadowmail user remind                                a mail to those who are missing
  shadowmail user code --missing --sheets codes.html    codes for them")]
pub struct Ready {
    /// Only the members of this group
    #[arg(long, value_name = "ADDRESS")]
    group: Option<Address>,
    /// Only those who could not sign in
    #[arg(long)]
    missing: bool,
    /// Print one line for each person as comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Report {
    all: Count,
    groups: Vec<GroupRow>,
    departments: Vec<DepartmentRow>,
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
struct DepartmentRow {
    /// Not set for those of whom the directory names none.
    name: Option<String>,
    #[serde(flatten)]
    count: Count,
}

#[derive(Serialize)]
struct Row {
    login: String,
    name: String,
    address: Address,
    department: Option<String>,
    ready: bool,
    /// Their password can be checked here.
    verifier: bool,
    code_until: Option<Timestamp>,
    tried: Option<Shown>,
    reminded_at: Option<Timestamp>,
}

impl Ready {
    /// Reads and prints it.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let (store, now) = (&opened.store, Timestamp::now());
        let mut people = store.readiness(now).await?;
        let mut figures = store.readiness_figures(now).await?;
        if let Some(group) = &self.group {
            let members = members(store, group).await?;
            people.retain(|it| members.contains(&it.account));
            figures.all = Count::of(&people);
            figures
                .groups
                .retain(|it| it.group.address.key() == group.key());
            figures.departments.clear();
        }
        if self.missing {
            people.retain(|it| !it.is_ready());
        }
        let report = Report::new(figures, people);
        if self.csv {
            return Ok(report.print_csv()?);
        }
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

fn row(person: Readiness) -> Row {
    Row {
        ready: person.is_ready(),
        login: person.login,
        name: person.name,
        address: person.address,
        department: person.department,
        verifier: person.has_verifier,
        code_until: person.code_until,
        tried: person.shown,
        reminded_at: person.reminded_at,
    }
}

impl Report {
    fn new(figures: Figures, people: Vec<Readiness>) -> Self {
        let groups = figures.groups.into_iter().map(|it| GroupRow {
            address: it.group.address,
            name: it.group.name,
            count: it.count,
        });
        let departments = figures.departments.into_iter().map(|it| DepartmentRow {
            name: it.name,
            count: it.count,
        });
        Self {
            all: figures.all,
            groups: groups.collect(),
            departments: departments.collect(),
            people: people.into_iter().map(row).collect(),
        }
    }

    fn print(&self) -> io::Result<()> {
        let Count {
            people,
            ready,
            tried,
            password,
            code,
        } = self.all;
        print::line(format_args!(
            "{ready} of {people} people could sign in now, even with the directory down: {password} \
             with their password, {code} with an emergency code; {tried} have tried it"
        ))?;
        let heading = ["PEOPLE", "READY", "MISSING", "TRIED"];
        let [people, ready, missing, tried] = heading;
        if !self.groups.is_empty() {
            print::line("")?;
            let cells = |row: &GroupRow| {
                let [people, ready, missing, tried] = cells(row.count);
                [
                    row.address.to_string(),
                    row.name.clone(),
                    people,
                    ready,
                    missing,
                    tried,
                ]
            };
            let rows: Vec<_> = self.groups.iter().map(cells).collect();
            print::table(["GROUP", "NAME", people, ready, missing, tried], &rows)?;
        }
        if self.departments.iter().any(|it| it.name.is_some()) {
            print::line("")?;
            let cells = |row: &DepartmentRow| {
                let [people, ready, missing, tried] = cells(row.count);
                let name = row.name.clone().unwrap_or_else(|| "(none)".to_owned());
                [name, people, ready, missing, tried]
            };
            let rows: Vec<_> = self.departments.iter().map(cells).collect();
            print::table(["DEPARTMENT", people, ready, missing, tried], &rows)?;
        }
        self.print_missing()
    }

    fn print_missing(&self) -> io::Result<()> {
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
        let named = missing.get(..MISSING_NAMED_MAX).unwrap_or(&missing);
        print::table(["LOGIN", "NAME", "ADDRESS"], named)?;
        if missing.len() > named.len() {
            let more = missing.len() - named.len();
            print::line(format_args!(
                "and {more} more; --csv and --json name them all"
            ))?;
        }
        print::line(
            "\n`shadowmail user remind` sends them a mail, `shadowmail user code --missing --sheets \
             FILE.html` makes codes for them",
        )
    }

    fn print_csv(&self) -> io::Result<()> {
        let mut text = csv::line([
            "login",
            "name",
            "address",
            "department",
            "ready",
            "password",
            "code_until",
            "tried_at",
            "reminded_at",
        ]);
        let word = |is| if is { "yes" } else { "no" };
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        for row in &self.people {
            text.push_str(&csv::line([
                row.login.as_str(),
                &row.name,
                row.address.as_str(),
                row.department.as_deref().unwrap_or_default(),
                word(row.ready),
                word(row.verifier),
                &time(row.code_until),
                &time(row.tried.map(|it| it.at)),
                &time(row.reminded_at),
            ]));
        }
        print::line(text.trim_end())
    }
}

fn cells(count: Count) -> [String; 4] {
    let Count {
        people,
        ready,
        tried,
        ..
    } = count;
    [people, ready, count.missing(), tried].map(|count| count.to_string())
}
