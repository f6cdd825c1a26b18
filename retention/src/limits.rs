//! Every number that bounds aging.

use std::time::Duration;

/// The days that mail is kept when nobody says otherwise: four weeks.
pub const DAYS_DEFAULT: u16 = 28;

/// How often the schedule looks whether a day is due.
pub const RUN_EVERY: Duration = Duration::from_mins(15);
