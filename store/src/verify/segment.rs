//! The segments of a day, side by side with the rows that point into them.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;

use super::rows::{Placed, Rows};
use super::{Check, Finding, Note, files};
use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::inspect;
use crate::limits;
use crate::regained;
use crate::scan::{Fault, Found, Scan};
use crate::segment::Head;

/// How often a row that must come soon is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Places without a row after which is asked whether they have one by now. Several batches, so that
/// it is not asked often.
const LOOSE_MAX: usize = limits::BATCH_MESSAGES_MAX * 4;

/// What lies at the end of a segment and has no row.
pub(super) struct Tail {
    segment: String,
    /// Where the reading ended.
    end: u64,
    /// The batch of the last record that has a row; 0 where records do not say it.
    committed: u32,
    loose: Vec<Loose>,
}

/// A place of a segment that no row points to.
struct Loose {
    offset: u64,
    /// The name and the batch of a whole record, or what is wrong.
    record: Result<(String, u32), Fault>,
}

/// Reads all segments of a day whose index can not be used: only checksums can be checked.
pub(super) fn without_rows(check: &mut Check<'_>, (day, dir): (Day, &Path)) {
    for (segment, _) in files::segments(dir).unwrap_or_default() {
        let mut loose = Vec::new();
        let read = read(check, dir, &segment, |check, found| {
            check.report(&day.to_string());
            if let Err(fault) = found.record {
                loose.push((found.offset, fault));
            } else {
                // What a whole record follows is no torn tail.
                for (offset, fault) in loose.drain(..) {
                    check.find(damaged(day, &segment, (offset, None), &fault));
                }
            }
            Ok(())
        });
        if let (Err(ReadError::Segment(error)), true) = (read, dir.exists()) {
            check.find(unreadable(day, &segment, &error));
        }
    }
}

/// Compares the segments with the rows, and gives what has none at the end of each: whether that
/// is damage is known when the rows that came meanwhile are seen.
pub(super) fn against_rows(
    check: &mut Check<'_>,
    (day, dir): (Day, &Path),
    rows: &mut Rows<'_>,
) -> Result<Vec<Tail>, StoreError> {
    let mut tails = Vec::new();
    for (segment, _) in files::segments(dir)? {
        missing_before(check, day, rows, Some(&segment))?;
        tails.extend(one(check, (day, dir), &segment, rows)?);
    }
    missing_before(check, day, rows, None)?;
    Ok(tails)
}

/// Rows whose segment sorts before the one that is on disk have no file.
fn missing_before(
    check: &mut Check<'_>,
    day: Day,
    rows: &mut Rows<'_>,
    present: Option<&str>,
) -> Result<(), StoreError> {
    loop {
        let Some(next) = rows.peek_any() else {
            return Ok(());
        };
        if present.is_some_and(|present| next.segment.as_str() >= present) {
            return Ok(());
        }
        let segment = next.segment.clone();
        let messages = skip(rows, &segment)?;
        check.find(Finding::SegmentMissing {
            day: day.to_string(),
            segment,
            messages,
        });
    }
}

/// Leaves the rows of a segment out, and counts them.
fn skip(rows: &mut Rows<'_>, segment: &str) -> Result<u64, StoreError> {
    let mut skipped = 0;
    while rows.peek(segment).is_some() {
        rows.take()?;
        skipped += 1;
    }
    Ok(skipped)
}

