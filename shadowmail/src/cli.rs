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
  shadowmail demo --outage              one outage from beginning to end, in seconds
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
#[command(next_help_heading = "Options of every command")]
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
    /// What is logged: error, warn, info, debug, or a filter such as `info,delivery=debug`; the
    /// variable `RUST_LOG` says it too
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// All commands, in the order of the first day with Shadowmail. What each is for stands with it.
#[derive(Subcommand)]
pub enum Command {
    Demo(command::demo::Demo),
    Init(command::init::Init),
    Check(command::check::Check),
    Serve(command::serve::Serve),
    Status(command::status::Status),
    Emergency(command::emergency::Emergency),
    Outbound(command::outbound::Outbound),
    Dkim(command::dkim::Dkim),
    Probe(command::probe::Probe),
    Alert(command::alert::AlertCommand),
    Reinject(command::reinject::Reinject),
    Trace(command::trace::Trace),
    Resend(command::resend::Resend),
    Sync(command::sync::Sync),
    Unsorted(command::unsorted::Unsorted),
    Retention(command::retention::Retention),
    Store(command::store::Store),
    Backup(command::backup::Backup),
    Restore(command::backup::Restore),
    User(command::user::User),
    Audit(command::audit::Audit),
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
