//! Where a session asks what it can not know itself.

use async_trait::async_trait;
use store::{Address, Envelope, Held, KeepError, Owners, Store, StoreError};
use tracing::error;

use crate::config::Role;
use crate::copies::CopyRules;
use crate::owners;

/// What stands behind a listener: it knows the recipients and keeps the mail.
///
/// [`StoreDesk`] is the real one. Another implementation makes another receiver out of the same
/// listener: the demo's primary is one, and so are tests.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// Whether mail for `address` is taken. Asked once for each `RCPT`, before the data.
    async fn recipient(&self, address: &Address) -> Answer;

    /// An empty message that takes up to `limit_bytes`, for what comes in next.
    fn hold(&self, limit_bytes: u64) -> Held {
        Held::new(limit_bytes)
    }

    /// Makes a message durable. When this returns `Ok` the peer hears 250, and may forget it.
    /// The text is our name for the message; it goes into that reply and into the log.
    async fn keep(&self, held: Held, envelope: Envelope) -> Result<String, KeepError>;
}

/// Whether mail for an address is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes (250).
    Ours,
    /// There is no such recipient here (550).
    Unknown,
    /// Nobody can say just now (451); the peer comes again.
    Later,
}

/// The desk that keeps mail in the store.
pub struct StoreDesk {
    store: Store,
    role: Role,
    rules: CopyRules,
}

impl StoreDesk {
    /// For listeners of this role.
    pub fn new(store: Store, role: Role) -> Self {
        Self {
            store,
            role,
            rules: CopyRules::default(),
        }
    }

    /// The same, for a journal that reads its copies by these rules.
    #[must_use]
    pub fn with_rules(self, rules: CopyRules) -> Self {
        Self { rules, ..self }
    }

    async fn known(&self, address: &Address) -> Result<Answer, StoreError> {
        if !self.store.directory_loaded().await? {
            return Ok(Answer::Later);
        }
        Ok(match owners::of(&self.store, address).await? {
            Owners::Nobody => Answer::Unknown,
            Owners::One(_) | Owners::Group(_) => Answer::Ours,
        })
    }
}

#[async_trait]
impl Desk for StoreDesk {
    async fn recipient(&self, address: &Address) -> Answer {
        if self.role == Role::Journal {
            // Else a copy is never refused for its recipient: the filer finds out whose it is.
            return if self.rules.are_taken(address) {
                Answer::Ours
            } else {
                Answer::Unknown
            };
        }
        self.known(address).await.unwrap_or_else(|error| {
            error!(%error, "cannot look up a recipient; the peer is asked to come again");
            Answer::Later
        })
    }

    fn hold(&self, limit_bytes: u64) -> Held {
        self.store.hold(limit_bytes)
    }

    async fn keep(&self, held: Held, envelope: Envelope) -> Result<String, KeepError> {
        self.store
            .keep(held, envelope)
            .await
            .map(|id| id.to_string())
    }
}
