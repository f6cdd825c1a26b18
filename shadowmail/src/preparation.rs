//! What the console does so that people are ready for an emergency: reminders, and codes for many.

use anyhow::anyhow;
use async_trait::async_trait;
use continuity::Reminders;
use jiff::Timestamp;
use store::{PeopleFilter, Readiness, RemindersAsked, Store, StoreError};
use templates::pages::QrPicture;
use webmail::{CodeForm, CodeOrder, CodesFailed, Preparation};

use crate::codes::{self, Made, sheets};
use crate::config::{Config, DirectorySource};
use crate::qr;

/// What the webmail needs for it.
pub struct Prepared {
    store: Store,
    directory: String,
    url: String,
    reminders: Option<Reminders>,
}

impl Prepared {
    /// As the config says.
    pub fn new(store: Store, config: &Config) -> Self {
        // Without a primary nobody would take them.
        let has_primary = config.delivery.primary.is_some();
        Self {
            store,
            directory: named(&config.directory),
            url: config.web.url.clone(),
            reminders: config.reminders().filter(|_| has_primary),
        }
    }
}

/// A directory as people know it.
fn named(source: &DirectorySource) -> String {
    match source {
        DirectorySource::File(path) => path.display().to_string(),
        DirectorySource::Server(settings) => settings.told(),
    }
}

#[async_trait]
impl Preparation for Prepared {
    fn directory(&self) -> &str {
        &self.directory
    }

    fn reminds(&self) -> bool {
        self.reminders.is_some()
    }

    fn qr(&self, text: &str) -> Option<QrPicture> {
        qr::picture(text)
    }

    async fn remind(&self, of: PeopleFilter, by: String) -> Result<RemindersAsked, StoreError> {
        match &self.reminders {
            Some(reminders) => reminders.ask(&self.store, of, by, Timestamp::now()).await,
            None => Ok(RemindersAsked::default()),
        }
    }

    async fn codes(&self, people: Vec<Readiness>, order: CodeOrder) -> Result<String, CodesFailed> {
        let failed = |error: anyhow::Error| CodesFailed(format!("{error:#}"));
        let now = Timestamp::now();
        let until = now.checked_add(order.valid_for);
        // A whole second, as people read it.
        let until = until.and_then(|until| Timestamp::from_second(until.as_second()));
        let valid_until = until.map_err(|error| failed(error.into()))?;
        let making = tokio::task::spawn_blocking(move || codes::make(&people));
        let made = making.await.map_err(|error| failed(error.into()))?;
        let made = made.map_err(failed)?;
        // First what the codes are told by, then the codes: the ones before stay good if it fails.
        let file = match order.form {
            CodeForm::Csv => codes::csv(&made, &self.url, valid_until),
            CodeForm::Sheets => {
                let otherwise = order.language.code();
                sheets::html(&made, (&self.url, otherwise), valid_until).map_err(failed)?
            }
        };
        let codes = made.iter().map(Made::to_keep).collect();
        let issued = self
            .store
            .issue_codes(codes, (order.by, valid_until), now)
            .await;
        issued.map_err(|error| failed(anyhow!(error)))?;
        Ok(file)
    }
}
