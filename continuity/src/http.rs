//! One request of HTTP, and what the answer says first. Redirections are not followed.

use std::convert::Infallible;

use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;

use crate::limits;
use crate::wire::{self, Security, Url};

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status (RFC 9110 §15).
    pub status: u16,
    /// The beginning of the body, for whoever looks why.
    pub body: String,
}

/// What is posted.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    /// Its type.
    pub content_type: String,
    /// More header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Asks for a page.
pub(crate) async fn get(url: &Url, security: &Security) -> Result<Answer, String> {
    let request = request(url, Method::GET, String::new())?;
    exchange(url, security, request).await
}

/// Posts something.
pub(crate) async fn post(url: &Url, security: &Security, post: Post) -> Result<Answer, String> {
    let mut request = request(url, Method::POST, post.body)?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, value(&post.content_type)?);
    for (name, text) in &post.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let name = name.map_err(|_| "a header field has no name".to_owned())?;
        headers.insert(name, value(text)?);
    }
    exchange(url, security, request).await
}

fn request(url: &Url, method: Method, body: String) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    let path: Result<Uri, _> = url.path.parse();
    *request.uri_mut() = path.map_err(|error| format!("{}: {error}", url.path))?;
    let headers = request.headers_mut();
    headers.insert(HOST, value(&url.authority)?);
    headers.insert(USER_AGENT, HeaderValue::from_static("Shadowmail"));
    Ok(request)
}

fn value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| "a header field would have a line end in it".to_owned())
}

async fn exchange(
    url: &Url,
    security: &Security,
    request: Request<Full<Bytes>>,
) -> Result<Answer, String> {
    let wire = wire::connect(&url.place, security).await?;
    let broken = |error: hyper::Error| format!("{}: {error}", url.authority);
    let (mut sender, connection) = http1::handshake(TokioIo::new(wire)).await.map_err(broken)?;
    let ask = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status().as_u16();
        if (200..400).contains(&status) {
            // What it says beside that is of no interest, and may never end.
            return Ok(Answer {
                status,
                body: String::new(),
            });
        }
        // Only its beginning is wanted; that the rest is cut off is no trouble.
        let body = Limited::new(response.into_body(), limits::ANSWER_BYTES_MAX);
        let body = body.collect().await.map(Collected::to_bytes);
        let body = body.unwrap_or_default();
        Ok(Answer {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    };
    // The connection does the work. When it fails, who asks hears that.
    let work = async {
        let _ = connection.await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        answer = ask => answer,
        never = work => match never {},
    }
}
