//! The worker.

use store::Store;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// Hands over what the mode allows, until `shutdown`. Only one may run on a store.
pub async fn run(store: Store, config: Config, shutdown: CancellationToken) {
    let _ = (store, config);
    shutdown.cancelled().await;
}
