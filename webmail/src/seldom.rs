//! What happens as often as strangers like, and is written down so often only.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Says yes so many times in each span of time.
#[derive(Debug)]
pub(crate) struct Seldom {
    most: u32,
    span: Duration,
    counted: Mutex<Option<(Instant, u32)>>,
}

impl Seldom {
    /// `most` times in each `span`.
    pub fn new(most: u32, span: Duration) -> Self {
        Self {
            most,
            span,
            counted: Mutex::new(None),
        }
    }

    /// Whether it is one of those times.
    pub fn is_due(&self, now: Instant) -> bool {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, times) = counted
            .filter(|(since, _)| now.saturating_duration_since(*since) < self.span)
            .unwrap_or((now, 0));
        *counted = Some((since, times.saturating_add(1)));
        times < self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_often_and_not_more() {
        let seldom = Seldom::new(2, Duration::from_mins(1));
        let start = Instant::now();
        let at = |seconds| seldom.is_due(start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(1), at(2), at(59)], [true, true, false, false]);
        assert_eq!([at(60), at(60), at(61)], [true, true, false]);
    }
}
