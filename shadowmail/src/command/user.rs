//! `shadowmail user`: accounts, and the hash that stands for a password.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use store::{Account, AccountKind, Address, Role};

use super::init::first_line;
use super::{Opened, UsageError};
use crate::cli::Common;
use crate::print::{self, Output};

/// List accounts, or hash a password for users.toml
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user list
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
            What::Hash => hash()?,
        }
        Ok(ExitCode::SUCCESS)
    }
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
