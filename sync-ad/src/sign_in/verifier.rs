//! What a password is checked with while no directory answers.

use store::{Aside, Entrant, MadeVerifier, Secret, Standing};

use super::{SignInCheck, Visitor};

/// What a password is checked with here.
pub(super) struct Verifier {
    pub(super) hash: Secret,
    /// The directory's mark of its password.
    pub(super) mark: Option<String>,
    pub(super) origin: Origin,
}

/// Where a verifier is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The directory hands it out.
    Mirrored,
    /// It was made here.
    Made,
    /// It was, and lies aside because the directory has refused its password.
    Aside,
}

impl Verifier {
    /// Whether the directory shows that it is of the present password. Then a refusal means
    /// something else: an account that is locked, or a password that is too old.
    pub(super) fn is_of(&self, mark: Option<&str>) -> bool {
        mark.is_some() && self.mark.as_deref() == mark
    }

    /// Whether the directory shows that it is of another one.
    pub(super) fn is_of_another(&self, mark: Option<&str>) -> bool {
        mark.is_some() && self.mark.is_some() && self.mark.as_deref() != mark
    }

    /// Whether it lets somebody in while no directory answers.
    pub(super) fn counts(&self) -> bool {
        self.origin != Origin::Aside
    }

    fn made(made: &MadeVerifier, origin: Origin) -> Self {
        Self {
            hash: made.hash.clone(),
            mark: made.password_mark.clone(),
            origin,
        }
    }
}

impl SignInCheck {
    /// What the visitor's password is compared with, also if it does not count now.
    pub(super) fn kept_of(&self, visitor: &Visitor<'_>) -> Option<Verifier> {
        let entrant = visitor.entrant.as_ref()?;
        if !visitor.attempt.is_heard() {
            return None;
        }
        self.verifier(entrant).or_else(|| aside(entrant))
    }

    /// The verifier, if the password fits it. One hash is checked, also when there is none.
    pub(super) async fn fitting(
        &self,
        visitor: &Visitor<'_>,
        verifier: Option<Verifier>,
    ) -> Option<Verifier> {
        let hash = verifier.as_ref().map(|it| it.hash.clone());
        let fits = visitor.attempt.fits(hash, visitor.typed).await;
        verifier.filter(|_| fits.is_ok_and(|fits| fits))
    }

    /// What the password is checked with when the directory is silent. Whoever is locked there waits
    /// for it, or has a code.
    pub(super) fn verifier(&self, entrant: &Entrant) -> Option<Verifier> {
        if entrant.standing != Standing::Active {
            return None;
        }
        let mirrored = entrant.mirrored.clone().map(|hash| Verifier {
            hash,
            mark: entrant.password_mark.clone(),
            origin: Origin::Mirrored,
        });
        if self.directory.is_none() {
            return mirrored;
        }
        let made = entrant.made.as_ref();
        let made = made.map(|made| Verifier::made(made, Origin::Made));
        // One of another password than the mirror knows of is of a newer one.
        let is_newer = |made: &Verifier| mirrored.is_none() || made.mark != entrant.password_mark;
        made.filter(is_newer).or(mirrored)
    }
}

/// The one that lies aside and may be right all the same, because the directory refuses everybody.
fn aside(entrant: &Entrant) -> Option<Verifier> {
    let (why, made) = entrant.aside.as_ref()?;
    let aside = Verifier::made(made, Origin::Aside);
    let may_be_right = *why == Aside::Refused
        && entrant.standing == Standing::Active
        && !aside.is_of_another(entrant.password_mark.as_deref());
    may_be_right.then_some(aside)
}
