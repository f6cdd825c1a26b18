//! `shadowmail outbound`: the switch for mail to the outside.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{AccountId, OutboundQueue, OutboundStop, Stopped, Store, StoreError};

use super::{Opened, user};
use crate::actor;
use crate::print::{self, Output};

/// Stop mail to the outside, of everybody or of one account, and let it go again
///
/// What is stopped waits; nothing is lost. It holds within a second, in every process. Mail to
/// colleagues, and what is handed back to the primary, is not stopped.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail outbound stop --reason \"our address is on a block list\"
  shadowmail outbound stop --account anna --reason \"her password was stolen\"
      she can still read and write; end her sessions with `shadowmail user forget anna`
  shadowmail outbound status             what is stopped, and how much waits
  shadowmail outbound go --account anna  what waited goes out now")]
pub struct Outbound {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Let mail to the outside wait
    Stop {
        /// Only of whoever signs in with this name or address [default: of everybody]
        #[arg(long, value_name = "LOGIN")]
        account: Option<String>,
        /// Why, for the audit log and for colleagues
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Let it go again
    Go {
        /// Only of whoever signs in with this name or address [default: what was stopped for
        /// everybody]
        #[arg(long, value_name = "LOGIN")]
        account: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Say what is stopped, and how much waits because of it
    Status {
        #[command(flatten)]
        output: Output,
    },
}

impl Outbound {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let (by, now) = (actor::shell(), Timestamp::now());
        let output = match &self.what {
            What::Stop {
                account,
                reason,
                output,
            } => {
                let writer = writer(store, account.as_deref()).await?;
                store
                    .stop_outbound((writer, reason.as_str()), &by, now)
                    .await?;
                output
            }
            What::Go { account, output } => {
                let writer = writer(store, account.as_deref()).await?;
                store.resume_outbound(writer, &by, now).await?;
                output
            }
            What::Status { output } => output,
        };
        let held = Held::read(store).await?;
        output.show(&held, Held::print)?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn writer(store: &Store, login: Option<&str>) -> anyhow::Result<Option<AccountId>> {
    Ok(match login {
        Some(login) => Some(user::person(store, login).await?.id),
        None => None,
    })
}

/// What the switch holds back, as it is printed.
#[derive(Serialize)]
pub struct Held {
    stops: Vec<Stop>,
    /// Mails to one recipient each that wait because of them.
    waiting: u64,
    /// What waits for other reasons.
    queue: OutboundQueue,
}

/// One stop.
#[derive(Serialize)]
struct Stop {
    /// Whose, `everybody` or a sign-in name.
    of: String,
    since: Timestamp,
    by: String,
    reason: String,
}

impl Held {
    /// Reads it.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        let Stopped { stops, waiting } = store.outbound_stopped().await?;
        let mut named = Vec::with_capacity(stops.len());
        for OutboundStop {
            writer,
            since,
            by,
            reason,
        } in stops
        {
            let of = match writer {
                None => "everybody".to_owned(),
                Some(writer) => match store.account(writer).await {
                    Ok(account) => account.login,
                    Err(StoreError::Missing(_)) => format!("account {writer}"),
                    Err(error) => return Err(error),
                },
            };
            named.push(Stop {
                of,
                since,
                by,
                reason,
            });
        }
        Ok(Self {
            stops: named,
            waiting,
            queue: store.outbound_queue(Timestamp::now()).await?,
        })
    }

    /// Whether nothing is stopped and nothing waits.
    pub fn is_nothing(&self) -> bool {
        let OutboundQueue {
            waiting, not_taken, ..
        } = self.queue;
        self.stops.is_empty() && waiting == 0 && not_taken == 0
    }

    /// One line for each stop, and how much waits.
    pub fn print(&self) -> std::io::Result<()> {
        self.print_stops()?;
        self.print_queue()
    }

    fn print_stops(&self) -> std::io::Result<()> {
        if self.stops.is_empty() {
            return print::line("outbound  goes; nothing is stopped");
        }
        for Stop {
            of,
            since,
            by,
            reason,
        } in &self.stops
        {
            let since = print::local(*since);
            print::line(format_args!(
                "outbound  STOPPED for {of} since {since}, by {by}: {reason}"
            ))?;
        }
        let advice = "`shadowmail outbound go` lets it go";
        print::line(format_args!("          {} wait; {advice}", self.waiting))
    }

    fn print_queue(&self) -> std::io::Result<()> {
        let OutboundQueue {
            waiting,
            since,
            last_words,
            not_taken,
        } = &self.queue;
        if let Some(since) = since {
            let since = print::local(*since);
            print::line(format_args!(
                "          {waiting} to be handed over, the oldest since {since}"
            ))?;
        }
        if !last_words.is_empty() {
            print::line(format_args!("          last answer: {last_words}"))?;
        }
        if *not_taken > 0 {
            print::line(format_args!(
                "          {not_taken} that staff sent were not taken; does the worker run?"
            ))?;
        }
        Ok(())
    }
}
