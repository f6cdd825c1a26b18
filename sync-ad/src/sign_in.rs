//! Do this name and this password belong together?
//!
//! A directory server is asked, where there is one. While none answers the verifier counts, which is
//! of the last password that it took. An emergency code counts at any time.

mod asked;
mod verdict;
mod verifier;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::{Entrant, Proof, Secret, Store, StoreError, VerifierMark};

use crate::bind::{Hindrance, PasswordBind, Said};
use crate::emergency_code::{EmergencyCode, Typed};
use crate::limits;
use crate::pace::Pace;
use crate::password::HashError;
use crate::password_check::{Interrupted, PasswordCheck, Try, are_bounded};
use crate::wrong_passwords::Claim;

use asked::{Asked, DirectoryCheck, Kept};
pub use verdict::{Seemed, Verdict, Welcome};
use verifier::Verifier;

/// Checks sign-ins: with the directory, with verifiers, and with emergency codes.
pub struct SignInCheck {
    store: Store,
    check: PasswordCheck,
    directory: Option<DirectoryCheck>,
    pace: Pace,
    /// When the verifiers that the directory hands out were looked at.
    looked_at: Mutex<Option<Instant>>,
}

/// Somebody at the door.
struct Visitor<'a> {
    /// Who they are, if there is such a name.
    entrant: Option<Entrant>,
    login: &'a str,
    typed: &'a Secret,
    attempt: Try<'a>,
    began: Instant,
    /// The same on the clock that other processes have, too.
    began_at: Timestamp,
}

/// What is found out about a password.
enum Knows {
    /// It is this account's.
    Yes(Welcome),
    /// It is, but.
    But(Welcome, Hindrance),
    No,
    /// It is not, and there were too many wrong ones before it: even the right one may be kept from
    /// the directory.
    TooMany,
    /// Too many others ask the directory.
    Crowded,
    /// Nobody answers who could say.
    Unanswered,
    /// It was this account's a moment ago, and is not any more.
    Overtaken,
}

impl SignInCheck {
    /// A check with no failures remembered, by verifiers alone. Hashes once, so it takes a moment.
    pub fn new(store: Store) -> Result<Self, HashError> {
        Ok(Self {
            store,
            check: PasswordCheck::new(None)?,
            directory: None,
            pace: Pace::default(),
            looked_at: Mutex::default(),
        })
    }

    /// The same, with a directory server that is asked first.
    pub fn with_directory(self, bind: PasswordBind) -> Result<Self, HashError> {
        Ok(Self {
            directory: Some(DirectoryCheck::new(bind)?),
            ..self
        })
    }

    /// Checks `login` (a sign-in name or one of the account's addresses) and `password`, which may
    /// be an emergency code; `from` is where the person sits. A code is not used up by this: that is
    /// for [`Store::open_session`].
    pub async fn check(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        let visitor = match self.visitor(login, password, from).await? {
            Ok(visitor) => visitor,
            Err(verdict) => return Ok(verdict),
        };
        let typed = EmergencyCode::read(password.expose());
        // Before the directory is asked: to it a code would be a wrong password.
        if let Typed::Code(code) = &typed
            && let Some(code) = self.code(&visitor, code).await?
        {
            visitor.attempt.succeeded();
            return Ok(Verdict::Welcome(code));
        }
        self.by_password(visitor, &typed).await
    }

    /// The same where an emergency code is no way in, and is not looked at.
    pub async fn check_password(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        let visitor = match self.visitor(login, password, from).await? {
            Ok(visitor) => visitor,
            Err(verdict) => return Ok(verdict),
        };
        let typed = EmergencyCode::read(password.expose());
        self.by_password(visitor, &typed).await
    }

    async fn by_password(
        &self,
        visitor: Visitor<'_>,
        typed: &Typed,
    ) -> Result<Verdict, StoreError> {
        let verdict = match self.knows_password(&visitor).await? {
            Knows::Yes(welcome) => Verdict::Welcome(welcome),
            // Nobody can change it while the mail server is down, and it opens more than this.
            Knows::But(welcome, hindrance) if hindrance.is_about_password() => {
                Verdict::Welcome(welcome)
            }
            other => other.refusal(typed),
        };
        Ok(self.tell(visitor, verdict).await)
    }

    /// The same for who only tries it out: an emergency code is no way in, and welcome is only who
    /// would be, too, while the directory is down.
    pub async fn try_out(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        let visitor = match self.visitor(login, password, from).await? {
            Ok(visitor) => visitor,
            Err(verdict) => return Ok(verdict),
        };
        let typed = EmergencyCode::read(password.expose());
        let verdict = match self.knows_password(&visitor).await? {
            Knows::Yes(welcome) if self.would_know_again(login).await? => Verdict::Welcome(welcome),
            Knows::Yes(_) => Knows::Overtaken.refusal(&typed),
            other => other.refusal(&typed),
        };
        Ok(self.tell(visitor, verdict).await)
    }

