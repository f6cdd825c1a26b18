//! Days whose newest records could not be given rows yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::day::Day;
use crate::error::StoreError;
use crate::limits;

/// Which days these are, when that was last tried, and what stood in the way.
#[derive(Default)]
pub(crate) struct Behind(pub(crate) Mutex<BTreeMap<Day, (Instant, String)>>);

impl Behind {
    /// Notes what became of a try, and gives whether that is news.
    pub(crate) fn note(&self, day: Day, error: Option<&StoreError>) -> bool {
        let mut behind = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = error else {
            let was_behind = behind.remove(&day).is_some();
            if was_behind {
                tracing::info!(%day, "all messages of {day} have rows again");
            }
            return was_behind;
        };
        let why = format!("its newest messages may be missing for now: {error}");
        let is_new = behind.insert(day, (Instant::now(), why)).is_none();
        if is_new {
            tracing::error!(%day, "messages of {day} may have no rows; it is tried again: {error}");
        }
        is_new
    }

    /// Whether it is time to try it with this day: at once, or when it did rest after the last try.
    pub(crate) fn may_try(&self, day: Day) -> bool {
        let behind = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        behind
            .get(&day)
            .is_none_or(|(at, _)| at.elapsed() >= limits::UNREAD_DAY_REST)
    }

    /// All of them.
    pub(crate) fn list(&self) -> BTreeMap<Day, (Instant, String)> {
        let behind = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        behind.clone()
    }
}
