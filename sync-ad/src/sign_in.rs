//! Do this name and this password belong together?
//!
//! A directory server is asked, where there is one. While none answers the verifier counts, which is
//! of the last password that it took. An emergency code counts at any time.

mod asked;
mod doubt;
mod knowledge;
mod verdict;
mod verifier;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use store::{Entrant, Familiar, Proof, Secret, Store, StoreError};
use tokio::time::timeout_at;

use crate::bind::PasswordBind;
use crate::emergency_code::{EmergencyCode, Typed};
use crate::limits;
use crate::lockout::Lockout;
use crate::pace::Pace;
use crate::password::HashError;
use crate::password_check::{Interrupted, PasswordCheck, Try, are_bounded};
use crate::tries::{self, Attempt};
use crate::wrong_passwords::Claim;

use asked::DirectoryCheck;
use knowledge::Knows;
pub use verdict::{Seemed, Verdict, Welcome};

/// Checks sign-ins: with the directory, with verifiers, and with emergency codes.
pub struct SignInCheck {
    store: Store,
    check: PasswordCheck,
    directory: Option<DirectoryCheck>,
    pace: Pace,
    /// When the store was asked for what changes rarely.
    looked_at: Mutex<Option<Instant>>,
}

/// Somebody at the door.
struct Visitor<'a> {
    /// Who they are, if there is such a name.
    entrant: Option<Entrant>,
    login: &'a str,
    typed: &'a Secret,
    /// Where they sit.
    place: Option<IpAddr>,
    familiar: Familiar,
    wish: Wish,
    attempt: Try<'a>,
    began: Instant,
    /// The same on the clock that other processes have, too.
    began_at: Timestamp,
}

/// What somebody at the door is after.
#[derive(Clone, Copy)]
enum Wish {
    ComeIn,
    /// The same where more than mail is behind the door: an emergency code is no way in, and no password
    /// that the directory refuses.
    ComeInByPassword,
    /// To see whether they could: an emergency code is no way in, and welcome is only who would be, too,
    /// while the directory is down.
    TryOut,
}

