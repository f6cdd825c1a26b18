//! Whether a page answers: a health page of Exchange, or any other.

use crate::http;
use crate::wire::{Security, Url};

/// Asks and gives the status.
pub(super) async fn ask(url: &Url, security: &Security) -> Result<String, String> {
    let answer = http::get(url, security).await?;
    if (200..400).contains(&answer.status) {
        Ok(format!("status {}", answer.status))
    } else {
        Err(format!(
            "{} answered with status {}",
            url.authority, answer.status
        ))
    }
}
