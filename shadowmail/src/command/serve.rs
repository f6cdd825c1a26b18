//! `shadowmail serve`: the server, until somebody stops it.

use std::collections::BTreeSet;
use std::process::{self, ExitCode};

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{debug, info};

use crate::config::Config;
use crate::service::{Part, Service};

/// Run: listeners, webmail and worker
///
/// Stops on SIGTERM or SIGINT and finishes what is under way; Ctrl-C cuts that off. Roles may run
/// in processes of their own on the same data directory; only one of them may be the worker.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail serve                          everything in one process
  shadowmail serve --role smtp --role web   without the worker
  shadowmail serve --log-format json        for a log collector")]
pub struct Serve {
    /// Run only this role; repeat for more: smtp takes and files mail, web is the webmail, worker
    /// delivers, follows directory and mode, and ages
    #[arg(long = "role", value_enum, value_name = "ROLE")]
    roles: Vec<Part>,
}

impl Serve {
    /// Runs until a signal comes.
    pub async fn run(&self, config: Config) -> anyhow::Result<ExitCode> {
        let all = [Part::Smtp, Part::Web, Part::Worker];
        let parts: BTreeSet<Part> = match self.roles.as_slice() {
            [] => all.into(),
            some => some.iter().copied().collect(),
        };
        let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for signals")?;
        info!(
            "shadowmail {} with {}",
            env!("CARGO_PKG_VERSION"),
            config.file.display()
        );
        debug!("effective config: {config:?}");
        let service = Service::start(&config, &parts).await?;
        info!("ready");
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            info!("stopping; what is under way finishes first; Ctrl-C cuts it off");
            tokio::spawn(async move {
                // Only from the keyboard: a service manager that repeats SIGTERM means no haste.
                interrupt.recv().await;
                // What was kept is on disk, as after a crash.
                process::exit(1);
            });
        };
        service.run_until(stop).await?;
        info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}
