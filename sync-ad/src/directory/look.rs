//! A look at a directory server: whether it answers and lets us read, and when it locks accounts.

use store::Store;

use super::{Directory, DirectoryError, none_left, note};
use crate::ldap::connection::Connection;
use crate::ldap::error::LdapError;
use crate::limits;
use crate::lockout::{Lockout, Shown};

/// What a look at a server shows.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Which one answered.
    pub server: String,
    /// How many wrong passwords of one account it is shown.
    pub shown: Shown,
}

impl Directory {
    pub(super) async fn look(&self) -> Result<Looked, DirectoryError> {
        let mut failed = Vec::new();
        for at in 0..self.settings.servers.len() {
            match self.look_at(at).await {
                Ok(looked) => return Ok(looked),
                Err(error) => note(&mut failed, error)?,
            }
        }
        Err(none_left(failed))
    }

    async fn look_at(&self, at: usize) -> Result<Looked, LdapError> {
        let looked = tokio::time::timeout(limits::LOOK_WAIT, self.look_at_bases(at)).await;
        looked.unwrap_or_else(|_| {
            Err(LdapError::Silent {
                server: self.settings.servers[at].to_string(),
                seconds: limits::LOOK_WAIT.as_secs(),
            })
        })
    }

    async fn look_at_bases(&self, at: usize) -> Result<Looked, LdapError> {
        let mut connection = self.connect(at).await?;
        for base in &self.settings.bases {
            connection.look_at(base).await?;
        }
        let lockout = Lockout::read(&mut connection, &self.settings).await;
        let server = connection.server().to_owned();
        connection.close().await;
        Ok(Looked {
            server,
            shown: Lockout::shown(lockout.unwrap_or_default(), self.settings.wrong_passwords),
        })
    }

    /// How many wrong passwords of one account the server is shown, by what it said last.
    pub async fn shown(&self, store: &Store) -> Result<Shown, DirectoryError> {
        let lockout = Lockout::noted(store).await?;
        Ok(Lockout::shown(lockout, self.settings.wrong_passwords))
    }

    /// Writes down when the domain locks accounts. That it does not say so is no reason not to sync.
    pub(super) async fn note_lockout(
        &self,
        connection: &mut Connection,
        store: &Store,
    ) -> Result<(), DirectoryError> {
        match Lockout::read(connection, &self.settings).await {
            Ok(lockout) => Lockout::note(lockout, store).await?,
            Err(error) => tracing::debug!("when accounts are locked is not known: {error}"),
        }
        Ok(())
    }
}
