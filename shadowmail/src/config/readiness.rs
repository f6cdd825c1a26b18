//! Being ready for an emergency: `[readiness]`.

use std::time::Duration;

use continuity::{Pace, Sender};
use serde::Deserialize;

use super::error::{ConfigError, Source};

/// Longest time of this table: a year.
const DAYS_MAX: u16 = 366;

/// `[readiness]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawReadiness {
    /// Whom reminders come from. Default: empty, nobody is reminded.
    pub from: String,
    /// Its name as people read it. Default: empty.
    pub from_name: String,
    /// Language of those of whom the directory does not say it. Default: `en`.
    pub language: String,
    /// Whole days in which nobody is reminded twice. Default: 14.
    pub pause_days: u16,
    /// Whole days between two rounds of reminders to all who are missing. Default: 0, never.
    pub remind_every_days: u16,
}

impl Default for RawReadiness {
    fn default() -> Self {
        Self {
            from: String::new(),
            from_name: String::new(),
            language: "en".to_owned(),
            pause_days: 14,
            remind_every_days: 0,
        }
    }
}

/// How people are reminded to try to sign in.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// Whom the mails come from; without it there are none.
    pub from: Option<Sender>,
    /// Language of those of whom the directory does not say it.
    pub language: String,
    /// How often.
    pub pace: Pace,
}

/// Checks `[readiness]`.
pub fn check(source: Source<'_>, raw: RawReadiness) -> Result<Readiness, ConfigError> {
    let from = if raw.from.is_empty() {
        None
    } else {
        let address: Option<store::Address> = raw.from.parse().ok();
        // Not every server takes mail from an address beyond ASCII (RFC 6531).
        let address = address.filter(|it| it.as_str().is_ascii());
        let Some(address) = address else {
            let sentence = format!(
                "\"{}\" is not a mail address such as \"it@corp.example\"",
                raw.from
            );
            return Err(source.wrong("readiness.from", sentence));
        };
        let name = raw.from_name;
        Some(Sender { address, name })
    };
    if !["de", "en"].contains(&raw.language.as_str()) {
        return Err(source.wrong("readiness.language", "must be \"de\" or \"en\""));
    }
    if !(1..=DAYS_MAX).contains(&raw.pause_days) {
        let sentence = format!("must be from 1 to {DAYS_MAX}");
        return Err(source.wrong("readiness.pause_days", sentence));
    }
    let every = raw.remind_every_days;
    if every > DAYS_MAX {
        let sentence = format!("must be from 1 to {DAYS_MAX}, or 0 for never");
        return Err(source.wrong("readiness.remind_every_days", sentence));
    }
    if every > 0 && from.is_none() {
        let sentence = "needs readiness.from, the address that the mails come from";
        return Err(source.wrong("readiness.remind_every_days", sentence));
    }
    let days = |days: u16| Duration::from_hours(u64::from(days) * 24);
    Ok(Readiness {
        from,
        language: raw.language,
        pace: Pace {
            pause: days(raw.pause_days),
            every: (every > 0).then(|| days(every)),
        },
    })
}
