//! `shadowmail emergency`: opening the webmail and closing it again.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use continuity::{ModeRefusal, Order};
use jiff::Timestamp;
use store::{Mode, ModeChange};

use super::Opened;
use crate::actor;
use crate::config::Config;
use crate::lock;
use crate::print::{self, Output};

/// Start, extend or end an emergency
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail emergency start --reason \"Exchange is down\" --for 8h
      staff may sign in at once; nothing ends by itself after 8 hours, it is only called to mind
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
    /// Close the webmail for writing and hand back what the primary missed
    End {
        /// Why; staff see it
        #[arg(long, default_value = "the primary is back", value_parser = reason)]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
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
                output,
            } => {
                let end = length.map(|length| after(now, length)).transpose()?;
                (continuity::start(store, order(reason), end).await, *output)
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
        output.show(&changed, |changed| told(changed, &opened.config))?;
        Ok(ExitCode::SUCCESS)
    }
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

fn told(changed: &ModeChange, config: &Config) -> std::io::Result<()> {
    match (changed.mode, changed.expected_end) {
        (Mode::Emergency, Some(end)) => {
            let end = print::local(end);
            let webmail = webmail(config);
            print::line(format_args!("emergency, expected until {end}; {webmail}"))
        }
        (Mode::Emergency, None) => print::line(format_args!("emergency; {}", webmail(config))),
        (Mode::Recovery, _) => print::line(
            "recovery; what the primary missed is handed back: `shadowmail reinject status`",
        ),
        (Mode::Normal, _) => print::line("normal; the webmail is locked"),
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
