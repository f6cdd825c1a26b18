//! `shadowmail reinject`: what the primary still lacks, and what a person decides about it.

mod gap;
mod report;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{LedgerRow, Mode, OwedCount, QueueId, QueueState, Standstill, Store};

use super::{Opened, UsageError};
use crate::actor;
use crate::print::{self, Output};
use gap::{MayDuplicate, Window};

/// Rows shown at once.
const ROWS_MAX: usize = 1000;

/// Look at what the primary still lacks, and decide about what it refused
///
/// Re-injection itself needs no command: it runs in normal mode and after an emergency was ended. Only a
/// primary that was restored from a backup needs one, because it lacks again what it had.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail reinject plan               what is to go where
  shadowmail reinject status             how far it is, and what waits for a person
  shadowmail reinject hold --reason \"its disk is full\"
  shadowmail reinject release            go on
  shadowmail reinject release 17         try a refused or unknown one again
  shadowmail reinject write-off 17 --reason \"left the company\"
  shadowmail reinject report --html report.html --csv report.csv
      what came back, what did not, and what is to be done about that
  shadowmail reinject plan --since 2026-11-17T03:00
      the primary was restored from the backup of that night: what does it lack since then?
  shadowmail reinject run --since 2026-11-17T03:00
      hands that over; what is there already is not handed over again, however often it is run")]
pub struct Reinject {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show each message that is not settled, and where it goes; with --since what a restored primary
    /// lacks
    Plan {
        #[command(flatten)]
        window: Window,
        #[command(flatten)]
        output: Output,
    },
    /// Try at once what waits for its next try; with --since hand over what a restored primary lacks
    Run {
        #[command(flatten)]
        window: Window,
        /// Hand over what can not be compared, too, though the primary may have it
        #[arg(long)]
        may_duplicate: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Show counts, and the rows that wait for a person
    Status {
        #[command(flatten)]
        output: Output,
    },
    Report(report::Report),
    /// Let nothing go to the primary for a while, whatever the mode is
    Hold {
        /// Why; shown to others, and kept for auditors
        #[arg(long)]
        reason: String,
    },
    /// End a hold; or let a refused or unknown row be tried again
    Release {
        /// The row, as `plan` and `status` show it
        #[arg(value_name = "ID")]
        row: Option<i64>,
    },
    /// Decide that a row need not arrive
    WriteOff {
        /// The row, as `plan` and `status` show it
        #[arg(value_name = "ID")]
        row: i64,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
    },
}

impl Reinject {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        match &self.what {
            What::Plan { window, output } if window.since.is_some() => {
                return window.plan(opened, *output).await;
            }
            What::Run { window, .. } if window.since.is_none() => {
                store.try_all(Timestamp::now()).await?;
                print::line("what waits is tried at once: `shadowmail reinject status`")?;
            }
            What::Run {
                window,
                may_duplicate,
                output,
            } => {
                let may_duplicate = match may_duplicate {
                    true => MayDuplicate::Yes,
                    false => MayDuplicate::No,
                };
                return window.run(opened, may_duplicate, *output).await;
            }
            What::Plan { output, .. } => {
                let mode = store.mode().await?.mode;
                let rows = store.open_ledger(ROWS_MAX).await?;
                output.show(&rows, |rows| plan(mode, rows))?;
            }
            What::Status { output } => {
                let mut rows = store.open_ledger(ROWS_MAX).await?;
                rows.retain(|row| needs_a_person(row.state));
                let status = Status {
                    standstill: store.standstill().await?,
                    owed: store.owed().await?,
                    for_a_person: rows,
                };
                output.show(&status, Status::print)?;
            }
            What::Report(report) => return report.run(opened).await,
            What::Hold { reason } => hold(store, reason).await?,
            What::Release { row: None } => {
                let held = store.go_on(&actor::shell(), Timestamp::now()).await?;
                print::line(if held {
                    "mail goes to the primary again"
                } else {
                    "nothing is held by `reinject hold`"
                })?;
            }
            What::Release { row: Some(row) } => {
                store
                    .release(QueueId(*row), &actor::shell(), Timestamp::now())
                    .await?;
                print::line(format_args!("row {row} will be tried again"))?;
            }
            What::WriteOff { row, reason } => {
                let now = Timestamp::now();
                store
                    .write_off(QueueId(*row), &actor::shell(), reason, now)
                    .await?;
                print::line(format_args!("row {row} is written off"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Lets nothing go to the primary.
async fn hold(store: &Store, reason: &str) -> anyhow::Result<()> {
    if reason.trim().is_empty() {
        return Err(UsageError("--reason must say why".to_owned()).into());
    }
    let standstill = Standstill {
        since: Timestamp::now(),
        by: actor::shell(),
        reason: reason.to_owned(),
    };
    store.stand_still(standstill).await?;
    print::line("nothing goes to the primary until `shadowmail reinject release`")?;
    Ok(())
}

#[derive(Serialize)]
struct Status {
    standstill: Option<Standstill>,
    owed: OwedCount,
    for_a_person: Vec<LedgerRow>,
}

impl Status {
    fn print(&self) -> std::io::Result<()> {
        // Resends are not owed, but may wait for a person just the same.
        let waiting = self.owed.for_a_person.max(self.for_a_person.len() as u64);
        let OwedCount { open, settled, .. } = self.owed;
        print::line(format_args!(
            "{open} open, {waiting} wait for a person, {settled} settled"
        ))?;
        if let Some(Standstill { since, by, reason }) = &self.standstill {
            print::line(format_args!(
                "nothing goes to the primary since {}, by {by} ({reason}); `shadowmail reinject release` ends that",
                print::local(*since)
            ))?;
        }
        if self.for_a_person.is_empty() {
            return Ok(());
        }
        rows(&self.for_a_person)?;
        print::line(
            "`shadowmail reinject release ID` tries again, `write-off ID --reason R` ends it",
        )
    }
}

fn needs_a_person(state: QueueState) -> bool {
    matches!(state, QueueState::Refused | QueueState::Unknown)
}

fn plan(mode: Mode, open: &[LedgerRow]) -> std::io::Result<()> {
    if open.is_empty() {
        return print::line("nothing is owed");
    }
    rows(open)?;
    if open.len() == ROWS_MAX {
        print::line(format_args!(
            "these are the newest {ROWS_MAX}; there may be more"
        ))?;
    }
    let for_a_person = open.iter().filter(|row| needs_a_person(row.state)).count();
    if for_a_person > 0 {
        print::line(format_args!(
            "{for_a_person} wait for a person: `shadowmail reinject status`"
        ))?;
    }
    let rest = if for_a_person == 0 {
        "all of it"
    } else {
        "the rest"
    };
    match mode {
        _ if for_a_person == open.len() => Ok(()),
        Mode::Emergency => print::line(format_args!("{rest} is held until the emergency is ended")),
        Mode::Normal | Mode::Recovery | Mode::Drill => {
            print::line(format_args!("{rest} is handed over as each falls due"))
        }
    }
}

fn rows(rows: &[LedgerRow]) -> std::io::Result<()> {
    let cells: Vec<[String; 7]> = rows
        .iter()
        .map(|row| {
            [
                row.id.to_string(),
                print::word(&row.purpose),
                row.recipient.to_string(),
                print::word(&row.state),
                row.attempts.to_string(),
                row.message.clone(),
                row.last_words.clone(),
            ]
        })
        .collect();
    print::table(
        ["ID", "WHY", "TO", "STATE", "TRIES", "MESSAGE", "LAST WORDS"],
        &cells,
    )
}
