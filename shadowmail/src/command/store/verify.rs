//! `shadowmail store verify`: whether all that is kept is whole.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use store::{Day, Verification};

use crate::bar::Bar;
use crate::cli::Common;
use crate::config::Config;
use crate::print::{self, Output};

/// Check every checksum, every row and every rule
///
/// Changes nothing of what is kept, and may run while the server does. Lists what is damaged and
/// what to do about it, each on one line. Exit code 1 when anything is damaged; when nothing is, an
/// alert about damage is taken back, if it can be.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail store verify
  shadowmail store verify --day 2026-11-22
  shadowmail store verify --dir /mnt/backup      is that backup whole?
  shadowmail store verify --json | jq '.findings[]'")]
pub struct Verify {
    /// Only this day
    #[arg(long, value_name = "DAY")]
    day: Option<Day>,
    /// Another directory than the `data_dir` of the config, such as a backup
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Verify {
    /// Checks and prints.
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let dir = match &self.dir {
            Some(dir) => dir.clone(),
            None => Config::load(&common.config)?.data_dir,
        };
        if let Some(day) = self.day
            && !dir.join("days").join(day.to_string()).is_dir()
        {
            bail!("{} keeps no mail of {day}", dir.display());
        }
        let seen = check(&dir, self.day).await?;
        self.output.show(&seen, print)?;
        if self.dir.is_none() && self.day.is_none() && seen.is_sound() {
            // It is no damage, so the exit code does not tell it.
            if let Err(error) = store::clear_damage(&dir).await {
                let stays =
                    "nothing is damaged, but an alert that says so stays where there is one";
                print::complaint(&anyhow::Error::new(error).context(stays));
            }
        }
        Ok(if seen.is_sound() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Checks with a progress bar.
pub async fn check(dir: &Path, day: Option<Day>) -> anyhow::Result<Verification> {
    let bar = Bar::new();
    let verified = store::verify(dir, day, move |progress| {
        let found = match progress.findings {
            0 => String::new(),
            findings => format!(", {findings} findings"),
        };
        let words = format!("{}{found}", progress.doing);
        bar.show(progress.bytes, progress.bytes_total, &words);
    });
    Ok(verified.await?)
}

/// Prints what was seen.
pub fn print(seen: &Verification) -> io::Result<()> {
    for finding in &seen.findings {
        print::line(format_args!("damaged: {finding}"))?;
    }
    if seen.more_findings > 0 {
        print::line(format_args!("damaged: and {} more", seen.more_findings))?;
    }
    for note in &seen.notes {
        print::line(format_args!("note: {note}"))?;
    }
    let Verification {
        days,
        records,
        bytes,
        ..
    } = seen;
    let damaged = seen.findings.len() as u64 + seen.more_findings;
    let verdict = match damaged {
        0 => "all is whole".to_owned(),
        1 => "1 thing is damaged".to_owned(),
        damaged => format!("{damaged} things are damaged"),
    };
    print::line(format_args!(
        "{days} days, {records} messages, {} MiB read: {verdict}",
        bytes >> 20
    ))
}