    /// Who is at the door, or what they are told before anything is checked.
    async fn visitor<'a>(
        &'a self,
        login: &'a str,
        typed: &'a Secret,
        from: Option<IpAddr>,
    ) -> Result<Result<Visitor<'a>, Verdict>, StoreError> {
        if !are_bounded(login, typed) {
            return Ok(Err(Verdict::Refused(Seemed::Password)));
        }
        self.renew_model().await?;
        let began_at = Timestamp::now();
        let entrant = self.store.entrant(login, began_at).await?;
        let name = entrant.as_ref().map_or(login, |it| &it.account.login);
        Ok(match self.check.begin(name, from).await {
            Ok(attempt) => Ok(Visitor {
                entrant,
                login,
                typed,
                attempt,
                began: Instant::now(),
                began_at,
            }),
            Err(wait) => Err(Verdict::Wait(wait)),
        })
    }

    /// Lets a name that does not exist take as long as one that does, whatever the directory has
    /// handed out since.
    async fn renew_model(&self) -> Result<(), StoreError> {
        let now = Instant::now();
        {
            let mut looked_at = self
                .looked_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let is_fresh = |at: Instant| now.duration_since(at) < limits::MODEL_KEPT;
            if looked_at.is_some_and(is_fresh) {
                return Ok(());
            }
            *looked_at = Some(now);
        }
        let models = self.store.mirrored_verifiers().await?;
        self.check.imitate(models).await.map_err(closed)
    }

    /// The code, if it is one of theirs that is good now.
    async fn code(
        &self,
        visitor: &Visitor<'_>,
        typed: &EmergencyCode,
    ) -> Result<Option<Welcome>, StoreError> {
        let kept = match &visitor.entrant {
            Some(entrant) => {
                let (account, now) = (entrant.account.id, Timestamp::now());
                let code = self.store.emergency_code(account, now).await?;
                code.map(|code| (account, code))
            }
            None => None,
        };
        let hash = kept.as_ref().map(|(_, code)| code.hash.clone());
        let fits = visitor.attempt.fits(hash, typed.text()).await;
        let fits = fits.map_err(closed)?;
        Ok(kept.filter(|_| fits).map(|(account, code)| Welcome {
            account,
            proof: Proof::Code(code.id),
        }))
    }

    /// Whether the password is that of the account, as far as it may be told.
    async fn knows_password(&self, visitor: &Visitor<'_>) -> Result<Knows, StoreError> {
        let Some(directory) = &self.directory else {
            let fitting = self.fitting(visitor, self.kept_of(visitor)).await;
            return self.refused(visitor, Asked::ByVerifier, fitting).await;
        };
        let typed = directory.typed(visitor);
        let knows = self.directory_knows(visitor, directory).await?;
        Ok(directory.told(visitor, &typed, knows))
    }

    /// Whatever comes of it but a welcome, one hash is checked on the way.
    async fn directory_knows(
        &self,
        visitor: &Visitor<'_>,
        directory: &DirectoryCheck,
    ) -> Result<Knows, StoreError> {
        let claim = if visitor.attempt.is_at_home() {
            Claim::Home
        } else {
            Claim::Nothing
        };
        let mut asked = directory.ask(visitor, claim).await;
        let mut fitting = None;
        if let Asked::TooMany = asked {
            fitting = self.fitting(visitor, self.kept_of(visitor)).await;
            if fitting.is_some() {
                // It may be the password before the last change: that is not for us to say.
                asked = directory.ask(visitor, Claim::Verifier).await;
            }
            if let Asked::TooMany = asked {
                if directory.answers() {
                    return Ok(Knows::No);
                }
                asked = Asked::Silent;
            }
        } else if !asked.is_right() {
            let counts = !matches!(asked, Asked::KnownWrong | Asked::Said(Said::Locked, _));
            let kept = self.kept_of(visitor).filter(|_| counts);
            fitting = self.fitting(visitor, kept).await;
        }
        match asked {
            Asked::Said(Said::Right, mark) => self.welcome(visitor, mark).await,
            Asked::Said(Said::RightBut(hindrance), _) => self.hindered(visitor, hindrance).await,
            asked => self.refused(visitor, asked, fitting).await,
        }
    }

    /// The directory did not take the password, or did not say.
    async fn refused(
        &self,
        visitor: &Visitor<'_>,
        asked: Asked,
        fitting: Option<Verifier>,
    ) -> Result<Knows, StoreError> {
        let account = visitor.entrant.as_ref().map(|it| it.account.id);
        Ok(match (asked, account.zip(fitting)) {
            (Asked::Said(Said::Wrong, mark), Some((account, verifier))) => {
                if !verifier.is_of(mark.as_deref()) {
                    self.store.drop_verifier(account, verifier.hash).await?;
                }
                Knows::No
            }
            (Asked::Crowded, _) => Knows::Crowded,
            (Asked::ByVerifier | Asked::Silent, Some((account, verifier))) => Knows::Yes(Welcome {
                account,
                proof: Proof::Verifier(VerifierMark::of(&verifier.hash)),
            }),
            (Asked::Silent, None) => Knows::Unanswered,
            _ => Knows::No,
        })
    }

    /// The directory took the password: it is remembered for when there is no directory.
    async fn welcome(
        &self,
        visitor: &Visitor<'_>,
        mark: Option<String>,
    ) -> Result<Knows, StoreError> {
        let (Some(entrant), Some(directory)) = (&visitor.entrant, &self.directory) else {
            return Ok(Knows::No);
        };
        let hash = visitor.attempt.hash(visitor.typed).await.map_err(closed)?;
        let kept = directory.remember(&self.store, entrant, hash, mark).await;
        match kept {
            Ok(Kept::Yes) => Ok(Knows::Yes(visitor.bound_as(entrant))),
            Ok(Kept::Overtaken) => Ok(Knows::Overtaken),
            Ok(Kept::JustChanged) => Ok(Knows::But(
                visitor.bound_as(entrant),
                Hindrance::JustChanged,
            )),
            Err(error) => {
                // A full disk must not keep anybody out.
                tracing::error!(%error, "a verifier can not be kept");
                Ok(Knows::Yes(visitor.bound_as(entrant)))
            }
        }
    }

    /// The password is right, and the directory says that it is no use.
    async fn hindered(
        &self,
        visitor: &Visitor<'_>,
        hindrance: Hindrance,
    ) -> Result<Knows, StoreError> {
        let Some(entrant) = &visitor.entrant else {
            return Ok(Knows::No);
        };
        let account = entrant.account.id;
        if matches!(hindrance, Hindrance::Disabled | Hindrance::AccountExpired) {
            // The next sync says so, too; until then the directory may fail.
            let made = entrant.made.as_ref().map(|made| &made.hash);
            for hash in made.into_iter().chain(&entrant.mirrored) {
                self.store.drop_verifier(account, hash.clone()).await?;
            }
        }
        Ok(Knows::But(visitor.bound_as(entrant), hindrance))
    }

    /// Whether somebody who just came in could do so without the directory.
    async fn would_know_again(&self, login: &str) -> Result<bool, StoreError> {
        let entrant = self.store.entrant(login, Timestamp::now()).await?;
        Ok(entrant.is_some_and(|it| self.verifier(&it).is_some()))
    }

    /// Tells a verdict; a refusal when it is due.
    async fn tell<Who>(&self, visitor: Visitor<'_>, verdict: Verdict<Who>) -> Verdict<Who> {
        if matches!(verdict, Verdict::Welcome(_) | Verdict::Hindered(_)) {
            visitor.attempt.succeeded();
        } else {
            let due = self.pace.due(visitor.began, Instant::now());
            // The try goes on meanwhile, so that who is many waits, too.
            tokio::time::sleep_until(due.into()).await;
        }
        verdict
    }
}

impl Visitor<'_> {
    /// Somebody whose password the directory took.
    fn bound_as(&self, entrant: &Entrant) -> Welcome {
        Welcome {
            account: entrant.account.id,
            proof: Proof::Bind(self.began_at),
        }
    }
}

impl Knows {
    /// What is told to who does not come in.
    fn refusal<Who>(self, typed: &Typed) -> Verdict<Who> {
        match self {
            Self::But(_, hindrance) => Verdict::Hindered(hindrance),
            Self::Overtaken | Self::Crowded => Verdict::Wait(Duration::ZERO),
            Self::Yes(_) | Self::No | Self::TooMany | Self::Unanswered => {
                Verdict::Refused(match typed {
                    Typed::Code(_) => Seemed::Code,
                    Typed::Mistyped => Seemed::MistypedCode,
                    Typed::Other if matches!(self, Self::Unanswered) => Seemed::PasswordOfSilence,
                    Typed::Other if matches!(self, Self::TooMany) => Seemed::OneOfTooMany,
                    Typed::Other => Seemed::Password,
                })
            }
        }
    }
}

fn closed(_: Interrupted) -> StoreError {
    StoreError::Closed
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
