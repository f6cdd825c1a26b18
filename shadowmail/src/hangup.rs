//! SIGHUP: "read your files again".

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Waits for SIGHUP. From its making on, the signal no longer ends the process.
pub struct Hangup(Option<Signal>);

impl Hangup {
    /// Must be called inside a runtime.
    pub fn caught() -> Self {
        let signal = signal(SignalKind::hangup()).inspect_err(|error| {
            error!(%error, "cannot wait for SIGHUP; changes of files are still noticed");
        });
        Self(signal.ok())
    }

    /// Somebody sent it.
    pub async fn came(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}

/// For a process that has nothing to read again, until `shutdown`.
pub async fn ignore(mut hangup: Hangup, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = hangup.came() => {
                info!("SIGHUP: there is nothing to read again; a change of the config, of client_ca or of a password_file needs a restart");
            }
        }
    }
}
