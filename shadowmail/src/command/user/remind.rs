//! `shadowmail user remind`: a mail to those who could not sign in with the directory down.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use store::{Address, PeopleFilter, RemindersAsked};

use super::ready::members;
use crate::actor;
use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// Send a mail to those who could not sign in with the directory down
///
/// It asks them to try it at /ready, in their language. The running server writes the mails, at most
/// ten a second and in normal times only, and hands them to the primary. Whoever got one less than
/// `readiness.pause_days` ago gets none.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user remind --dry-run
  shadowmail user remind
  shadowmail user remind --group sales@corp.example")]
pub struct Remind {
    /// Only the members of this group
    #[arg(long, value_name = "ADDRESS")]
    group: Option<Address>,
    /// Only say who would get one
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Report {
    dry_run: bool,
    #[serde(flatten)]
    asked: RemindersAsked,
    /// Who would get one, when none are sent.
    people: Vec<Address>,
}

impl Remind {
    /// Asks the running server for the mails.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let (store, now) = (&opened.store, Timestamp::now());
        let Some(reminders) = opened.config.reminders() else {
            let advice = "set readiness.from in the config to the address that they come from";
            return Err(UsageError(format!("reminders have no sender; {advice}")).into());
        };
        if opened.config.delivery.primary.is_none() {
            let advice = "set primary.smtp in the config";
            return Err(UsageError(format!("nobody would take the mails; {advice}")).into());
        }
        if let Some(group) = &self.group {
            members(store, group).await?;
        }
        let of = PeopleFilter {
            group: self.group.clone(),
            ..PeopleFilter::default()
        };
        let report = if self.dry_run {
            let missing = store.missing(of, (0, usize::MAX), now).await?;
            let pause = SignedDuration::try_from(reminders.pace.pause)?;
            let (mut asked, mut people) = (RemindersAsked::default(), Vec::new());
            for person in missing.people {
                let is_recent = |at: Timestamp| at <= now && now.duration_since(at) < pause;
                if person.reminded_at.is_some_and(is_recent) {
                    asked.recently += 1;
                } else {
                    asked.asked += 1;
                    people.push(person.address);
                }
            }
            Report {
                dry_run: true,
                asked,
                people,
            }
        } else {
            Report {
                dry_run: false,
                asked: reminders.ask(store, of, actor::shell(), now).await?,
                people: Vec::new(),
            }
        };
        self.output.show(&report, Report::print)?;
        Ok(())
    }
}

impl Report {
    fn print(&self) -> std::io::Result<()> {
        let RemindersAsked { asked, recently } = self.asked;
        for address in &self.people {
            print::line(address)?;
        }
        let word = |count| if count == 1 { "person" } else { "people" };
        let verb = if self.dry_run {
            "would get"
        } else {
            "will get"
        };
        print::line(format_args!("{asked} {} {verb} a mail", word(asked)))?;
        if recently > 0 {
            print::line(format_args!(
                "{recently} {} got one a short while ago and {verb} none",
                word(recently)
            ))?;
        }
        if asked > 0 && !self.dry_run {
            print::line(
                "the running server sends them; `shadowmail user ready` says who is missing",
            )?;
        }
        Ok(())
    }
}
