//! Sending once what was posted twice.

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{AccountId, AuditEvent, Envelope, Held, KeepError, MessageId, Store};
use tokio::sync::OnceCell;

use crate::limits;

/// Keeps messages that were written here, each form once.
#[derive(Clone)]
pub(crate) struct Outbox {
    store: Store,
    forms: Arc<Mutex<Forms>>,
}

/// One form with what was typed into it. Pressing *Send* twice gives the same one; going back,
/// changing the text and sending again gives another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FormId {
    account: AccountId,
    digest: u128,
}

/// A message ready to be kept.
pub(crate) struct Outgoing {
    pub form: FormId,
    pub bytes: Vec<u8>,
    pub envelope: Envelope,
    /// The line for the audit log, without the message's id.
    pub audit: AuditEvent,
}

#[derive(Default)]
struct Forms {
    kept: HashMap<FormId, Arc<OnceCell<MessageId>>>,
    oldest_first: VecDeque<FormId>,
}

impl FormId {
    /// `key` is the form's own random name, `content` everything typed and attached.
    pub fn new(account: AccountId, key: &str, content: impl Hash) -> Self {
        let mut digest = Hashed(Sha256::new());
        (account, key).hash(&mut digest);
        content.hash(&mut digest);
        let digest = digest.0.finalize();
        Self {
            account,
            digest: digest
                .first_chunk()
                .map_or(0, |it| u128::from_be_bytes(*it)),
        }
    }

    /// The Message-ID. Where a message was kept though nobody could say so, the same form brings it once
    /// more, and whoever gets both must be able to tell that they are one.
    pub fn message_id(&self, hostname: &str) -> String {
        format!("{:032x}@{hostname}", self.digest)
    }
}

/// Takes what is hashed into a digest that others can not choose.
struct Hashed(Sha256);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the digest says more.
    fn finish(&self) -> u64 {
        0
    }
}

impl Outbox {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            forms: Arc::default(),
        }
    }

    /// Keeps a message unless its form was sent before, and gives its id. It goes on when the
    /// browser hangs up in the middle: a second try must find what the first one did.
    pub async fn send_once(&self, outgoing: Outgoing) -> Result<MessageId, KeepError> {
        let kept = self.place(outgoing.form);
        let store = self.store.clone();
        let task = tokio::spawn(async move {
            kept.get_or_try_init(|| keep(&store, outgoing))
                .await
                .copied()
        });
        task.await
            .unwrap_or_else(|error| Err(KeepError::Failed(error.to_string())))
    }

    fn place(&self, form: FormId) -> Arc<OnceCell<MessageId>> {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = forms.kept.get(&form) {
            return Arc::clone(kept);
        }
        if forms.oldest_first.len() >= limits::FORMS_REMEMBERED_MAX
            && let Some(oldest) = forms.oldest_first.pop_front()
        {
            forms.kept.remove(&oldest);
        }
        let kept = Arc::default();
        forms.oldest_first.push_back(form);
        forms.kept.insert(form, Arc::clone(&kept));
        kept
    }
}

async fn keep(store: &Store, outgoing: Outgoing) -> Result<MessageId, KeepError> {
    let mut held = Held::new(limits::MESSAGE_BYTES_MAX);
    held.append(&outgoing.bytes)?;
    let size_bytes = held.len();
    let id = store.keep(held, outgoing.envelope).await?;
    tracing::info!(message.id = %id, size_bytes, "kept message {id}, written in the webmail");
    let audit = AuditEvent {
        object: id.to_string(),
        ..outgoing.audit
    };
    if let Err(error) = store.audit(audit, Timestamp::now()).await {
        // It is kept and will be sent; saying otherwise would make people send it again.
        tracing::error!(message.id = %id, "cannot write to the audit log that {id} was sent: {error}");
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_one_message_id_and_another_text_has_another() {
        let id = |account: i64, key: &str, content: (&str, &str)| {
            let account = serde_json::from_value(account.into()).unwrap();
            FormId::new(account, key, content).message_id("s.example")
        };
        let once = id(1, "key", ("a", "b"));
        assert_eq!(id(1, "key", ("a", "b")), once);
        assert_eq!(once.len(), "@s.example".len() + 32);
        for other in [
            id(2, "key", ("a", "b")),
            id(1, "yek", ("a", "b")),
            id(1, "key", ("ab", "")),
        ] {
            assert_ne!(other, once);
        }
    }
}
