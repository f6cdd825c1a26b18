//! What a password is checked with while no directory answers.

use store::{Entrant, Secret, Standing};

use super::{SignInCheck, Visitor};

/// What a password is checked with here.
pub(super) struct Verifier {
    pub(super) hash: Secret,
    /// The directory's mark of its password.
    mark: Option<String>,
}

impl Verifier {
    /// Whether the directory shows that it is of the present password. Then a refusal means
    /// something else: an account that is locked, or a password that is too old.
    pub(super) fn is_of(&self, mark: Option<&str>) -> bool {
        mark.is_some() && self.mark.as_deref() == mark
    }
}

impl SignInCheck {
    /// What the visitor's password is checked with.
    pub(super) fn kept_of(&self, visitor: &Visitor<'_>) -> Option<Verifier> {
        visitor.entrant.as_ref().and_then(|it| self.verifier(it))
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
        });
        if self.directory.is_none() {
            return mirrored;
        }
        let made = entrant.made.clone().map(|made| Verifier {
            hash: made.hash,
            mark: made.password_mark,
        });
        // One of another password than the mirror knows of is of a newer one.
        let is_newer = |made: &Verifier| mirrored.is_none() || made.mark != entrant.password_mark;
        made.filter(is_newer).or(mirrored)
    }
}
