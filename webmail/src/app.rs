//! What every handler shares, and the layers around all of them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_request};
use axum::response::IntoResponse;
use jiff::tz::TimeZone;
use store::{SecondFactor, Store};
use templates::Words;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::clock::Clock;
use crate::outbox::Outbox;
use crate::refusal::{Refusal, Why};
use crate::seldom::Seldom;
use crate::{
    Modes, Parts, Preparation, Proxies, SignIn, compose, headers, language, limits, refusal, routes,
};

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct App {
    pub store: Store,
    pub sign_in: Arc<dyn SignIn>,
    pub preparation: Arc<dyn Preparation>,
    pub modes: Arc<dyn Modes>,
    pub proxies: Proxies,
    /// A proxy that is not believed was told of.
    pub proxy_told: Arc<AtomicBool>,
    /// Lines of the audit log that strangers can cause at will.
    pub noted: Arc<Seldom>,
    pub hostname: Arc<str>,
    pub url: Arc<str>,
    pub second_factor: SecondFactor,
    pub secure_cookie: bool,
    pub outbox: Outbox,
    zone: TimeZone,
}

impl App {
    /// Tells times in the zone of this machine, in the language of `words`.
    pub fn clock(&self, words: &'static Words) -> Clock {
        Clock::new(jiff::Timestamp::now(), self.zone.clone(), words)
    }

    pub fn zone(&self) -> TimeZone {
        self.zone.clone()
    }
}

/// All pages as one service.
pub fn app(parts: Parts) -> Router {
    let app = App {
        outbox: Outbox::new(parts.store.clone(), parts.sending),
        store: parts.store,
        sign_in: parts.sign_in,
        preparation: parts.preparation,
        modes: parts.modes,
        proxies: parts.proxies,
        proxy_told: Arc::default(),
        noted: Arc::new(Seldom::new(limits::NOTED_MAX, limits::NOTED_WITHIN)),
        hostname: parts.hostname.into(),
        url: parts.url.into(),
        second_factor: parts.second_factor,
        secure_cookie: parts.secure_cookie,
        zone: TimeZone::system(),
    };
    let forged = |_| Refusal::from(Why::Forged).into_response();
    let in_time = |time| TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time);
    routes::pages()
        .merge(routes::console())
        .layer(in_time(limits::PAGE_TIME_MAX))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX))
        .merge(
            routes::writing()
                .layer(map_request(compose::piece_by_piece))
                .layer(in_time(limits::WRITE_TIME_MAX))
                .layer(DefaultBodyLimit::max(limits::WRITE_BYTES_MAX)),
        )
        .fallback(async || Refusal::from(Why::NotFound))
        // From here on the last layer is the outermost one.
        .layer(from_fn_with_state(app.clone(), language::switch))
        .layer(CsrfLayer::new().with_rejection_response(forged))
        .layer(CatchPanicLayer::custom(refusal::panicked))
        .layer(from_fn_with_state(app.clone(), refusal::explain))
        .layer(from_fn_with_state(app.clone(), headers::protect))
        .with_state(app)
}
