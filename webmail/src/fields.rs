//! The fields of a posted form.

use axum::extract::{Form, FromRequest, Request};
use axum::response::IntoResponse;

use crate::app::App;
use crate::refusal::Refusal;

/// As they were posted; a name may stand there more than once.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads those of a request.
    pub async fn of(request: Request, app: &App) -> Result<Self, Refusal> {
        let form = Form::from_request(request, app).await;
        let Form(fields) = form.map_err(|e| Refusal::of_status(e.into_response().status()))?;
        Ok(Self(fields))
    }

    /// The value of a field; empty when there is none.
    pub fn one(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }
}
