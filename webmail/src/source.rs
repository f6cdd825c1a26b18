//! A message as it came: its headers on a page, and all its bytes to save.

use std::io::{self, Read};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream::{self, Stream};
use store::Content;
use templates::Template;
use templates::pages::SourcePage;

use crate::app::App;
use crate::gate::Pass;
use crate::message::MessagePath;
use crate::refusal::Refusal;
use crate::{headers, limits, mail, routes, shell};

/// All headers.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    Path(MessagePath { message }): Path<MessagePath>,
) -> Result<Response, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    let content = pass.content(&app, &entry, "read-message").await?;
    let back = routes::message(entry.account, entry.name());
    let page = SourcePage {
        shell: shell::of_pass(&app, &pass, pass.words().all_headers),
        navigation: shell::navigation(&app, &pass, Some(entry.folder)).await?,
        original: format!("{back}/original"),
        back,
        headers: mail::headers(&content),
    };
    Ok(Html(page.render()?).into_response())
}

/// The bytes, always to be saved and never to be shown.
pub(crate) async fn original(
    State(app): State<App>,
    pass: Pass,
    Path(MessagePath { message }): Path<MessagePath>,
) -> Result<Response, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    let content = pass.open_content(&app, &entry, "download").await?;
    let subject = mail::clean_file_name(&entry.subject.replace(['/', '\\'], "-"));
    let subject = if subject.is_empty() {
        "message".to_owned()
    } else {
        subject
    };
    let name = mail::clean_file_name(&format!("{subject}.eml"));
    let media_type = HeaderValue::from_static("message/rfc822");
    let mut headers = headers::of_file(media_type, mail::attachment_disposition(&name));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.len()));
    Ok((headers, Body::from_stream(pieces(content))).into_response())
}

/// Reads it in pieces away from the async threads, the next one when the browser has taken the
/// last.
fn pieces(content: Content) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold(content, async |mut content| {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(limits::DOWNLOAD_PIECE_BYTES);
            let wanted = limits::DOWNLOAD_PIECE_BYTES as u64;
            content.by_ref().take(wanted).read_to_end(&mut piece)?;
            Ok::<_, io::Error>((piece, content))
        });
        let (piece, content) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then_some((piece, content)))
    })
}
