//! Asks the scanners, within their time and size.

use std::time::Duration;

use store::{NotScanned, Spam, Virus};
use tokio::time::timeout;
use tracing::warn;

use super::examiner::Arrival;
use super::{ChecksConfig, clamd, rspamd};

/// What went wrong at a scanner.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    /// The line to it.
    #[error("cannot be reached: {0}")]
    Io(#[from] std::io::Error),
    /// HTTP.
    #[error("does not speak HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// What it said makes no sense.
    #[error("said what nobody understands: {0}")]
    Answer(String),
    /// It knows a smaller limit.
    #[error("takes no mail of this size")]
    TooLarge,
    /// It was too slow.
    #[error("did not answer within {} s", .0.as_secs())]
    Slow(Duration),
}

/// What the spam filter thinks, where there is one.
pub(super) async fn spam(
    config: &ChecksConfig,
    mail: &[u8],
    arrival: &Arrival<'_>,
) -> Option<Spam> {
    let address = config.rspamd?;
    let rated = within(config, mail, rspamd::rate(address, mail, arrival)).await;
    Some(rated.unwrap_or_else(|error| Spam::Unrated(told("rspamd", &error))))
}

/// What the virus scanner finds, where there is one.
pub(super) async fn virus(config: &ChecksConfig, mail: &[u8]) -> Option<Virus> {
    let at = config.clamd.as_ref()?;
    let found = within(config, mail, clamd::scan(at, mail)).await;
    Some(found.unwrap_or_else(|error| Virus::Unscanned(told("clamd", &error))))
}

async fn within<T>(
    config: &ChecksConfig,
    mail: &[u8],
    scan: impl Future<Output = Result<T, ScanError>>,
) -> Result<T, ScanError> {
    if mail.len() as u64 > config.scan_bytes_max {
        return Err(ScanError::TooLarge);
    }
    let scanned = timeout(config.scan_time, scan).await;
    scanned.unwrap_or(Err(ScanError::Slow(config.scan_time)))
}

fn told(scanner: &'static str, error: &ScanError) -> NotScanned {
    if matches!(error, ScanError::TooLarge) {
        return NotScanned::TooLarge;
    }
    warn!(scanner, %error, "a mail was not scanned: {scanner} {error}");
    NotScanned::Down
}
