//! Bounds how much is checked at the same time, in memory and in sockets.

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::limits;

/// Places for mails that are checked. Small mail has its own, so that it never waits behind big mail.
pub(super) struct Places {
    small_kib: Semaphore,
    big_kib: Semaphore,
}

impl Places {
    /// All free.
    pub(super) fn new() -> Self {
        let places = |kib: u32| Semaphore::new(kib as usize);
        Self {
            small_kib: places(limits::CHECKING_SMALL_KIB_AT_ONCE),
            big_kib: places(limits::CHECKING_BIG_KIB_AT_ONCE),
        }
    }

    /// Waits for the place of a mail of this size; `None` when there is none in time.
    pub(super) async fn take(
        &self,
        size_bytes: u64,
        until: Instant,
    ) -> Option<SemaphorePermit<'_>> {
        let kib = u32::try_from(size_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let (lane, most) = if size_bytes <= limits::SMALL_CHECKED_BYTES_MAX {
            (&self.small_kib, limits::CHECKING_SMALL_KIB_AT_ONCE)
        } else {
            (&self.big_kib, limits::CHECKING_BIG_KIB_AT_ONCE)
        };
        let share = kib.clamp(limits::CHECKING_KIB_LEAST, most);
        timeout_at(until, lane.acquire_many(share)).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SMALL: u64 = limits::SMALL_CHECKED_BYTES_MAX;

    #[tokio::test(start_paused = true)]
    async fn small_mail_waits_for_small_mail_only_and_nobody_for_ever() {
        let places = Places::new();
        let until = || Instant::now() + Duration::from_mins(1);
        let biggest = places.take(limits::CHECKED_BYTES_MAX, until()).await;
        assert!(biggest.is_some(), "the biggest that is checked fits");

        let begun = Instant::now();
        assert!(places.take(SMALL + 1, until()).await.is_none());
        assert_eq!(begun.elapsed(), Duration::from_mins(1));
        let mut small = Vec::new();
        while let Some(place) = places.take(1, Instant::now()).await {
            small.push(place);
        }
        let fit = limits::CHECKING_SMALL_KIB_AT_ONCE / limits::CHECKING_KIB_LEAST;
        assert_eq!(small.len(), fit as usize, "beside a big one");

        drop(biggest);
        assert!(places.take(SMALL + 1, until()).await.is_some());
        assert!(places.take(SMALL, Instant::now()).await.is_none());
        let four = SMALL / 1024 / u64::from(limits::CHECKING_KIB_LEAST);
        small.truncate(small.len() - usize::try_from(four).unwrap());
        assert!(places.take(SMALL, Instant::now()).await.is_some());
    }
}
