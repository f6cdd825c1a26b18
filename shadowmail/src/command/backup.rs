//! `shadowmail backup` and `shadowmail restore`: a copy of everything, and back.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use store::{BackedUp, Progress, Restored, Store, WaysIn};

use super::store::verify;
use crate::actor;
use crate::bar::Bar;
use crate::cli::Common;
use crate::config::Config;
use crate::print::{self, Output};

/// Copy everything that is kept into another directory
///
/// The server may run meanwhile. A second backup into the same directory copies only what is new,
/// and removes what has aged. Only who may read mail should read it: the copy is not encrypted.
/// The config and the password files are not in it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail backup /mnt/backup/shadowmail         every hour, from cron or a timer
  shadowmail store verify --dir /mnt/backup/shadowmail
  shadowmail restore /mnt/backup/shadowmail")]
pub struct Backup {
    /// The directory of the backup: empty, missing, or with an earlier backup in it
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Bring a backup back into an empty data directory
///
/// Everything is checked afterwards. Nobody is signed in. What the queue owes for messages that
/// came after the backup is written off, because those messages are not in it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  systemctl stop shadowmail
  mv /var/lib/shadowmail /var/lib/shadowmail.old
  shadowmail restore /mnt/backup/shadowmail
  shadowmail check
  systemctl start shadowmail

With a backup that others may have read, or after passwords were forgotten on purpose:
  shadowmail restore --forget-verifiers /mnt/backup/shadowmail")]
pub struct Restore {
    /// The directory of the backup
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Forget all passwords that were stored here after a sign-in: people of whom all was forgotten
    /// since the backup would come in again
    #[arg(long)]
    forget_verifiers: bool,
    #[command(flatten)]
    output: Output,
}

impl Backup {
    /// Makes it and says what was copied. Exit code 1 when something could not be copied.
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let data_dir = Config::load(&common.config)?.data_dir;
        let copied = store::backup(&data_dir, &self.dir, shown(Bar::new())).await?;
        self.output.show(&copied, |copied| self.told(copied))?;
        Ok(if copied.trouble.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn told(&self, copied: &BackedUp) -> io::Result<()> {
        for trouble in &copied.trouble {
            print::line(format_args!("not copied: {trouble}"))?;
        }
        print::line(format_args!(
            "{}: {} messages of {} days as of {}, {} MiB, of which {} MiB are new",
            self.dir.display(),
            copied.messages,
            copied.days,
            print::local(copied.at),
            copied.bytes >> 20,
            copied.bytes_copied >> 20,
        ))
    }
}

impl Restore {
    /// Brings it back and says what came. Exit code 1 when something of it is damaged.
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let data_dir = Config::load(&common.config)?.data_dir;
        let by = actor::shell();
        let mut restored = store::restore(&self.dir, &data_dir, &by, shown(Bar::new())).await?;
        if self.forget_verifiers {
            let store = Store::open(&data_dir).await?;
            let forgotten = store.forget_verifiers(by, Timestamp::now()).await;
            store.close().await;
            forgotten?;
            restored.ways_in.verifiers = 0;
        }
        self.output.show(&restored, told)?;
        Ok(if restored.seen.is_sound() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn told(restored: &Restored) -> io::Result<()> {
    verify::print(&restored.seen)?;
    print::line(format_args!(
        "{} messages are back, as of {}",
        restored.messages,
        print::local(restored.at)
    ))?;
    if restored.written_off > 0 {
        print::line(format_args!(
            "{} rows of the queue are written off: their messages came after the backup",
            restored.written_off
        ))?;
    }
    if restored.still_owed > 0 {
        print::line(format_args!(
            "{} rows of the queue are owed as they were at the backup; what was delivered since is \
             delivered again unless you write it off before the server starts: see `shadowmail \
             reinject plan`",
            restored.still_owed
        ))?;
    }
    let ways_in = restored.ways_in;
    if ways_in != WaysIn::default() {
        print::line(format_args!(
            "back are also {} stored passwords, {} second factors and {} break-glass administrators as they were \
             at the backup: what you took from people since, take from them again (`shadowmail user forget`, \
             `user totp --remove`, `user break-glass renew`)",
            ways_in.verifiers, ways_in.second_factors, ways_in.break_glass
        ))?;
    }
    Ok(())
}

fn shown(bar: Bar) -> impl Fn(&Progress) + Clone + Send + 'static {
    let bar = Arc::new(bar);
    move |progress| bar.show(progress.bytes, progress.bytes_total, &progress.doing)
}
