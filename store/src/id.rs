//! The name of a kept message.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::day::Day;

/// The store's name for a kept message. Not the Message-ID of its header, which anybody can
/// write.
///
/// It carries the day, so it leads to its directory, and the millisecond of arrival, so that
/// sorting by id is sorting by arrival. As text: `20261122-0f3b2c1a9d04e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    day: Day,
    number: i64,
}

/// The text is not a message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message id looks like 20261122-0f3b2c1a9d04e")]
pub struct MessageIdError;

/// Bits below the millisecond. A process counts in them, from a random number on, so that it never
/// gives an id twice; two processes meet in one with a chance of one to sixteen million per pair
/// in the same millisecond, and then the index refuses the batch.
const RANDOM_BITS: u32 = 24;

/// What the next id of this process ends with.
static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| {
    let [a, b, c, d, ..] = RandomState::new()
        .hash_one(std::process::id())
        .to_le_bytes();
    AtomicU32::new(u32::from_le_bytes([a, b, c, d]))
});

impl MessageId {
    /// An id for a message that arrived at `at`, which this process has not given before.
    pub(crate) fn next(at: Timestamp) -> Self {
        Self::new(at, NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The id of a message that arrived at `at` which ends with the low bits of `random`.
    pub(crate) fn new(at: Timestamp, random: u32) -> Self {
        let day = Day::of(at);
        let millisecond = at.as_millisecond() - day.start().as_millisecond();
        let random = i64::from(random & ((1 << RANDOM_BITS) - 1));
        Self {
            day,
            number: (millisecond << RANDOM_BITS) | random,
        }
    }

    pub(crate) fn from_parts(day: Day, number: i64) -> Self {
        Self { day, number }
    }

    /// The day whose directory holds the message.
    pub fn day(self) -> Day {
        self.day
    }

    /// When the message arrived, to the millisecond.
    pub fn arrived_at(self) -> Timestamp {
        let millisecond = self.day.start().as_millisecond() + (self.number >> RANDOM_BITS);
        Timestamp::from_millisecond(millisecond).unwrap_or(self.day.start())
    }

    /// The row number in the day's index.
    pub(crate) fn number(self) -> i64 {
        self.number
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:013x}", self.day.compact(), self.number)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let (day, number) = text.split_once('-').ok_or(MessageIdError)?;
        let day = Day::from_compact(day).ok_or(MessageIdError)?;
        if number.len() != 13 || !number.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(MessageIdError);
        }
        let number = i64::from_str_radix(number, 16).map_err(|_| MessageIdError)?;
        Ok(Self { day, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_mails_of_a_millisecond_have_the_same_id() {
        let at = "2026-11-22T09:12:03.001Z".parse().unwrap();
        let ids: std::collections::BTreeSet<_> =
            (0..100_000).map(|_| MessageId::next(at)).collect();
        assert_eq!(ids.len(), 100_000);
    }

    #[test]
    fn prints_parses_and_sorts_by_arrival() {
        let early = MessageId::new("2026-11-22T09:12:03.001Z".parse().unwrap(), u32::MAX);
        let late = MessageId::new("2026-11-22T09:12:03.002Z".parse().unwrap(), 0);
        assert!(early < late);
        assert_eq!(
            late.arrived_at(),
            "2026-11-22T09:12:03.002Z".parse().unwrap()
        );
        for id in [early, late] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for bad in [
            "",
            "20261122",
            "20261122-",
            "20261199-0000000000000",
            "20261122-zz",
            "é-1",
        ] {
            assert_eq!(bad.parse::<MessageId>(), Err(MessageIdError), "{bad:?}");
        }
    }
}
