//! The page inside a message's frame.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::gate::Pass;
use crate::message::MessagePath;
use crate::refusal::{Refusal, Why};
use crate::{headers, mail};

/// The formatted part of a message: cleaned, and sent with a policy that lets it load nothing.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    Path(MessagePath { message }): Path<MessagePath>,
) -> Result<Response, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    let content = pass.readable(&app, &entry, "read-message").await?;
    let cleaned = mail::formatted(content).await.ok_or(Why::NotFound)?;
    Ok((
        headers::of_frame(),
        mail::html_document(pass.words(), &cleaned),
    )
        .into_response())
}
