//! Asks a directory server whether a password is somebody's.
//!
//! Three steps on one connection: as the account that reads the directory we look where the entry is
//! now, for it may have been renamed since the last sync; then we bind as the entry with the password.
//! All of it takes [`limits::DIRECTORY_WAIT`] at most, whatever the servers do, once there is a place.

mod breaker;
#[cfg(test)]
pub(crate) mod played;
mod said;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::ClientConfig;
use store::{Secret, Standing};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use tracing::{debug, info, warn};

use crate::kept;
use crate::ldap::connection::{Connection, Patience};
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::filter::Filter;
use crate::ldap::message::{Deleted, Outcome, Scope, Search};
use crate::ldap::tls::{self, TrustError};
use crate::limits;
use crate::mapping::Kind;
use crate::password_mark;
use crate::settings::Settings;

use breaker::Breaker;
pub use said::Hindrance;
pub(crate) use said::Said;

/// The servers of a directory, as those who know the passwords.
pub struct PasswordBind {
    settings: Settings,
    tls: Arc<ClientConfig>,
    states: Mutex<States>,
    /// Questions at once.
    places: Semaphore,
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
    whose: Option<&'a Whose>,
    password: &'a Secret,
    /// Whether a server was shown the password.
    shown: AtomicBool,
}

/// What is known of the servers.
struct States {
    /// One for each server.
    breakers: Vec<Breaker>,
    /// Our own account was refused: it is not tried before that, so as not to lock it.
    reader_from: Option<Instant>,
    /// Whether the last question was answered.
    answers: bool,
}

/// What comes of looking for an entry.
enum Looked {
    Found(Found),
    /// There is none with this key that we may see.
    Nothing,
    /// We may not look.
    Forbidden,
}

/// An entry as it is now.
struct Found {
    dn: String,
    standing: Standing,
    password_mark: Option<String>,
}

impl PasswordBind {
    /// A directory that was not asked yet.
    pub fn new(settings: Settings) -> Result<Self, TrustError> {
        let tls = tls::config(settings.ca_file.as_deref())?;
        let breakers = vec![Breaker::default(); settings.servers.len()];
        Ok(Self {
            settings,
            tls,
            states: Mutex::new(States {
                breakers,
                reader_from: None,
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
    /// server is asked about nobody to see whether it answers.
    pub(crate) async fn ask(
        &self,
        whose: Option<&Whose>,
        password: &Secret,
    ) -> Result<Answered, Silence> {
        let question = Question {
            whose,
            password,
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
                    debug!("a sign-in is not answered: {error}");
                    // Another one would count it a second time.
                    if question.is_shown() && matches!(error, LdapError::Silent { .. }) {
                        break;
                    }
                }
            }
        }
        self.note(answered.as_ref());
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
        let found = self.find(connection, key).await?;
        let Some(whose) = whose else {
            return Ok(Answered {
                said: Said::NoEntry,
                password_mark: None,
            });
        };
        let is_seen = matches!(found, Looked::Found(_));
        let (dn, standing, password_mark) = match found {
            Looked::Found(found) => (found.dn, found.standing, found.password_mark),
            // Somebody else may have its name by now.
            Looked::Nothing => {
                return Ok(Answered {
                    said: Said::NoEntry,
                    password_mark: None,
                });
            }
            Looked::Forbidden => (whose.dn.clone(), Standing::Active, None),
        };
        let is_ldap = self.settings.mapping.directory == Kind::Ldap;
        question.shown.store(true, Ordering::Relaxed);
        let outcome = connection.bind_outcome(&dn, question.password).await?;
        let said = match Said::of(&outcome) {
            // OpenLDAP says the same of a wrong password and of an account that is locked.
            // Of an entry that may have moved it says nothing.
            Some(Said::Wrong) if !is_seen => Said::NoEntry,
            Some(Said::Wrong) if is_ldap && standing != Standing::Active => Said::Locked,
            Some(said) => said,
            None => return Err(unable(connection, &outcome)),
        };
        Ok(Answered {
            said,
            password_mark,
        })
    }

    /// Looks for the entry with this key.
    async fn find(&self, connection: &mut Connection, key: &str) -> Result<Looked, LdapError> {
        let now = Instant::now();
        let is_refused = |states: &mut States| states.reader_from.is_some_and(|from| now < from);
        if self.with_states(is_refused) {
            return Ok(Looked::Forbidden);
        }
        let settings = &self.settings;
        let found = async {
            connection
                .bind(&settings.bind_dn, &settings.password)
                .await?;
            self.entry(connection, key).await
        };
        match found.await {
            Ok(None) => Ok(Looked::Nothing),
            Ok(Some(entry)) => Ok(Looked::Found(Found {
                standing: kept::standing(&entry),
                password_mark: password_mark::of(&entry),
                dn: entry.dn,
            })),
            Err(error) if error.is_of_server() => Err(error),
            Err(error) => {
                if let LdapError::Credentials { .. } = error {
                    let again = now + limits::REFUSED_READER_WAIT;
                    self.with_states(|states| states.reader_from = Some(again));
                }
                warn!("a sign-in goes by the last sync: {error}");
                Ok(Looked::Forbidden)
            }
        }
    }

    async fn entry(
        &self,
        connection: &mut Connection,
        key: &str,
    ) -> Result<Option<Entry>, LdapError> {
        let attributes = self.settings.mapping.sign_in();
        if self.settings.mapping.directory == Kind::ActiveDirectory {
            let dn = format!("<GUID={key}>");
            return connection.entry(&dn, &attributes, Deleted::Hidden).await;
        }
        let filter = Filter::equal(self.settings.mapping.key(), key);
        for base in &self.settings.bases {
            let search = Search {
                base,
                scope: Scope::Subtree,
                filter: &filter,
                attributes: &attributes,
                deleted: Deleted::Hidden,
            };
            let mut found = None;
            let searched = connection.search(&search, |entry| {
                found = Some(entry);
                Ok(())
            });
            searched.await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Whether the last question was answered.
    pub(crate) fn answers(&self) -> bool {
        self.with_states(|states| states.answers)
    }

    /// Says in the log when the directory begins or ceases to answer.
    fn note(&self, answered: Option<&Answered>) {
        let answers = answered.is_some();
        let answered = self.with_states(|states| std::mem::replace(&mut states.answers, answers));
        match (answered, answers) {
            (true, false) => warn!(
                "no directory server answers sign-ins; who signed in before comes in with the same password"
            ),
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
