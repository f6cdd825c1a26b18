//! Looks, as the account that reads the directory, where the entry of a person is now.

use jiff::Timestamp;
use store::{Standing, Store};
use tracing::{debug, warn};

use super::PasswordBind;
use crate::kept;
use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::filter::Filter;
use crate::ldap::message::{Deleted, Scope, Search};
use crate::lockout::{OWN_POLICY, Policy};
use crate::mapping::Kind;
use crate::password_mark;

/// What comes of looking for an entry.
pub(super) enum Looked {
    Found(Found),
    /// There is none with this key that we may see.
    Nothing,
    /// We may not look.
    Forbidden,
}

/// An entry as it is now.
pub(super) struct Found {
    pub(super) dn: String,
    pub(super) standing: Standing,
    pub(super) password_mark: Option<String>,
    pub(super) policy: Policy,
}

impl PasswordBind {
    /// Looks for the entry with this key.
    pub(super) async fn find(
        &self,
        connection: &mut Connection,
        (store, key): (&Store, &str),
    ) -> Result<Looked, LdapError> {
        let now = Timestamp::now();
        match self.hold.lasts(store, now).await {
            Ok(Some(held)) => {
                self.goes_by_sync(&held.why);
                return Ok(Looked::Forbidden);
            }
            Ok(None) => {}
            Err(error) => debug!("whether we were refused is not known: {error}"),
        }
        let settings = &self.settings;
        let found = async {
            connection
                .bind(&settings.bind_dn, &settings.password)
                .await?;
            let Some(entry) = self.entry(connection, key).await? else {
                return Ok::<_, LdapError>(Looked::Nothing);
            };
            Ok(Looked::Found(Found {
                standing: kept::standing(&entry),
                password_mark: password_mark::of(&entry),
                policy: Policy::of(connection, &entry).await?,
                dn: entry.dn,
            }))
        };
        let looked = match found.await {
            Ok(looked) => looked,
            Err(error) if error.is_of_server() => return Err(error),
            Err(error) => {
                if let LdapError::Credentials { .. } = error
                    && let Err(failed) = self.hold.begin(store, (&error, now)).await
                {
                    warn!("that our own account was refused can not be written down: {failed}");
                }
                self.goes_by_sync(&error.to_string());
                return Ok(Looked::Forbidden);
            }
        };
        self.with_states(|states| states.no_reader = None);
        Ok(looked)
    }

    /// Says so in the log, once for each reason: strangers decide how often anybody signs in.
    fn goes_by_sync(&self, why: &str) {
        let is_new = self.with_states(|states| {
            let is_new = states.no_reader.as_deref() != Some(why);
            states.no_reader = Some(why.to_owned());
            is_new
        });
        if is_new {
            warn!("sign-ins go by the last sync: {why}");
        }
    }

    async fn entry(
        &self,
        connection: &mut Connection,
        key: &str,
    ) -> Result<Option<Entry>, LdapError> {
        let mut attributes = self.settings.mapping.sign_in();
        if self.settings.mapping.directory == Kind::ActiveDirectory {
            attributes.push(OWN_POLICY.to_owned());
            let dn = format!("<GUID={key}>");
            return connection.entry(&dn, &attributes, Deleted::Hidden).await;
        }
        let filter = Filter::equal(self.settings.mapping.key(), key);
        for base in &self.settings.bases {
            let search = Search {
                base,
                scope: Scope::Subtree,
                filter: &filter,
                attributes: &attributes,
                deleted: Deleted::Hidden,
            };
            let mut found = None;
            let searched = connection.search(&search, |entry| {
                found = Some(entry);
                Ok(())
            });
            searched.await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
