//! `shadowmail resend`: a kept mail once more to the primary.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{Address, MessageId, Owners, QueueId};

use super::Opened;
use crate::actor;
use crate::print::{self, Output};

/// Send a kept mail to the primary once more
///
/// The mail goes out with its original bytes and sender, to each of its recipients who has a
/// mailbox here, or to the one named with --to.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail resend 20261122-0f3b2c1a9d04e
  shadowmail resend 20261122-0f3b2c1a9d04e --to anna@corp.example

The id stands in the address of the message in the webmail and in the log (message.id).")]
pub struct Resend {
    /// The message
    #[arg(value_name = "ID")]
    message: MessageId,
    /// Only to this address
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Queued {
    row: QueueId,
    recipient: Address,
}

impl Resend {
    /// Queues it.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<ExitCode> {
        let store = &opened.store;
        let mut recipients = Vec::new();
        match &self.to {
            Some(address) => recipients.push(address.clone()),
            None => {
                for address in store.envelope(self.message).await?.recipients {
                    match store.owners(&address).await? {
                        Owners::Nobody => {}
                        Owners::One(_) => recipients.push(address),
                        // Its members, each by name: the primary would expand the group anew.
                        Owners::Group(members) => {
                            recipients.extend(members.into_iter().map(|member| member.primary));
                        }
                    }
                }
            }
        }
        recipients.sort();
        recipients.dedup();
        if recipients.is_empty() {
            bail!("none of its recipients has a mailbox here; name one with --to");
        }
        let mut queued = Vec::new();
        for recipient in recipients {
            let now = Timestamp::now();
            let row = store
                .resend(self.message, &recipient, &actor::shell(), now)
                .await?;
            queued.push(Queued { row, recipient });
        }
        self.output.show(&queued, |queued| {
            queued.iter().try_for_each(|Queued { row, recipient }| {
                print::line(format_args!("row {row}: queued for {recipient}"))
            })
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
