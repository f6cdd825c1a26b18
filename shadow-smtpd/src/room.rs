//! Bounds the memory of mail on its way in, of all listeners together.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits;

static OF_PROCESS: Room = Room::new(limits::RECEIVING_BYTES_MAX);

/// Room for mail on its way in, as far as it is in memory.
#[derive(Debug)]
pub(crate) struct Room {
    bytes_max: u64,
    taken_bytes: AtomicU64,
}

impl Room {
    pub(crate) const fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            taken_bytes: AtomicU64::new(0),
        }
    }

    /// The one that all listeners of this process share.
    pub(crate) fn of_process() -> &'static Self {
        &OF_PROCESS
    }
}

/// What one mail takes of the room; dropping it gives that back.
#[derive(Debug)]
pub(crate) struct Share {
    room: &'static Room,
    bytes: u64,
}

impl Share {
    /// Nothing yet.
    pub(crate) fn empty(room: &'static Room) -> Self {
        Self { room, bytes: 0 }
    }

    /// Takes more; `false` when there is no room. A mail that is alone gets what it needs: else
    /// one that its listener allows would never get in.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: u64) -> bool {
        let more = |taken: u64| {
            let all = taken.saturating_add(bytes);
            (all <= self.room.bytes_max || taken == self.bytes).then_some(all)
        };
        let taken = &self.room.taken_bytes;
        let fits = taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok();
        if fits {
            self.bytes += bytes;
        }
        fits
    }

    /// Gives back what is over `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        let over = self.bytes.saturating_sub(bytes);
        self.room.taken_bytes.fetch_sub(over, Ordering::Relaxed);
        self.bytes -= over;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room
            .taken_bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_the_limit() {
        static ROOM: Room = Room::new(10);
        let (mut one, mut other) = (Share::empty(&ROOM), Share::empty(&ROOM));
        assert!(one.grow(6));
        assert!(other.grow(4), "just full");
        assert!(!other.grow(1), "one byte too many");
        assert!(!one.grow(1));
        drop(one);
        let mut one = Share::empty(&ROOM);
        assert!(other.grow(6));
        assert!(other.grow(100), "it is alone");
        assert!(!Share::empty(&ROOM).grow(1));
        other.shrink_to(200);
        assert!(!one.grow(1), "nothing was over");
        other.shrink_to(7);
        assert!(one.grow(3));
        assert!(!one.grow(1));
        drop((one, other));
        assert_eq!(ROOM.taken_bytes.load(Ordering::Relaxed), 0);
    }
}
