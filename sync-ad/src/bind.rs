//! Asks a directory server whether a password is somebody's.
//!
//! Three steps on one connection: as the account that reads the directory we look where the entry is
//! now, for it may have been renamed since the last sync; then we bind as the entry with the password.
//! All of it takes [`limits::DIRECTORY_WAIT`] at most, whatever the servers do, once there is a place.

mod breaker;
mod looking;
#[cfg(test)]
pub(crate) mod played;
mod said;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::ClientConfig;
use store::{Secret, Standing, Store};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use tracing::{info, warn};

use crate::ldap::connection::{Connection, Patience};
use crate::ldap::error::LdapError;
use crate::ldap::message::Outcome;
use crate::ldap::tls::{self, TrustError};
use crate::limits;
use crate::lockout::Policy;
use crate::mapping::Kind;
use crate::reader_hold::ReaderHold;
use crate::settings::Settings;

use breaker::Breaker;
use looking::{Found, Looked};
pub use said::Hindrance;
pub(crate) use said::Said;

/// The servers of a directory, as those who know the passwords.
pub struct PasswordBind {
    settings: Settings,
    tls: Arc<ClientConfig>,
    states: Mutex<States>,
    /// Questions at once.
    places: Semaphore,
    hold: ReaderHold,
}

/// Whose password it would be.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    /// The key that never changes.
    pub(crate) key: String,
    /// The name of the entry when it was read last.
    pub(crate) dn: String,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) said: Said,
    /// The mark of the password, where the server shows one.
    pub(crate) password_mark: Option<String>,
    /// After how many wrong passwords it locks the account.
    pub(crate) policy: Policy,
}

/// No server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// None was asked, because too many others ask: that says nothing about the servers.
    Crowded,
    /// None was shown the password.
    Unshown,
    /// One was, and may count it as a wrong one.
    Shown,
}

/// What servers are asked.
struct Question<'a> {
    /// Where a refusal of our own account is written down.
    store: &'a Store,
    whose: Option<&'a Whose>,
    password: &'a Secret,
    may_show: MayShow<'a>,
    /// Whether a server was shown the password.
    shown: AtomicBool,
}

/// Whether an account under this policy may be shown a password.
pub(crate) type MayShow<'a> = &'a (dyn Fn(Policy) -> bool + Sync);

/// What is known of the servers.
struct States {
    /// One for each server.
    breakers: Vec<Breaker>,
    /// Why sign-ins go by the last sync, as it was last said.
    no_reader: Option<String>,
    /// Whether the last question was answered.
    answers: bool,
}

impl PasswordBind {
    /// A directory that was not asked yet.
    pub fn new(settings: Settings) -> Result<Self, TrustError> {
        let tls = tls::config(settings.ca_file.as_deref())?;
        let breakers = vec![Breaker::default(); settings.servers.len()];
        Ok(Self {
            hold: ReaderHold::new(&settings),
            settings,
            tls,
            states: Mutex::new(States {
                breakers,
                no_reader: None,
                answers: true,
            }),
            places: Semaphore::new(limits::BINDS_AT_ONCE_MAX),
        })
    }

    /// How the directory is read, and what the config says about passwords.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks whether `password` is that of `whose`; of somebody who does not exist it is not, and a
    /// server is asked about nobody to see whether it answers. It is shown to a server only if `may_show`
    /// says so, once the policy of the account is known.
    pub(crate) async fn ask(
        &self,
        store: &Store,
        (whose, password): (Option<&Whose>, &Secret),
        may_show: MayShow<'_>,
    ) -> Result<Answered, Silence> {
        let question = Question {
            store,
            whose,
            password,
            may_show,
            shown: AtomicBool::new(false),
        };
        // Before any server is looked at: that we ask too much is not its fault.
        let place = tokio::time::timeout(limits::BIND_PLACE_WAIT, self.places.acquire());
        let Ok(Ok(_place)) = place.await else {
            return Err(Silence::Crowded);
        };
        let deadline = Instant::now() + limits::DIRECTORY_WAIT;
        let count = self.settings.servers.len();
        let mut answered = None;
        let mut silent = None;
        for at in 0..count {
            let now = Instant::now();
            if !self.with_states(|states| states.breakers[at].lets_through(now)) {
                continue;
            }
            // The servers after it need some of the time, too.
            let left = deadline.saturating_duration_since(now);
            let others = u32::try_from(count - at).unwrap_or(u32::MAX);
            let until = now + (left / others).max(limits::SERVER_WAIT_MIN.min(left));
            match self.ask_server(at, &question, until).await {
                Ok(answer) => {
                    answered = Some(answer);
                    break;
                }
                Err(error) => {
                    // Another one would count it a second time.
                    let is_end = question.is_shown() && matches!(error, LdapError::Silent { .. });
                    silent = Some(error);
                    if is_end {
                        break;
                    }
                }
            }
        }
        self.note(answered.as_ref(), silent.as_ref());
        answered.ok_or(if question.is_shown() {
            Silence::Shown
        } else {
            Silence::Unshown
        })
    }

