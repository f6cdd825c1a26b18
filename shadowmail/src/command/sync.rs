//! `shadowmail sync`: the directory into the mirror, now.

use std::process::ExitCode;

use clap::Args;

use super::Opened;
use crate::print;

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
    /// Print JSON
    #[arg(long)]
    json: bool,
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
        if self.json {
            print::json(&difference)?;
            return Ok(ExitCode::SUCCESS);
        }
        let would = if self.dry_run { "would be " } else { "" };
        print::line(format_args!(
            "{would}added {}, changed {}, removed {}; {} accounts and {} groups",
            difference.added,
            difference.changed,
            difference.removed,
            difference.accounts,
            difference.groups
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
