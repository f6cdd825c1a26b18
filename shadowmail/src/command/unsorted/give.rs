//! `shadowmail unsorted give`: a person says whose mail it is.

use std::collections::HashSet;
use std::io;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use store::{Account, Address, Folder, MessageId, Owners, Store, StoreError};

use crate::actor;
use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// Accounts that are named when it is not clear who is meant.
const NAMED_MAX: usize = 5;

/// Put unsorted mail into somebody's mailbox
///
/// From then on it is theirs as any other mail, and stands in the audit log. Whoever else it names and
/// the directory does not know yet gets it with the sync that brings them, too.
#[derive(Args)]
pub struct Give {
    /// The messages, as `unsorted list` names them
    #[arg(value_name = "ID", required = true)]
    messages: Vec<MessageId>,
    /// Whose they are: an address of a person or a shared mailbox, or a sign-in name
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Where they lie then: what somebody wrote goes to sent
    #[arg(long, value_enum, default_value_t = Place::Inbox)]
    folder: Place,
    /// Also a journal report that could not be opened: its new owner reads all of it, and it may name
    /// who got a blind copy
    #[arg(long)]
    whole_report: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Place {
    Inbox,
    Sent,
}

#[derive(Serialize)]
struct Given {
    message: MessageId,
    login: String,
    folder: &'static str,
}

impl Give {
    /// Looks at all of them before it gives the first. What it has given when one fails all the same
    /// is printed.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let store = &opened.store;
        let owner = owner(store, &self.to).await?;
        let messages = each_once(&self.messages);
        for message in &messages {
            self.refuse_report(store, *message).await?;
        }
        let (given, outcome) = self.give(store, &owner, &messages).await;
        if outcome.is_ok() || !given.is_empty() {
            self.output.show(&given, |given| print(given))?;
        }
        Ok(outcome?)
    }

    async fn give(
        &self,
        store: &Store,
        owner: &Account,
        messages: &[MessageId],
    ) -> (Vec<Given>, Result<(), StoreError>) {
        let folder = match self.folder {
            Place::Inbox => Folder::Inbox,
            Place::Sent => Folder::Sent,
        };
        let mut given = Vec::with_capacity(messages.len());
        for message in messages {
            let (to, by) = ((owner.id, folder), actor::shell());
            if let Err(error) = store.give(*message, to, &by, Timestamp::now()).await {
                return (given, Err(error));
            }
            given.push(Given {
                message: *message,
                login: owner.login.clone(),
                folder: folder.as_str(),
            });
        }
        (given, Ok(()))
    }

    async fn refuse_report(&self, store: &Store, message: MessageId) -> anyhow::Result<()> {
        let unsorted = store.unsorted_message(message).await?;
        let Some(unsorted) = unsorted else {
            let why = format!(
                "message {message} is not unsorted: somebody has it, or it is being sorted just now; \
                 `shadowmail trace` says where it lies"
            );
            return Err(UsageError(why).into());
        };
        if let Some(because) = unsorted.unopened_report()
            && !self.whole_report
        {
            let why = format!(
                "message {message} is a journal report that was not opened ({because}): who gets it \
                 reads all of it, blind copies too; say --whole-report if they may"
            );
            return Err(UsageError(why).into());
        }
        Ok(())
    }
}

/// Without those that were named before.
fn each_once(messages: &[MessageId]) -> Vec<MessageId> {
    let mut seen = HashSet::new();
    let messages = messages.iter().copied();
    messages.filter(|it| seen.insert(*it)).collect()
}

fn print(given: &[Given]) -> io::Result<()> {
    given.iter().try_for_each(|one| {
        let Given {
            message,
            login,
            folder,
        } = one;
        print::line(format_args!("{message}: in the {folder} of {login} now"))
    })
}

/// Whose mailbox is meant.
async fn owner(store: &Store, to: &str) -> anyhow::Result<Account> {
    if let Ok(address) = to.parse() {
        match store.owners(&address).await? {
            Owners::One(owner) => return Ok(store.account(owner.account).await?),
            Owners::Group(members) => {
                let members: Vec<&str> = members.iter().map(|it| it.primary.as_str()).collect();
                let why = format!(
                    "{to} is a group: name one of its members, {}",
                    named(&members)
                );
                return Err(UsageError(why).into());
            }
            Owners::Nobody => {}
        }
    } else if let Some((account, _)) = store.sign_in_name(to).await? {
        return Ok(account);
    }
    Err(UsageError(nobody(to, &store.accounts().await?)).into())
}

/// What is said when nobody is called so: who is called nearly so.
fn nobody(to: &str, accounts: &[Account]) -> String {
    let sought = to.split('@').next().unwrap_or_default().to_lowercase();
    let is_alike = |account: &&Account| {
        let addresses = account.addresses.iter().map(Address::key);
        let mut words =
            addresses.chain([&account.login, &account.name].map(|it| it.to_lowercase()));
        !sought.is_empty() && words.any(|word| word.contains(&sought))
    };
    let alike = accounts.iter().filter(is_alike);
    let alike: Vec<&str> = alike.map(|it| it.primary_address().as_str()).collect();
    if alike.is_empty() {
        return format!(
            "the directory knows nobody called {to}: `shadowmail user list` shows whom it knows, and \
             `shadowmail sync` reads it again"
        );
    }
    format!(
        "the directory knows nobody called {to}; do you mean {}?",
        named(&alike)
    )
}

fn named(all: &[&str]) -> String {
    let more = all.len().saturating_sub(NAMED_MAX);
    let first = all.iter().take(NAMED_MAX).copied();
    let first = first.collect::<Vec<_>>().join(", ");
    match more {
        0 => first,
        more => format!("{first} or one of {more} more"),
    }
}

#[cfg(test)]
#[path = "give_tests.rs"]
mod tests;
