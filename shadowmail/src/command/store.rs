//! `shadowmail store`: checking and rescuing what is kept.

mod export;
mod import;
mod rebuild;
pub mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use store::Account;

use super::UsageError;
use super::audit::login_of;
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
pub fn account_of<'a>(text: &str, accounts: &'a [Account]) -> Result<&'a Account, UsageError> {
    let login = login_of(text, accounts)?;
    let found = accounts.iter().find(|account| account.login == login);
    found.ok_or_else(|| {
        UsageError(format!(
            "there is no account {text}; see `shadowmail user list`"
        ))
    })
}
