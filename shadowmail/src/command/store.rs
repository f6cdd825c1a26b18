//! `shadowmail store`: checking and rescuing what is kept.

mod export;
mod import;
mod rebuild;
pub mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use store::Account;

use super::UsageError;
use crate::cli::Common;

/// Check what is kept, and rescue it
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail store verify                    is every byte what came in?
  shadowmail store verify --day 2026-11-22
  shadowmail store rebuild 2026-11-22        its index again, from its segments
  shadowmail store export --format eml --out /tmp/anna --account anna --reason \"she asked\"
  shadowmail store import /tmp/anna --account anna --reason \"lost by the primary\"")]
pub struct Store {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Verify(verify::Verify),
    Rebuild(rebuild::Rebuild),
    Export(export::Export),
    Import(import::Import),
}

impl Store {
    /// Does what was asked.
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match &self.what {
            What::Verify(verify) => verify.run(common).await,
            What::Export(export) => export.run(&super::opened(common).await?).await,
            What::Import(import) => import.run(&super::opened(common).await?).await,
            What::Rebuild(rebuild) => rebuild.run(common).await,
        }
    }
}

/// The audit log gets the reason for what is done with other people's mail.
fn must_say_why(reason: &str) -> Result<(), UsageError> {
    if reason.trim().is_empty() {
        return Err(UsageError("--reason must say why".to_owned()));
    }
    Ok(())
}

/// The account that a login or an address names.
pub async fn account_of(named: &str, store: &store::Store) -> anyhow::Result<Account> {
    let found = store.account_called(named).await?;
    let why = || format!("there is no account {named}; see `shadowmail user list`");
    Ok(found.ok_or_else(|| UsageError(why()))?)
}

/// The same where one is named.
async fn account_if(named: Option<&str>, store: &store::Store) -> anyhow::Result<Option<Account>> {
    match named {
        Some(named) => account_of(named, store).await.map(Some),
        None => Ok(None),
    }
}
