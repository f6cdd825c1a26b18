//! The language switch: `?lang=de` on any page.

use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use templates::Language;
use templates::shell::LanguageLink;

use crate::app::App;
use crate::cookie;

const PARAMETER: &str = "lang=";

/// Remembers the language of `?lang=` and goes on to the same page without it.
pub(crate) async fn switch(State(app): State<App>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let wanted = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(PARAMETER));
    match wanted.and_then(Language::of_tag) {
        Some(language) if *request.method() == Method::GET => {
            let jar = CookieJar::new().add(cookie::with_language(language, &app));
            (jar, Redirect::to(&without_parameter(request.uri()))).into_response()
        }
        _ => next.run(request).await,
    }
}

/// This page in the languages other than `current`.
pub(crate) fn links(here: &Uri, current: Language) -> Vec<LanguageLink> {
    let page = without_parameter(here);
    let mark = if page.contains('?') { '&' } else { '?' };
    let others = Language::ALL
        .into_iter()
        .filter(|language| *language != current);
    others
        .map(|language| LanguageLink {
            href: format!("{page}{mark}{PARAMETER}{}", language.code()),
            language,
        })
        .collect()
}

/// The address of a page on this host. `//host/` would lead to another one, so the path begins
/// with exactly one slash.
fn without_parameter(uri: &Uri) -> String {
    let path = format!("/{}", uri.path().trim_start_matches('/'));
    let pairs = uri.query().unwrap_or_default().split('&');
    let kept: Vec<&str> = pairs
        .filter(|pair| !pair.is_empty() && !pair.starts_with(PARAMETER))
        .collect();
    if kept.is_empty() {
        path
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, want: &str) {
        assert_eq!(without_parameter(&uri.parse().unwrap()), want);
    }

    #[test]
    fn the_switch_keeps_everything_else() {
        check("/", "/");
        check("/?lang=de", "/");
        check("/mail/1/inbox?before=x&lang=en", "/mail/1/inbox?before=x");
        check(
            "/mail/1/write?lang=en&reply=x&lang=de",
            "/mail/1/write?reply=x",
        );
        check("//evil.example/?lang=de", "/evil.example/");
        check("/x?language=de", "/x?language=de");
    }

    #[test]
    fn every_page_leads_to_its_other_language() {
        let links = links(&"/mail/1/inbox?before=x".parse().unwrap(), Language::De);
        let links: Vec<_> = links.into_iter().map(|link| link.href).collect();
        assert_eq!(links, ["/mail/1/inbox?before=x&lang=en"]);
    }
}
