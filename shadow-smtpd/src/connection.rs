//! What a connection is called in the log.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A connection's name, so that what happened on one can be told from what happened on others at
/// the same time: a part that is new with each start of the process, and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionId {
    start: u32,
    number: u32,
}

impl ConnectionId {
    /// For the next connection.
    pub(crate) fn next() -> Self {
        static START: OnceLock<u32> = OnceLock::new();
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let start = || {
            let mut random = [0; 4];
            // Without it names repeat after a restart, which times in the log tell apart.
            let _ = getrandom::fill(&mut random);
            u32::from_be_bytes(random)
        };
        Self {
            start: *START.get_or_init(start),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// A mail's name in the log, from MAIL on and until it is handed on: that of its connection, and the
/// how many-th it was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MailId {
    /// The connection.
    pub(crate) connection: ConnectionId,
    /// From 1 on.
    pub(crate) number: u32,
}

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.connection, self.number)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.start, self.number)
    }
}
