//! The message rows of a day, in the order of their places, and the rules that hold for each.

use std::collections::BTreeSet;

use rusqlite::{Row, Rows as Cursor, Transaction};

use super::shadow::{self, Indexes, Seen};
use super::{Check, Finding};
use crate::columns;
use crate::day::Day;
use crate::envelope::Envelope;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::scan::Whole;

/// Only what is sorted by: SQLite sorts a million of these on disk, not in memory.
pub(super) const IN_ORDER: &str =
    "SELECT segment, offset, length, id FROM message ORDER BY segment, offset";

/// States a message can be in.
const STATES: &[&str] = &["unfiled", "filed", "unsorted", "merged"];

const MILLISECONDS_OF_A_DAY: i64 = 86_400_000;

/// The rows of a day, one after the other.
pub(super) struct Rows<'a> {
    cursor: Cursor<'a>,
    next: Option<Placed>,
    moment: &'a Transaction<'a>,
    day: Day,
    others: Indexes,
    thinned: BTreeSet<Day>,
}

/// Which message should lie where.
pub(super) struct Placed {
    pub(super) segment: String,
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) id: MessageId,
}

/// The rest of a row.
struct Detail {
    size: u64,
    envelope: Result<Envelope, rusqlite::Error>,
    state: String,
    merged_into: Option<String>,
    content: (Option<u64>, Option<u64>),
}

impl<'a> Rows<'a> {
    /// `cursor` is of [`IN_ORDER`].
    pub(super) fn new(
        cursor: Cursor<'a>,
        moment: &'a Transaction<'a>,
        day: Day,
    ) -> Result<Self, StoreError> {
        let mut rows = Self {
            cursor,
            next: None,
            moment,
            day,
            others: Indexes::default(),
            thinned: BTreeSet::new(),
        };
        rows.advance()?;
        Ok(rows)
    }

    /// The next row, if it lies in this segment or in one whose name sorts before it.
    pub(super) fn peek(&self, segment: &str) -> Option<&Placed> {
        let next = self.next.as_ref()?;
        (next.segment.as_str() <= segment).then_some(next)
    }

    /// The next row of all.
    pub(super) fn peek_any(&self) -> Option<&Placed> {
        self.next.as_ref()
    }

    /// Takes the next row.
    pub(super) fn take(&mut self) -> Result<Option<Placed>, StoreError> {
        let taken = self.next.take();
        if taken.is_some() {
            self.advance()?;
        }
        Ok(taken)
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        self.next = match self.cursor.next()? {
            Some(row) => Some(Placed {
                segment: row.get(0)?,
                offset: row.get(1)?,
                length: row.get(2)?,
                id: MessageId::from_parts(self.day, row.get(3)?),
            }),
            None => None,
        };
        Ok(())
    }

    /// Checks a row by itself, and against its record where that is whole.
    pub(super) fn check(
        &mut self,
        check: &mut Check<'_>,
        placed: &Placed,
        record: Option<(&Whole, u64)>,
    ) -> Result<(), StoreError> {
        let detail = self
            .moment
            .prepare_cached(
                "SELECT size, envelope, state, merged_into, content_start, content_end
                 FROM message WHERE id = ?1",
            )?
            .query_row([placed.id.number()], detail)?;
        let message = placed.id.to_string();
        for why in self.broken_rules(check, placed.id, &detail) {
            check.find(Finding::RowWrong {
                message: message.clone(),
                why,
            });
        }
        let Some((whole, length)) = record else {
            return Ok(());
        };
        for (what, differs) in [
            ("id", whole.header.id != message),
            ("length", placed.length != length),
            ("size", detail.size != whole.size),
            (
                "envelope",
                detail.envelope.ok().as_ref() != Some(&whole.header.envelope),
            ),
        ] {
            if differs {
                check.find(Finding::RowDiffers {
                    message: message.clone(),
                    what,
                });
            }
        }
        Ok(())
    }

    fn broken_rules(&mut self, check: &Check<'_>, id: MessageId, detail: &Detail) -> Vec<String> {
        let mut broken = Vec::new();
        let milliseconds = id.arrived_at().as_millisecond() - id.day().start().as_millisecond();
        if !(0..MILLISECONDS_OF_A_DAY).contains(&milliseconds) {
            broken.push("its id is of another day".to_owned());
        }
        if !STATES.contains(&detail.state.as_str()) {
            broken.push(format!("there is no state {:?}", detail.state));
        }
        match detail.content {
            (None, None) => {}
            (Some(start), Some(end)) if start <= end && end <= detail.size => {}
            _ => broken.push("its mail lies outside of its record".to_owned()),
        }
        match (&detail.merged_into, detail.state == "merged") {
            (None, false) => {}
            (Some(_), false) => broken.push("it is merged and not merged".to_owned()),
            (None, true) => broken.push("it is merged into nothing".to_owned()),
            (Some(into), true) => broken.extend(self.broken_merge(check, id, into)),
        }
        broken
    }

    /// A message that others are merged into is there and is no copy itself, or has aged.
    fn broken_merge(&mut self, check: &Check<'_>, id: MessageId, into: &str) -> Option<String> {
        let Ok(into) = into.parse::<MessageId>() else {
            return Some(format!("it is merged into {into:?}, which is no message"));
        };
        let seen = if into == id {
            Some(Seen::Absent)
        } else {
            self.others.look(check, into)
        };
        match seen {
            None | Some(Seen::Present) => None,
            Some(Seen::Merged) => Some(format!("it is merged into {into}, which is merged itself")),
            Some(Seen::Absent) if self.has_aged(check, into.day()) => None,
            Some(Seen::Absent) => Some(format!(
                "it is merged into {into}, which is not in the store"
            )),
        }
    }

    /// Whether a message of that day that is not there may have aged.
    fn has_aged(&mut self, check: &Check<'_>, day: Day) -> bool {
        if !check.data_dir.join("days").join(day.to_string()).exists() {
            return true;
        }
        if !self.thinned.contains(&day) {
            self.thinned = shadow::thinned(check.data_dir);
        }
        self.thinned.contains(&day)
    }
}

fn detail(row: &Row<'_>) -> rusqlite::Result<Detail> {
    Ok(Detail {
        size: row.get(0)?,
        envelope: columns::json(row, 1),
        state: row.get(2)?,
        merged_into: row.get(3)?,
        content: (row.get(4)?, row.get(5)?),
    })
}
