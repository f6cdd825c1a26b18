//! Who can sign in at a listener: the users of its config, checked by `sync-ad`; the two do not
//! know each other.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use shadow_smtpd::{Users, Verdict};
use store::Secret;
use sync_ad::{FixedUsers, HashError};
use tracing::error;

use crate::config::Config;

/// Those of one listener, as it wants them.
struct OfListener(FixedUsers);

/// Who can sign in at this listener; `None` when nobody can.
pub fn of(config: &Config, listener: &str) -> Result<Option<Arc<dyn Users>>, HashError> {
    match config.users.get(listener) {
        Some(users) if !users.is_empty() => {
            let users = FixedUsers::new(users.clone())?;
            Ok(Some(Arc::new(OfListener(users))))
        }
        _ => Ok(None),
    }
}

#[async_trait]
impl Users for OfListener {
    async fn check(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        match self.0.check(login, password, from).await {
            Ok(sync_ad::Verdict::Welcome(())) => Verdict::Welcome,
            Ok(sync_ad::Verdict::Refused(_) | sync_ad::Verdict::Hindered(_)) => Verdict::Refused,
            Ok(sync_ad::Verdict::Wait(_)) => Verdict::Later,
            Err(error) => {
                error!(%error, "cannot check a sign-in; the peer is asked to come again");
                Verdict::Later
            }
        }
    }
}
