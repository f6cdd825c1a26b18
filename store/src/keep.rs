//! Keeping: the one place that makes a message durable.

use crate::envelope::Envelope;
use crate::error::KeepError;
use crate::held::Held;
use crate::id::MessageId;
use crate::shadow::Store;

impl Store {
    /// Makes a message durable. When this returns `Ok`, and only then, may `250` be said: its
    /// bytes are synced and its row is committed. Messages of many sessions share one sync.
    ///
    /// Filing (whose mailbox it goes to) happens after this, see [`Store::unfiled`].
    pub async fn keep(&self, held: Held, envelope: Envelope) -> Result<MessageId, KeepError> {
        todo!()
    }
}
