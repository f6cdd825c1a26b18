//! Probes: what is asked of the primary again and again to see whether it works. They only look; what
//! their answers mean is decided in [`crate::judge`] and [`crate::policy`].

mod canary;
mod https;
mod imap;
mod journal;
mod ldap;
mod smtp;
mod talk;

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::{Address, Secret, Store};

use crate::judge::Rule;
use crate::wire::{Place, Security, Url};

/// One probe.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its name in logs, alerts and pages.
    pub name: String,
    /// What it asks.
    pub asks: Asks,
    /// How often a try begins.
    pub every: Duration,
    /// How long a try may take.
    pub timeout: Duration,
    /// How many tries it takes to change its state.
    pub rule: Rule,
}

/// What a probe asks.
#[derive(Clone, Debug)]
pub enum Asks {
    /// Whether a server takes mail: greeting, EHLO, and whether it knows a recipient. Never DATA.
    Smtp {
        /// Which.
        place: Place,
        /// TLS from the first byte, or none.
        security: Security,
        /// What we call ourselves.
        hello: String,
        /// Whom it must know; nobody is asked for otherwise.
        recipient: Option<Address>,
    },
    /// Whether a server lets people read.
    Imap {
        /// Which.
        place: Place,
        /// TLS from the first byte, or none.
        security: Security,
        /// A name and a password that it must take.
        login: Option<(String, Secret)>,
    },
    /// Whether a page answers with a status from 200 to 399, as health pages do.
    Https {
        /// Which.
        url: Url,
        /// Whom it believes.
        security: Security,
    },
    /// Whether a directory answers.
    Ldap {
        /// Which.
        place: Place,
        /// TLS from the first byte, or none.
        security: Security,
    },
    /// Whether copies come as on other days at this time.
    Journal {
        /// Over how long they are counted.
        span: Duration,
        /// Fewer than so many are no habit.
        usual_least: u64,
    },
    /// Whether a mail sent through the primary comes back as a copy.
    Canary {
        /// Who takes it.
        place: Place,
        /// TLS from the first byte, or none.
        security: Security,
        /// What we call ourselves.
        hello: String,
        /// Whom it comes from.
        from: Address,
        /// The mailbox that it goes to.
        to: Address,
    },
}

/// What came of a try.
#[derive(Clone, Debug)]
pub struct Tried {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it saw; an error is what is wrong.
    pub saw: Result<String, String>,
}

impl Asks {
    /// The word for it in the configuration.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Smtp { .. } => Kind::Smtp,
            Self::Imap { .. } => Kind::Imap,
            Self::Https { .. } => Kind::Https,
            Self::Ldap { .. } => Kind::Ldap,
            Self::Journal { .. } => Kind::Journal,
            Self::Canary { .. } => Kind::Canary,
        }
    }
}

/// The kinds of probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// See [`Asks::Smtp`].
    Smtp,
    /// See [`Asks::Imap`].
    Imap,
    /// See [`Asks::Https`].
    Https,
    /// See [`Asks::Ldap`].
    Ldap,
    /// See [`Asks::Journal`].
    Journal,
    /// See [`Asks::Canary`].
    Canary,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Smtp,
        Self::Imap,
        Self::Https,
        Self::Ldap,
        Self::Journal,
        Self::Canary,
    ];

    /// Whether it asks the primary itself. The others fail just as well when only the journal does not
    /// work, so they never have a say in whether an emergency starts.
    pub fn votes(self) -> bool {
        match self {
            Self::Smtp | Self::Imap | Self::Https | Self::Ldap => true,
            Self::Journal | Self::Canary => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "smtp",
            Self::Imap => "imap",
            Self::Https => "https",
            Self::Ldap => "ldap",
            Self::Journal => "journal",
            Self::Canary => "canary",
        })
    }
}

impl Probe {
    /// One try. It ends within the time of the probe, whatever the other side does.
    pub async fn try_once(&self, store: &Store) -> Tried {
        let began = Instant::now();
        let (asks, store) = (self.asks.clone(), store.clone());
        let timeout = self.timeout;
        // In a task of its own, so that a library that panics on what the other side said ends only this try.
        let mut trying =
            tokio::spawn(
                async move { tokio::time::timeout(timeout, asks.ask(&store, timeout)).await },
            );
        let guard = AbortOnDrop(trying.abort_handle());
        let saw = match (&mut trying).await {
            Ok(Ok(saw)) => saw,
            Ok(Err(_)) => Err(format!("no answer within {} s", timeout.as_secs())),
            Err(_) => Err("its answer can not be read".to_owned()),
        };
        drop(guard);
        Tried {
            at: Timestamp::now(),
            took: began.elapsed(),
            saw: match saw {
                Ok(words) => Ok(bounded(&words)),
                Err(words) => Err(bounded(&words)),
            },
        }
    }
}

/// Whoever does not wait for a try any more does not want it to go on.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Asks {
    async fn ask(self, store: &Store, patience: Duration) -> Result<String, String> {
        match self {
            Self::Smtp {
                place,
                security,
                hello,
                recipient,
            } => smtp::ask((&place, &security), &hello, recipient.as_ref()).await,
            Self::Imap {
                place,
                security,
                login,
            } => imap::ask((&place, &security), login.as_ref()).await,
            Self::Https { url, security } => https::ask(&url, &security).await,
            Self::Ldap { place, security } => ldap::ask(&place, &security).await,
            Self::Journal { span, usual_least } => {
                journal::ask(store, (span, usual_least), &jiff::Zoned::now()).await
            }
            Self::Canary {
                place,
                security,
                hello,
                from,
                to,
            } => {
                let letter = canary::Letter::new(&hello, (&from, &to), Timestamp::now());
                let door = (&place, &security);
                canary::ask(store, door, (&letter, patience)).await
            }
        }
    }
}

/// What the other side said may be long, and of any characters.
fn bounded(words: &str) -> String {
    let harmless = |c: char| if c.is_control() { ' ' } else { c };
    let words = words.chars().map(harmless);
    words.take(crate::limits::PROBE_WORDS_CHARS_MAX).collect()
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
