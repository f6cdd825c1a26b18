//! Sending once what was posted twice.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
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
    digest: u64,
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
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        content.hash(&mut hasher);
        Self {
            account,
            digest: hasher.finish(),
        }
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
