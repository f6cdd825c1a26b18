//! Lets the webmail ask the directory about passwords; the two do not know each other.

use std::net::IpAddr;

use async_trait::async_trait;
use store::Secret;
use sync_ad::SignInCheck;
use tracing::error;
use webmail::{SignIn, Verdict};

/// The directory's check, as the webmail wants it.
pub struct DirectorySignIn(pub SignInCheck);

#[async_trait]
impl SignIn for DirectorySignIn {
    async fn check(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        match self.0.check(login, password, from).await {
            Ok(sync_ad::Verdict::Welcome(account)) => Verdict::Welcome(account),
            Ok(sync_ad::Verdict::Refused) => Verdict::Refused,
            Ok(sync_ad::Verdict::Wait(_)) => Verdict::Later,
            Err(error) => {
                error!(%error, "cannot check a sign-in; the person is asked to try again");
                Verdict::Later
            }
        }
    }
}
