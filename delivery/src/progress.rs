//! How far a hand-over has come, seen from outside of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the other side may have the whole message already. It outlives the hand-over, so that
/// one that is cut off in the middle (stopped, timed out, panicked) can still be judged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<AtomicBool>);

impl Progress {
    /// The last octet that was missing is about to be sent.
    pub fn whole_message_sent(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was, or may have been.
    pub fn is_whole_message_sent(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
