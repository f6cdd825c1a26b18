//! `shadowmail alert`: what is the matter, and who looks after it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{Alert, AlertKind, AlertQuiet, AuditEvent, Store};

use super::Opened;
use crate::actor;
use crate::print::{self, Output};

/// What is the matter, and who looks after it
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail alert list
  shadowmail alert ack primary-failing
      nobody is told of it again while it lasts
  shadowmail alert snooze copies-silent --for 4h
  shadowmail alert test
      sends a message by each way of [alerts], and says what became of it")]
pub struct AlertCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show what lasts
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Say that somebody looks after it: nobody is told again while it lasts
    Ack {
        /// As `alert list` shows it
        #[arg(value_name = "ALERT", value_parser = kind)]
        kind: AlertKind,
    },
    /// Say that nobody need be told again for a while
    Snooze {
        /// As `alert list` shows it
        #[arg(value_name = "ALERT", value_parser = kind)]
        kind: AlertKind,
        /// How long, such as 90m or 4h
        #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
        length: Duration,
    },
    /// Send a message by each way, to see whether it arrives; exit code 1 when one fails
    Test {
        #[command(flatten)]
        output: Output,
    },
}

/// An alert, and who looks after it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    alert: Alert,
    quiet: Option<AlertQuiet>,
}

/// What became of a test.
#[derive(Serialize)]
struct Sent {
    way: String,
    ok: bool,
    words: String,
}

impl AlertCommand {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let now = Timestamp::now();
        match &self.what {
            What::List { output } => {
                let shown = shown(store, now).await?;
                output.show(&shown, |shown| list(shown))?;
            }
            What::Ack { kind } => {
                quiet(store, *kind, (None, "alert-acknowledged"), now).await?;
                print::line(format_args!(
                    "nobody is told of {kind} again while it lasts"
                ))?;
            }
            What::Snooze { kind, length } => {
                let until = now.checked_add(*length).context("--for is too long")?;
                quiet(store, *kind, (Some(until), "alert-snoozed"), now).await?;
                let until = print::local(until);
                print::line(format_args!(
                    "nobody is told of {kind} again before {until}"
                ))?;
            }
            What::Test { output } => return test(opened, *output, now).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn shown(store: &Store, now: Timestamp) -> anyhow::Result<Vec<Shown>> {
    let quiet = store.alerts_quiet().await?;
    let alerts = store.alerts().await?.into_iter().map(|alert| Shown {
        quiet: quiet
            .iter()
            .find(|it| it.covers(alert.kind, alert.since, now))
            .cloned(),
        alert,
    });
    Ok(alerts.collect())
}

async fn quiet(
    store: &Store,
    kind: AlertKind,
    (until, action): (Option<Timestamp>, &'static str),
    now: Timestamp,
) -> anyhow::Result<()> {
    let event = AuditEvent {
        actor: actor::shell(),
        action,
        object: kind.to_string(),
        detail: until.map_or_else(String::new, |until| format!("until {until}")),
        address: None,
    };
    if !store.quiet_alert(kind, until, event, now).await? {
        bail!("there is no alert {kind} now; `shadowmail alert list` shows those there are");
    }
    Ok(())
}

async fn test(opened: &Opened, output: Output, now: Timestamp) -> anyhow::Result<ExitCode> {
    let Some(alerts) = &opened.config.alerts else {
        bail!("nobody is told of alerts: name mail addresses or webhooks in [alerts]");
    };
    let all = alerts.try_all(&opened.store, now).await;
    let sent: Vec<Sent> = all
        .into_iter()
        .map(|(way, sent)| Sent {
            ok: sent.is_ok(),
            words: match sent {
                // A mail is in the queue, a webhook has taken it.
                Ok(()) if way.contains('@') => {
                    "on its way; `shadowmail serve` hands it over".to_owned()
                }
                Ok(()) => "taken".to_owned(),
                Err(why) => why,
            },
            way,
        })
        .collect();
    output.show(&sent, |sent| {
        let row = |it: &Sent| [it.way.clone(), it.words.clone()];
        let rows: Vec<_> = sent.iter().map(row).collect();
        print::table(["WAY", ""], &rows)
    })?;
    Ok(if sent.iter().all(|it| it.ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn list(shown: &[Shown]) -> std::io::Result<()> {
    if shown.is_empty() {
        return print::line("nothing is the matter");
    }
    shown.iter().try_for_each(|Shown { alert, quiet }| {
        let since = print::local(alert.since);
        print::line(format_args!("{}, since {since}", alert.kind))?;
        if let Some(AlertQuiet { by, until, .. }) = quiet {
            match until {
                Some(until) => {
                    let until = print::local(*until);
                    print::line(format_args!("    snoozed until {until} by {by}"))?;
                }
                None => print::line(format_args!("    {by} looks after it"))?,
            }
        }
        print::line(format_args!("    {}", print::plain(&alert.words)))
    })
}

fn kind(text: &str) -> Result<AlertKind, String> {
    let found = AlertKind::ALL
        .into_iter()
        .find(|kind| kind.to_string() == text);
    found.ok_or_else(|| {
        let all: Vec<String> = AlertKind::ALL.iter().map(ToString::to_string).collect();
        format!("known are {}", all.join(", "))
    })
}
