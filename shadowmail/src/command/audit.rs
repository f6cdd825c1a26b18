//! `shadowmail audit`: who read whose mail, who changed what.

use std::io;
use std::process::ExitCode;

use clap::Args;
use store::AuditRow;

use super::Opened;
use crate::print::{self, Output};

/// Who read whose mail, who changed the mode: newest first
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail audit
  shadowmail audit --limit 1000 --json | jq '.[] | select(.action == \"read-message\")'")]
pub struct Audit {
    /// How many lines
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    output: Output,
}

impl Audit {
    /// Prints them.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let rows = opened.store.audit_log(self.limit).await?;
        self.output.show(&rows, |rows| table(rows))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn table(rows: &[AuditRow]) -> io::Result<()> {
    let cells: Vec<[String; 6]> = rows
        .iter()
        .cloned()
        .map(|row| {
            let address = row.address.unwrap_or_default();
            [
                print::local(row.at),
                row.actor,
                row.action,
                row.object,
                row.detail,
                address,
            ]
        })
        .collect();
    print::table(["WHEN", "WHO", "WHAT", "WHICH", "DETAIL", "FROM"], &cells)
}
