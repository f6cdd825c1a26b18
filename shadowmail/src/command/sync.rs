//! `shadowmail sync`: the directory into the mirror, now.

use std::process::ExitCode;

use clap::Args;
use store::Difference;

use super::Opened;
use crate::print::{self, Output};

/// Read the directory again, now
///
/// `serve` does this by itself at its start and whenever the file changes.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail sync --dry-run
  shadowmail sync --accept-removals 12      when twelve people really left at once")]
pub struct Sync {
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Let up to this many accounts vanish
    #[arg(long, value_name = "N")]
    accept_removals: Option<usize>,
    #[command(flatten)]
    output: Output,
}

impl Sync {
    /// Syncs, or says what it would do.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let Opened { config, store } = opened;
        let snapshot = sync_ad::read_file(&config.directory)?;
        let difference = if self.dry_run {
            sync_ad::compare(store, snapshot).await?
        } else {
            sync_ad::sync(store, snapshot, self.accept_removals).await?
        };
        let would = if self.dry_run { "would be " } else { "" };
        self.output.show(
            &difference,
            |Difference {
                 added,
                 changed,
                 removed,
                 accounts,
                 groups,
             }| {
                print::line(format_args!(
                    "{would}added {added}, changed {changed}, removed {removed}; \
                 {accounts} accounts and {groups} groups"
                ))
            },
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
