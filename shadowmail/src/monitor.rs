//! For monitoring: `/metrics` for Prometheus, `/healthz` and `/readyz`, in every process.

mod gauges;
mod registry;
mod server;

use std::collections::BTreeSet;

use anyhow::{Context, anyhow};
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Config;
use crate::service::Part;

/// What the pages are made from.
pub struct Monitor {
    /// Where everything is counted.
    pub store: Store,
    /// What this process does.
    pub parts: BTreeSet<Part>,
    /// Cancelled when it stops.
    pub shutdown: CancellationToken,
}

/// Begins to count and takes the address, where the config names one.
pub async fn bind(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = config.metrics else {
        return Ok(None);
    };
    registry::install();
    if !address.ip().is_loopback() {
        warn!(
            %address,
            "metrics.address is open to others: whoever reaches it sees how much mail comes and goes"
        );
    }
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow!(
            "metrics.address {address} is in use; stop the program that has it, choose another port, \
             or give each process its own with --metrics-address"
        ),
        _ => anyhow!("metrics.address {address} cannot be used: {error}"),
    })?;
    Ok(Some(listener))
}

/// Serves the pages until the shutdown.
pub async fn run(listener: TcpListener, monitor: Monitor) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the metrics")?;
    info!(%address, "metrics are at http://{address}/metrics");
    server::run(listener, monitor).await;
    Ok(())
}
