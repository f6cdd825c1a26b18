//! Lets the webmail ask the directory about passwords; the two do not know each other.

use std::net::IpAddr;

use async_trait::async_trait;
use store::{Secret, StoreError};
use sync_ad::{Seemed, SignInCheck, Welcome};
use tracing::error;
use webmail::{SignIn, Verdict};

/// The directory's check, as the webmail wants it.
pub struct DirectorySignIn(pub SignInCheck);

#[async_trait]
impl SignIn for DirectorySignIn {
    async fn check(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        let checked = self.0.check(login, password, from).await;
        verdict(checked, |welcome| match welcome {
            Welcome::Password(account) => Verdict::Welcome(account),
            Welcome::Code(code) => Verdict::WelcomeByCode(code),
        })
    }

    async fn try_out(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        verdict(
            self.0.try_out(login, password, from).await,
            Verdict::Welcome,
        )
    }
}

/// The directory's answer in the words of the webmail.
fn verdict<Who>(
    checked: Result<sync_ad::Verdict<Who>, StoreError>,
    welcome: impl FnOnce(Who) -> Verdict,
) -> Verdict {
    match checked {
        Ok(sync_ad::Verdict::Welcome(who)) => welcome(who),
        Ok(sync_ad::Verdict::Refused(seemed)) => match seemed {
            Seemed::Password => Verdict::Refused,
            Seemed::Code => Verdict::RefusedCode,
            Seemed::MistypedCode => Verdict::MistypedCode,
        },
        Ok(sync_ad::Verdict::Wait(_)) => Verdict::Later,
        Err(error) => {
            error!(%error, "cannot check a sign-in; the person is asked to try again");
            Verdict::Later
        }
    }
}
