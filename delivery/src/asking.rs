//! Asks the primary, by IMAP, about rows of which nobody knows whether they arrived: the line broke
//! after the final dot, or Shadowmail ended then.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{Address, Answer, Claim, Mode, Owners, Purpose, QueueId, StoreError};
use tracing::{info, warn};

use crate::config::Imap;
use crate::failure::MailboxFailure;
use crate::imap_look;
use crate::imap_session::{Session, Trouble};
use crate::lane::Common;
use crate::limits;
use crate::outcome::wait;
use crate::row::Row;
use crate::words::clean;

/// What the primary can be asked about: what lies in a mailbox of it then.
const PURPOSES: &[Purpose] = &[Purpose::Return, Purpose::Resend];

/// Asks again and again.
pub(crate) struct Asking {
    common: Common,
    imap: Imap,
    /// Since when a mailbox has been seen to lack the message of a row, after so many tries.
    lacking: HashMap<(QueueId, u32), Timestamp>,
}

impl Asking {
    /// One that asks there.
    pub fn new(common: Common, imap: Imap) -> Self {
        Self {
            common,
            imap,
            lacking: HashMap::new(),
        }
    }

    /// Works until told to stop.
    pub async fn run(mut self) {
        let shutdown = self.common.shutdown.clone();
        while !shutdown.is_cancelled() {
            if let Err(error) = self.round().await {
                warn!(%error, "rows in doubt can not be read, trying again soon");
            }
            wait(&shutdown, limits::ASK_EVERY).await;
        }
    }

    /// Asks once about each row in doubt. While the mailboxes can not be opened nothing is known.
    async fn round(&mut self) -> Result<(), StoreError> {
        let store = self.common.store.clone();
        if store.mode().await?.mode == Mode::Emergency {
            self.lacking.clear();
            return Ok(());
        }
        let rows = store.in_doubt(PURPOSES, limits::ASKED_AT_ONCE).await?;
        let doubts: HashSet<_> = rows.iter().map(|row| (row.id, row.attempts)).collect();
        self.lacking.retain(|key, _| doubts.contains(key));
        for row in rows {
            let shutdown = self.common.shutdown.clone();
            let heard = tokio::select! {
                heard = self.ask(&row) => heard?,
                () = shutdown.cancelled() => break,
            };
            match heard {
                Heard::Nothing => {}
                Heard::Unreachable(how) => {
                    info!(
                        words = how,
                        "the primary can not be asked about mail in doubt"
                    );
                    self.lacking.clear();
                    break;
                }
                Heard::Folder(found) => self.judge(&row, found).await?,
            }
        }
        Ok(())
    }

    async fn ask(&self, row: &Claim) -> Result<Heard, StoreError> {
        let Owners::One(owner) = self.common.store.owners(&row.recipient).await? else {
            return Ok(Heard::Nothing);
        };
        let Ok(message) = Row::read(&self.common.store, row).await else {
            return Ok(Heard::Nothing);
        };
        let Some(name) = message.name() else {
            return Ok(Heard::Nothing);
        };
        Ok(match self.look(&owner.primary, &name).await {
            Ok(found) => Heard::Folder(found),
            // About this mailbox alone.
            Err(failure) if failure.is_no() => Heard::Nothing,
            Err(failure) => Heard::Unreachable(failure.words()),
        })
    }

    async fn look(&self, owner: &Address, name: &str) -> Result<Option<String>, MailboxFailure> {
        let patience = self.common.config.patience;
        let mut session = Session::open(&self.imap, owner, patience).await?;
        let found = imap_look::find(&mut session, name).await;
        session.log_out().await;
        found.map_err(Trouble::of_looking)
    }

    async fn judge(&mut self, row: &Claim, found: Option<String>) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let lacking_since = *self.lacking.entry((row.id, row.attempts)).or_insert(now);
        let Some(answer) = answer(
            found,
            now.duration_since(lacking_since),
            self.imap.lacks_after,
        ) else {
            return Ok(());
        };
        info!(target: "mail", { queue.id = %row.id, message.id = %row.message }, "{answer}");
        self.lacking.remove(&(row.id, row.attempts));
        self.common
            .store
            .answer_doubt((row.id, row.attempts), answer, now)
            .await
    }
}

/// What was heard about a row.
enum Heard {
    /// Nothing that says anything: it has no Message-ID, or the mailbox is not for us to open.
    Nothing,
    /// The primary can not be asked at all.
    Unreachable(String),
    /// The folder in which it lies, or none.
    Folder(Option<String>),
}

/// What is known by now. A message may lie in the primary's own queue for a while, so it is lacking
/// only when it was not there for some time.
fn answer(found: Option<String>, lacking: SignedDuration, after: Duration) -> Option<Answer> {
    match found {
        Some(folder) => Some(Answer::Has(clean(&folder))),
        None if lacking.unsigned_abs() >= after => Some(Answer::Lacks),
        None => None,
    }
}

#[cfg(test)]
#[path = "asking_tests.rs"]
mod tests;
