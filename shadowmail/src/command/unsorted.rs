//! `shadowmail unsorted`: kept mail that no mailbox shows.

mod give;

use std::io;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use store::{AlertKind, AuditEvent, Unsorted as Message};

use super::Opened;
use crate::actor;
use crate::print::{self, Output};
use give::Give;

/// Messages that are shown when nothing is asked for.
const SHOWN: usize = 100;

/// See kept mail that no mailbox shows, and why
///
/// Nothing has to be done when the directory lacks an owner: the mail appears in the mailbox with the
/// sync that brings them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail unsorted list
  shadowmail unsorted list --json | jq '.[].unknown_names[]' | sort | uniq -c
      whom does the directory lack?
  shadowmail unsorted retry
      after a change of domains, alias_domains, journal_recipients or recipient_headers
  shadowmail unsorted give 20261122-0f3b2c1a9d04e --to anna@corp.example
      when a person knows better: from then on it is in Anna's inbox")]
pub struct Unsorted {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Show them, the newest first
    List {
        /// How many are shown at most
        #[arg(long, value_name = "COUNT", default_value_t = SHOWN)]
        limit: usize,
        #[command(flatten)]
        output: Output,
    },
    /// Let the running server sort all of them again
    Retry {
        #[command(flatten)]
        output: Output,
    },
    Give(Give),
}

impl Unsorted {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        match &self.what {
            What::List { limit, output } => {
                let messages = store.unsorted_messages(*limit).await?;
                // Their subjects are somebody's mail.
                audit(opened, "unsorted-list", messages.len() as u64).await?;
                output.show(&messages, |messages| print(messages))?;
            }
            What::Retry { output } => {
                // What still comes to the wrong mailbox raises it again.
                store.clear_alert(AlertKind::ReportsUnopened).await;
                let again = store.file_unsorted_again().await?;
                audit(opened, "unsorted-retry", again).await?;
                output.show(&serde_json::json!({ "messages": again }), |_| {
                    print::line(format_args!(
                        "{again} messages are sorted again; `shadowmail serve` does that"
                    ))
                })?;
            }
            What::Give(give) => give.run(opened).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn audit(opened: &Opened, action: &'static str, messages: u64) -> anyhow::Result<()> {
    let event = AuditEvent {
        actor: actor::shell(),
        action,
        object: String::new(),
        detail: format!("{messages} messages"),
        address: None,
    };
    Ok(opened.store.audit(event, Timestamp::now()).await?)
}

fn print(messages: &[Message]) -> io::Result<()> {
    if messages.is_empty() {
        return print::line("nothing is unsorted");
    }
    let rows: Vec<[String; 5]> = messages.iter().map(cells).collect();
    print::table(["ID", "ARRIVED", "FROM", "SUBJECT", "WHY"], &rows)
}

fn cells(message: &Message) -> [String; 5] {
    [
        message.id.to_string(),
        print::local(message.id.arrived_at()),
        message.from.clone(),
        message.subject.chars().take(40).collect(),
        why(message.because.as_deref(), &message.unknown_names),
    ]
}

/// Why no mailbox shows a message.
pub fn why(because: Option<&str>, unknown: &[String]) -> String {
    if let Some(because) = because {
        return because.to_owned();
    }
    match unknown {
        [] => "it names nobody of ours".to_owned(),
        [first] => format!("the directory does not know {first}"),
        [first, others @ ..] => {
            let others = others.len();
            format!("the directory does not know {first} and {others} more")
        }
    }
}

#[cfg(test)]
#[path = "unsorted_tests.rs"]
mod tests;
