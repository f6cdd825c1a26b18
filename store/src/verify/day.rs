//! One day: its index, its segments, and one against the other.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::Connection;

use super::shadow::Accounts;
use super::{Check, Finding, entries, files, rows, segment};
use crate::database::DAY_SCHEMA;
use crate::day::Day;
use crate::error::{OpenError, StoreError};
use crate::inspect;

/// How often a day is looked at again because it was replaced meanwhile.
const TRIES: usize = 3;

/// Checks a day. One that goes while it is looked at is no finding, and one that is replaced is
/// looked at again.
pub(super) fn look(check: &mut Check<'_>, day: Day, accounts: &Accounts) -> Result<(), OpenError> {
    let dir = check.data_dir.join("days").join(day.to_string());
    let before = check.seen.clone();
    for _ in 0..TRIES {
        let Some(inode) = inode(&dir) else { break };
        look_once(check, (day, &dir), accounts)?;
        if self::inode(&dir) == Some(inode) {
            check.seen.days += 1;
            return Ok(());
        }
        let read = (check.seen.bytes, check.seen.records);
        check.seen = before.clone();
        (check.seen.bytes, check.seen.records) = read;
    }
    Ok(())
}

fn inode(dir: &Path) -> Option<u64> {
    fs::metadata(dir).ok().map(|dir| dir.ino())
}

fn look_once(
    check: &mut Check<'_>,
    (day, dir): (Day, &Path),
    accounts: &Accounts,
) -> Result<(), OpenError> {
    check.report(&day.to_string());
    let path = dir.join("index.db");
    let file = format!("days/{day}/index.db");
    let opened = if path.exists() {
        Some(inspect::open(&path).and_then(|it| Ok((inspect::schema(&it)?, it))))
    } else {
        None
    };
    let read = match opened {
        None | Some(Ok((0, _))) => {
            // A day without mail may just be made.
            if files::bytes(check.data_dir, day) > 0 {
                check.find(Finding::IndexMissing {
                    day: day.to_string(),
                });
            }
            segment::without_rows(check, (day, dir));
            return Ok(());
        }
        Some(Ok((schema, _))) if schema > DAY_SCHEMA.len() => return Err(OpenError::Newer(path)),
        Some(Ok((_, mut index))) => against_rows(check, (day, dir), &mut index, accounts),
        Some(Err(error)) => Err(error),
    };
    if let Err(error) = read {
        check.find(Finding::DatabaseUnreadable {
            file,
            why: error.to_string(),
        });
        segment::without_rows(check, (day, dir));
    }
    text(check, day, dir);
    Ok(())
}

/// Everything is read at one moment of the index, and the segments after it: bytes come before
/// rows, so every row of that moment has its bytes by then.
fn against_rows(
    check: &mut Check<'_>,
    (day, dir): (Day, &Path),
    index: &mut Connection,
    accounts: &Accounts,
) -> Result<(), StoreError> {
    let moment = index.transaction()?;
    let complaint = inspect::complaint(&moment)?;
    let is_sound = complaint.is_none();
    if let Some(why) = complaint {
        check.find(Finding::DatabaseDamaged {
            file: format!("days/{day}/index.db"),
            why,
        });
    }
    let tails = {
        let mut in_order = moment.prepare(rows::IN_ORDER)?;
        let mut rows = rows::Rows::new(in_order.query([])?, &moment, day)?;
        segment::against_rows(check, (day, dir), &mut rows)?
    };
    if is_sound {
        entries::look(check, day, &moment, accounts)?;
    }
    moment.finish()?;
    segment::report_tails(check, (day, dir), index, tails)
}

/// The full text is derived: damage to it is found so that somebody deletes it.
fn text(check: &mut Check<'_>, day: Day, dir: &Path) {
    let path = dir.join("text.db");
    if !path.exists() {
        return;
    }
    let file = format!("days/{day}/text.db");
    let complaint = inspect::open(&path).and_then(|mut text| {
        let moment = text.transaction()?;
        let complaint = inspect::complaint(&moment)?;
        moment.finish()?;
        Ok(complaint)
    });
    match complaint {
        Ok(None) => {}
        Ok(Some(why)) => check.find(Finding::DatabaseDamaged { file, why }),
        Err(error) => {
            let why = error.to_string();
            // Whoever indexes may just have deleted it.
            if path.exists() {
                check.find(Finding::DatabaseUnreadable { file, why });
            }
        }
    }
}
