//! Bounds how much is checked at the same time, in memory and in sockets.

use std::sync::Arc;

use hyper::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::limits;

/// Places for mails that are checked. Small mail has its own, so that it never waits behind big mail.
pub(super) struct Places {
    small_kib: Arc<Semaphore>,
    big_kib: Arc<Semaphore>,
}

/// A mail in memory, in its place. As long as anybody has a copy of it the place is taken, also a
/// thread that nobody waits for any more.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    bytes: Bytes,
    extent: Extent,
    _place: Arc<OwnedSemaphorePermit>,
}

/// How much of a mail that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// As much of its beginning as a header may have; the mail is too large.
    Beginning,
}

impl Placed {
    pub(super) fn new(bytes: Vec<u8>, extent: Extent, place: OwnedSemaphorePermit) -> Self {
        Self {
            bytes: bytes.into(),
            extent,
            _place: Arc::new(place),
        }
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }
}

impl Places {
    /// All free.
    pub(super) fn new() -> Self {
        let places = |kib: u32| Arc::new(Semaphore::new(kib as usize));
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
    ) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(size_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let (lane, most) = if size_bytes <= limits::SMALL_CHECKED_BYTES_MAX {
            (&self.small_kib, limits::CHECKING_SMALL_KIB_AT_ONCE)
        } else {
            (&self.big_kib, limits::CHECKING_BIG_KIB_AT_ONCE)
        };
        let share = kib.clamp(limits::CHECKING_KIB_LEAST, most);
        let lane = Arc::clone(lane);
        let place = timeout_at(until, lane.acquire_many_owned(share)).await;
        place.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_thread_that_nobody_waits_for_keeps_the_place_of_its_mail() {
        let places = Places::new();
        let biggest = async || {
            let place = places.take(limits::CHECKED_BYTES_MAX, Instant::now()).await;
            place.map(|place| Placed::new(b"x".to_vec(), Extent::Whole, place))
        };
        let _other = biggest().await.unwrap();
        let mail = biggest().await.unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = tokio::task::spawn_blocking({
            let mail = mail.clone();
            move || {
                let _ = ended.recv();
                mail.bytes().len()
            }
        });
        drop(mail);
        assert!(biggest().await.is_none(), "the thread goes on");
        drop(end);
        assert_eq!(thread.await.unwrap(), 1);
        assert!(biggest().await.is_some());
    }

    const SMALL: u64 = limits::SMALL_CHECKED_BYTES_MAX;

    #[tokio::test(start_paused = true)]
    async fn small_mail_waits_for_small_mail_only_and_nobody_for_ever() {
        let places = Places::new();
        let until = || Instant::now() + Duration::from_mins(1);
        let biggest = async || places.take(limits::CHECKED_BYTES_MAX, until()).await;
        let _slow = biggest().await.unwrap();
        assert!(biggest().await.is_some(), "beside one that takes long");
        let biggest = biggest().await.unwrap();

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
