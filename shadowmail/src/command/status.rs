//! `shadowmail status`: the mode, what is kept, what is owed.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{Alert, Count, DiskRoom, ModeChange, OwedCount, Scope, Store, StoreError};

use super::{Opened, outbound};
use crate::lock;
use crate::print::{self, Output};

/// How many unsorted messages are counted.
const UNSORTED_COUNTED_MAX: usize = 1000;

/// Say the mode, what is kept and what is owed
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail status
  shadowmail status --json | jq .owed.open")]
pub struct Status {
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Report {
    mode: ModeChange,
    webmail_runs: bool,
    owed: OwedCount,
    /// What the switch for mail to the outside holds back.
    outbound: outbound::Held,
    accounts: usize,
    /// Who could sign in now, even with the directory down.
    sign_in: Count,
    days_kept: usize,
    oldest_day: Option<String>,
    unsorted: usize,
    /// Holds that last.
    holds: usize,
    /// `None` when the disk can not be used; then there is an alert.
    disk: Option<DiskRoom>,
    alerts: Vec<Alert>,
}

impl Status {
    /// Reads and prints it.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let days = store.days().await?;
        let report = Report {
            mode: store.mode().await?,
            webmail_runs: lock::web_runs(&opened.config.data_dir)
                .context("cannot tell whether the webmail runs")?,
            owed: store.owed().await?,
            outbound: outbound::Held::read(store).await?,
            accounts: store.accounts().await?.len(),
            sign_in: Count::of(&store.readiness(Timestamp::now()).await?),
            days_kept: days.len(),
            oldest_day: days.first().map(|state| state.day.to_string()),
            unsorted: store.unsorted(UNSORTED_COUNTED_MAX).await?.len(),
            holds: lasting_holds(store).await?,
            disk: store.disk().await.ok(),
            alerts: store.alerts().await?,
        };
        let url = &opened.config.web.url;
        self.output.show(&report, |report| report.print(url))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How many holds last.
pub async fn lasting_holds(store: &Store) -> Result<usize, StoreError> {
    let holds = store.holds().await?;
    Ok(holds.iter().filter(|hold| hold.released.is_none()).count())
}

impl Report {
    fn print(&self, url: &str) -> std::io::Result<()> {
        let ModeChange {
            mode,
            since,
            by,
            reason,
            expected_end,
            scope,
            ..
        } = &self.mode;
        // A store that nobody ever changed the mode of has no history.
        let changed = (*since != Timestamp::UNIX_EPOCH)
            .then(|| format!(" since {}, by {by}: {reason}", print::local(*since)));
        print::line(format_args!(
            "mode      {mode}{}",
            changed.unwrap_or_default()
        ))?;
        if let Scope::Only(_) = scope {
            print::line(format_args!("          for {scope}"))?;
        }
        if let Some(end) = expected_end {
            print::line(format_args!(
                "          expected to end {}",
                print::local(*end)
            ))?;
        }
        let webmail = if self.webmail_runs {
            format!("runs at {url}")
        } else {
            "does not run; `shadowmail serve` starts it".to_owned()
        };
        print::line(format_args!("webmail   {webmail}"))?;
        let OwedCount {
            open,
            for_a_person,
            settled,
        } = self.owed;
        print::line(format_args!("owed      {open} open, {settled} settled"))?;
        if for_a_person > 0 {
            let advice = "see `shadowmail reinject status`";
            print::line(format_args!(
                "          {for_a_person} wait for a person; {advice}"
            ))?;
        }
        if !self.outbound.is_nothing() {
            self.outbound.print()?;
        }
        print::line(format_args!("accounts  {}", self.accounts))?;
        let Count { people, ready, .. } = self.sign_in;
        let advice = "with the directory down; see `shadowmail user ready`";
        print::line(format_args!("sign-in   {ready} of {people} {advice}"))?;
        let oldest = self
            .oldest_day
            .as_deref()
            .map(|day| format!(", since {day}"));
        print::line(format_args!(
            "kept      {} days{}",
            self.days_kept,
            oldest.unwrap_or_default()
        ))?;
        let more = if self.unsorted == UNSORTED_COUNTED_MAX {
            " or more"
        } else {
            ""
        };
        let advice = match self.unsorted {
            0 => "",
            _ => "; see `shadowmail unsorted list`",
        };
        print::line(format_args!("unsorted  {}{more}{advice}", self.unsorted))?;
        self.print_disk()
    }

    fn print_disk(&self) -> std::io::Result<()> {
        if self.holds > 0 {
            let advice = "see `shadowmail retention hold list`";
            print::line(format_args!("holds     {}; {advice}", self.holds))?;
        }
        if let Some(room) = self.disk {
            let words = "MiB free; mail is refused below";
            let (free, refuse) = (room.free_bytes >> 20, room.refuse_bytes >> 20);
            print::line(format_args!("disk      {free} {words} {refuse} MiB"))?;
        }
        for Alert { since, words, .. } in &self.alerts {
            print::line(format_args!(
                "ALERT     since {}: {words}",
                print::local(*since)
            ))?;
        }
        Ok(())
    }
}
