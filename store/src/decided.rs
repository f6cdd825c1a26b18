//! Which records have made their debts: a record makes them once, however often it is filed.

use rusqlite::{OptionalExtension, Transaction};

use crate::columns;
use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;

/// Says that the debts that a record makes are written down in this transaction, all of them, under
/// `home`. Gives where they stand if they were written down before.
pub(crate) fn decide(
    shadow: &Transaction<'_>,
    record: MessageId,
    home: MessageId,
) -> Result<Option<MessageId>, StoreError> {
    let before = shadow
        .prepare_cached("SELECT home FROM decided WHERE record = ?1")?
        .query_row([record.to_string()], |row| columns::parsed(row, 0))
        .optional()?;
    if before != Some(home) {
        shadow
            .prepare_cached("INSERT OR REPLACE INTO decided (record, home) VALUES (?1, ?2)")?
            .execute((record.to_string(), home.to_string()))?;
    }
    Ok(before)
}

/// Moves the debts of a record that nobody has tried to another home; where the same debt stands
/// there already, it is one. What was tried stays, because its marker names the message it went out
/// with; and so does what an administrator asked for.
pub(crate) fn move_untried(
    shadow: &Transaction<'_>,
    record: MessageId,
    (from, to): (MessageId, MessageId),
) -> Result<(), StoreError> {
    let rows: Vec<i64> = {
        let mut rows = shadow.prepare_cached(
            "SELECT id FROM queue WHERE day = ?1 AND message = ?2 AND envelope_of = ?3
             AND state = 'waiting' AND attempts = 0 AND purpose <> 'resend'",
        )?;
        let key = (from.day().to_string(), from.number(), record.to_string());
        let rows = rows.query_map(key, |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    let mut same = shadow.prepare_cached(
        "SELECT 1 FROM queue AS moving JOIN queue AS there
             ON there.day = ?2 AND there.message = ?3 AND there.purpose = moving.purpose
             AND (there.recipient_key = moving.recipient_key OR there.account = moving.account)
         WHERE moving.id = ?1",
    )?;
    for row in rows {
        if same.exists((row, to.day().to_string(), to.number()))? {
            shadow
                .prepare_cached("DELETE FROM queue WHERE id = ?1")?
                .execute([row])?;
        } else {
            shadow
                .prepare_cached("UPDATE queue SET day = ?2, message = ?3 WHERE id = ?1")?
                .execute((row, to.day().to_string(), to.number()))?;
        }
    }
    Ok(())
}

/// Forgets some of what was decided about the records of a day that is gone. Gives how many.
pub(crate) fn forget(shadow: &Transaction<'_>, day: Day) -> Result<usize, StoreError> {
    let prefix = day.compact();
    Ok(shadow
        .prepare_cached(
            "DELETE FROM decided WHERE record IN (
                 SELECT record FROM decided WHERE record >= ?1 AND record < ?2 LIMIT ?3)",
        )?
        .execute((
            format!("{prefix}-"),
            format!("{prefix}."),
            limits::ROWS_DELETED_AT_ONCE_MAX,
        ))?)
}
