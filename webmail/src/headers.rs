//! Headers that protect pages, and the stricter ones of a message's frame.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// What a page may load: our style sheet, our pictures, our frames. No scripts at all.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the page for writing may do besides: run our script, which saves drafts.
const WRITE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// What a message may do: show styled text and the pictures it brought along. Nothing is
/// loaded, nothing runs, and it has no origin of its own even when opened in a tab.
const FRAME_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; \
     default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'self'";

/// What an attachment may do when a browser shows it: be a picture.
const FILE_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// Adds the headers of a page to everything that does not bring its own.
pub(crate) async fn protect(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    add(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_POLICY),
    );
    // With no-referrer browsers post forms with `Origin: null`, which the check against forged
    // posts has to refuse.
    add(header::REFERRER_POLICY, SAME_ORIGIN);
    add(header::CACHE_CONTROL, NO_STORE);
    add(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    add(
        header::X_DNS_PREFETCH_CONTROL,
        HeaderValue::from_static("off"),
    );
    add(
        HeaderName::from_static("cross-origin-opener-policy"),
        SAME_ORIGIN,
    );
    add(
        HeaderName::from_static("cross-origin-resource-policy"),
        SAME_ORIGIN,
    );
    add(
        header::X_FRAME_OPTIONS,
        HeaderValue::from_static("SAMEORIGIN"),
    );
    if app.secure_cookie {
        add(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// The header of a page that brings our script along.
pub(crate) fn with_scripts() -> [(HeaderName, HeaderValue); 1] {
    let policy = HeaderValue::from_static(WRITE_POLICY);
    [(header::CONTENT_SECURITY_POLICY, policy)]
}

/// The headers of a message's frame.
pub(crate) fn of_frame() -> HeaderMap {
    own(
        FRAME_POLICY,
        HeaderValue::from_static("text/html; charset=utf-8"),
    )
}

/// The headers of an attachment or an original message.
pub(crate) fn of_file(media_type: HeaderValue, disposition: HeaderValue) -> HeaderMap {
    let mut headers = own(FILE_POLICY, media_type);
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers
}

fn own(policy: &'static str, media_type: HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy),
    );
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(header::CONTENT_TYPE, media_type);
    headers
}