    async fn ask_server(
        &self,
        at: usize,
        question: &Question<'_>,
        until: Instant,
    ) -> Result<Answered, LdapError> {
        let server = &self.settings.servers[at];
        let began = Instant::now();
        let asked = async {
            let patience = Patience {
                connect: limits::DIRECTORY_WAIT,
                answer: limits::DIRECTORY_WAIT,
                page: limits::DIRECTORY_WAIT,
                entries: limits::ENTRIES_MAX,
            };
            let mut connection = Connection::open(server, &self.tls, patience).await?;
            let answered = self.answered(&mut connection, question).await;
            // Nobody waits for its farewell.
            tokio::spawn(connection.close());
            answered
        };
        let asked = timeout_at(until.into(), asked).await;
        let silent = Err(LdapError::Silent {
            server: server.to_string(),
            seconds: began.elapsed().as_secs(),
        });
        let answered = asked.unwrap_or(silent);
        let now = Instant::now();
        self.with_states(|states| match &answered {
            Err(LdapError::Silent { .. }) => states.breakers[at].hung(now),
            _ => states.breakers[at].answered(),
        });
        answered
    }

    /// What a server says, once it is reached.
    async fn answered(
        &self,
        connection: &mut Connection,
        question: &Question<'_>,
    ) -> Result<Answered, LdapError> {
        let whose = question.whose;
        let key = whose.map_or(NOBODYS_KEY, |whose| &whose.key);
        let found = self.find(connection, (question.store, key)).await?;
        let nothing = Answered {
            said: Said::NoEntry,
            password_mark: None,
            policy: Policy::Unknown,
        };
        let Some(whose) = whose else {
            return Ok(nothing);
        };
        let is_seen = matches!(found, Looked::Found(_));
        let found = match found {
            Looked::Found(found) => found,
            // Somebody else may have its name by now.
            Looked::Nothing => return Ok(nothing),
            Looked::Forbidden => Found {
                dn: whose.dn.clone(),
                standing: Standing::Active,
                password_mark: None,
                policy: Policy::Unknown,
            },
        };
        let answered = |said| Answered {
            said,
            password_mark: found.password_mark,
            policy: found.policy,
        };
        if !(question.may_show)(found.policy) {
            return Ok(answered(Said::Withheld));
        }
        let is_ldap = self.settings.mapping.directory == Kind::Ldap;
        question.shown.store(true, Ordering::Relaxed);
        let outcome = connection
            .bind_outcome(&found.dn, question.password)
            .await?;
        let said = match Said::of(&outcome) {
            // OpenLDAP says the same of a wrong password and of an account that is locked.
            // Of an entry that may have moved it says nothing.
            Some(Said::Wrong) if !is_seen => Said::NoEntry,
            Some(Said::Wrong) if is_ldap && found.standing != Standing::Active => Said::Locked,
            Some(said) => said,
            None => return Err(unable(connection, &outcome)),
        };
        Ok(answered(said))
    }

    /// Whether the last question was answered.
    pub(crate) fn answers(&self) -> bool {
        self.with_states(|states| states.answers)
    }

    /// Says in the log when the directory begins or ceases to answer.
    fn note(&self, answered: Option<&Answered>, silent: Option<&LdapError>) {
        let answers = answered.is_some();
        let answered = self.with_states(|states| std::mem::replace(&mut states.answers, answers));
        match (answered, answers) {
            (true, false) => {
                let why = silent.map_or_else(|| "it has just hung".to_owned(), ToString::to_string);
                warn!(
                    "no directory server answers sign-ins ({why}); who signed in before comes in with the same \
                     password"
                );
            }
            (false, true) => info!("the directory answers sign-ins again"),
            _ => {}
        }
    }

    fn with_states<T>(&self, look: impl FnOnce(&mut States) -> T) -> T {
        look(&mut self.states.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Question<'_> {
    fn is_shown(&self) -> bool {
        self.shown.load(Ordering::Relaxed)
    }
}

/// The key of no entry.
const NOBODYS_KEY: &str = "00000000-0000-4000-8000-000000000000";

/// A server that can not say whether a password is right.
fn unable(connection: &Connection, outcome: &Outcome) -> LdapError {
    LdapError::of_bind(connection.server(), "somebody", outcome)
}

#[cfg(test)]
#[path = "bind_tests.rs"]
mod tests;
