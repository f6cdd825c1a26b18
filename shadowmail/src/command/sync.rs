//! `shadowmail sync`: the directory into the mirror, now.

use std::io;
use std::process::ExitCode;

use clap::Args;
use store::{DirectoryOrder, Question};

use super::Opened;
use crate::config::DirectorySource;
use crate::directory::alerts;
use crate::directory::reading::{self, Report};
use crate::print::{self, Output};

/// Entries without a mailbox, or with a flaw, that are named.
const NAMED_MAX: usize = 20;

/// Read the directory again, now
///
/// `serve` does this by itself: at its start, whenever the file changes, or every
/// `sync_every_seconds` when it is a server.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail sync --dry-run                 what would change, one line each
  shadowmail sync --full                    ask the server for everything, not only for what has changed
  shadowmail sync --accept 3f9a1c2e         when all is right that the guard has stopped a sync for")]
pub struct Sync {
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Read everything, not only what has changed since the last sync
    #[arg(long)]
    full: bool,
    /// Let all go that the guard has named with this word; when more would go meanwhile, it asks
    /// again
    #[arg(long, value_name = "WORD", conflicts_with = "dry_run")]
    accept: Option<Question>,
    #[command(flatten)]
    output: Output,
}

impl Sync {
    /// Syncs, or says what it would do.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let order = DirectoryOrder {
            dry_run: self.dry_run,
            everything: self.full,
            accepted: self.accept,
        };
        let source = &opened.config.directory;
        let report = reading::read(&opened.store, source, order).await?;
        let is_file = matches!(source, DirectorySource::File(_));
        self.output.show(&report, |report| {
            if !is_file && report.extent.is_none() {
                print::line("nothing has changed in the directory")?;
                return print_standing(report);
            }
            self.print(report)
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, report: &Report) -> io::Result<()> {
        for change in &report.changes {
            print::line(reading::change(change))?;
            for value in &change.values {
                print::line(format_args!("    {}", print::plain(&value.to_string())))?;
            }
        }
        if let Some(refusal) = &report.refusal {
            print::line(format_args!("will be refused: {refusal}"))?;
        }
        print_standing(report)?;
        let left_out = &report.left_out;
        for entry in left_out.iter().take(NAMED_MAX) {
            print::line(format_args!("no mailbox: {}", reading::left_out(entry)))?;
        }
        if left_out.len() > NAMED_MAX {
            let more = left_out.len() - NAMED_MAX;
            print::line(format_args!("no mailbox: {more} more; --json names them"))?;
        }
        let would = if self.dry_run { "would be " } else { "" };
        report.summary(would).iter().try_for_each(print::line)
    }
}

/// What is as it was before, and what a person may have to decide.
fn print_standing(report: &Report) -> io::Result<()> {
    for dispute in &report.disputes {
        print::line(format_args!("dispute: {}", alerts::sentence(dispute)))?;
    }
    for flaw in report.flaws.iter().take(NAMED_MAX) {
        print::line(format_args!("incomplete: {}", alerts::flaw(flaw)))?;
    }
    if report.flaws.len() > NAMED_MAX {
        let more = report.flaws.len() - NAMED_MAX;
        print::line(format_args!("incomplete: {more} more; --json names them"))?;
    }
    for words in &report.alerts {
        print::line(format_args!("alert: {words}"))?;
    }
    Ok(())
}
