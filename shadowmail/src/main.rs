//! Shadowmail: a shadow mail server. This file is the order in which it starts.

mod actor;
mod bar;
mod certificate;
mod cli;
mod codes;
mod command;
mod config;
mod csv;
mod demo;
mod directory;
mod hangup;
mod health;
mod lock;
mod log;
mod mail_file;
mod modes;
mod monitor;
mod mounts;
mod preparation;
mod print;
mod qr;
mod service;
mod sign_in;
mod stamp;
mod tls;
mod users;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use crate::cli::Cli;

fn main() -> ExitCode {
    match start(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            print::complaint(&error);
            command::exit_code(&error)
        }
    }
}

fn start(cli: &Cli) -> anyhow::Result<ExitCode> {
    log::start(
        cli.common.log_format,
        cli.common.log_level.as_deref(),
        cli.command.log_level(),
    )?;
    tls::choose_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.context("cannot start: no threads")?;
    let code = runtime.block_on(cli.command.run(&cli.common));
    // Reading a key from the terminal blocks a thread for ever; nothing else is left by now.
    runtime.shutdown_background();
    code
}
