//! Who asks, before anybody knows who it is: the browser's language, address and cookies.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{Uri, header};
use axum_extra::extract::CookieJar;
use store::{Account, SessionToken};
use templates::{Language, Words};

use crate::app::App;
use crate::cookie;

/// A browser.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Where it asks for.
    pub here: Uri,
    /// Where it sits.
    pub address: Option<IpAddr>,
    /// What it shows to prove a session; not checked.
    pub token: Option<SessionToken>,
    /// It shows mail as text where there is a choice.
    pub prefers_text: bool,
    language: Language,
    language_chosen: bool,
}

impl Visitor {
    /// The words of its language.
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// Speaks the language of `account`, unless the visitor has chosen one.
    pub fn speak_with(&mut self, account: &Account) {
        let known = account.language.as_deref().and_then(Language::of_tag);
        if let (false, Some(language)) = (self.language_chosen, known) {
            self.language = language;
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let jar = CookieJar::from_headers(&parts.headers);
        let chosen = cookie::language(&jar);
        let accepted = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok());
        let original = parts
            .extensions
            .get::<OriginalUri>()
            .map(|uri| uri.0.clone());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            here: original.unwrap_or_else(|| parts.uri.clone()),
            address: peer.map(|peer| peer.0.ip().to_canonical()),
            token: cookie::session(&jar, app),
            prefers_text: cookie::prefers_text(&jar),
            language: chosen.unwrap_or_else(|| Language::accepted(accepted.unwrap_or_default())),
            language_chosen: chosen.is_some(),
        })
    }
}
