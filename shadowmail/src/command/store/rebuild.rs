//! `shadowmail store rebuild`: a day's index again, from its segments.

use std::io;
use std::process::ExitCode;

use clap::Args;
use store::{AlertKind, Day, Rebuilt, Store};

use crate::bar::Bar;
use crate::cli::Common;
use crate::config::Config;
use crate::print::{self, Output};

/// Make the index of a day again from its segments
///
/// Only while nothing else runs. Messages, flags and folders are carried over from the old index
/// as far as it can be read; the rest is filed again when the server runs. What was settled stays
/// settled. The old index stays beside the new one as `index.db.damaged-…` until you delete it; it
/// goes with its day.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail store verify                  says which days need it
  shadowmail store rebuild 2026-11-22
  shadowmail store rebuild --all")]
pub struct Rebuild {
    /// Which day
    #[arg(value_name = "DAY", required_unless_present = "all")]
    day: Option<Day>,
    /// All days
    #[arg(long, conflicts_with = "day")]
    all: bool,
    #[command(flatten)]
    output: Output,
}

impl Rebuild {
    /// Does it and says what became of it.
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let data_dir = Config::load(&common.config)?.data_dir;
        let bar = Bar::new();
        let rebuilt = store::rebuild(&data_dir, self.day, move |progress| {
            bar.show(progress.bytes, progress.bytes_total, &progress.doing);
        });
        let rebuilt = rebuilt.await?;
        if let (Some(day), true) = (self.day, rebuilt.is_empty()) {
            anyhow::bail!("{} keeps no mail of {day}", data_dir.display());
        }
        // Opening it raises the alert again where another day is damaged.
        let store = Store::open(&data_dir).await?;
        if store.damaged_days().await?.is_empty() {
            store.clear_alert(AlertKind::DayDamaged).await;
        }
        store.close().await;
        self.output.show(&rebuilt, |rebuilt| told(rebuilt))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn told(rebuilt: &[Rebuilt]) -> io::Result<()> {
    for one in rebuilt {
        let Rebuilt {
            day,
            messages,
            unfiled,
            left_out,
            ..
        } = one;
        print::line(format_args!(
            "{day}: {messages} messages, of which {unfiled} are filed again when the server runs; \
             {left_out} damaged or cut off records left out"
        ))?;
        if let Some(old) = &one.set_aside {
            print::line(format_args!(
                "  the old index is {old}; delete it when nothing is missing"
            ))?;
        }
    }
    Ok(())
}
