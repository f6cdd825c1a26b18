//! The postman of the outbox: keeps what is due, and writes to those whose mail did not arrive.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{
    Address, AlertKind, Answered, Envelope, Held, KeepError, Peer, Posting, ReversePath, Source,
    Store, StoreError, Told, Untold,
};
use tracing::{error, info, warn};

use crate::exits::{Exits, Silence};
use crate::lane::Common;
use crate::limits;
use crate::notice::Notice;
use crate::outcome::wait;

/// Works until told to stop.
pub(crate) async fn run(mut common: Common, exits: Option<Arc<Exits>>) {
    let shutdown = common.shutdown.clone();
    while !shutdown.is_cancelled() {
        // What one of them can not do does not hold up the others.
        let mut is_well = true;
        is_well &= noted("keep what is to be sent", &keep_what_is_due(&common).await);
        is_well &= noted("tell writers", &tell_writers(&common).await);
        is_well &= noted(
            "see who is over a limit",
            &forget_alert(&common.store).await,
        );
        is_well &= noted(
            "see whether mail goes out",
            &alert_when_it_stands(&common, exits.as_deref()).await,
        );
        if !is_well {
            wait(&shutdown, limits::STORE_TROUBLE_PAUSE).await;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = common.wake.changed() => {}
        }
    }
}

/// Something that keeps the postman from his work.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error("a notice can not be written: {0}")]
    Notice(#[from] std::io::Error),
}

fn noted(what: &str, done: &Result<(), Trouble>) -> bool {
    if let Err(error) = done {
        error!(%error, "can not {what}, trying again soon");
    }
    done.is_ok()
}

/// Keeps what is due in the outbox. What was kept and not taken out, because we ended in between, is
/// kept twice; the filer makes one mail of both.
async fn keep_what_is_due(common: &Common) -> Result<(), Trouble> {
    let store = &common.store;
    while !common.shutdown.is_cancelled() {
        let Some(leaving) = store.leaving(Timestamp::now()).await? else {
            break;
        };
        let mut held = Held::new(u64::MAX);
        held.append(&leaving.bytes)?;
        let size_bytes = held.len();
        let message = store.keep(held, leaving.envelope).await?;
        if let Some(about) = leaving.about {
            mark(store, about).await;
        }
        store
            .has_left(leaving.id, message, Timestamp::now())
            .await?;
        info!(message.id = %message, size_bytes, "kept message {message} from the outbox");
    }
    Ok(())
}

/// Marks what was answered or forwarded. That this does not work stops nothing.
async fn mark(store: &Store, about: Answered) {
    let Answered {
        account,
        message,
        flag,
    } = about;
    match store.set_flag(account, vec![message], flag).await {
        Ok(()) | Err(StoreError::Missing(_)) => {}
        Err(error) => warn!(message.id = %message, %error, "can not mark it as {flag:?}"),
    }
}

async fn tell_writers(common: &Common) -> Result<(), Trouble> {
    let now = Timestamp::now();
    let late = common
        .config
        .outbound
        .delay_notice
        .map(|after| before(now, after));
    let mut trouble = Ok(());
    for untold in common
        .store
        .untold(late, limits::NOTICES_AT_ONCE_MAX)
        .await?
    {
        if let Err(error) = tell(common, &untold, now).await {
            trouble = Err(error);
        }
    }
    trouble
}

async fn forget_alert(store: &Store) -> Result<(), Trouble> {
    if !store.was_over_limit(Timestamp::now()).await? {
        store.clear_alert(AlertKind::WriterOverLimit).await;
    }
    Ok(())
}

/// Administrators hear of it when mail waits and nobody takes any.
async fn alert_when_it_stands(common: &Common, exits: Option<&Exits>) -> Result<(), Trouble> {
    let store = &common.store;
    let now = Timestamp::now();
    let words = match common.config.outbound.alert_after {
        Some(after) => why_it_stands(store, (exits, after), now).await?,
        None => None,
    };
    match words {
        Some(words) => {
            let kind = AlertKind::OutboundStands;
            store.raise_alert(kind, &words, now).await;
        }
        None => store.clear_alert(AlertKind::OutboundStands).await,
    }
    Ok(())
}

