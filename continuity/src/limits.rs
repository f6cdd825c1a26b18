//! Every number that bounds an emergency.

use std::time::Duration;

/// How often Recovery is looked at: is everything settled?
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the log says that an emergency lasts longer than expected.
pub const REMIND_EVERY: Duration = Duration::from_mins(15);

/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 500;
