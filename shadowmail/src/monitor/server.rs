//! A small HTTP server for monitoring. Whoever can reach it may ask, so it says nothing about
//! anybody.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use store::DiskLevel;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tracing::warn;

use super::{Monitor, gauges, registry};
use crate::service::Part;

/// Connections at once. Others wait.
const CONNECTIONS_MAX: usize = 16;

/// How long a whole connection may last; a monitor asks and goes.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a request may take to come in.
const REQUEST_WAIT: Duration = Duration::from_secs(5);

/// How long what was counted in the store is told again, so that many who ask cost no more than one.
const COUNTED_FOR: Duration = Duration::from_secs(2);

/// How long the store may take to answer, before we say that it does not.
const STORE_WAIT: Duration = Duration::from_secs(10);

/// Pause after the operating system refused us a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

struct Server {
    monitor: Monitor,
    counted: Mutex<Option<(Instant, String)>>,
}

/// Serves until the shutdown.
pub async fn run(listener: TcpListener, monitor: Monitor) {
    let shutdown = monitor.shutdown.clone();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let server = Arc::new(Server {
        monitor,
        counted: Mutex::default(),
    });
    let accept = async {
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let server = Arc::clone(&server);
                    tokio::spawn(async move {
                        let _place = place;
                        let serve = connection(server, stream);
                        let _ = tokio::time::timeout(CONNECTION_TIME_MAX, serve).await;
                    });
                }
                Err(error) => {
                    warn!(%error, "cannot accept connections for the metrics");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = accept => {}
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream) {
    let answer = service_fn(|request: Request<Incoming>| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(server.answer(&request).await) }
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WAIT)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

impl Server {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return text(StatusCode::METHOD_NOT_ALLOWED, "GET it\n".into());
        }
        match request.uri().path() {
            "/metrics" => self.metrics().await,
            "/healthz" => text(StatusCode::OK, "ok\n".into()),
            "/readyz" => self.ready().await,
            _ => {
                let words = "There are /metrics, /healthz and /readyz.\n";
                text(StatusCode::NOT_FOUND, words.into())
            }
        }
    }

    /// What this process counts, and what is in the store. When the store does not answer the rest
    /// is told all the same.
    async fn metrics(&self) -> Response<Full<Bytes>> {
        let mut page = registry::install().page();
        let counted = tokio::time::timeout(STORE_WAIT, self.counted()).await;
        let counted = counted.ok().flatten();
        let up = u64::from(counted.is_some());
        let help = "1 when the store answers";
        registry::head(&mut page, "shadowmail_store_up", "gauge", help);
        registry::line(&mut page, "shadowmail_store_up", "", &up.to_string());
        page.push_str(&counted.unwrap_or_default());
        let mut response = text(StatusCode::OK, page);
        let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }

    async fn counted(&self) -> Option<String> {
        let mut counted = self.counted.lock().await;
        if let Some((at, page)) = &*counted
            && at.elapsed() < COUNTED_FOR
        {
            return Some(page.clone());
        }
        match gauges::page(&self.monitor.store, Timestamp::now()).await {
            Ok(page) => {
                *counted = Some((Instant::now(), page.clone()));
                Some(page)
            }
            Err(error) => {
                warn!(%error, "cannot count what is in the store");
                None
            }
        }
    }

    /// Whether this process can do what it is there for.
    async fn ready(&self) -> Response<Full<Bytes>> {
        let obstacle = tokio::time::timeout(STORE_WAIT, self.obstacle()).await;
        match obstacle.unwrap_or(Some("the store does not answer")) {
            None => text(StatusCode::OK, "ready\n".into()),
            Some(obstacle) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{obstacle}\n")),
        }
    }

    async fn obstacle(&self) -> Option<&'static str> {
        let Monitor {
            store,
            parts,
            shutdown,
        } = &self.monitor;
        if shutdown.is_cancelled() {
            return Some("stopping");
        }
        if store.mode().await.is_err() {
            return Some("the store cannot be read");
        }
        if !parts.contains(&Part::Smtp) {
            return None;
        }
        match store.disk().await {
            Ok(disk) if disk.level() == DiskLevel::Full => {
                Some("the disk is full, mail is refused")
            }
            Ok(_) => match store.directory_loaded().await {
                Ok(true) => None,
                Ok(false) => Some("the directory was never loaded, so recipients are not known"),
                Err(_) => Some("the store cannot be read"),
            },
            Err(_) => Some("the disk of the store cannot be used"),
        }
    }
}

fn text(status: StatusCode, words: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(words)));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
