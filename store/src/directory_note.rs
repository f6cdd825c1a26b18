//! What whoever asks a directory server writes down for the next start and for other processes. Only
//! they know what stands in it.

use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::settings;
use crate::shadow::Store;

/// What is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryNote {
    /// The server refused our own account.
    RefusedReader,
    /// After how many wrong passwords the server locks an account.
    Lockout,
    /// A reading of everything was stopped by the guard.
    Stopped,
}

impl DirectoryNote {
    fn name(self) -> &'static str {
        match self {
            Self::RefusedReader => "directory-refused-reader",
            Self::Lockout => "directory-lockout",
            Self::Stopped => "directory-stopped",
        }
    }
}

impl Store {
    /// What was written down last.
    pub async fn directory_note(&self, note: DirectoryNote) -> Result<Option<String>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let value = "SELECT value FROM setting WHERE name = ?1";
                let value = shadow
                    .prepare_cached(value)?
                    .query_row([note.name()], |row| row.get::<_, Vec<u8>>(0));
                let stored = value.optional()?;
                Ok(stored.and_then(|bytes| String::from_utf8(bytes).ok()))
            })
        })
        .await
    }

    /// Writes it down in the place of what there was; `None` forgets that.
    pub async fn note_directory(
        &self,
        note: DirectoryNote,
        text: Option<String>,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                if let Some(text) = &text {
                    return settings::put(shadow, note.name(), text.as_bytes());
                }
                shadow.execute("DELETE FROM setting WHERE name = ?1", [note.name()])?;
                Ok(())
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn each_note_is_there_until_it_is_forgotten() {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        let [one, other] = [DirectoryNote::RefusedReader, DirectoryNote::Lockout];
        for text in ["first", "second"] {
            let text = Some(text.to_owned());
            store.note_directory(one, text.clone()).await.unwrap();
            assert_eq!(store.directory_note(one).await.unwrap(), text);
        }
        assert_eq!(store.directory_note(other).await.unwrap(), None);
        store.note_directory(one, None).await.unwrap();
        assert_eq!(store.directory_note(one).await.unwrap(), None);
    }
}
