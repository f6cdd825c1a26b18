//! The rows of a day that filing writes.

use std::io;

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::Filing;
use crate::columns;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::piece::Encoding;
use crate::unsorted;

/// What lists show of a message, and that it is filed.
pub(super) fn write_message(
    index: &Transaction<'_>,
    id: MessageId,
    filing: &Filing,
) -> Result<(), StoreError> {
    // What was opened once is not shown closed to those who have it: a report names blind copies.
    let keeps_content = filing.entries.is_empty() && filing.content.is_none();
    let summary = &filing.summary;
    let content = filing.content.as_ref();
    let encoded = content.filter(|piece| piece.encoding != Encoding::AsIs);
    let encoding = encoded.map(|piece| columns::to_word(&piece.encoding));
    let aside = filing.aside.as_ref().map(serde_json::to_string);
    index
        .prepare_cached(
            "UPDATE message SET state = ?2,
                 content_start = iif(?18, content_start, ?3),
                 content_end = iif(?18, content_end, ?4), merge_key = ?5,
                 subject = ?6, from_name = ?7, from_address = ?8, to_names = ?9, preview = ?10,
                 header_message_id = ?11, date = ?12, attachments = ?13,
                 content_encoding = iif(?18, content_encoding, ?14),
                 content_size = iif(?18, content_size, ?15), aside = iif(?18, aside, ?16),
                 unsorted_because = ?17
             WHERE id = ?1",
        )?
        .execute(params![
            id.number(),
            if filing.entries.is_empty() && !filing.goes_outside() {
                "unsorted"
            } else {
                "filed"
            },
            content.map(|piece| piece.range.start),
            content.map(|piece| piece.range.end),
            filing.merge_key,
            &summary.subject,
            &summary.from_name,
            &summary.from_address,
            &summary.to,
            &summary.preview,
            &summary.header_message_id,
            summary.date.map(Timestamp::as_millisecond),
            summary.attachments,
            encoding.transpose()?,
            encoded.map(|piece| piece.size_bytes),
            aside.transpose().map_err(io::Error::from)?,
            filing.unsorted_because,
            keeps_content,
        ])?;
    unsorted::write_unknown_names(index, id, filing)
}

/// Joins the mailboxes of a filing to `home`: the message itself, or the record it is a copy of.
pub(crate) fn write_entries(
    index: &Transaction<'_>,
    home: MessageId,
    filing: &Filing,
) -> Result<(), StoreError> {
    let mut insert = index.prepare_cached(
        "INSERT INTO entry (account, folder, message, seen, at_primary) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET at_primary = max(at_primary, excluded.at_primary)",
    )?;
    for entry in &filing.entries {
        insert.execute((
            entry.account.0,
            entry.folder.as_str(),
            home.number(),
            entry.seen,
            filing.served.contains(&entry.account),
        ))?;
    }
    if !filing.entries.is_empty() {
        // The full text is kept per owner, so a new one makes it incomplete.
        index
            .prepare_cached(
                "UPDATE message SET indexed = 0,
                     state = CASE state WHEN 'unsorted' THEN 'filed' ELSE state END
                 WHERE id = ?1 AND (indexed <> 0 OR state = 'unsorted')",
            )?
            .execute([home.number()])?;
    }
    Ok(())
}

/// Marks a message as a copy of another record.
pub(super) fn write_merged(
    index: &Transaction<'_>,
    (id, home): (MessageId, MessageId),
    filing: &Filing,
) -> Result<(), StoreError> {
    write_message(index, id, filing)?;
    // Without its key, so that the next copy finds the record that has the entries.
    index
        .prepare_cached(
            "UPDATE message SET state = 'merged', merged_into = ?2, merge_key = NULL WHERE id = ?1",
        )?
        .execute((id.number(), home.to_string()))?;
    Ok(())
}
