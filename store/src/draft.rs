//! Drafts: what somebody is writing. They are no mail yet, so they belong to no day; they outlive
//! the emergency they were begun in, and age by their last change.

mod name;
mod rows;

use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::columns;
use crate::entry_name::EntryName;
use crate::error::StoreError;
use crate::limits;
use crate::shadow::Store;

pub use name::{AttachmentId, DraftId, DraftVersion};
use rows::Whose;

/// What somebody typed, unchecked: a draft may be saved in the middle of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftFields {
    /// Address it should come from.
    pub from: String,
    /// Recipients.
    pub to: String,
    /// Recipients of a copy.
    pub cc: String,
    /// Recipients of a hidden copy.
    pub bcc: String,
    /// Subject.
    pub subject: String,
    /// The message that it is about.
    pub about: Option<DraftAbout>,
    /// Which attachments of a forwarded message go along; `None` is all.
    #[serde(default)]
    pub along: Option<Vec<usize>>,
    /// Text.
    #[serde(skip)]
    pub text: String,
}

/// Why somebody writes, when it is because of another message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DraftAbout {
    /// An answer.
    Reply(EntryName),
    /// An answer to all.
    ReplyAll(EntryName),
    /// A forward.
    Forward(EntryName),
}

/// A file that goes with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// Its name.
    pub name: String,
    /// Its type, as the browser says.
    pub media_type: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The same without what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftAttachment {
    /// Which one.
    pub id: AttachmentId,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which one, as it is now.
    pub version: DraftVersion,
    /// The mailbox it is written in.
    pub mailbox: AccountId,
    /// When it was saved last.
    pub changed_at: Timestamp,
    /// What was typed.
    pub fields: DraftFields,
    /// What is attached.
    pub attachments: Vec<DraftAttachment>,
}

/// A draft in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// Which one.
    pub id: DraftId,
    /// When it was saved last.
    pub changed_at: Timestamp,
    /// Recipients as typed.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// First words of the text.
    pub preview: String,
    /// Number of attachments.
    pub attachments: u32,
}

/// What is to be saved.
#[derive(Clone, Debug, Default)]
pub struct DraftSave {
    /// The draft that it replaces, as the writer saw it; `None` begins one.
    pub over: Option<DraftVersion>,
    /// What was typed.
    pub fields: DraftFields,
    /// What is attached.
    pub attachments: Attachments,
}

/// What becomes of the attachments of a draft that is saved again.
#[derive(Clone, Debug, Default)]
pub enum Attachments {
    /// They stay as they are.
    #[default]
    AsTheyAre,
    /// Some stay and others come.
    Changed {
        /// Those that stay.
        keep: Vec<AttachmentId>,
        /// Those that come.
        add: Vec<DraftFile>,
    },
}

/// What became of a draft that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is the draft that was named, or the one that was begun.
    Whole(DraftVersion),
    /// Somebody saved or deleted that draft in the meantime, in another window perhaps. What is
    /// there stays, and this one lies beside it.
    Beside(DraftVersion),
}

impl Saved {
    /// The draft that was written.
    pub fn version(self) -> DraftVersion {
        match self {
            Self::Whole(version) | Self::Beside(version) => version,
        }
    }
}

impl DraftSave {
    /// About how many bytes it adds.
    fn bytes(&self) -> u64 {
        let added: usize = match &self.attachments {
            Attachments::AsTheyAre => 0,
            Attachments::Changed { add, .. } => add.iter().map(|file| file.bytes.len()).sum(),
        };
        (self.fields.text.len() + added) as u64
    }
}

