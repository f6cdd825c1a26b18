//! Every number that bounds an emergency.

use std::time::Duration;

/// How often Recovery is looked at (is everything settled?), and whether a reminder is to be written.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the log says that an emergency lasts longer than expected.
pub const REMIND_EVERY: Duration = Duration::from_mins(15);

/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 500;

/// Pause between two reminders, so that the primary is not flooded: at most ten a second.
pub const REMINDER_PAUSE: Duration = Duration::from_millis(100);

/// How often the schedule of reminders is looked at.
pub const SCHEDULE_LOOK_EVERY: Duration = Duration::from_mins(1);

/// Pause after a reminder could not be written.
pub const REMINDER_TROUBLE_PAUSE: Duration = Duration::from_secs(10);

/// Bytes of a reminder.
pub const REMINDER_BYTES_MAX: u64 = 64 << 10;
