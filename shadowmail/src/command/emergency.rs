//! `shadowmail emergency`: opening the webmail and closing it again, in earnest or as a drill.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use continuity::{ModeRefusal, Opening, Order};
use jiff::Timestamp;
use store::{Mode, ModeChange, Scope, ScopeError, Store};

use super::Opened;
use crate::actor;
use crate::config::Config;
use crate::lock;
use crate::print::{self, Output};

/// Start, extend or end an emergency or a drill
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail emergency start --reason \"Exchange is down\" --for 8h
      staff may sign in at once; nothing ends by itself after 8 hours, it is only called to mind
  shadowmail emergency start --reason \"the server in Bremen is down\" --group bremen@corp.example
      only for the people of a group; the others go on with their usual mail, and get theirs at once
  shadowmail emergency limit --group hamburg@corp.example --reason \"Bremen is back\"
      from now on for these only; what waited for the others is handed to the primary
  shadowmail emergency drill --account amy --group it@corp.example --reason \"exercise\" --for 1h
      open for those who take part; what they write reaches only each other, and only here
  shadowmail emergency extend --for 2h
  shadowmail emergency end --reason \"Exchange is back\"
      the webmail only reads from now on; what the primary missed is handed back to it")]
pub struct Emergency {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Open the webmail for staff
    Start {
        /// Why; staff see it
        #[arg(long, value_parser = reason)]
        reason: String,
        /// How long it is expected to take, such as 90m or 8h
        #[arg(long = "for", value_name = "TIME", value_parser = length)]
        length: Option<Duration>,
        #[command(flatten)]
        people: People,
        #[command(flatten)]
        output: Output,
    },
    /// Go on for these people only, because the others have their mail back
    Limit {
        /// Why; staff see it
        #[arg(long, value_parser = reason)]
        reason: String,
        #[command(flatten)]
        people: Named,
        #[command(flatten)]
        output: Output,
    },
    /// Rehearse: open the webmail for those who take part; nothing leaves it
    Drill {
        /// Why; those who take part see it
        #[arg(long, value_parser = reason)]
        reason: String,
        /// How long it is expected to take, such as 90m or 2h
        #[arg(long = "for", value_name = "TIME", value_parser = length)]
        length: Option<Duration>,
        #[command(flatten)]
        people: Named,
        #[command(flatten)]
        output: Output,
    },
    /// Say that it will take longer
    Extend {
        /// How long from now, such as 90m or 8h
        #[arg(long = "for", value_name = "TIME", value_parser = length)]
        length: Duration,
        /// Why; staff see it [default: the reason given before]
        #[arg(long, value_parser = reason)]
        reason: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Close the webmail for writing and hand back what the primary missed; or end the drill
    End {
        /// Why; staff see it
        #[arg(long, default_value = "the primary is back", value_parser = reason)]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
}

/// For whom; everyone when nobody is named.
#[derive(Args)]
struct People {
    /// Only for the people of this group and of the groups in it; may be given several times
    #[arg(long = "group", value_name = "ADDRESS")]
    groups: Vec<String>,
    /// Only for this account, by sign-in name or address; may be given several times
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,
}

/// For whom; somebody must be named.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Named {
    /// For the people of this group and of the groups in it; may be given several times
    #[arg(long = "group", value_name = "ADDRESS")]
    groups: Vec<String>,
    /// For this account, by sign-in name or address; may be given several times
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,
}

impl Emergency {
    /// Changes the mode.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let now = Timestamp::now();
        let order = |reason: &str| Order {
            by: actor::shell(),
            reason: reason.to_owned(),
            now,
        };
        let (changed, output) = match &self.what {
            What::Start {
                reason,
                length,
                people,
                output,
            } => {
                let scope = scope(store, &people.groups, &people.accounts).await?;
                let opening = opening(scope, *length, now)?;
                let started = continuity::start(store, order(reason), opening).await;
                (started, *output)
            }
            What::Limit {
                reason,
                people,
                output,
            } => {
                let scope = scope(store, &people.groups, &people.accounts).await?;
                let limited = continuity::limit(store, order(reason), scope).await;
                (limited, *output)
            }
            What::Drill {
                reason,
                length,
                people,
                output,
            } => {
                let scope = scope(store, &people.groups, &people.accounts).await?;
                let opening = opening(scope, *length, now)?;
                let begun = continuity::drill(store, order(reason), opening).await;
                (begun, *output)
            }
            What::Extend {
                length,
                reason,
                output,
            } => {
                let end = after(now, *length)?;
                let before = store.mode().await?.reason;
                let order = order(reason.as_ref().unwrap_or(&before));
                (continuity::extend(store, order, end).await, *output)
            }
            What::End { reason, output } => (continuity::end(store, order(reason)).await, *output),
        };
        let changed = changed.map_err(refused)?;
        let people = store.people_in(changed.scope.clone()).await?;
        output.show(&changed, |changed| told(changed, people, &opened.config))?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn scope(store: &Store, groups: &[String], accounts: &[String]) -> anyhow::Result<Scope> {
    let scope = store.scope(groups.to_vec(), accounts.to_vec()).await;
    scope.map_err(|error| match error {
        ScopeError::NoGroup(_) => {
            anyhow!("{error}; groups are named by their address, as the address book shows it")
        }
        ScopeError::NoAccount(_) => {
            anyhow!("{error}; `shadowmail user list` shows the names")
        }
        ScopeError::Nobody | ScopeError::Store(_) => error.into(),
    })
}

fn opening(scope: Scope, length: Option<Duration>, now: Timestamp) -> anyhow::Result<Opening> {
    let expected_end = length.map(|length| after(now, length)).transpose()?;
    Ok(Opening {
        scope,
        expected_end,
    })
}

fn length(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("no time at all".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why: staff see it, and it is kept for auditors".to_owned()),
        reason => Ok(reason.to_owned()),
    }
}

/// The refusal in words, with the times of the reader.
fn refused(refusal: ModeRefusal) -> anyhow::Error {
    match refusal {
        ModeRefusal::Already(present) if present.number > 0 => {
            let since = print::local(present.since);
            let ModeChange {
                mode, by, reason, ..
            } = present;
            anyhow!("the mode is {mode} already, since {since}, by {by} ({reason})")
        }
        other => other.into(),
    }
}

fn after(now: Timestamp, length: Duration) -> anyhow::Result<Timestamp> {
    now.checked_add(length).context("--for is too long")
}

fn told(changed: &ModeChange, people: usize, config: &Config) -> std::io::Result<()> {
    let whom = match (&changed.scope, people) {
        (Scope::Everyone, _) => String::new(),
        (only @ Scope::Only(_), 1) => format!(" for {only} (1 person)"),
        (only @ Scope::Only(_), people) => format!(" for {only} ({people} people)"),
    };
    let until = changed.expected_end.map(print::local);
    let until = until.map_or_else(String::new, |end| format!(", expected until {end}"));
    match changed.mode {
        mode @ (Mode::Emergency | Mode::Drill) => {
            let webmail = webmail(config);
            print::line(format_args!("{mode}{whom}{until}; {webmail}"))
        }
        Mode::Recovery => print::line(
            "recovery; what the primary missed is handed back: `shadowmail reinject status`",
        ),
        Mode::Normal => print::line("normal; the webmail is locked"),
    }
}

/// Whether staff find the webmail open; an emergency alone starts no server.
fn webmail(config: &Config) -> String {
    let url = &config.web.url;
    match lock::web_runs(&config.data_dir) {
        Ok(true) => format!("the webmail is open at {url}"),
        Ok(false) => format!("the webmail opens at {url} as soon as `shadowmail serve` runs"),
        Err(error) => {
            format!("the webmail opens at {url}; whether it runs can not be told: {error}")
        }
    }
}

#[cfg(test)]
#[path = "emergency_tests.rs"]
mod tests;
