//! Waiting for a condition, never for a time.

use std::fmt::Debug;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before the scenario fails.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// How long to let the others work before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Waits until `ready` holds; fails after [`PATIENCE`], naming `what` it waited for.
#[track_caller]
pub fn until(what: &str, ready: impl FnMut() -> bool) {
    within(PATIENCE, what, ready);
}

/// The same with another patience.
#[track_caller]
pub fn within(patience: Duration, what: &str, mut ready: impl FnMut() -> bool) {
    some_within(patience, what, || ready().then_some(()));
}

/// The same where looking takes an `await`.
pub async fn until_async(what: &str, mut ready: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !ready().await {
        assert!(
            began.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain until {what}"
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Waits until `look` finds something, and gives it.
#[track_caller]
pub fn until_some<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    some_within(PATIENCE, what, look)
}

#[track_caller]
fn some_within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            began.elapsed() < patience,
            "waited {patience:?} in vain until {what}"
        );
        thread::sleep(LOOK_AGAIN);
    }
}

/// Waits until `look` sees `want`; a failure tells what it saw last.
#[track_caller]
pub fn until_equal<T: PartialEq + Debug>(what: &str, want: &T, mut look: impl FnMut() -> T) {
    let began = Instant::now();
    loop {
        let seen = look();
        if seen == *want {
            return;
        }
        let late = began.elapsed() >= PATIENCE;
        assert!(
            !late,
            "waited {PATIENCE:?} in vain until {what}: want {want:?}, saw {seen:?}"
        );
        thread::sleep(LOOK_AGAIN);
    }
}

/// Whether somebody takes connections there.
pub fn answers(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}
