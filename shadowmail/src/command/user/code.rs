//! `shadowmail user code`: emergency codes, one or many.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{Address, Readiness};

use super::ready::members;
use crate::actor;
use crate::codes::{self, Made, sheets};
use crate::command::init::write_new;
use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// The longest time that a code may be good for; a card in a drawer is renewed once a year.
const VALID_MAX: Duration = Duration::from_hours(400 * 24);

/// Make emergency codes for those who could not sign in otherwise
///
/// A code lets one person in once, in an emergency, where neither the directory nor the password
/// that was stored here can. It is shown only now; a new one takes the place of the one before.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user code anna                            prints it, to be read to her
  shadowmail user code --missing --sheets codes.html   print the file, hand out the sheets, delete it
  shadowmail user code --group sales@corp.example --csv codes.csv --valid 90d")]
pub struct Code {
    /// For this person: a sign-in name or an address
    #[arg(
        value_name = "LOGIN",
        required_unless_present_any = ["all", "group", "missing"],
        conflicts_with_all = ["all", "group", "missing"]
    )]
    login: Option<String>,
    /// For everybody who signs in
    #[arg(long, conflicts_with_all = ["group", "missing"])]
    all: bool,
    /// For the members of this group
    #[arg(long, value_name = "ADDRESS")]
    group: Option<Address>,
    /// For those who could not sign in now with the directory down; with --group for those in it
    #[arg(long)]
    missing: bool,
    /// How long they are good, such as 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = length)]
    valid: Duration,
    /// Write them into a new file as comma-separated values
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write them into a new HTML file that prints one page for each person, in their language
    #[arg(long, value_name = "FILE")]
    sheets: Option<PathBuf>,
    /// de or en: the sheets of those whose language the directory does not know
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["de", "en"])]
    language: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Printed<'a> {
    login: &'a str,
    name: &'a str,
    code: &'a str,
    valid_until: Timestamp,
}

#[derive(Serialize)]
struct Written<'a> {
    codes: usize,
    valid_until: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    csv: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheets: Option<&'a Path>,
}

impl Code {
    /// Makes them, and tells them once.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let now = Timestamp::now();
        // A whole second, as people read it.
        let valid_until = Timestamp::from_second((now + self.valid).as_second())?;
        let is_told = self.csv.is_some() || self.sheets.is_some();
        if self.login.is_none() && !is_told {
            let advice = "say --sheets FILE.html, --csv FILE, or both";
            return Err(UsageError(format!("nobody would see the codes; {advice}")).into());
        }
        let people = self.people(opened, now).await?;
        if people.is_empty() {
            let none = Written {
                codes: 0,
                valid_until,
                csv: None,
                sheets: None,
            };
            self.output
                .show(&none, |_| print::line("nobody needs one"))?;
            return Ok(());
        }
        let made = codes::make(&people)?;
        // First what the codes are told by, then the codes: the ones before stay good if it fails.
        let files = self.write(opened, &made, valid_until)?;
        let codes = made.iter().map(Made::to_keep).collect();
        let issued = opened
            .store
            .issue_codes(codes, (actor::shell(), valid_until), now)
            .await;
        issued.inspect_err(|_| remove(&files))?;
        self.tell(&made, valid_until)?;
        Ok(())
    }

    /// For whom.
    async fn people(&self, opened: &Opened, now: Timestamp) -> anyhow::Result<Vec<Readiness>> {
        let store = &opened.store;
        let mut people = store.readiness(now).await?;
        if let Some(login) = &self.login {
            let account = super::person(store, login).await?;
            people.retain(|it| it.account == account.id);
        }
        if let Some(group) = &self.group {
            let members = members(store, group).await?;
            people.retain(|it| members.contains(&it.account));
        }
        if self.missing {
            people.retain(|it| !it.is_ready());
        }
        Ok(people)
    }

    /// Writes the files that were asked for, both or none.
    fn write(
        &self,
        opened: &Opened,
        made: &[Made],
        valid_until: Timestamp,
    ) -> anyhow::Result<Vec<&Path>> {
        let url = &opened.config.web.url;
        let mut files = Vec::new();
        if let Some(file) = self.csv.as_deref() {
            write_new(file, &codes::csv(made, url, valid_until))?;
            files.push(file);
        }
        if let Some(file) = self.sheets.as_deref() {
            let html = sheets::html(made, (url, &self.language), valid_until)?;
            write_new(file, &html).inspect_err(|_| remove(&files))?;
            files.push(file);
        }
        Ok(files)
    }

    fn tell(&self, made: &[Made], valid_until: Timestamp) -> anyhow::Result<()> {
        let (csv, sheets) = (self.csv.as_deref(), self.sheets.as_deref());
        let until = print::local(valid_until);
        match made {
            [one] if csv.is_none() && sheets.is_none() => {
                let code = one.code.shown();
                let printed = Printed {
                    login: &one.person.login,
                    name: &one.person.name,
                    code: code.expose(),
                    valid_until,
                };
                self.output.show(&printed, |printed| {
                    let Printed {
                        login, name, code, ..
                    } = printed;
                    print::line(code)?;
                    print::line(format_args!(
                        "lets {name} ({login}) in once, in an emergency, until {until}; it is not \
                         shown again"
                    ))
                })?;
            }
            _ => {
                let codes = made.len();
                let written = Written {
                    codes,
                    valid_until,
                    csv,
                    sheets,
                };
                self.output.show(&written, |_| {
                    for file in [csv, sheets].into_iter().flatten() {
                        print::line(format_args!("wrote {}", file.display()))?;
                    }
                    let word = if codes == 1 { "code" } else { "codes" };
                    print::line(format_args!(
                        "{codes} {word}, good until {until}; delete the files when the codes are \
                         handed out"
                    ))
                })?;
            }
        }
        Ok(())
    }
}

/// Half of it must not lie around: these codes are not good.
fn remove(files: &[&Path]) {
    for file in files {
        if let Err(error) = fs::remove_file(file) {
            tracing::error!("{} holds codes that are not good: {error}", file.display());
        }
    }
}

fn length(text: &str) -> anyhow::Result<Duration> {
    let length = humantime::parse_duration(text).map_err(|_| anyhow!("write such as 12h or 7d"))?;
    if length.is_zero() || length > VALID_MAX {
        bail!("a code is good for 400 days at most");
    }
    Ok(length)
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
