//! How many copies came when, so that somebody notices when there are none.

use std::cmp::Ordering;
use std::ops::Range;

use jiff::Timestamp;

use crate::day::Day;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::limits;
use crate::shadow::Store;

impl Store {
    /// How many journal copies came in each of these spans, counted up to
    /// [`limits::COPIES_COUNTED_MAX`]. `None` for spans of which a day is not kept, or can not be read.
    pub async fn copies_in(
        &self,
        spans: Vec<Range<Timestamp>>,
    ) -> Result<Vec<Option<u64>>, StoreError> {
        self.blocking(move |inner| {
            let days = inner.days.list()?;
            // On a day on which nothing came there is no directory; before the first one nobody looked.
            let first = days.first().copied();
            let mut counts = Vec::with_capacity(spans.len());
            for span in spans {
                if first.is_none_or(|first| first.start() > span.start) {
                    counts.push(None);
                    continue;
                }
                let mut count = Some(0);
                let ends = [Day::of(span.start), Day::of(span.end)];
                for day in days.iter().filter(|day| (ends[0]..=ends[1]).contains(*day)) {
                    let of_day = inner.read_day(*day, |index| {
                        let mut rows = index.prepare_cached(COUNT)?;
                        let ids = numbers(*day, &span);
                        let most = limits::COPIES_COUNTED_MAX;
                        Ok(rows.query_row((ids.0, ids.1, most), |row| row.get::<_, u64>(0))?)
                    })?;
                    count = count.zip(of_day).map(|(all, more)| all + more);
                }
                counts.push(count);
            }
            Ok(counts)
        })
        .await
    }
}

const COUNT: &str = "SELECT count(*) FROM (
    SELECT 1 FROM message WHERE id >= ?1 AND id < ?2
        AND iif(json_valid(envelope), envelope ->> '$.source', '') = 'journal-copy'
    LIMIT ?3)";

/// The ids of a day within a span.
fn numbers(day: Day, span: &Range<Timestamp>) -> (i64, i64) {
    let at = |at: Timestamp| match Day::of(at).cmp(&day) {
        Ordering::Greater => i64::MAX,
        Ordering::Less => i64::MIN,
        Ordering::Equal => MessageId::new(at, 0).number(),
    };
    (at(span.start), at(span.end))
}

#[cfg(test)]
#[path = "copies_tests.rs"]
mod tests;
