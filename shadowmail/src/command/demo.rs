//! `shadowmail demo`: see it work.

use std::process::ExitCode;

use clap::Args;

/// See it work: a whole organisation in one process, with nothing to set up
#[derive(Args)]
pub struct Demo {
}

impl Demo {
    /// Plays.
    pub async fn run(&self) -> anyhow::Result<ExitCode> {
        Ok(ExitCode::SUCCESS)
    }
}
