//! Times and sizes as people read them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use templates::pages::Moment;
use templates::{Language, Words};

/// Tells the times of one page: in one zone and one language, seen from one moment.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    now: Zoned,
    words: &'static Words,
}

impl Clock {
    pub fn new(now: Timestamp, zone: TimeZone, words: &'static Words) -> Self {
        Self {
            now: now.to_zoned(zone),
            words,
        }
    }

    /// For lists: `Heute 09:12`, `Gestern 09:12`, `Do., 19.11.2026`.
    pub fn short(&self, at: Timestamp) -> Moment {
        let at = self.zoned(at);
        let words = match self.near_day(&at) {
            Some(day) => format!("{day} {}", time(&at)),
            None => self.date(&at),
        };
        Moment {
            machine: machine(&at),
            words,
        }
    }

    /// For the middle of a sentence: `heute 09:12`, `Do., 19.11.2026 09:12`.
    pub fn since(&self, at: Timestamp) -> Moment {
        let at = self.zoned(at);
        let day = self
            .near_day(&at)
            .map_or_else(|| self.date(&at), str::to_lowercase);
        Moment {
            machine: machine(&at),
            words: format!("{day} {}", time(&at)),
        }
    }

    /// For one message: the whole date with its zone.
    pub fn full(&self, at: Timestamp) -> Moment {
        let at = self.zoned(at);
        let words = format!("{} {} ({})", self.date(&at), time(&at), offset(&at));
        Moment {
            machine: machine(&at),
            words,
        }
    }

    /// For *On … wrote*.
    pub fn dated(&self, at: Timestamp) -> String {
        let at = self.zoned(at);
        let between = match self.words.language {
            Language::De => "um",
            Language::En => "at",
        };
        format!("{} {between} {}", self.date(&at), time(&at))
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.now.time_zone().clone())
    }

    /// The word for today or yesterday.
    fn near_day(&self, at: &Zoned) -> Option<&'static str> {
        let today = self.now.date();
        if at.date() == today {
            return Some(self.words.today);
        }
        (today.yesterday().ok() == Some(at.date())).then_some(self.words.yesterday)
    }

    fn date(&self, at: &Zoned) -> String {
        let weekday = at.weekday().to_monday_zero_offset();
        let weekday = pick(&self.words.weekdays, weekday);
        let (day, month, year) = (at.day(), at.month(), at.year());
        match self.words.language {
            Language::De => format!("{weekday}, {day:02}.{month:02}.{year}"),
            Language::En => format!(
                "{weekday}, {day} {} {year}",
                pick(&self.words.months, month - 1)
            ),
        }
    }
}

/// `812 B`, `12 KB`, `2,4 MB`, `40,0 GB`.
pub(crate) fn size(bytes: u64, words: &Words) -> String {
    const KB: u64 = 1 << 10;
    const MB: u64 = 1 << 20;
    const GB: u64 = 1 << 30;
    let with_tenths = |unit: u64, name: &str| {
        let tenths = u128::from(bytes) * 10 / u128::from(unit);
        let mark = words.decimal_mark;
        format!("{}{mark}{} {name}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..KB => format!("{bytes} B"),
        KB..MB => format!("{} KB", bytes / KB),
        MB..GB => with_tenths(MB, "MB"),
        _ => with_tenths(GB, "GB"),
    }
}

fn pick(names: &[&'static str], at: i8) -> &'static str {
    usize::try_from(at)
        .ok()
        .and_then(|at| names.get(at))
        .copied()
        .unwrap_or_default()
}

fn time(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

fn machine(at: &Zoned) -> String {
    at.timestamp().to_string()
}

/// `UTC`, `UTC+1`, `UTC-3:30`.
fn offset(at: &Zoned) -> String {
    let seconds = at.offset().seconds();
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    let sign = if seconds < 0 { '-' } else { '+' };
    match (hours, minutes) {
        (0, 0) => "UTC".to_owned(),
        (_, 0) => format!("UTC{sign}{hours}"),
        _ => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