/// A draft was not saved.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// With its attachments it is too large.
    #[error("a draft with its attachments may have {limit_bytes} bytes")]
    TooLarge {
        /// The limit it hit.
        limit_bytes: usize,
    },
    /// The person has too many already.
    #[error("there are {limit} drafts already, and more are not kept; delete some of them")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// With the other drafts of the person it is too much.
    #[error("all drafts together may have {limit_bytes} bytes; delete some of them")]
    TooMuch {
        /// The limit it hit.
        limit_bytes: u64,
    },
    /// The disk is filling, and what room there is is for mail.
    #[error("the disk has no room for drafts with attachments")]
    NoRoom,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Saves what `owner` is writing in `mailbox`. Nothing is ever lost by it: where the draft is
    /// not the one any more that the writer saw, both are kept.
    pub async fn save_draft(
        &self,
        (owner, mailbox): (AccountId, AccountId),
        save: DraftSave,
        now: Timestamp,
    ) -> Result<Saved, DraftError> {
        let saved = self.blocking(move |inner| {
            let mut refused = None;
            let bytes = save.bytes();
            // In the log of the database and in the database itself.
            if bytes > limits::DRAFT_BYTES_ALWAYS && !inner.disk.has_room_for(2 * bytes)? {
                return Ok(Err(DraftError::NoRoom));
            }
            let saved = inner.shadow.write(|shadow| {
                let whose = Whose { owner, mailbox };
                let saved = rows::save(shadow, whose, &save, now)?;
                saved.map_err(|refusal| {
                    refused = Some(refusal);
                    // Rolls back what was written so far.
                    StoreError::Refused("the draft is over a limit".to_owned())
                })
            });
            Ok(match refused {
                Some(refusal) => Err(refusal),
                None => Ok(saved?),
            })
        });
        saved.await?
    }

    /// The drafts that `owner` is writing in `mailbox`, the newest first; without those that are about
    /// to be sent.
    pub async fn drafts(
        &self,
        (owner, mailbox): (AccountId, AccountId),
    ) -> Result<Vec<DraftRow>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut rows = shadow.prepare_cached(
                    "SELECT id, changed_at, fields ->> 'to', fields ->> 'subject',
                         substr(text, 1, ?3),
                         (SELECT count(*) FROM draft_attachment WHERE draft = draft.id)
                     FROM draft WHERE account = ?1 AND mailbox = ?2
                         AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.draft = draft.id)
                     ORDER BY changed_at DESC, id DESC",
                )?;
                let bounds = (owner.0, mailbox.0, limits::SUMMARY_CHARS_MAX);
                let rows = rows.query_map(bounds, |row| {
                    Ok(DraftRow {
                        id: DraftId(row.get(0)?),
                        changed_at: columns::time(row, 1)?,
                        to: row.get(2)?,
                        subject: row.get(3)?,
                        preview: row.get(4)?,
                        attachments: row.get(5)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// How many drafts [`Store::drafts`] gives.
    pub async fn draft_count(
        &self,
        (owner, mailbox): (AccountId, AccountId),
    ) -> Result<u64, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut count = shadow.prepare_cached(
                    "SELECT count(*) FROM draft WHERE account = ?1 AND mailbox = ?2
                         AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.draft = draft.id)",
                )?;
                Ok(count.query_row((owner.0, mailbox.0), |row| row.get(0))?)
            })
        })
        .await
    }

    /// One draft. [`StoreError::Missing`] when it is not this owner's.
    pub async fn draft(&self, owner: AccountId, id: DraftId) -> Result<Draft, StoreError> {
        let found =
            self.blocking(move |inner| inner.shadow.read(|shadow| rows::draft(shadow, owner, id)));
        found.await?.ok_or_else(|| missing(id))
    }

    /// What is attached to a draft, in the order in which it was attached.
    pub async fn draft_files(
        &self,
        owner: AccountId,
        id: DraftId,
        wanted: Vec<AttachmentId>,
    ) -> Result<Vec<DraftFile>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut rows = shadow.prepare_cached(
                    "SELECT name, media_type, bytes FROM draft_attachment
                     JOIN draft ON draft.id = draft
                     WHERE draft_attachment.id = ?1 AND draft = ?2 AND account = ?3",
                )?;
                let mut wanted = wanted;
                wanted.sort_unstable();
                wanted.dedup();
                let mut files = Vec::with_capacity(wanted.len());
                for attachment in wanted {
                    let file = rows.query_row((attachment.0, id.0, owner.0), |row| {
                        Ok(DraftFile {
                            name: row.get(0)?,
                            media_type: row.get(1)?,
                            bytes: row.get(2)?,
                        })
                    });
                    files.extend(file.optional()?);
                }
                Ok(files)
            })
        })
        .await
    }

    /// Deletes a draft: it was sent, or its owner does not want it any more. Doing it twice
    /// changes nothing. One whose mail waits in the outbox stays: it may come back.
    pub async fn delete_draft(&self, owner: AccountId, id: DraftId) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let bounds = (id.0, owner.0);
                shadow.execute(
                    "DELETE FROM draft WHERE id = ?1 AND account = ?2
                     AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.draft = draft.id)",
                    bounds,
                )?;
                Ok(())
            })
        })
        .await
    }

    /// Deletes a draft that was sent, unless somebody has saved something else over it since.
    pub async fn finish_draft(
        &self,
        owner: AccountId,
        sent: DraftVersion,
    ) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "DELETE FROM draft WHERE id = ?1 AND account = ?2 AND version = ?3",
                    (sent.id.0, owner.0, sent.number),
                )?;
                Ok(())
            })
        })
        .await
    }

    /// Deletes all drafts that were changed before `time` for the last time, and says how many.
    ///
    /// Only `retention` may call this.
    pub async fn drop_drafts_before(&self, time: Timestamp) -> Result<usize, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let old = [time.as_millisecond()];
                Ok(shadow.execute("DELETE FROM draft WHERE changed_at < ?1", old)?)
            })
        })
        .await
    }
}

fn missing(id: DraftId) -> StoreError {
    StoreError::Missing(format!("draft {id}"))
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
