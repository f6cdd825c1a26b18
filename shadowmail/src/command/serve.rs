//! `shadowmail serve`: the server, until somebody stops it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{self, ExitCode};

use anyhow::Context;
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{debug, info, warn};

use crate::config::Config;
use crate::service::{Part, Service};

/// Files that all listeners at their limits, the webmail and four weeks of days may have open.
const OPEN_FILES_WANTED: u64 = 8192;

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

    /// Where monitoring asks this process, instead of the address in [metrics]
    #[arg(long, value_name = "HOST:PORT")]
    metrics_address: Option<SocketAddr>,
}

impl Serve {
    /// Runs until a signal comes.
    pub async fn run(&self, mut config: Config) -> anyhow::Result<ExitCode> {
        config.metrics = self.metrics_address.or(config.metrics);
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
        allow_open_files();
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

/// A connection is an open file, and so is each database of each day; the soft limit of many systems
/// (1024) is for programs that use select(2).
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        warn!("the number of open files can not be raised: {error}");
    }
    if limit.maximum.is_some_and(|most| most < OPEN_FILES_WANTED) {
        warn!(
            "this process may open {} files; raise it to {OPEN_FILES_WANTED} (LimitNOFILE= of systemd), \
             or a busy hour ends in refused connections",
            limit.maximum.unwrap_or_default()
        );
    }
}
