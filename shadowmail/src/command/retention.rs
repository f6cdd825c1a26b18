//! `shadowmail retention`: what is kept how long, aging it, and what must not age.

mod hold;
mod run;
mod status;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Opened;
use crate::print::Output;

/// Look at what is kept how long, age what is due, hold what must not age
///
/// `serve` ages by itself, in normal mode.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail retention status
  shadowmail retention run --dry-run
      what would go and what would stay, and why
  shadowmail retention hold add --account anna --reason \"lawsuit 12/2026\"
  shadowmail retention hold list")]
pub struct Retention {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show each day, when it goes and what is held
    Status {
        #[command(flatten)]
        output: Output,
    },
    Run(run::Run),
    Hold(hold::Hold),
}

impl Retention {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        match &self.what {
            What::Status { output } => status::show(opened, *output).await?,
            What::Run(run) => run.run(opened).await?,
            What::Hold(hold) => hold.run(opened).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
