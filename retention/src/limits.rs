//! Every number that bounds aging.

use std::time::Duration;

use jiff::SignedDuration;

/// The days that mail is kept when nobody says otherwise: four weeks.
pub const DAYS_DEFAULT: u16 = 28;

/// Days that the schedule ages at once when nobody says otherwise. More are due when the clock has
/// jumped, and then nothing must go; or when aging stood still for long or the limit was changed,
/// and then a person can say so.
pub const DAYS_AT_ONCE_DEFAULT: u16 = 3;

/// How often the schedule looks whether a day is due.
pub const RUN_EVERY: Duration = Duration::from_mins(15);

/// How often the schedule looks how full the disk is. Keeping looks by itself; this tells of a disk
/// that something else fills, and that there is room again when no mail comes.
pub const WATCH_DISK_EVERY: Duration = Duration::from_secs(10);

/// How far the clock may go back without anybody caring: NTP sets it so.
pub const CLOCK_BACK_MAX: SignedDuration = SignedDuration::from_hours(1);

/// How much later than on its day a day may be seen first without anybody caring: nothing may have
/// run at midnight.
pub const SEEN_LATE_MAX: SignedDuration = SignedDuration::from_hours(24);
