//! The commands, one file each.

pub mod alert;
pub mod audit;
pub mod backup;
pub mod check;
pub mod demo;
pub mod dkim;
pub mod emergency;
pub mod init;
pub mod outbound;
pub mod probe;
pub mod reinject;
pub mod resend;
pub mod retention;
pub mod serve;
pub mod status;
pub mod store;
pub mod sync;
pub mod trace;
pub mod unsorted;
pub mod user;

use std::process::ExitCode;

use ::store::Store;
use anyhow::bail;

use crate::cli::{Command, Common};
use crate::config::{Config, ConfigError};

/// What is asked for can not be done as it was asked: exit code 2, as for a wrong config.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl Command {
    /// Runs it. An error means exit code 1, or 2 for [`ConfigError`] and [`UsageError`].
    pub async fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(demo) => demo.run().await,
            Self::Init(init) => init.run(common),
            Self::User(user) => Box::pin(user.run(common)).await,
            Self::Dkim(dkim) => dkim.run(&Config::load(&common.config)?),
            Self::Check(check) => check.run(&Config::load(&common.config)?).await,
            Self::Serve(serve) => serve.run(Config::load(&common.config)?).await,
            Self::Backup(backup) => backup.run(common).await,
            Self::Restore(restore) => restore.run(common).await,
            Self::Store(store) => store.run(common).await,
            Self::Status(status) => status.run(&opened(common).await?).await,
            Self::Emergency(emergency) => emergency.run(&opened(common).await?).await,
            Self::Outbound(outbound) => outbound.run(&opened(common).await?).await,
            Self::Alert(alert) => alert.run(&opened(common).await?).await,
            Self::Probe(probe) => probe.run(&opened(common).await?).await,
            Self::Reinject(reinject) => reinject.run(&opened(common).await?).await,
            Self::Trace(trace) => trace.run(&opened(common).await?).await,
            Self::Resend(resend) => resend.run(&opened(common).await?).await,
            Self::Sync(sync) => sync.run(&opened(common).await?).await,
            Self::Unsorted(unsorted) => unsorted.run(&opened(common).await?).await,
            Self::Retention(retention) => retention.run(&opened(common).await?).await,
            Self::Audit(audit) => audit.run(&opened(common).await?).await,
        }
    }

    /// What is logged when nobody says otherwise: a command talks by itself.
    pub fn log_level(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info",
            _ => "error",
        }
    }
}

/// The exit code of an error.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<ConfigError>() || error.is::<UsageError>() {
        return ExitCode::from(2);
    }
    ExitCode::FAILURE
}

/// What most commands work on.
pub struct Opened {
    /// The config.
    pub config: Config,
    /// Its store.
    pub store: Store,
}

/// Opens the store of the config. A command never makes one: it would belong to whoever typed
/// the command, and the server could not write into it.
async fn opened(common: &Common) -> anyhow::Result<Opened> {
    let config = Config::load(&common.config)?;
    let directory = config.data_dir.display();
    if !config.has_store() {
        bail!(
            "there is no store in {directory}: if there should be one, look whether its disk is \
             mounted; if not, `shadowmail serve` makes it"
        );
    }
    let store = Store::open_with(&config.data_dir, config.store_options()).await?;
    Ok(Opened { config, store })
}
