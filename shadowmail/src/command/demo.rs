//! `shadowmail demo`: see it work.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, process};

use anyhow::Context;
use clap::Args;

use crate::demo::{Play, Ports, Stage, Story};
use crate::print;

/// See it work: a whole organisation in one process, with nothing to set up
///
/// Starts a small mail server that plays the primary, with twelve people, two groups, a shared
/// mailbox and mail that keeps coming, and Shadowmail beside it. Everything listens on this host
/// only and lives in one directory.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail demo                   until you type q; says what to try
  shadowmail demo --outage          one outage from beginning to end, in seconds
  shadowmail --config shadowmail-demo/shadowmail.toml status
                                    any command, in another shell")]
pub struct Demo {
    /// Play one outage by itself, prove each step, and end
    #[arg(long)]
    outage: bool,
    /// The directory it lives in; emptied at the start if it is that of an earlier demo
    /// [default: shadowmail-demo, with --outage one that is removed at the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Demo {
    /// Plays.
    pub async fn run(&self) -> anyhow::Result<ExitCode> {
        if self.outage {
            self.outage().await?;
        } else {
            let directory = self.dir.clone().unwrap_or_else(|| "shadowmail-demo".into());
            let stage = Stage::set(&directory, Ports::usual()?).await?;
            Play::begin(stage).await?.run().await?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn outage(&self) -> anyhow::Result<()> {
        let temporary = env::temp_dir().join(format!("shadowmail-outage-{}", process::id()));
        let directory = self.dir.clone().unwrap_or(temporary);
        let shown = directory.display();
        let stage = Stage::set(&directory, Ports::any()?).await?;
        Story::new(stage)?
            .play()
            .await
            .with_context(|| format!("see {shown}; the demo failed"))?;
        if self.dir.is_none() {
            fs::remove_dir_all(&directory).with_context(|| format!("cannot remove {shown}"))?;
        }
        print::line("all of it holds")?;
        Ok(())
    }
}
