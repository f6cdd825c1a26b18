//! Every number that bounds aging.

use std::time::Duration;

/// The days that mail is kept when nobody says otherwise: four weeks.
pub const DAYS_DEFAULT: u16 = 28;

/// Days that the schedule drops at once. More are due when the clock has jumped, and then nothing
/// must go; or when aging stood still for long, and then a person can say so.
pub const DAYS_AT_ONCE_MAX: usize = 3;

/// How often the schedule looks whether a day is due.
pub const RUN_EVERY: Duration = Duration::from_mins(15);
