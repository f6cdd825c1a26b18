//! Drafts: what somebody is writing. They are no mail yet, so they belong to no day; they outlive
//! the emergency they were begun in, and age by their last change.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::mailbox::EntryName;
use crate::shadow::Store;

/// Names a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(i64);

/// A draft as it was at one moment. As text: `12.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DraftVersion {
    /// Which draft.
    pub id: DraftId,
    /// How often it had been saved.
    number: i64,
}

/// Names an attachment of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId(i64);

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
            let saved = inner.shadow.write(|shadow| {
                let whose = Whose { owner, mailbox };
                let saved = save_draft(shadow, whose, &save, now)?;
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

    /// The drafts that `owner` is writing in `mailbox`, the newest first.
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

    /// How many drafts `owner` is writing in `mailbox`.
    pub async fn draft_count(
        &self,
        (owner, mailbox): (AccountId, AccountId),
    ) -> Result<u64, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut count = shadow.prepare_cached(
                    "SELECT count(*) FROM draft WHERE account = ?1 AND mailbox = ?2",
                )?;
                Ok(count.query_row((owner.0, mailbox.0), |row| row.get(0))?)
            })
        })
        .await
    }

    /// One draft. [`StoreError::Missing`] when it is not this owner's.
    pub async fn draft(&self, owner: AccountId, id: DraftId) -> Result<Draft, StoreError> {
        let found =
            self.blocking(move |inner| inner.shadow.read(|shadow| draft(shadow, owner, id)));
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
    /// changes nothing.
    pub async fn delete_draft(&self, owner: AccountId, id: DraftId) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let bounds = (id.0, owner.0);
                shadow.execute("DELETE FROM draft WHERE id = ?1 AND account = ?2", bounds)?;
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

/// Who writes, and in which mailbox.
#[derive(Clone, Copy)]
struct Whose {
    owner: AccountId,
    mailbox: AccountId,
}

fn save_draft(
    shadow: &Transaction<'_>,
    whose: Whose,
    save: &DraftSave,
    now: Timestamp,
) -> Result<Result<Saved, DraftError>, StoreError> {
    let present = match save.over {
        Some(over) => draft(shadow, whose.owner, over.id)?,
        None => None,
    };
    let saved = match (&present, save.over) {
        (Some(present), Some(over)) if present.version == over => {
            let version = replace(shadow, over, &save.fields, now)?;
            change_attachments(shadow, version.id, &save.attachments)?;
            Saved::Whole(version)
        }
        // The answer to the last save got lost, and it comes again.
        (Some(present), _)
            if present.fields == save.fields
                && matches!(save.attachments, Attachments::AsTheyAre) =>
        {
            Saved::Whole(present.version)
        }
        _ => {
            let version = insert(shadow, whose, &save.fields, now)?;
            if let Some(present) = &present {
                copy_attachments(shadow, (present.version.id, version.id), &save.attachments)?;
            }
            if let Attachments::Changed { add, .. } = &save.attachments {
                add_attachments(shadow, version.id, add)?;
            }
            match save.over {
                None => Saved::Whole(version),
                Some(_) => Saved::Beside(version),
            }
        }
    };
    Ok(within_limits(shadow, whose.owner, saved.version().id)?.map(|()| saved))
}

fn within_limits(
    shadow: &Transaction<'_>,
    owner: AccountId,
    id: DraftId,
) -> Result<Result<(), DraftError>, StoreError> {
    let count = "SELECT count(*) FROM draft WHERE account = ?1";
    let drafts: usize = shadow
        .prepare_cached(count)?
        .query_row([owner.0], |row| row.get(0))?;
    if drafts > limits::DRAFTS_MAX {
        let limit = limits::DRAFTS_MAX;
        return Ok(Err(DraftError::TooMany { limit }));
    }
    let sums =
        "SELECT octet_length(fields) + octet_length(text) + coalesce(sum(octet_length(bytes)), 0),
         count(draft_attachment.id)
         FROM draft LEFT JOIN draft_attachment ON draft = draft.id WHERE draft.id = ?1";
    let (bytes, files): (usize, usize) = shadow
        .prepare_cached(sums)?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if bytes > limits::DRAFT_BYTES_MAX || files > limits::DRAFT_ATTACHMENTS_MAX {
        let limit_bytes = limits::DRAFT_BYTES_MAX;
        return Ok(Err(DraftError::TooLarge { limit_bytes }));
    }
    Ok(Ok(()))
}

fn insert(
    shadow: &Transaction<'_>,
    whose: Whose,
    fields: &DraftFields,
    now: Timestamp,
) -> Result<DraftVersion, StoreError> {
    shadow
        .prepare_cached(
            "INSERT INTO draft (account, mailbox, version, changed_at, fields, text)
             VALUES (?1, ?2, 1, ?3, ?4, ?5)",
        )?
        .execute((
            whose.owner.0,
            whose.mailbox.0,
            now.as_millisecond(),
            json(fields)?,
            &fields.text,
        ))?;
    let id = DraftId(shadow.last_insert_rowid());
    Ok(DraftVersion { id, number: 1 })
}

fn replace(
    shadow: &Transaction<'_>,
    over: DraftVersion,
    fields: &DraftFields,
    now: Timestamp,
) -> Result<DraftVersion, StoreError> {
    let number = over.number + 1;
    shadow
        .prepare_cached(
            "UPDATE draft SET version = ?2, changed_at = ?3, fields = ?4, text = ?5 WHERE id = ?1",
        )?
        .execute((
            over.id.0,
            number,
            now.as_millisecond(),
            json(fields)?,
            &fields.text,
        ))?;
    let id = over.id;
    Ok(DraftVersion { id, number })
}

fn change_attachments(
    shadow: &Transaction<'_>,
    draft: DraftId,
    attachments: &Attachments,
) -> Result<(), StoreError> {
    let Attachments::Changed { keep, add } = attachments else {
        return Ok(());
    };
    for attachment in self::attachments(shadow, draft)? {
        if !keep.contains(&attachment.id) {
            shadow
                .prepare_cached("DELETE FROM draft_attachment WHERE id = ?1")?
                .execute([attachment.id.0])?;
        }
    }
    add_attachments(shadow, draft, add)
}

/// Gives the draft that is kept beside another one what the other one has and its writer wants.
fn copy_attachments(
    shadow: &Transaction<'_>,
    (from, to): (DraftId, DraftId),
    wanted: &Attachments,
) -> Result<(), StoreError> {
    for attachment in attachments(shadow, from)? {
        let stays = match wanted {
            Attachments::AsTheyAre => true,
            Attachments::Changed { keep, .. } => keep.contains(&attachment.id),
        };
        if stays {
            shadow
                .prepare_cached(
                    "INSERT INTO draft_attachment (draft, name, media_type, bytes)
                     SELECT ?2, name, media_type, bytes FROM draft_attachment WHERE id = ?1",
                )?
                .execute((attachment.id.0, to.0))?;
        }
    }
    Ok(())
}

fn add_attachments(
    shadow: &Transaction<'_>,
    draft: DraftId,
    files: &[DraftFile],
) -> Result<(), StoreError> {
    let mut insert = shadow.prepare_cached(
        "INSERT INTO draft_attachment (draft, name, media_type, bytes) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for file in files {
        insert.execute((draft.0, &file.name, &file.media_type, &file.bytes))?;
    }
    Ok(())
}

fn draft(
    shadow: &Transaction<'_>,
    owner: AccountId,
    id: DraftId,
) -> Result<Option<Draft>, StoreError> {
    let found = shadow
        .prepare_cached(
            "SELECT version, mailbox, changed_at, fields, text FROM draft
             WHERE id = ?1 AND account = ?2",
        )?
        .query_row((id.0, owner.0), |row| {
            Ok(Draft {
                version: DraftVersion {
                    id,
                    number: row.get(0)?,
                },
                mailbox: AccountId(row.get(1)?),
                changed_at: columns::time(row, 2)?,
                fields: fields(row)?,
                attachments: Vec::new(),
            })
        })
        .optional()?;
    let Some(draft) = found else { return Ok(None) };
    let attachments = attachments(shadow, id)?;
    Ok(Some(Draft {
        attachments,
        ..draft
    }))
}

fn fields(row: &Row<'_>) -> rusqlite::Result<DraftFields> {
    Ok(DraftFields {
        text: row.get(4)?,
        ..columns::json(row, 3)?
    })
}

fn attachments(
    shadow: &Transaction<'_>,
    draft: DraftId,
) -> Result<Vec<DraftAttachment>, StoreError> {
    let mut rows = shadow.prepare_cached(
        "SELECT id, name, octet_length(bytes) FROM draft_attachment WHERE draft = ?1 ORDER BY id",
    )?;
    let rows = rows.query_map([draft.0], |row| {
        Ok(DraftAttachment {
            id: AttachmentId(row.get(0)?),
            name: row.get(1)?,
            size_bytes: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn json(fields: &DraftFields) -> Result<String, StoreError> {
    serde_json::to_string(fields).map_err(|error| StoreError::Refused(error.to_string()))
}

fn missing(id: DraftId) -> StoreError {
    StoreError::Missing(format!("draft {id}"))
}

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DraftId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let id = text.parse().map(Self);
        id.map_err(|_| StoreError::Missing(format!("draft {text}")))
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AttachmentId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let id = text.parse().map(Self);
        id.map_err(|_| StoreError::Missing(format!("attachment {text}")))
    }
}

impl fmt::Display for DraftVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.number)
    }
}

impl FromStr for DraftVersion {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parts = text.split_once('.');
        let parsed = parts.and_then(|(id, number)| {
            let number = number.parse().ok()?;
            let id = id.parse().ok()?;
            Some(Self { id, number })
        });
        parsed.ok_or_else(|| StoreError::Missing(format!("draft {text}")))
    }
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
