//! Who asks, before anybody knows who it is: the browser's language, address and cookies.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use axum::extract::{ConnectInfo, FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use store::{Account, AlertKind, ConsoleToken, SessionToken};
use templates::shell::LanguageLink;
use templates::{Language, Words};

use crate::app::App;
use crate::{cookie, language, proxies};

/// A browser.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Where it asks for.
    pub here: Uri,
    /// Whether it asks for a page or posts something.
    method: Method,
    /// Where it sits.
    pub address: Option<IpAddr>,
    /// What it shows to prove a session; not checked.
    pub token: Option<SessionToken>,
    /// The same for the console.
    pub console: Option<ConsoleToken>,
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

    /// This page in the other languages. The answer to a post has none: they would throw away
    /// what was typed.
    pub fn languages(&self) -> Vec<LanguageLink> {
        if self.method.is_safe() {
            language::links(&self.here, self.language)
        } else {
            Vec::new()
        }
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
        let peer = peer.map(|peer| peer.0.ip().to_canonical());
        Ok(Self {
            here: original.unwrap_or_else(|| parts.uri.clone()),
            method: parts.method.clone(),
            address: match peer {
                Some(peer) => Some(sitting(app, peer, &parts.headers).await),
                None => None,
            },
            token: cookie::session(&jar, app),
            console: cookie::console(&jar, app),
            prefers_text: cookie::prefers_text(&jar),
            language: chosen.unwrap_or_else(|| Language::accepted(accepted.unwrap_or_default())),
            language_chosen: chosen.is_some(),
        })
    }
}

/// Where a person sits. What looks like a proxy and is not believed is told of once: all people behind
/// it seem to sit at one address, and share the brake on guessed passwords.
async fn sitting(app: &App, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_believed = app.proxies.believe(peer);
    if !is_believed
        && headers.contains_key(FORWARDED)
        && proxies::is_private(peer)
        && !app.proxy_told.swap(true, Ordering::Relaxed)
    {
        let words = format!(
            "{peer} seems to be a proxy in front of the webmail: it sends X-Forwarded-For, and is not believed, so \
             that all people behind it seem to sit at one address; if it is yours, write web.proxies = \
             [\"{peer}\"] and restart"
        );
        let kind = AlertKind::ProxyUnbelieved;
        app.store.raise_alert(kind, &words, Timestamp::now()).await;
    }
    behind_proxy((peer, is_believed), headers)
}

const FORWARDED: &str = "x-forwarded-for";

/// A proxy that is believed says it in the last address of `X-Forwarded-For`; anybody else could write
/// there what they like.
fn behind_proxy((peer, is_believed): (IpAddr, bool), headers: &HeaderMap) -> IpAddr {
    if !is_believed {
        return peer;
    }
    let forwarded = headers.get_all(FORWARDED).iter().next_back();
    let last = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.rsplit(',').next());
    let address = last.and_then(|address| address.trim().parse().ok());
    address.map_or(peer, |address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::Proxies;

    #[track_caller]
    fn check(peer: &str, forwarded: &[&'static str], want: &str) {
        let proxies = Proxies::new(|peer| peer == IpAddr::from([10, 1, 2, 3]));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let peer: IpAddr = peer.parse().unwrap();
        let address = behind_proxy((peer, proxies.believe(peer)), &headers);
        assert_eq!(address.to_string(), want, "{peer} {forwarded:?}");
    }

    #[test]
    fn only_proxies_on_this_host_and_those_of_the_config_are_believed() {
        check("127.0.0.1", &[], "127.0.0.1");
        check("127.0.0.1", &["192.0.2.7"], "192.0.2.7");
        check("::1", &["10.0.0.1, 2001:db8::7"], "2001:db8::7");
        check("127.0.0.1", &["6.6.6.6", "192.0.2.7"], "192.0.2.7");
        check("127.0.0.1", &["::ffff:192.0.2.7"], "192.0.2.7");
        check("127.0.0.1", &["unknown"], "127.0.0.1");
        check("192.0.2.1", &["6.6.6.6"], "192.0.2.1");
        check("10.1.2.3", &["6.6.6.6, 192.0.2.7"], "192.0.2.7");
        check("10.1.2.4", &["192.0.2.7"], "10.1.2.4");
    }
}
