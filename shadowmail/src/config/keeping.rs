//! How long mail is kept, and how much room stays free: `[retention]` and `[disk]`.

use retention::{GroupPolicy, Policy};
use store::Watermarks;

use super::error::{ConfigError, Source};
use super::raw::{RawDisk, RawRetention};

/// Longest time that mail may be kept: ten years.
const DAYS_MAX: u16 = 3653;

/// Checks `[retention]`.
pub fn policy(source: Source<'_>, raw: RawRetention) -> Result<Policy, ConfigError> {
    let is_some = |days: u16| (1..=DAYS_MAX).contains(&days);
    for (key, days) in [
        ("retention.days", raw.days),
        ("retention.days_at_once", raw.days_at_once),
    ] {
        if !is_some(days) {
            return Err(source.wrong(key, format!("must be from 1 to {DAYS_MAX}")));
        }
    }
    let mut groups: Vec<GroupPolicy> = Vec::new();
    for group in raw.group {
        let at = group.span();
        let wrong = |sentence: String| source.wrong_at(at.clone(), sentence);
        let group = group.into_inner();
        let address = group.address;
        if !is_some(group.days) {
            let sentence = format!("the days of the group \"{address}\" must be from 1 to");
            return Err(wrong(format!("{sentence} {DAYS_MAX}")));
        }
        let address: store::Address = address.parse().map_err(|_| {
            wrong(format!(
                "\"{address}\" is not the mail address of a group, such as \"board@corp.example\""
            ))
        })?;
        if groups.iter().any(|it| it.address.key() == address.key()) {
            return Err(wrong(format!(
                "the group {address} stands here twice; remove one"
            )));
        }
        let days = group.days;
        groups.push(GroupPolicy { address, days });
    }
    Ok(Policy {
        days: raw.days,
        groups,
        days_at_once: raw.days_at_once,
    })
}

/// Checks `[disk]`.
pub fn watermarks(source: Source<'_>, raw: &RawDisk) -> Result<Watermarks, ConfigError> {
    for (key, percent) in [
        ("disk.warn_percent_free", raw.warn_percent_free),
        ("disk.refuse_percent_free", raw.refuse_percent_free),
    ] {
        if percent > 50 {
            return Err(source.wrong(key, "must be from 0 to 50"));
        }
    }
    let marks = Watermarks {
        warn_percent_free: raw.warn_percent_free,
        warn_bytes_free_max: raw.warn_bytes_free_max,
        refuse_percent_free: raw.refuse_percent_free,
        refuse_bytes_free_max: raw.refuse_bytes_free_max,
    };
    let sentence = "must be more than that of refuse, so that somebody can make room in time";
    if marks.warn_percent_free <= marks.refuse_percent_free {
        return Err(source.wrong("disk.warn_percent_free", sentence));
    }
    if marks.warn_bytes_free_max <= marks.refuse_bytes_free_max {
        return Err(source.wrong("disk.warn_bytes_free_max", sentence));
    }
    Ok(marks)
}
