//! What can be found out about a password.

use std::time::Duration;

use jiff::Timestamp;
use store::{AccountId, Aside, Entrant, Proof, StoreError, VerifierMark};

use super::asked::{Asked, DirectoryCheck, Kept};
use super::doubt::Refusal;
use super::verifier::{Origin, Verifier};
use super::{Seemed, SignInCheck, Verdict, Visitor, Welcome, Wish, closed};
use crate::bind::{Hindrance, Said};
use crate::emergency_code::Typed;
use crate::password_mark;
use crate::wrong_passwords::Claim;

/// What is found out about a password.
pub(super) enum Knows {
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

impl Knows {
    /// What is told to who does not come in.
    pub(super) fn refusal(self, typed: &Typed) -> Verdict {
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

impl SignInCheck {
    /// Whether the password is that of the account, as far as it may be told.
    pub(super) async fn knows_password(&self, visitor: &Visitor<'_>) -> Result<Knows, StoreError> {
        let Some(directory) = &self.directory else {
            let fitting = self.fitting(visitor, self.kept_of(visitor)).await;
            let account = visitor.entrant.as_ref().map(|it| it.account.id);
            return Ok(match account.zip(fitting) {
                Some((account, verifier)) => Knows::Yes(verifier.opens(account)),
                None => Knows::No,
            });
        };
        let typed = directory.typed(visitor);
        let knows = if visitor.attempt.is_heard() {
            self.directory_knows(visitor, directory).await?
        } else {
            // As long as for a name that nobody has.
            self.fitting(visitor, None).await;
            directory.no()
        };
        Ok(directory.told(visitor, &typed, knows))
    }

    /// Whatever comes of it but a welcome, one hash is checked on the way.
    async fn directory_knows(
        &self,
        visitor: &Visitor<'_>,
        directory: &DirectoryCheck,
    ) -> Result<Knows, StoreError> {
        let mut asked = directory.ask(&self.store, visitor, visitor.claim()).await;
        let mut fitting = None;
        if let Asked::TooMany = asked {
            fitting = self.fitting(visitor, self.kept_of(visitor)).await;
            if fitting.is_some() {
                // It may be the password before the last change: that is not for us to say.
                asked = directory.ask(&self.store, visitor, Claim::Verifier).await;
            }
            if let Asked::TooMany = asked {
                if directory.answers() {
                    return Ok(Knows::No);
                }
                asked = Asked::Silent;
            }
        } else if !asked.is_right() {
            let is_locked = matches!(asked, Asked::Said(Said::Locked, _));
            let kept = self.kept_of(visitor).filter(|_| !is_locked);
            fitting = self.fitting(visitor, kept).await;
        }
        match asked {
            Asked::Said(Said::Right, mark) => {
                self.trust(directory).await?;
                self.welcome(visitor, directory, mark).await
            }
            Asked::Said(Said::RightBut(hindrance), _) => {
                self.trust(directory).await?;
                self.hindered(visitor, hindrance).await
            }
            asked => self.refused(visitor, directory, asked, fitting).await,
        }
    }

    /// The directory did not take the password, or did not say.
    async fn refused(
        &self,
        visitor: &Visitor<'_>,
        directory: &DirectoryCheck,
        asked: Asked,
        fitting: Option<Verifier>,
    ) -> Result<Knows, StoreError> {
        let account = visitor.entrant.as_ref().map(|it| it.account.id);
        let knows = match (asked, account.zip(fitting)) {
            (Asked::Crowded, _) => Knows::Crowded,
            (Asked::Silent, Some((account, verifier))) if verifier.counts() => {
                Knows::Yes(verifier.opens(account))
            }
            (Asked::Silent | Asked::KnownWrong, Some((account, verifier)))
                if directory.is_doubted() && opens_in_doubt(directory, account, &verifier) =>
            {
                let_in(visitor, directory, (account, &verifier))
            }
            (Asked::Silent, _) => Knows::Unanswered,
            (Asked::Said(said @ (Said::Wrong | Said::Unwilling), mark), Some(of)) => {
                let answer = (said, mark.as_deref());
                self.doubt((visitor, directory), of, answer).await?
            }
            _ => Knows::No,
        };
        Ok(match knows {
            Knows::No => directory.no(),
            other => other,
        })
    }

    /// The directory has refused what it took before; `mark` is that of the present password, if it
    /// shows one. It may be another password by now, or the directory refuses everybody's.
    async fn doubt(
        &self,
        (visitor, directory): (&Visitor<'_>, &DirectoryCheck),
        (account, verifier): (AccountId, Verifier),
        (said, mark): (Said, Option<&str>),
    ) -> Result<Knows, StoreError> {
        if verifier.is_of_another(mark) {
            self.store.drop_verifier(account, verifier.hash).await?;
            return Ok(Knows::No);
        }
        let is_present = verifier.is_of(mark);
        if !is_present && !opens_in_doubt(directory, account, &verifier) {
            return Ok(Knows::No);
        }
        let what = if is_present || visitor.familiar.account.is_some() {
            Refusal::IsReason
        } else {
            Refusal::IsNone
        };
        directory.refused(&self.store, account, what).await;
        if directory.is_doubted() {
            return Ok(let_in(visitor, directory, (account, &verifier)));
        }
        // A server that is unwilling has said nothing of the password.
        if is_present || said == Said::Unwilling {
            return Ok(Knows::No);
        }
        match verifier.origin {
            Origin::Made => {
                let now = Timestamp::now();
                let aside = (verifier.hash, Aside::Refused);
                self.store.lay_verifier_aside(account, aside, now).await?;
            }
            Origin::Mirrored => _ = self.store.drop_verifier(account, verifier.hash).await?,
            Origin::Aside => {}
        }
        Ok(Knows::No)
    }

    /// The directory takes passwords. Whoever came in while it did not signs in once more.
    async fn trust(&self, directory: &DirectoryCheck) -> Result<(), StoreError> {
        match directory.taken(&self.store).await {
            Some(let_in) => self.store.distrust_verifiers(let_in).await,
            None => Ok(()),
        }
    }

    /// The directory took the password: it is remembered for when there is no directory.
    async fn welcome(
        &self,
        visitor: &Visitor<'_>,
        directory: &DirectoryCheck,
        mark: Option<String>,
    ) -> Result<Knows, StoreError> {
        let Some(entrant) = &visitor.entrant else {
            return Ok(Knows::No);
        };
        let is_fresh = |mark: &str| password_mark::is_fresh(mark, Timestamp::now());
        if mark.as_deref().is_some_and(is_fresh) {
            return self.just_changed(visitor, entrant, mark.as_deref()).await;
        }
        let hash = visitor.attempt.hash(visitor.typed).await.map_err(closed)?;
        match directory.remember(&self.store, entrant, hash, mark).await {
            Ok(Kept::Yes) => Ok(Knows::Yes(visitor.bound_as(entrant))),
            Ok(Kept::Overtaken) => Ok(Knows::Overtaken),
            Err(error) => {
                // A full disk must not keep anybody out.
                tracing::error!(%error, "a verifier can not be kept");
                Ok(Knows::Yes(visitor.bound_as(entrant)))
            }
        }
    }

    /// For an hour after a change Active Directory takes the password before it, too. Where that one was
    /// used here it is known, and refused.
    async fn just_changed(
        &self,
        visitor: &Visitor<'_>,
        entrant: &Entrant,
        mark: Option<&str>,
    ) -> Result<Knows, StoreError> {
        let stale = entrant.made.as_ref();
        let stale = stale.filter(|it| it.password_mark.as_deref() != mark);
        if let Some(stale) = stale {
            let aside = (stale.hash.clone(), Aside::Former);
            let (account, now) = (entrant.account.id, visitor.began_at);
            self.store.lay_verifier_aside(account, aside, now).await?;
        }
        let aside = entrant.aside.as_ref();
        let aside = aside.filter(|(why, _)| *why == Aside::Former);
        let former = stale.or(aside.map(|(_, made)| made));
        let former = former.map(|made| made.hash.clone());
        let fits = visitor.attempt.fits(former, visitor.typed).await;
        Ok(if fits.map_err(closed)? {
            Knows::No
        } else {
            Knows::But(visitor.bound_as(entrant), Hindrance::JustChanged)
        })
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
}

/// Somebody comes in although the directory refuses. Where more than mail is behind the door nobody does:
/// it may be a former password.
fn let_in(
    visitor: &Visitor<'_>,
    directory: &DirectoryCheck,
    (account, verifier): (AccountId, &Verifier),
) -> Knows {
    match visitor.wish {
        Wish::ComeIn => directory.let_in(account, verifier),
        Wish::ComeInByPassword | Wish::TryOut => Knows::Unanswered,
    }
}

/// Whether this opens while the directory refuses everybody. What it refused while it took others is a
/// former password, as far as anybody knows.
fn opens_in_doubt(directory: &DirectoryCheck, account: AccountId, verifier: &Verifier) -> bool {
    verifier.counts() || directory.has_refused(account)
}

impl Verifier {
    /// Who comes in by it.
    pub(super) fn opens(&self, account: AccountId) -> Welcome {
        Welcome {
            account,
            proof: Proof::Verifier(VerifierMark::of(&self.hash)),
        }
    }

    /// The same while the directory refuses everybody.
    pub(super) fn opens_in_doubt(&self, account: AccountId) -> Welcome {
        Welcome {
            account,
            proof: Proof::DoubtedVerifier(VerifierMark::of(&self.hash)),
        }
    }
}

#[cfg(test)]
#[path = "knowledge_tests.rs"]
mod tests;
