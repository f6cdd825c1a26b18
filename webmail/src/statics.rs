//! The style sheet and the icon.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use templates::statics;

use crate::refusal::{Refusal, Why};

/// One file. Its address changes when it does, so browsers may keep it.
pub(crate) async fn file(Path(name): Path<String>) -> Result<Response, Refusal> {
    let asset = statics::ALL
        .iter()
        .find(|asset| asset.name == name)
        .ok_or(Why::NotFound)?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(asset.media_type),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    Ok((headers, asset.content).into_response())
}
