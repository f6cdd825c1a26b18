//! A message as it came: its headers on a page, and all its bytes to save.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::response::{Html, IntoResponse, Response};
use templates::Template;
use templates::pages::SourcePage;

use crate::app::App;
use crate::gate::Pass;
use crate::message::MessagePath;
use crate::refusal::Refusal;
use crate::{headers, mail, routes, shell};

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
    let content = pass.content(&app, &entry, "download").await?;
    let subject = mail::clean_file_name(&entry.subject.replace(['/', '\\'], "-"));
    let subject = if subject.is_empty() {
        "message".to_owned()
    } else {
        subject
    };
    let name = mail::clean_file_name(&format!("{subject}.eml"));
    let media_type = HeaderValue::from_static("message/rfc822");
    let headers = headers::of_file(media_type, mail::attachment_disposition(&name));
    Ok((headers, content.as_ref().clone()).into_response())
}
