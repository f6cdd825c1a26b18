//! Attachments.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::app::App;
use crate::gate::Pass;
use crate::headers;
use crate::mail::{self, Picture};
use crate::refusal::{Refusal, Why};

/// The attachment that the address names.
#[derive(Deserialize)]
pub(crate) struct AttachmentPath {
    message: String,
    number: String,
}

/// One attachment. Pictures that really are pictures may be shown; everything else is saved.
/// What the message says about its type is never passed on.
pub(crate) async fn file(
    State(app): State<App>,
    pass: Pass,
    Path(AttachmentPath { message, number }): Path<AttachmentPath>,
) -> Result<Response, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    let number: usize = number.parse().map_err(|_| Why::NotFound)?;
    let content = pass.readable(&app, &entry, "download").await?;
    let attachment = mail::attachment(content, number)
        .await
        .ok_or(Why::NotFound)?;
    let (media_type, disposition) = match Picture::of(&attachment.bytes) {
        Some(picture) => (
            picture.media_type(),
            mail::inline_disposition(&attachment.name),
        ),
        None => (
            "application/octet-stream",
            mail::attachment_disposition(&attachment.name),
        ),
    };
    let headers = headers::of_file(HeaderValue::from_static(media_type), disposition);
    Ok((headers, attachment.bytes).into_response())
}
