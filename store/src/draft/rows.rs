//! The rows of drafts and of what is attached to them.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{
    AttachmentId, Attachments, Draft, DraftAttachment, DraftError, DraftFields, DraftFile, DraftId,
    DraftSave, DraftVersion, Saved,
};
use crate::account::AccountId;
use crate::columns;
use crate::error::StoreError;
use crate::limits;

/// Who writes, and in which mailbox.
#[derive(Clone, Copy)]
pub(super) struct Whose {
    pub(super) owner: AccountId,
    pub(super) mailbox: AccountId,
}

/// Saves a draft in the place of the one that its writer saw, or beside it.
pub(super) fn save(
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
    let sum = "SELECT (SELECT coalesce(sum(octet_length(fields) + octet_length(text)), 0)
             FROM draft WHERE account = ?1)
         + (SELECT coalesce(sum(octet_length(bytes)), 0)
             FROM draft_attachment JOIN draft ON draft.id = draft WHERE account = ?1)";
    let all: u64 = shadow
        .prepare_cached(sum)?
        .query_row([owner.0], |row| row.get(0))?;
    if all > limits::DRAFTS_BYTES_MAX {
        let limit_bytes = limits::DRAFTS_BYTES_MAX;
        return Ok(Err(DraftError::TooMuch { limit_bytes }));
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

/// A draft, where it is this owner's.
pub(super) fn draft(
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
