//! One scenario at a time: each starts servers and a browser, and watches the clock.

use std::sync::{Mutex, MutexGuard, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// The right to run. nextest gives every scenario a process of its own and keeps their order by
/// its settings; under `cargo test` they are threads of one process, and wait here.
pub struct Turn {
    _guard: MutexGuard<'static, ()>,
}

impl Turn {
    /// Waits until no other scenario runs.
    pub fn take() -> Self {
        // A scenario that failed has stopped its peers all the same.
        Self {
            _guard: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
