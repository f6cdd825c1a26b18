//! Asks the scanners, within their time and size.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::Bytes;
use store::{NotScanned, Spam, Virus};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::examiner::Arrival;
use super::{ChecksConfig, ClamdAt, clamd, rspamd};

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

/// A mail that is scanned.
pub(super) struct Scan<'a> {
    /// Its bytes.
    pub(super) mail: &'a Bytes,
    /// How long a scanner may take, and for what size.
    pub(super) config: &'a ChecksConfig,
    /// When all must be done.
    pub(super) until: Instant,
}

impl Scan<'_> {
    /// What the spam filter thinks, where there is one.
    pub(super) async fn spam(&self, at: Option<SocketAddr>, arrival: &Arrival<'_>) -> Option<Spam> {
        let rated = self.within(rspamd::rate(at?, self.mail, arrival)).await;
        Some(rated.unwrap_or_else(|error| Spam::Unrated(told("rspamd", &error))))
    }

    /// What the virus scanner finds, where there is one.
    pub(super) async fn virus(&self, at: Option<&ClamdAt>) -> Option<Virus> {
        let found = self.within(clamd::scan(at?, self.mail)).await;
        Some(found.unwrap_or_else(|error| Virus::Unscanned(told("clamd", &error))))
    }

    async fn within<T>(
        &self,
        scan: impl Future<Output = Result<T, ScanError>>,
    ) -> Result<T, ScanError> {
        if self.mail.len() as u64 > self.config.scan_bytes_max {
            return Err(ScanError::TooLarge);
        }
        let begun = Instant::now();
        let until = self.until.min(begun + self.config.scan_time);
        let scanned = timeout_at(until, scan).await;
        scanned.unwrap_or_else(|_| Err(ScanError::Slow(begun.elapsed())))
    }
}

fn told(scanner: &'static str, error: &ScanError) -> NotScanned {
    if matches!(error, ScanError::TooLarge) {
        return NotScanned::TooLarge;
    }
    warn!(scanner, %error, "a mail was not scanned: {scanner} {error}");
    NotScanned::Down
}
