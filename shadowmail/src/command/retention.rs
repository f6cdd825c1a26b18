//! `shadowmail retention`: which days are kept, and dropping those that are due.

use std::io;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use retention::Policy;
use serde::Serialize;
use store::{Day, DayState};

use super::Opened;
use crate::print::{self, Output};

/// Look at the days that are kept, or drop those that are due
///
/// `serve` drops them by itself, in normal mode.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail retention status
  shadowmail retention run --dry-run")]
pub struct Retention {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show each day, and when it goes
    Status {
        #[command(flatten)]
        output: Output,
    },
    /// Drop the days that are due
    Run {
        /// Only say which
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Serialize)]
struct Row {
    day: String,
    due: bool,
    unsettled: u64,
}

impl Retention {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        match &self.what {
            What::Status { output } => {
                let rows = rows(opened).await?;
                output.show(&rows, |rows| table(opened.config.days, rows))?;
            }
            What::Run {
                dry_run: true,
                output,
            } => {
                let days = words(&due(opened).await?);
                output.show(&days, |days| told("would go", days))?;
            }
            What::Run {
                dry_run: false,
                output,
            } => {
                let days = retention::run_once(store, policy(opened), Timestamp::now()).await?;
                output.show(&words(&days), |days| told("gone", days))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn policy(opened: &Opened) -> Policy {
    Policy {
        days: opened.config.days,
    }
}

async fn due(opened: &Opened) -> anyhow::Result<Vec<Day>> {
    let days = opened.store.days().await?;
    Ok(retention::due(Timestamp::now(), &days, policy(opened)))
}

async fn rows(opened: &Opened) -> anyhow::Result<Vec<Row>> {
    let due = due(opened).await?;
    let days = opened.store.days().await?;
    let row = |state: DayState| Row {
        day: state.day.to_string(),
        due: due.contains(&state.day),
        unsettled: state.unsettled,
    };
    Ok(days.into_iter().map(row).collect())
}

fn table(days: u16, rows: &[Row]) -> io::Result<()> {
    print::line(format_args!("mail is kept for {days} days"))?;
    let cells: Vec<[String; 2]> = rows
        .iter()
        .map(|row| {
            let state = match (row.due, row.unsettled) {
                (true, _) => "due".to_owned(),
                (false, 0) => "kept".to_owned(),
                (false, unsettled) => format!("kept, {unsettled} not settled"),
            };
            [row.day.clone(), state]
        })
        .collect();
    print::table(["DAY", "STATE"], &cells)
}

fn words(days: &[Day]) -> Vec<String> {
    days.iter().map(Day::to_string).collect()
}

fn told(word: &str, days: &[String]) -> io::Result<()> {
    if days.is_empty() {
        return print::line("no day is due");
    }
    print::line(format_args!("{word}: {}", days.join(", ")))
}
