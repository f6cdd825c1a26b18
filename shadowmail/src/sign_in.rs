//! Lets the webmail ask the directory about passwords; the two do not know each other.

use std::net::IpAddr;

use async_trait::async_trait;
use store::{Secret, Store, StoreError};
use sync_ad::{BreakGlassCheck, PasswordBind, Seemed, SignInCheck, Welcome};
use tracing::error;
use webmail::{Hindrance, SignIn, Verdict};

use crate::config::DirectorySource;

/// The directory's check, as the webmail wants it.
pub struct DirectorySignIn {
    check: SignInCheck,
    break_glass: BreakGlassCheck,
}

impl DirectorySignIn {
    /// Asks the server, where the directory is one.
    pub fn new(store: Store, directory: &DirectorySource) -> anyhow::Result<Self> {
        let check = SignInCheck::new(store)?;
        let check = match directory {
            DirectorySource::File(_) => check,
            DirectorySource::Server(settings) => {
                check.with_directory(PasswordBind::new((**settings).clone())?)?
            }
        };
        Ok(Self {
            check,
            break_glass: BreakGlassCheck::default(),
        })
    }
}

#[async_trait]
impl SignIn for DirectorySignIn {
    async fn check(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        verdict(self.check.check(login, password, from).await)
    }

    async fn check_password(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Verdict {
        verdict(self.check.check_password(login, password, from).await)
    }

    async fn is_break_glass(&self, password: &Secret, hash: Secret) -> Option<bool> {
        self.break_glass.fits(password, hash).await.ok()
    }

    async fn try_out(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        verdict(self.check.try_out(login, password, from).await)
    }
}

/// The directory's answer in the words of the webmail.
fn verdict(checked: Result<sync_ad::Verdict, StoreError>) -> Verdict {
    match checked {
        Ok(sync_ad::Verdict::Welcome(Welcome { account, proof })) => {
            Verdict::Welcome(account, proof)
        }
        Ok(sync_ad::Verdict::Refused(seemed)) => match seemed {
            Seemed::Password => Verdict::Refused,
            Seemed::PasswordOfSilence => Verdict::Unanswered,
            Seemed::OneOfTooMany => Verdict::TooMany,
            Seemed::Code => Verdict::RefusedCode,
            Seemed::MistypedCode => Verdict::MistypedCode,
        },
        Ok(sync_ad::Verdict::Hindered(hindrance)) => Verdict::Hindered(match hindrance {
            sync_ad::Hindrance::Disabled => Hindrance::Disabled,
            sync_ad::Hindrance::AccountExpired => Hindrance::AccountExpired,
            sync_ad::Hindrance::NotNow => Hindrance::NotNow,
            sync_ad::Hindrance::NotHere => Hindrance::NotHere,
            sync_ad::Hindrance::PasswordExpired => Hindrance::PasswordExpired,
            sync_ad::Hindrance::MustChange => Hindrance::MustChange,
            sync_ad::Hindrance::JustChanged => Hindrance::JustChanged,
        }),
        Ok(sync_ad::Verdict::Wait(_)) => Verdict::Later,
        Err(error) => {
            error!(%error, "cannot check a sign-in; the person is asked to try again");
            Verdict::Later
        }
    }
}
