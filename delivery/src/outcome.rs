//! Writing down what became of a claim, whatever happens to the one who made it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use store::{Claim, Purpose, Settled, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::limits;

/// The claim a lane has made and not settled yet. It outlives the lane, so that a row does not
/// stay claimed when the lane panics.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<Mutex<Option<Claim>>>);

impl UnderWay {
    /// This row is under way now.
    pub fn begin(&self, claim: &Claim) {
        self.replace(Some(claim.clone()));
    }

    /// Nothing is under way any more.
    pub fn end(&self) -> Option<Claim> {
        self.replace(None)
    }

    fn replace(&self, claim: Option<Claim>) -> Option<Claim> {
        let mut present = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut present, claim)
    }
}

/// What became of a claim.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Its row's next state.
    pub settled: Settled,
    /// For the ledger.
    pub words: &'a str,
    /// What the log called the mail when it came, where that is known.
    pub mail_id: Option<&'a str>,
}

/// Writes the outcome down before anything else is sent, however long the store fails. Only a
/// stop ends that early; the next start makes the row unknown then, which is the truth.
pub(crate) async fn write_down(
    store: &Store,
    shutdown: &CancellationToken,
    claim: &Claim,
    told: Told<'_>,
) {
    let settle = || store.settle(claim.id, told.settled.clone(), told.words, Timestamp::now());
    match insist(shutdown, settle).await {
        Ok(()) => tell(claim, &told),
        Err(error) => {
            error!(%error, queue.id = %claim.id, settled = ?told.settled, "the outcome was not written");
        }
    }
}

/// Tries until it works. After `shutdown` only a few times more.
async fn insist<F>(
    shutdown: &CancellationToken,
    mut settle: impl FnMut() -> F,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let mut pause = limits::SETTLE_PAUSE_FIRST;
    let mut last_tries = 0;
    loop {
        let error = match settle().await {
            // The row is gone, or is no longer ours: trying again changes nothing.
            done @ (Ok(()) | Err(StoreError::Missing(_) | StoreError::Refused(_))) => return done,
            Err(error) => error,
        };
        if shutdown.is_cancelled() {
            last_tries += 1;
            if last_tries >= limits::SETTLE_LAST_TRIES {
                return Err(error);
            }
            tokio::time::sleep(limits::SETTLE_PAUSE_FIRST).await;
            continue;
        }
        error!(%error, "the outcome of a hand-over can not be written, trying again; nothing else is sent that way until then");
        wait(shutdown, pause).await;
        pause = (pause * 2).min(limits::SETTLE_PAUSE_MAX);
    }
}

/// Waits so long, or until told to stop.
pub(crate) async fn wait(shutdown: &CancellationToken, long: Duration) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = tokio::time::sleep(long) => {}
    }
}

/// The one line of the log for each outcome.
fn tell(claim: &Claim, told: &Told<'_>) {
    let Told {
        settled,
        words,
        mail_id,
    } = told;
    let outcome = match settled {
        Settled::Delivered => "delivered",
        Settled::Refused => "refused",
        Settled::Later(_) => "later",
        Settled::GivenBack(_) => "given back",
        Settled::Unknown => "unknown",
        Settled::GivenUp => "given up",
    };
    let Claim {
        id: row,
        message,
        recipient,
        purpose,
        ..
    } = claim;
    metrics::counter!("shadowmail_handed_over_total", "purpose" => word(*purpose), "outcome" => outcome)
        .increment(1);
    match settled {
        Settled::Delivered | Settled::Later(_) | Settled::GivenBack(_) | Settled::GivenUp => info!(
            target: "mail",
            { message.id = %message, mail.id = mail_id, queue.id = %row, ?purpose, %recipient, words },
            "{outcome}"
        ),
        Settled::Refused | Settled::Unknown => warn!(
            target: "mail",
            { message.id = %message, mail.id = mail_id, queue.id = %row, ?purpose, %recipient, words },
            "{outcome}: a person must decide"
        ),
    }
}

fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Return => "return",
        Purpose::SentCopy => "sent-copy",
        Purpose::Send => "send",
        Purpose::Resend => "resend",
        Purpose::Notice => "notice",
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
