//! The command line: what may be asked, and how `--help` teaches it.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};

use crate::command;
use crate::log::LogFormat;

/// Where the config is when nobody says otherwise.
const CONFIG: &str = "/etc/shadowmail/shadowmail.toml";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default());

/// A shadow mail server: keeps a copy of every mail for four weeks, and opens a webmail on it
/// when the primary mail system fails.
#[derive(Parser)]
#[command(version, styles = STYLES, max_term_width = 100, arg_required_else_help = true, after_help = "\
Examples:
  shadowmail demo                       see it work, with nothing to set up
  shadowmail demo --outage              one outage from beginning to end, in half a minute
  shadowmail init --domain corp.example write a config and the first administrator
  shadowmail check                      is everything in place?
  shadowmail serve                      run
  shadowmail emergency start --reason \"Exchange is down\"

Exit codes: 0 done, 1 failed, 2 wrong config or usage.")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args)]
pub struct Common {
    /// The config file
    #[arg(long, global = true, value_name = "FILE", default_value = CONFIG)]
    pub config: PathBuf,
    /// What log lines look like
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or a filter like `info,delivery=debug`; or as
    /// in the variable `RUST_LOG`
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// All commands, in the order of the first day with Shadowmail.
#[derive(Subcommand)]
pub enum Command {
    /// See it work: a whole organisation in one process, with nothing to set up
    Demo(command::demo::Demo),
    /// Write a commented config and the first administrator
    Init(command::init::Init),
    /// Say what is in place and what is to fix, one line each
    Check(command::check::Check),
    /// Run: listeners, webmail and worker
    Serve(command::serve::Serve),
    /// Say the mode, what is kept and what is owed
    Status(command::status::Status),
    /// Start, extend or end an emergency
    Emergency(command::emergency::Emergency),
    /// Look at what the primary still lacks, and decide about what it refused
    Reinject(command::reinject::Reinject),
    /// Send a kept mail to the primary once more
    Resend(command::resend::Resend),
    /// Read the directory again, now
    Sync(command::sync::Sync),
    /// Look at the days that are kept, or drop those that are due
    Retention(command::retention::Retention),
    /// List accounts, or hash a password for users.toml
    User(command::user::User),
    /// Who read whose mail, who changed the mode: newest first
    Audit(command::audit::Audit),
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