fn one(
    check: &mut Check<'_>,
    (day, dir): (Day, &Path),
    segment: &str,
    rows: &mut Rows<'_>,
) -> Result<Option<Tail>, StoreError> {
    let mut loose: Vec<Loose> = Vec::new();
    let mut committed = 0;
    let mut look_at = LOOSE_MAX;
    let read = read(check, dir, segment, |check, found| {
        check.report(&day.to_string());
        let mut has_row = false;
        while let Some(placed) = take_up_to(rows, segment, found.offset)? {
            if placed.offset < found.offset {
                check.find(stray(&placed, "no record begins there".to_owned()));
                continue;
            }
            has_row = true;
            let whole = found
                .record
                .as_ref()
                .ok()
                .map(|whole| (whole, found.length));
            rows.check(check, &placed, whole)?;
            if let Err(fault) = &found.record {
                let place = (found.offset, Some(placed.id));
                check.find(damaged(day, segment, place, fault));
            }
        }
        if has_row {
            if let Ok(whole) = &found.record {
                committed = whole.header.batch;
            }
            // Rows come in the order of the records: what lies before one that has a row, and
            // has none itself, has lost it.
            for loose in loose.drain(..) {
                check.find(loose.finding(day, segment));
            }
        } else {
            let header = found.record.map(|whole| whole.header);
            let record = header.map(|header| (header.id, header.batch));
            let offset = found.offset;
            loose.push(Loose { offset, record });
        }
        if loose.len() > look_at {
            for lost in lost_of(&mut loose, (dir, segment))? {
                check.find(lost.finding(day, segment));
            }
            look_at = LOOSE_MAX.max(loose.len() * 2);
        }
        Ok(())
    });
    let end = match read {
        Ok(end) => end,
        Err(ReadError::Store(error)) => return Err(error),
        Err(ReadError::Segment(error)) => {
            skip(rows, segment)?;
            check.find(unreadable(day, segment, &error));
            return Ok(None);
        }
    };
    while rows.peek(segment).is_some() {
        if let Some(placed) = rows.take()? {
            let why = format!("the file has no such record before its end at byte {end}");
            check.find(stray(&placed, why));
        }
    }
    Ok((!loose.is_empty()).then(|| Tail {
        segment: segment.to_owned(),
        end,
        committed,
        loose,
    }))
}

/// Takes those out that have no row by now, and are no tail: rows reached further once, or, where
/// nothing says how far, no batch is as long as what follows them. Those that came after the rows were
/// read have one.
fn lost_of(
    loose: &mut Vec<Loose>,
    (dir, segment): (&Path, &str),
) -> Result<Vec<Loose>, StoreError> {
    let index = inspect::open(&dir.join("index.db"))?;
    let rows_to = regained::rows_to(&index, segment)?;
    forget_those_with_rows(loose, &index)?;
    let before_tail = match rows_to {
        Some(rows_to) => loose.partition_point(|it| it.offset < rows_to),
        None => loose.len().saturating_sub(limits::BATCH_MESSAGES_MAX),
    };
    Ok(loose.drain(..before_tail).collect())
}

/// The next row of the segment that points to `offset` or before it.
fn take_up_to(
    rows: &mut Rows<'_>,
    segment: &str,
    offset: u64,
) -> Result<Option<Placed>, StoreError> {
    match rows.peek(segment) {
        Some(next) if next.offset <= offset => rows.take(),
        _ => Ok(None),
    }
}

enum ReadError {
    Segment(io::Error),
    Store(StoreError),
}

