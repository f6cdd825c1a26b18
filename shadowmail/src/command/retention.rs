//! `shadowmail retention`: which days are kept, and dropping those that are due.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use retention::Policy;
use serde::Serialize;
use store::Day;

use super::Opened;
use crate::print;

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
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Drop the days that are due
    Run {
        /// Only say which
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
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
        match &self.what {
            What::Status { json } => status(opened, *json).await?,
            What::Run {
                dry_run: true,
                json,
            } => gone(&due(opened).await?, "would go", *json)?,
            What::Run {
                dry_run: false,
                json,
            } => {
                let policy = policy(opened);
                let days = retention::run_once(&opened.store, policy, Timestamp::now()).await?;
                gone(&days, "gone", *json)?;
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

async fn status(opened: &Opened, json: bool) -> anyhow::Result<()> {
    let due = due(opened).await?;
    let rows: Vec<Row> = opened
        .store
        .days()
        .await?
        .into_iter()
        .map(|state| Row {
            day: state.day.to_string(),
            due: due.contains(&state.day),
            unsettled: state.unsettled,
        })
        .collect();
    if json {
        print::json(&rows)?;
        return Ok(());
    }
    print::line(format_args!("mail is kept for {} days", opened.config.days))?;
    let cells: Vec<[String; 2]> = rows
        .into_iter()
        .map(|row| {
            let state = match (row.due, row.unsettled) {
                (true, _) => "due".to_owned(),
                (false, 0) => "kept".to_owned(),
                (false, unsettled) => format!("kept, {unsettled} not settled"),
            };
            [row.day, state]
        })
        .collect();
    print::table(["DAY", "STATE"], &cells)?;
    Ok(())
}

fn gone(days: &[Day], word: &str, json: bool) -> anyhow::Result<()> {
    let days: Vec<String> = days.iter().map(Day::to_string).collect();
    if json {
        print::json(&days)?;
    } else if days.is_empty() {
        print::line("no day is due")?;
    } else {
        print::line(format_args!("{word}: {}", days.join(", ")))?;
    }
    Ok(())
}
