//! Reading a directory server, and leaving our own account alone after it was refused.

use jiff::Timestamp;
use store::Store;

use super::{Directory, DirectoryError, Extent, Found, Looked};
use crate::ldap::error::LdapError;

impl Directory {
    /// The same, as one that reads by itself: after a refusal of our own account it is not tried again
    /// with the same password for a while. A person may say that it is tried all the same.
    #[must_use]
    pub fn by_itself(self) -> Self {
        Self {
            is_by_itself: true,
            ..self
        }
    }

    /// Reads what is new since the last sync that was written to `store`. Of the mirror it writes nothing.
    pub async fn read(
        &self,
        store: &Store,
        extent: Extent,
        now: Timestamp,
    ) -> Result<Found, DirectoryError> {
        self.refuse_held(store, now).await?;
        let found = self.read_now(store, extent, now).await;
        self.remember(store, found, now).await
    }

    /// Connects, signs in and looks at the bases, and no more.
    pub async fn try_out(&self, store: Option<&Store>) -> Result<Looked, DirectoryError> {
        let now = Timestamp::now();
        match store {
            Some(store) => {
                self.refuse_held(store, now).await?;
                let looked = self.look().await;
                self.remember(store, looked, now).await
            }
            None => self.look().await,
        }
    }

    async fn refuse_held(&self, store: &Store, now: Timestamp) -> Result<(), DirectoryError> {
        if !self.is_by_itself {
            return Ok(());
        }
        match self.hold.lasts(store, now).await? {
            Some(held) => Err(DirectoryError::ReaderRefused {
                why: held.why,
                until: held.until,
            }),
            None => Ok(()),
        }
    }

    async fn remember<T>(
        &self,
        store: &Store,
        answer: Result<T, DirectoryError>,
        now: Timestamp,
    ) -> Result<T, DirectoryError> {
        match answer {
            Err(DirectoryError::Server(error @ LdapError::Credentials { .. })) => {
                let until = self.hold.begin(store, (&error, now)).await?;
                Err(DirectoryError::ReaderRefused {
                    why: error.to_string(),
                    until,
                })
            }
            Err(
                not_asked @ (DirectoryError::Server(_)
                | DirectoryError::NoServer(_)
                | DirectoryError::Store(_)),
            ) => Err(not_asked),
            taken => {
                self.hold.end(store).await?;
                taken
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::played::{Play, Played, settings};

    #[tokio::test]
    async fn after_a_refusal_only_a_person_tries_again() {
        let server = Played::start(Play::default()).await;
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let directory = || Directory::new(settings(&[&server.url], "")).unwrap();
        let read = async |directory: Directory| {
            let read = directory.read(&store, Extent::Everything, Timestamp::now());
            let failed = read.await.unwrap_err();
            (failed, server.bound().len())
        };
        server.change(|play| play.reader = 49);
        let (failed, binds) = read(directory().by_itself()).await;
        assert_eq!(binds, 1);
        let words = failed.to_string();
        assert!(
            words.contains("refuses the sign-in of cn=reader"),
            "{words}"
        );
        assert!(words.contains("again before 20"), "{words}");
        // After a restart, too; and the words stay, so that the alert does.
        for _ in 0..3 {
            let (failed, binds) = read(directory().by_itself()).await;
            assert_eq!((failed.to_string(), binds), (words.clone(), 0));
        }
        let tried = directory().by_itself().try_out(Some(&store)).await;
        assert!(tried.is_err() && server.bound().is_empty());
        let (_, binds) = read(directory()).await;
        assert_eq!(binds, 1, "a person said so");
        // It takes us again, though it shows nobody.
        server.change(|play| play.reader = 0);
        read(directory()).await;
        let (failed, binds) = read(directory().by_itself()).await;
        assert!(matches!(failed, DirectoryError::Nobody { .. }), "{failed}");
        assert_eq!(binds, 1);
    }
}
