//! Serving the pages until told to stop.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Parts;

/// All pages as one service.
pub fn app(_parts: Parts) -> Router {
    Router::new()
}

/// Serves on `listener` until `shutdown` is cancelled, then finishes the requests under way.
pub async fn run(
    listener: TcpListener,
    parts: Parts,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let app = app(parts).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}
