//! The filer.

use store::Store;
use tokio_util::sync::CancellationToken;

/// Files what was kept.
pub struct Filer {}

impl Filer {
    /// A filer for an organisation: `hostname` is our own name, which gateways put behind encoded
    /// recipients, `domains` are the organisation's.
    pub fn new(store: Store, hostname: &str, domains: &[String]) -> Self {
        let _ = (store, hostname, domains);
        todo!()
    }

    /// Files messages until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let _ = shutdown;
        todo!()
    }
}
