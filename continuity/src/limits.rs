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

/// Tries of a probe that are remembered for its rule.
pub const TRIES_REMEMBERED_MAX: usize = 1000;

/// Bytes of a line that a probe reads. An IMAP greeting with all capabilities has a few hundred.
pub const PROBE_LINE_BYTES_MAX: usize = 8 << 10;

/// Lines of an answer that a probe reads.
pub const PROBE_LINES_MAX: usize = 100;

/// Characters of what a probe saw.
pub const PROBE_WORDS_CHARS_MAX: usize = 300;

/// Past days that the copies of a time of day are compared with.
pub const DAYS_COMPARED_MAX: i64 = 28;

/// With fewer of them nobody knows what is usual.
pub const DAYS_COMPARED_LEAST: usize = 3;

/// How often a canary's copy is looked for.
pub const CANARY_LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long before the end of its time a canary says that no copy came.
pub const CANARY_LAST_LOOK: Duration = Duration::from_millis(500);

/// A clock that differs by more than this from how much time has passed was set.
pub const CLOCK_JUMP_LEAST: Duration = Duration::from_secs(5);

/// Bytes of the body of an HTTP answer that are read.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Bytes of a mail about an alert.
pub const LETTER_BYTES_MAX: u64 = 64 << 10;

/// How long a way rests that could not tell of an alert.
pub const WAY_REST: Duration = Duration::from_secs(30);
