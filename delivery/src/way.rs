//! The ways out, and one try on one of them.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use jiff::Timestamp;
use store::QueueId;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::config::{Config, Door, HostPort, Imap};
use crate::exits::Exits;
use crate::failure::{Cause, Ending, Failure, MailboxFailure, Step};
use crate::imap::{self, SentCopy};
use crate::limits;
use crate::progress::Progress;
use crate::smtp::{Line, Parcel};

/// Where a lane leads.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// To somebody who takes mail by SMTP.
    Smtp(Door),
    /// To one of the smarthosts.
    Outside(Arc<Exits>),
    /// Into Sent folders.
    Imap(Imap),
    /// Nowhere; the sentence says what to set.
    Unconfigured(&'static str),
}

/// Makes tries. It keeps the connection between them.
pub(crate) struct Carrier {
    config: Arc<Config>,
    shutdown: CancellationToken,
    line: Option<(HostPort, Line)>,
    /// How often a mailbox has said no to a row that may be tried again. The queue counts all
    /// tries alike, and those that reached nobody must not make a person look.
    noes: HashMap<QueueId, u32>,
}

impl Carrier {
    /// One without a connection. After `shutdown` a try under way has a little time left.
    pub fn new(config: Arc<Config>, shutdown: CancellationToken) -> Self {
        Self {
            config,
            shutdown,
            line: None,
            noes: HashMap::new(),
        }
    }

    /// Hands over by SMTP.
    pub async fn send(&mut self, door: &Door, parcel: &Parcel) -> Ending {
        let progress = Progress::default();
        let shutdown = self.shutdown.clone();
        let trying = Box::pin(self.send_step_by_step(door, parcel, &progress));
        let tried = guarded(&shutdown, trying).await;
        let cut = |before_final_dot, cause| {
            let sent = progress.is_whole_message_sent();
            Failure {
                step: if sent {
                    Step::FinalDot
                } else {
                    before_final_dot
                },
                cause,
            }
        };
        let failure = match tried {
            Ok(Ok(words)) => return Ending::Taken(words),
            Ok(Err(failure)) => failure,
            Err(Cut::Stopped) => cut(Step::Content, Cause::Stopped),
            Err(Cut::Panicked) => cut(Step::Reach, Cause::Unreadable),
        };
        failure.ending()
    }

    /// Hands over to the first smarthost that has to do with us. What one of them has answered
    /// about the message counts; only who turns us away is passed by.
    pub async fn send_out(&mut self, exits: &Exits, parcel: &Parcel, jitter: u8) -> Ending {
        let mut ending = Ending::Unreachable("no smarthost".to_owned());
        for at in exits.open(Timestamp::now()) {
            let Some(door) = exits.door(at) else { continue };
            exits.trying(Timestamp::now());
            ending = self.send(door, parcel).await;
            match &ending {
                Ending::Unreachable(words) | Ending::TurnedAway(words) => {
                    warn!(to = %door.address, why = words, "a smarthost takes no mail now");
                    exits.failed(at, (Timestamp::now(), words), jitter);
                }
                _ => {
                    exits.answered(at);
                    break;
                }
            }
            if self.shutdown.is_cancelled() {
                break;
            }
        }
        ending
    }

    /// Puts a copy into a Sent folder.
    pub async fn put(&mut self, imap: &Imap, copy: &SentCopy, row: QueueId) -> Ending {
        let progress = Progress::default();
        let patience = self.config.patience;
        let tried = guarded(&self.shutdown, imap::put(imap, copy, patience, &progress)).await;
        let cut = |how: &str| {
            let how = how.to_owned();
            if progress.is_whole_message_sent() {
                // Whether it has a Message-ID is not looked at here; a person can release it.
                MailboxFailure::Unanswered {
                    how,
                    can_search: false,
                }
            } else {
                MailboxFailure::Broken(how)
            }
        };
        let failure = match tried {
            Ok(Ok(words)) => {
                self.noes.remove(&row);
                return Ending::Taken(crate::words::clean(&words));
            }
            Ok(Err(failure)) => failure,
            Err(Cut::Stopped) => cut("Shadowmail was stopped"),
            Err(Cut::Panicked) => cut("its answer can not be read"),
        };
        self.judge(&failure, row)
    }

    /// Counts the noes to this row, for as long as it may come back.
    fn judge(&mut self, failure: &MailboxFailure, row: QueueId) -> Ending {
        let mut noes = self.noes.remove(&row).unwrap_or_default();
        if failure.is_no() {
            noes = noes.saturating_add(1);
        }
        let ending = failure.ending(noes);
        if noes > 0 && !matches!(ending, Ending::Refused(_) | Ending::Unknown(_)) {
            self.noes.insert(row, noes);
        }
        ending
    }

    /// Closes the connection, if there is one.
    pub async fn hang_up(&mut self) {
        if let Some((_, line)) = self.line.take() {
            // A goodbye that cannot be read changes nothing.
            let _ = AssertUnwindSafe(line.quit()).catch_unwind().await;
        }
    }

    async fn send_step_by_step(
        &mut self,
        door: &Door,
        parcel: &Parcel,
        progress: &Progress,
    ) -> Result<String, Failure> {
        if let Some((leads_to, mut line)) = self.line.take() {
            if line.is_usable() && leads_to == door.address {
                match line.hand_over(parcel, progress).await {
                    // It was closed while nobody used it; this says nothing about the message.
                    Err(Failure {
                        step: Step::Reach | Step::Mail,
                        ..
                    }) if !line.is_usable() => {}
                    done => {
                        self.line = Some((leads_to, line));
                        return done;
                    }
                }
            } else {
                line.quit().await;
            }
        }
        let mut line = Line::open(door, &self.config.hostname, self.config.patience).await?;
        let done = line.hand_over(parcel, progress).await;
        self.line = Some((door.address.clone(), line));
        done
    }
}

/// A try was cut off.
enum Cut {
    /// We were told to stop, and the other side took too long to finish.
    Stopped,
    /// A library could not read what came.
    Panicked,
}

/// Lets `work` finish after `shutdown`, but not for ever, and lives on when it panics.
async fn guarded<T>(shutdown: &CancellationToken, work: impl Future<Output = T>) -> Result<T, Cut> {
    let stopped = async {
        shutdown.cancelled().await;
        tokio::time::sleep(limits::STOP_PATIENCE).await;
    };
    tokio::select! {
        done = AssertUnwindSafe(work).catch_unwind() => done.map_err(|_| {
            error!("a library panicked on what the other side said");
            Cut::Panicked
        }),
        () = stopped => Err(Cut::Stopped),
    }
}

#[cfg(test)]
#[path = "way_tests.rs"]
mod tests;
