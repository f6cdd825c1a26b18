//! What became of the messages that copies were merged into.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::inspect;
use crate::verify::thinned;

/// The directory that holds all days.
pub(super) struct Days<'a> {
    root: &'a Path,
    /// Those of which some messages aged.
    thinned: BTreeSet<Day>,
}

impl<'a> Days<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self {
            root,
            thinned: thinned(root.parent().unwrap_or(root)),
        }
    }

    fn has(&self, day: Day) -> bool {
        self.root.join(day.to_string()).is_dir()
    }

    /// Whether a message of that day, of which this is known, has aged.
    pub(super) fn has_aged(&self, day: Day, home: Home) -> bool {
        home == Home::Absent && (!self.has(day) || self.is_thinned(day))
    }

    /// Whether some messages of that day aged, and others are left.
    pub(super) fn is_thinned(&self, day: Day) -> bool {
        self.thinned.contains(&day)
    }
}

/// What is known of a message that others are merged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    Present,
    /// It is merged itself.
    Copy,
    /// There is no such message on its day, or no such day.
    Absent,
    /// Its day can not be read.
    Unknown,
}

/// The indexes of other days, as far as they were asked.
#[derive(Default)]
pub(super) struct Others(BTreeMap<Day, Option<Connection>>);

impl Others {
    pub(super) fn home(&mut self, days: &Days<'_>, id: MessageId) -> Home {
        if !days.has(id.day()) {
            return Home::Absent;
        }
        let index = self.0.entry(id.day()).or_insert_with(|| {
            inspect::open(&days.root.join(id.day().to_string()).join("index.db")).ok()
        });
        let Some(index) = index else {
            return Home::Unknown;
        };
        home(index, id).unwrap_or(Home::Unknown)
    }
}

/// What the index of its day says of a message.
pub(super) fn home(index: &Connection, id: MessageId) -> Result<Home, StoreError> {
    let mut row = index.prepare_cached("SELECT state = 'merged' FROM message WHERE id = ?1")?;
    let is_copy = row.query_row([id.number()], |row| row.get(0)).optional()?;
    Ok(match is_copy {
        None => Home::Absent,
        Some(false) => Home::Present,
        Some(true) => Home::Copy,
    })
}
