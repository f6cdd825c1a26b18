//! `shadowmail user`: accounts, who of them could sign in, and what lets them in.

mod break_glass;
mod code;
mod ready;
mod remind;
mod show;
mod totp;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{Account, AccountKind, Address, Role, Store};

use super::init::first_line;
use super::{Opened, UsageError};
use crate::actor;
use crate::cli::Common;
use crate::print::{self, Output};

/// Accounts, emergency codes, and who could sign in with the directory down
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user list
  shadowmail user show amy                   all that is known of her: why can she not sign in?
  shadowmail user ready                      who could sign in now, who is missing
  shadowmail user remind --dry-run           whom a mail would ask to try it
  shadowmail user code anna                  an emergency code, to be read to her
  shadowmail user forget anna                a lost laptop: nothing that is kept here lets her in
  shadowmail user totp eva                   a second factor for an administrator's console
  shadowmail user break-glass make safe-1    an administrator who needs no directory
  shadowmail user hash                       asks on a terminal
  pass show anna | shadowmail user hash")]
pub struct User {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// List the accounts as they were last read from the directory
    List {
        #[command(flatten)]
        output: Output,
    },
    Show(show::Show),
    Ready(ready::Ready),
    Remind(remind::Remind),
    Code(code::Code),
    Totp(totp::Totp),
    BreakGlass(break_glass::BreakGlass),
    /// Forget all that lets somebody in while the directory is down, and end their sessions
    ///
    /// That is the password's verifier and the emergency code. Where the directory hands out
    /// verifiers itself (users.toml does), only another password there, or the same one hashed anew,
    /// lets them in again without a code; nothing else that changes there does.
    Forget {
        /// A sign-in name or an address, also of somebody who is disabled
        login: String,
        #[command(flatten)]
        output: Output,
    },
    /// Read a password from standard input and print its Argon2id hash
    Hash,
}

#[derive(Serialize)]
struct Row {
    login: String,
    name: String,
    kind: AccountKind,
    roles: Vec<Role>,
    addresses: Vec<Address>,
}

impl User {
    /// Does what was asked.
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.what {
            What::List { output } => {
                let rows = rows(&super::opened(common).await?).await?;
                output.show(&rows, |rows| table(rows))?;
            }
            What::Show(show) => show.run(&super::opened(common).await?).await?,
            What::Ready(ready) => ready.run(&super::opened(common).await?).await?,
            What::Remind(remind) => remind.run(&super::opened(common).await?).await?,
            What::Code(code) => code.run(&super::opened(common).await?).await?,
            What::Totp(totp) => totp.run(&super::opened(common).await?).await?,
            What::BreakGlass(order) => order.run(&super::opened(common).await?).await?,
            What::Forget { login, output } => {
                forget(&super::opened(common).await?, login, *output).await?;
            }
            What::Hash => hash()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Who signs in with this name or address.
pub async fn person(store: &Store, login: &str) -> anyhow::Result<Account> {
    match store.sign_in_name(login).await? {
        Some((account, _)) => Ok(account),
        None => Err(nobody(login)),
    }
}

fn nobody(login: &str) -> anyhow::Error {
    let advice = "`shadowmail user list` names all accounts";
    UsageError(format!("nobody signs in as {login}; {advice}")).into()
}

async fn forget(opened: &Opened, login: &str, output: Output) -> anyhow::Result<()> {
    let account = opened.store.person_named(login).await?;
    let account = account.ok_or_else(|| nobody(login))?;
    let (by, now) = (actor::shell(), Timestamp::now());
    let forgotten = opened.store.forget_sign_in(account.id, by, now).await?;
    output.show(&forgotten, |forgotten| {
        let word = |was_there| {
            if was_there {
                "forgotten"
            } else {
                "there was none"
            }
        };
        print::line(format_args!("verifier  {}", word(forgotten.verifier)))?;
        print::line(format_args!("code      {}", word(forgotten.code)))?;
        print::line(format_args!("sessions  {} ended", forgotten.sessions))
    })?;
    Ok(())
}

async fn rows(opened: &Opened) -> anyhow::Result<Vec<Row>> {
    let accounts = opened.store.accounts().await?;
    let row = |account: Account| Row {
        login: account.login,
        name: account.name,
        kind: account.kind,
        roles: account.roles,
        addresses: account.addresses,
    };
    Ok(accounts.into_iter().map(row).collect())
}

fn table(rows: &[Row]) -> io::Result<()> {
    let cells: Vec<[String; 5]> = rows
        .iter()
        .map(|row| {
            let roles: Vec<String> = row.roles.iter().map(print::word).collect();
            let addresses: Vec<&str> = row.addresses.iter().map(Address::as_str).collect();
            let (login, name) = (row.login.clone(), row.name.clone());
            [
                login,
                name,
                print::word(&row.kind),
                roles.join(" "),
                addresses.join(" "),
            ]
        })
        .collect();
    print::table(["LOGIN", "NAME", "KIND", "ROLES", "ADDRESSES"], &cells)
}

fn hash() -> anyhow::Result<()> {
    let password = if io::stdin().is_terminal() {
        store::Secret::new(rpassword::prompt_password("Password: ")?)
    } else {
        first_line(io::stdin().lock())?
    };
    if password.expose().is_empty() {
        return Err(UsageError("the password is empty".into()).into());
    }
    print::line(sync_ad::hash(&password)?)?;
    Ok(())
}
