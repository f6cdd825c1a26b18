//! What crosses days: `shadow.db` as a whole, and the queue against the messages.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{Check, Finding};
use crate::address::Address;
use crate::columns;
use crate::database::SHADOW_SCHEMA;
use crate::day::Day;
use crate::error::{OpenError, StoreError};
use crate::id::MessageId;
use crate::inspect;
use crate::queue::{Purpose, QueueState};

/// All accounts that there are; `None` when they can not be read.
pub(super) type Accounts = Option<BTreeSet<i64>>;

/// Checks `shadow.db` and gives the accounts in it.
pub(super) fn look(check: &mut Check<'_>, only: Option<Day>) -> Result<Accounts, OpenError> {
    check.report("shadow.db");
    let path = check.data_dir.join("shadow.db");
    let opened = inspect::open(&path).and_then(|it| Ok((inspect::schema(&it)?, it)));
    let found = match opened {
        Ok((schema, _)) if schema > SHADOW_SCHEMA.len() => return Err(OpenError::Newer(path)),
        Ok((0, _)) => Err(StoreError::Refused("it is empty".to_owned())),
        Ok((_, mut shadow)) => read(check, &mut shadow, only),
        Err(error) => Err(error),
    };
    Ok(match found {
        Ok(accounts) => Some(accounts),
        Err(error) => {
            check.find(Finding::DatabaseUnreadable {
                file: "shadow.db".to_owned(),
                why: error.to_string(),
            });
            None
        }
    })
}

fn read(
    check: &mut Check<'_>,
    shadow: &mut Connection,
    only: Option<Day>,
) -> Result<BTreeSet<i64>, StoreError> {
    let transaction = shadow.transaction()?;
    if let Some(why) = inspect::complaint(&transaction)? {
        check.find(Finding::DatabaseDamaged {
            file: "shadow.db".to_owned(),
            why,
        });
    }
    let accounts = {
        let mut accounts = transaction.prepare("SELECT id FROM account")?;
        let accounts = accounts.query_map([], |row| row.get(0))?;
        accounts.collect::<Result<_, _>>()?
    };
    transaction.finish()?;
    queue(check, shadow, only)?;
    Ok(accounts)
}

/// Every row must be readable, and what is still to be handed over must be there.
fn queue(check: &mut Check<'_>, shadow: &Connection, only: Option<Day>) -> Result<(), StoreError> {
    let mut rows = shadow.prepare(
        "SELECT id, day, message, envelope_of, recipient, purpose, state FROM queue
         ORDER BY day, message",
    )?;
    let mut rows = rows.query([])?;
    let mut open = Indexes::default();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let debt = match debt(row) {
            Ok(debt) => debt,
            Err(error) => {
                check.find(Finding::QueueWrong {
                    row: number,
                    why: error.to_string(),
                });
                continue;
            }
        };
        if only.is_some_and(|only| only != debt.message.day()) || debt.state.is_settled() {
            continue;
        }
        for id in [debt.message, debt.envelope_of] {
            if open.look(check, id) == Some(Seen::Absent) && still_open(shadow, number)? {
                check.find(Finding::QueueWrong {
                    row: number,
                    why: format!("message {id}, which it hands over, is not in the store"),
                });
            }
        }
    }
    Ok(())
}

/// A row of the queue, as far as it is checked.
struct Debt {
    message: MessageId,
    envelope_of: MessageId,
    state: QueueState,
}

fn debt(row: &Row<'_>) -> rusqlite::Result<Debt> {
    columns::parsed::<Address>(row, 4)?;
    columns::word::<Purpose>(row, 5)?;
    Ok(Debt {
        message: MessageId::from_parts(columns::parsed(row, 1)?, row.get(2)?),
        envelope_of: columns::parsed(row, 3)?,
        state: columns::word(row, 6)?,
    })
}

/// The row as it is by now: it may have been settled, and its day dropped, in between.
fn still_open(shadow: &Connection, row: i64) -> Result<bool, StoreError> {
    let state = shadow
        .query_row("SELECT state FROM queue WHERE id = ?1", [row], |row| {
            columns::word::<QueueState>(row, 0)
        })
        .optional()?;
    Ok(state.is_some_and(|state| !state.is_settled()))
}

/// The index that was asked last.
#[derive(Default)]
pub(super) struct Indexes {
    open: Option<(Day, Option<Connection>)>,
}

/// What the index of its day says about a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Absent,
    /// With entries of its own, or none yet.
    Present,
    /// A copy of another one.
    Merged,
}

impl Indexes {
    /// What there is of a message; `None` when its index can not be read, which is found
    /// elsewhere.
    pub(super) fn look(&mut self, check: &Check<'_>, id: MessageId) -> Option<Seen> {
        let dir = check.data_dir.join("days").join(id.day().to_string());
        if self.open.as_ref().is_none_or(|(day, _)| *day != id.day()) {
            let index = inspect::open(&dir.join("index.db")).ok();
            self.open = Some((id.day(), index));
        }
        let Some((_, Some(index))) = &self.open else {
            return (!dir.exists()).then_some(Seen::Absent);
        };
        let merged = index
            .prepare_cached("SELECT state = 'merged' FROM message WHERE id = ?1")
            .and_then(|mut row| row.query_row([id.number()], |row| row.get(0)).optional());
        Some(match merged.ok()? {
            None => Seen::Absent,
            Some(false) => Seen::Present,
            Some(true) => Seen::Merged,
        })
    }
}

/// Days that were thinned, or are being: what is not there any more aged.
pub(crate) fn thinned(data_dir: &Path) -> BTreeSet<Day> {
    let read = || {
        let shadow = inspect::open(&data_dir.join("shadow.db")).ok()?;
        let mut days = shadow
            .prepare("SELECT day FROM thinned_day UNION SELECT day FROM dropped_day")
            .ok()?;
        let days = days.query_map([], |row| columns::parsed(row, 0)).ok()?;
        days.collect::<Result<_, _>>().ok()
    };
    read().unwrap_or_default()
}