/// Reads a segment to its end, and gives where that is.
fn read(
    check: &mut Check<'_>,
    dir: &Path,
    segment: &str,
    mut each: impl FnMut(&mut Check<'_>, Found) -> Result<(), StoreError>,
) -> Result<u64, ReadError> {
    let mut scan = Scan::open(&dir.join(segment)).map_err(ReadError::Segment)?;
    while let Some(found) = scan.next().map_err(ReadError::Segment)? {
        check.seen.bytes += found.length;
        check.seen.records += u64::from(found.record.is_ok());
        each(check, found).map_err(ReadError::Store)?;
    }
    Ok(scan.end())
}

/// Tells a torn tail from lost rows.
pub(super) fn report_tails(
    check: &mut Check<'_>,
    (day, dir): (Day, &Path),
    index: &Connection,
    tails: Vec<Tail>,
) -> Result<(), StoreError> {
    for mut tail in tails {
        let path = dir.join(&tail.segment);
        // A writer may be between bytes and rows just now.
        let deadline = Instant::now() + limits::ROWS_FOLLOW_WITHIN;
        let mut rows_to;
        loop {
            // First, so that what is before it has its row when rows are looked for.
            rows_to = regained::rows_to(index, &tail.segment)?;
            forget_those_with_rows(&mut tail.loose, index)?;
            let has_grown = fs::metadata(&path).is_ok_and(|file| file.len() > tail.end);
            if has_grown {
                tail.loose.retain(|loose| loose.record.is_ok());
            }
            if tail.loose.is_empty() || !was_written_lately(&path) || Instant::now() > deadline {
                break;
            }
            thread::sleep(LOOK_EVERY);
        }
        for lost in tail.take_lost(rows_to) {
            check.find(lost.finding(day, &tail.segment));
        }
        if let Some(first) = tail.loose.first() {
            let messages = tail.loose.iter().filter(|it| it.record.is_ok()).count();
            let (day, segment) = (day.to_string(), tail.segment.clone());
            let offset = first.offset;
            check.note(if rows_to.is_some() && messages > 0 {
                Note::RowsToCome {
                    day,
                    segment,
                    offset,
                    messages,
                }
            } else {
                Note::Tail {
                    day,
                    segment,
                    offset,
                    messages,
                }
            });
        }
    }
    Ok(())
}

fn was_written_lately(path: &Path) -> bool {
    let written = fs::metadata(path).and_then(|file| file.modified());
    written.is_ok_and(|written| {
        SystemTime::now()
            .duration_since(written)
            .is_ok_and(|age| age < limits::ROWS_FOLLOW_WITHIN)
    })
}

impl Tail {
    /// Those that were committed and have lost their row. Where nothing says how far the rows reached:
    /// a segment is appended to again only when the rows of its last batch are there, and the rows of a
    /// batch come all at once.
    fn take_lost(&mut self, rows_to: Option<u64>) -> Vec<Loose> {
        if let Some(rows_to) = rows_to {
            let is_lost = |loose: &mut Loose| loose.record.is_ok() && loose.offset < rows_to;
            return self.loose.extract_if(.., is_lost).collect();
        }
        let batch = |loose: &Loose| loose.record.as_ref().map_or(0, |(_, batch)| *batch);
        let last = self.loose.iter().map(batch).max().unwrap_or_default();
        let committed = self.committed;
        let is_lost = |loose: &mut Loose| {
            let batch = batch(loose);
            let is_of_last = batch == last && batch != committed && batch != Head::COMMITTED;
            batch > 0 && !is_of_last
        };
        self.loose.extract_if(.., is_lost).collect()
    }
}

fn forget_those_with_rows(loose: &mut Vec<Loose>, index: &Connection) -> Result<(), StoreError> {
    let mut row = index.prepare_cached("SELECT 1 FROM message WHERE id = ?1")?;
    let mut without = Vec::new();
    for loose in loose.drain(..) {
        let record = loose.record.as_ref().ok();
        let id = record.and_then(|(id, _)| id.parse().ok());
        let has_row = match id {
            Some(id) => row.exists([MessageId::number(id)])?,
            None => false,
        };
        if !has_row {
            without.push(loose);
        }
    }
    *loose = without;
    Ok(())
}

impl Loose {
    fn finding(self, day: Day, segment: &str) -> Finding {
        match self.record {
            Ok((message, _)) => Finding::RecordWithoutRow {
                message,
                segment: segment.to_owned(),
                offset: self.offset,
            },
            Err(fault) => damaged(day, segment, (self.offset, None), &fault),
        }
    }
}

fn damaged(
    day: Day,
    segment: &str,
    (offset, message): (u64, Option<MessageId>),
    fault: &Fault,
) -> Finding {
    Finding::RecordDamaged {
        day: day.to_string(),
        segment: segment.to_owned(),
        offset,
        message: message.map(|id| id.to_string()),
        why: match fault {
            Fault::CutShort => "the file ends in the middle of it".to_owned(),
            Fault::Damaged(why) => why.clone(),
        },
    }
}

fn unreadable(day: Day, segment: &str, error: &io::Error) -> Finding {
    Finding::SegmentUnreadable {
        day: day.to_string(),
        segment: segment.to_owned(),
        why: error.to_string(),
    }
}

fn stray(placed: &Placed, why: String) -> Finding {
    Finding::RowWithoutRecord {
        message: placed.id.to_string(),
        segment: placed.segment.clone(),
        offset: placed.offset,
        why,
    }
}
