//! Sending once what was posted twice.

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{
    AccountId, AlertKind, Answered, AuditEvent, DraftError, DraftSave, DraftVersion, Envelope,
    Held, KeepError, MessageId, OutboxId, OverLimit, Posting, Store, StoreError, Undo,
    WriterLimits,
};
use tokio::sync::OnceCell;

use crate::limits;

/// How mail leaves here.
#[derive(Clone, Copy, Debug)]
pub struct SendingRules {
    /// How many recipients one person may write to.
    pub limits: WriterLimits,
    /// How long a mail can be taken back; `None` when it goes at once.
    pub undo: Option<Duration>,
}

/// Sends messages that were written here, each form once.
#[derive(Clone)]
pub(crate) struct Outbox {
    store: Store,
    rules: SendingRules,
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
    /// Where it can be taken back: the mailbox it was written in, and what it is again then.
    pub draft: Option<(AccountId, DraftSave)>,
    /// The draft that it was.
    pub was: Option<DraftVersion>,
    /// What it answers or forwards.
    pub about: Option<Answered>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is kept.
    Kept(MessageId),
    /// It goes in a moment, unless it is taken back.
    Waits(OutboxId),
}

/// A message was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    /// It could not be kept.
    #[error(transparent)]
    NotKept(#[from] KeepError),
    /// Its writer may not write to so many people.
    #[error("the writer is over a limit: {0:?}")]
    Over(OverLimit),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Default)]
struct Forms {
    kept: HashMap<FormId, Arc<OnceCell<Sent>>>,
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
    pub fn new(store: Store, rules: SendingRules) -> Self {
        Self {
            store,
            rules,
            forms: Arc::default(),
        }
    }

    /// Sends a message unless its form was sent before, and says what became of it. It goes on when the
    /// browser hangs up in the middle: a second try must find what the first one did.
    pub async fn send_once(&self, outgoing: Outgoing) -> Result<Sent, NotSent> {
        let sent = self.place(outgoing.form);
        let (store, rules) = (self.store.clone(), self.rules);
        let task = tokio::spawn(async move {
            sent.get_or_try_init(|| send(&store, rules, outgoing))
                .await
                .copied()
        });
        task.await
            .unwrap_or_else(|error| Err(KeepError::Failed(error.to_string()).into()))
    }

    /// A message was taken back: its form may be sent again as it was.
    pub fn forget(&self, id: OutboxId) {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let Forms { kept, oldest_first } = &mut *forms;
        kept.retain(|_, sent| sent.get() != Some(&Sent::Waits(id)));
        oldest_first.retain(|form| kept.contains_key(form));
    }

    /// How long a mail can be taken back.
    pub fn undo(&self) -> Option<Duration> {
        self.rules.undo
    }

    fn place(&self, form: FormId) -> Arc<OnceCell<Sent>> {
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

async fn send(store: &Store, rules: SendingRules, outgoing: Outgoing) -> Result<Sent, NotSent> {
    within_limits(store, rules.limits, &outgoing).await?;
    let mut outgoing = outgoing;
    let (Some(after), Some(draft)) = (rules.undo, outgoing.draft.take()) else {
        return keep(store, outgoing).await.map(Sent::Kept);
    };
    let writer = outgoing.form.account;
    let now = Timestamp::now();
    let draft = match store.save_draft((writer, draft.0), draft.1, now).await {
        Ok(saved) => saved.version(),
        Err(DraftError::Store(error)) => return Err(error.into()),
        // Too many drafts, or no room for one: it can not be taken back.
        Err(_) => return keep(store, outgoing).await.map(Sent::Kept),
    };
    let undo = Undo {
        writer,
        draft,
        about: outgoing.about,
    };
    let posting = Posting {
        envelope: outgoing.envelope,
        bytes: outgoing.bytes,
        due_at: now.saturating_add(after).unwrap_or(now),
        undo: Some(undo),
    };
    Ok(Sent::Waits(store.post(posting).await?))
}

/// Keeps a message at once. It will be sent: whatever goes wrong after that, saying so would make
/// people send it again.
async fn keep(store: &Store, outgoing: Outgoing) -> Result<MessageId, NotSent> {
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
        tracing::error!(message.id = %id, "cannot write to the audit log that {id} was sent: {error}");
    }
    if let Some(Answered {
        account,
        message,
        flag,
    }) = outgoing.about
        && let Err(error) = store.set_flag(account, vec![message], flag).await
    {
        tracing::error!(message.id = %message, "cannot mark {message} as {flag:?}: {error}");
    }
    if let Some(draft) = outgoing.was
        && let Err(error) = store.finish_draft(outgoing.form.account, draft).await
    {
        tracing::error!("the draft {draft} was sent and is still there: {error}");
    }
    Ok(id)
}

/// Counts the recipients. Whoever is over a limit may not be who they say: administrators hear of
/// it.
async fn within_limits(
    store: &Store,
    limits: WriterLimits,
    outgoing: &Outgoing,
) -> Result<(), NotSent> {
    let now = Timestamp::now();
    let recipients = outgoing.envelope.recipients.len();
    let counted = (outgoing.form.account, recipients);
    let Err(over) = store.count_recipients(counted, limits, now).await? else {
        return Ok(());
    };
    let (most, time) = match over {
        OverLimit::Hour(most) => (most, "an hour"),
        OverLimit::Day(most) => (most, "a day"),
    };
    let login = &outgoing.audit.actor;
    let words = format!(
        "{login} wanted to write to more than {most} recipients in {time}, which was refused; if \
         somebody else uses the account: `shadowmail outbound stop --account {login} --reason \
         stolen`, and `shadowmail user forget {login}`"
    );
    store
        .raise_alert(AlertKind::WriterOverLimit, &words, now)
        .await;
    Err(NotSent::Over(over))
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
