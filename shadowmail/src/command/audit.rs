//! `shadowmail audit`: who read whose mail, who changed what.

use std::io;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use store::{AuditRow, MessageId, Store};

use super::{Opened, UsageError};
use crate::print::{self, Output};

/// Lines that are shown when nothing is asked for.
const SHOWN: usize = 50;

/// Lines that are looked through for those that were asked for.
const SEARCHED_MAX: usize = 1_000_000;

/// Who read whose mail, who changed the mode: newest first
///
/// The newest million lines are looked through for those that --since and the like ask for.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail audit
  shadowmail audit --mailbox anna --since 2026-11-17 --until 2026-11-17
      who was in Anna's mailbox on that day?
  shadowmail audit --who jens --message 20261122-0f3b2c1a9d04e
  shadowmail audit --limit 1000 --json | jq '.[] | select(.action == \"read-message\")'")]
pub struct Audit {
    /// How many lines are shown at most [default: 50, or all that were asked for]
    #[arg(long)]
    limit: Option<usize>,
    /// From this day or time on, on the clock of this host: 2026-11-17 or 2026-11-17T14:30
    #[arg(long, value_name = "TIME", value_parser = begin)]
    since: Option<Timestamp>,
    /// To the end of this day, or until this time
    #[arg(long, value_name = "TIME", value_parser = end)]
    until: Option<Timestamp>,
    /// What this person did: a login, or such as shell:root
    #[arg(long, value_name = "LOGIN")]
    who: Option<String>,
    /// What was done with this message
    #[arg(long, value_name = "ID")]
    message: Option<MessageId>,
    /// What was done in this mailbox
    #[arg(long, value_name = "LOGIN|ADDRESS")]
    mailbox: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Audit {
    /// Prints them.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let mailbox = match &self.mailbox {
            Some(text) => Some(login_of(text, &opened.store).await?),
            None => None,
        };
        let wanted = |row: &AuditRow| self.wants(row, mailbox.as_deref());
        let (searched, shown) = self.limits();
        let rows = opened.store.audit_log(searched).await?;
        let rows: Vec<AuditRow> = rows.into_iter().filter(wanted).take(shown).collect();
        self.output.show(&rows, |rows| table(rows))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Audit {
    /// How many lines are read, and how many of them are shown.
    fn limits(&self) -> (usize, usize) {
        let asked = self.since.is_some()
            || self.until.is_some()
            || self.who.is_some()
            || self.message.is_some()
            || self.mailbox.is_some();
        let shown = |otherwise| self.limit.unwrap_or(otherwise);
        if asked {
            (SEARCHED_MAX, shown(SEARCHED_MAX))
        } else {
            (shown(SHOWN), shown(SHOWN))
        }
    }

    fn wants(&self, row: &AuditRow, mailbox: Option<&str>) -> bool {
        let message = self.message.as_ref().map(ToString::to_string);
        self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
            && self.who.as_ref().is_none_or(|who| row.actor == *who)
            && message.is_none_or(|message| row.object == message)
            // As the webmail writes it.
            && mailbox.is_none_or(|login| row.detail == format!("mailbox {login}"))
    }
}

/// The login that has an address. A text without an `@` is one, also of somebody removed.
pub async fn login_of(text: &str, store: &Store) -> anyhow::Result<String> {
    match store.account_called(text).await? {
        Some(account) => Ok(account.login),
        None if text.contains('@') => {
            let why = format!("nobody has the address {text} now; name the login");
            Err(UsageError(why).into())
        }
        None => Ok(text.to_owned()),
    }
}

/// The first moment of a day, or a time, on the clock of this host.
pub fn begin(text: &str) -> Result<Timestamp, String> {
    let midnight = |day: Date| day.at(0, 0, 0, 0);
    let time = day(text).map_or_else(|| text.parse(), |day| Ok(midnight(day)));
    timestamp(time)
}

/// The end of a day, or a time.
pub fn end(text: &str) -> Result<Timestamp, String> {
    let midnight = |day: Date| day.tomorrow().map(|day| day.at(0, 0, 0, 0));
    let time = day(text).map_or_else(|| text.parse(), midnight);
    timestamp(time)
}

/// The text as a day without a time.
fn day(text: &str) -> Option<Date> {
    let is_day = !text.contains(['T', 't', ' ', ':']);
    is_day.then(|| text.parse().ok()).flatten()
}

fn timestamp(time: Result<DateTime, jiff::Error>) -> Result<Timestamp, String> {
    let zoned = time.and_then(|time| time.to_zoned(TimeZone::system()));
    zoned
        .map(|zoned| zoned.timestamp())
        .map_err(|_| "write 2026-11-17 or 2026-11-17T14:30".to_owned())
}

fn table(rows: &[AuditRow]) -> io::Result<()> {
    let cells: Vec<[String; 6]> = rows
        .iter()
        .cloned()
        .map(|row| {
            let address = row.address.unwrap_or_default();
            [
                print::local(row.at),
                row.actor,
                row.action,
                row.object,
                row.detail,
                address,
            ]
        })
        .collect();
    print::table(["WHEN", "WHO", "WHAT", "WHICH", "DETAIL", "FROM"], &cells)
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
