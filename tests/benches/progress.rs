//! What a run says while it works: to standard error.

use std::sync::OnceLock;
use std::time::Instant;

/// A line, with the seconds since the run began.
pub fn say(line: impl AsRef<str>) {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let seconds = BEGAN.get_or_init(Instant::now).elapsed().as_secs();
    eprintln!("bench {seconds:>5} s  {}", line.as_ref());
}
