//! The certificate that listeners show, read again when its files change.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::config::{ConfigError, Tls};
use crate::hangup::Hangup;
use crate::stamp::Stamp;
use crate::tls;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Certificate and key, as they were when they were last sound.
#[derive(Debug)]
pub struct Certificate {
    files: Tls,
    /// What the files looked like just before they were read at first.
    first_seen: [Stamp; 2],
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads the files.
    pub fn load(files: &Tls) -> Result<Self, ConfigError> {
        Ok(Self {
            first_seen: stamps(files),
            current: RwLock::new(Arc::new(tls::load(files)?)),
            files: files.clone(),
        })
    }

    /// Reads the files again. What is broken changes nothing.
    pub fn reload(&self) -> Result<(), ConfigError> {
        let new = Arc::new(tls::load(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }
}

fn stamps(files: &Tls) -> [Stamp; 2] {
    [&files.certificate, &files.key].map(|file| Stamp::of(file))
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

/// Reads the files again when they change and at SIGHUP, until `shutdown`. What can not be read is
/// tried at each look: a key is often written first and may be read only later.
pub async fn watch(certificate: Arc<Certificate>, mut hangup: Hangup, shutdown: CancellationToken) {
    let mut seen = Some(certificate.first_seen);
    let mut told = String::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = hangup.came() => {
                info!(
                    "SIGHUP: reading the certificate again; a change of the config, of client_ca or of a \
                     password_file needs a restart"
                );
                told.clear();
            }
            _ = look.tick() => {
                if seen == Some(stamps(&certificate.files)) {
                    continue;
                }
            }
        }
        let now = stamps(&certificate.files);
        let file = certificate.files.certificate.display();
        match certificate.reload() {
            Ok(()) => {
                info!("listeners show the new certificate of {file} from here on");
                seen = Some(now);
                told.clear();
            }
            Err(error) => {
                seen = None;
                let error = error.to_string();
                if error != told {
                    error!("{error}; listeners go on with the old certificate");
                    told = error;
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