/// What was typed, and from where.
type Said<'a> = (&'a str, &'a Secret, Option<IpAddr>);

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
        self.judge((login, password, from), Wish::ComeIn).await
    }

    /// The same where an emergency code is no way in, and is not looked at.
    pub async fn check_password(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        let said = (login, password, from);
        self.judge(said, Wish::ComeInByPassword).await
    }

    /// The same for who only tries it out: an emergency code is no way in, and welcome is only who
    /// would be, too, while the directory is down.
    pub async fn try_out(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict, StoreError> {
        self.judge((login, password, from), Wish::TryOut).await
    }

    /// The verdict, or that people should try again when it takes too long.
    async fn judge(&self, said: Said<'_>, wish: Wish) -> Result<Verdict, StoreError> {
        const LATER: Verdict = Verdict::Wait(Duration::ZERO);
        let began = Instant::now();
        let Some(visitor) = in_time(began, self.visitor(said, wish, began)).await else {
            return Ok(LATER);
        };
        let visitor = match visitor? {
            Ok(visitor) => visitor,
            Err(verdict) => return Ok(verdict),
        };
        let Some(verdict) = in_time(began, self.verdict(&visitor)).await else {
            visitor.attempt.given_up();
            return Ok(LATER);
        };
        Ok(self.tell(visitor, verdict?).await)
    }

    /// Who is at the door, or what they are told before anything is checked.
    async fn visitor<'a>(
        &'a self,
        (login, typed, from): Said<'a>,
        wish: Wish,
        began: Instant,
    ) -> Result<Result<Visitor<'a>, Verdict>, StoreError> {
        if !are_bounded(login, typed) {
            return Ok(Err(Verdict::Refused(Seemed::Password)));
        }
        let login = without_domain(login);
        self.renew().await?;
        let began_at = Timestamp::now();
        let entrant = self.store.entrant(login, began_at).await?;
        let account = entrant.as_ref().map(|it| it.account.id);
        let place = from.map(tries::place);
        let lately = (began_at, limits::AT_HOME_FOR);
        let familiar = self.store.familiar(account, place, lately).await?;
        let is_late = |at: Timestamp| {
            let age = began_at.duration_since(at).unsigned_abs();
            age < limits::AT_HOME_FOR
        };
        let attempt = Attempt {
            name: login,
            account,
            from,
            is_at_home: familiar.account.is_some_and(is_late),
        };
        Ok(match self.check.begin(&attempt).await {
            Ok(attempt) => Ok(Visitor {
                entrant,
                login,
                typed,
                place,
                familiar,
                wish,
                attempt,
                began,
                began_at,
            }),
            Err(wait) => Err(Verdict::Wait(wait)),
        })
    }

    /// Asks the store for what changes rarely. Names that do not exist take as long as those that do,
    /// whatever the directory has handed out since.
    async fn renew(&self) -> Result<(), StoreError> {
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
        if let Some(directory) = &self.directory {
            directory.heed(Lockout::noted(&self.store).await?);
        }
        self.check.expect(self.store.count_people().await?);
        let models = self.store.mirrored_verifiers().await?;
        self.check.imitate(models).await.map_err(closed)
    }

    async fn verdict(&self, visitor: &Visitor<'_>) -> Result<Verdict, StoreError> {
        let typed = EmergencyCode::read(visitor.typed.expose());
        // Before the directory is asked: to it a code would be a wrong password.
        if let (Wish::ComeIn, Typed::Code(code)) = (visitor.wish, &typed)
            && let Some(code) = self.code(visitor, code).await?
        {
            return Ok(Verdict::Welcome(code));
        }
        let knows = self.knows_password(visitor).await?;
        if let Wish::TryOut = visitor.wish {
            return Ok(match knows {
                Knows::Yes(welcome) if self.would_know_again(visitor.login).await? => {
                    Verdict::Welcome(welcome)
                }
                Knows::Yes(_) => Knows::Overtaken.refusal(&typed),
                other => other.refusal(&typed),
            });
        }
        Ok(match knows {
            Knows::Yes(welcome) => Verdict::Welcome(welcome),
            // Nobody can change it while the mail server is down, and it opens more than this.
            Knows::But(welcome, hindrance) if hindrance.is_about_password() => {
                Verdict::Welcome(welcome)
            }
            other => other.refusal(&typed),
        })
    }

    /// The code, if it is one of theirs that is good now.
    async fn code(
        &self,
        visitor: &Visitor<'_>,
        typed: &EmergencyCode,
    ) -> Result<Option<Welcome>, StoreError> {
        let entrant = visitor.entrant.as_ref();
        let kept = match entrant.filter(|_| visitor.attempt.is_heard()) {
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

    /// Whether somebody who just came in could do so without the directory.
    async fn would_know_again(&self, login: &str) -> Result<bool, StoreError> {
        let entrant = self.store.entrant(login, Timestamp::now()).await?;
        Ok(entrant.is_some_and(|it| self.verifier(&it).is_some()))
    }

    /// Tells a verdict; a refusal when it is due.
    async fn tell(&self, visitor: Visitor<'_>, verdict: Verdict) -> Verdict {
        match &verdict {
            Verdict::Welcome(welcome) => {
                self.remember_home(&visitor, welcome).await;
                visitor.attempt.succeeded();
            }
            Verdict::Hindered(_) => visitor.attempt.succeeded(),
            Verdict::Refused(_) | Verdict::Wait(_) => {
                let due = self.pace.due(visitor.began, Instant::now());
                // The try goes on meanwhile, so that who is many waits, too.
                tokio::time::sleep_until(due.into()).await;
            }
        }
        verdict
    }

    /// Strangers keep nobody out who came in from where they sit.
    async fn remember_home(&self, visitor: &Visitor<'_>, welcome: &Welcome) {
        let Some(place) = visitor.place else {
            return;
        };
        let now = visitor.began_at;
        let age = |at: Timestamp| now.duration_since(at).unsigned_abs();
        let is_noted = |at: Timestamp| age(at) < limits::AT_HOME_NOTED_EVERY;
        if visitor.familiar.account.is_some_and(is_noted) {
            return;
        }
        let kept = (now, limits::HOME_KEPT);
        if let Err(error) = self.store.came_in(welcome.account, place, kept).await {
            // A full disk must not keep anybody out.
            tracing::error!(%error, "from where somebody came in can not be written down");
        }
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

    /// What they have to show, before anything is compared.
    fn claim(&self) -> Claim {
        let is_ours = self.familiar.people >= limits::FAMILIAR_PEOPLE;
        let has_verifier = |it: &Entrant| it.made.is_some() || it.mirrored.is_some();
        if self.attempt.is_at_home() || is_ours {
            Claim::Home
        } else if self.familiar.has_home || self.entrant.as_ref().is_some_and(has_verifier) {
            Claim::Nothing
        } else {
            Claim::First
        }
    }
}

/// What comes of it, unless that takes too long.
async fn in_time<T>(began: Instant, checked: impl Future<Output = T>) -> Option<T> {
    timeout_at((began + limits::SIGN_IN_WAIT).into(), checked)
        .await
        .ok()
}

/// `CORP\amy`, as people type at work, is `amy`: no sign-in name of Active Directory has a `\` in it.
fn without_domain(login: &str) -> &str {
    match login.split_once('\\') {
        Some((domain, name)) if !domain.is_empty() && !name.is_empty() => name,
        _ => login,
    }
}

fn closed(_: Interrupted) -> StoreError {
    StoreError::Closed
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