async fn why_it_stands(
    store: &Store,
    (exits, after): (Option<&Exits>, SignedDuration),
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let silence = match exits {
        Some(exits) => match exits.silent_for(after, now) {
            Some(silence) => Some(silence),
            None => return Ok(None),
        },
        None => None,
    };
    let since = store.outbound_queue(now).await?.since;
    if let (None, Some(exits)) = (since, exits) {
        exits.forget_silence();
    }
    Ok(match (since, silence) {
        (None, _) => None,
        (Some(_), Some(Silence { words, .. })) => Some(format!(
            "mail to the outside waits, and no smarthost takes it: {words}; `shadowmail check` tries \
             each of them, `shadowmail outbound status` says how much waits"
        )),
        (Some(since), None) => (now.duration_since(since) >= after).then(|| {
            "mail to the outside waits, and no smarthost is configured: set [outbound] smarthost"
                .to_owned()
        }),
    })
}

/// Puts a notice for the writer into the outbox. Only somebody who wrote here is told, so no
/// notice is ever about a notice.
async fn tell(common: &Common, untold: &Untold, now: Timestamp) -> Result<(), Trouble> {
    let store = &common.store;
    let written = match store.envelope(untold.envelope_of).await {
        Ok(envelope) => written(envelope),
        Err(StoreError::Damaged(..) | StoreError::Missing(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let Some((writer, arrived_at)) = written else {
        return Ok(store.untellable(untold.id, untold.tell).await?);
    };
    let content = match store.content(untold.message).await {
        Ok(content) => content,
        Err(StoreError::Damaged(..) | StoreError::Missing(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let word = match untold.tell {
        Told::Delayed => "delayed",
        Told::Failed => "failed",
    };
    let name = format!(
        "{word}-{}-{}",
        untold.id,
        untold.changed_at.as_millisecond()
    );
    let notice = Notice {
        hostname: &common.config.hostname,
        name: &name,
        writer: &writer,
        recipient: &untold.recipient,
        content: &content,
        arrived_at,
        tried_at: untold.changed_at,
        last_words: &untold.last_words,
        tell: untold.tell,
    };
    let language = language(store, untold).await?;
    let bytes = notice.bytes(language.as_deref(), now)?;
    let posting = Posting {
        envelope: envelope(writer, now),
        bytes,
        due_at: now,
        undo: None,
    };
    store.post_notice((untold.id, untold.tell), posting).await?;
    info!(
        target: "mail",
        { message.id = %untold.message, queue.id = %untold.id, recipient = %untold.recipient },
        "the writer is told that it {word}"
    );
    Ok(())
}

/// Who wrote a mail here, and when.
fn written(envelope: Envelope) -> Option<(Address, Timestamp)> {
    match (envelope.source, envelope.reverse_path) {
        (Source::Written { .. }, ReversePath::Address(writer)) => {
            Some((writer, envelope.received_at))
        }
        _ => None,
    }
}

async fn language(store: &Store, untold: &Untold) -> Result<Option<String>, StoreError> {
    let Some(writer) = untold.writer else {
        return Ok(None);
    };
    match store.account(writer).await {
        Ok(account) => Ok(account.language),
        Err(StoreError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// As a bounce from outside has it: into the writer's inbox, and owed to the primary.
fn envelope(writer: Address, now: Timestamp) -> Envelope {
    Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec![writer],
        received_at: now,
        peer: Peer {
            listener: "delivery".to_owned(),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    }
}

fn before(now: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span)
        .ok()
        .and_then(|span| now.checked_sub(span).ok())
        .unwrap_or(Timestamp::MIN)
}
