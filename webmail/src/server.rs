//! Serving the pages until told to stop.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use store::AlertKind;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::app::app;
use crate::{Parts, limits};

type Pages = IntoMakeServiceWithConnectInfo<Router, SocketAddr>;

/// How long to wait after the operating system refused to hand out a connection (too many open
/// files): trying again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves on `listener` until `shutdown` is cancelled, then finishes the requests under way,
/// for at most [`limits::FAREWELL_TIME_MAX`].
pub async fn run(
    listener: TcpListener,
    parts: Parts,
    shutdown: CancellationToken,
) -> io::Result<()> {
    // It comes again with the first request that shows it.
    let kind = AlertKind::ProxyUnbelieved;
    parts.store.clear_alert(kind).await;
    let mut pages = app(parts).into_make_service_with_connect_info::<SocketAddr>();
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            // Closed never, so a place always comes free.
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .map_err(io::Error::other)?;
            listener
                .accept()
                .await
                .map(|(stream, peer)| (stream, peer, place))
        };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                serve(&mut pages, (stream, peer), (graceful.watcher(), place)).await;
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!("cannot accept connections for the webmail: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits::FAREWELL_TIME_MAX, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some browsers were cut off in the middle of a page");
    }
    Ok(())
}

/// Serves one connection in a task of its own.
async fn serve(
    pages: &mut Pages,
    (stream, peer): (TcpStream, SocketAddr),
    (watcher, place): (Watcher, OwnedSemaphorePermit),
) {
    let Ok(()) = poll_fn(|context| Service::<SocketAddr>::poll_ready(pages, context)).await;
    let service: Result<_, Infallible> = pages.call(peer).await;
    let Ok(service) = service;
    tokio::spawn(async move {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEADER_TIME_MAX);
        let service = TowerToHyperService::new(service);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!("a browser's connection ended early: {error}");
        }
        drop(place);
    });
}

/// Whether only the one connection failed that was being accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
