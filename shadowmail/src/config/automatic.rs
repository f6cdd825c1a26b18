//! What follows when probes say that the primary is down: `[continuity]`.

use std::time::Duration;

use continuity::{Automatic, Policy, Probe};
use serde::Deserialize;

use super::error::{ConfigError, Source};
use super::probes::SECONDS_MAX;

/// `[continuity]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawContinuity {
    /// Who starts the emergency when the primary is down. Default: `alert`, a person.
    pub automatic: RawAutomatic,
    /// How long probes must have failed before it starts by itself. Default: 600.
    pub start_after_seconds: u64,
    /// How many probes of the primary must fail for that. Default: 2.
    pub probes_agree: usize,
    /// How long after the end of an emergency none starts by itself. Default: 60.
    pub hold_off_minutes: u64,
}

impl Default for RawContinuity {
    fn default() -> Self {
        Self {
            automatic: RawAutomatic::Alert,
            start_after_seconds: 600,
            probes_agree: 2,
            hold_off_minutes: 60,
        }
    }
}

/// Who starts the emergency.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawAutomatic {
    Alert,
    Start,
}

/// Checks `[continuity]`.
pub fn policy(
    source: Source<'_>,
    raw: &RawContinuity,
    probes: &[Probe],
) -> Result<Policy, ConfigError> {
    if raw.start_after_seconds > SECONDS_MAX {
        let sentence = format!("must be up to {SECONDS_MAX}");
        return Err(source.wrong("continuity.start_after_seconds", sentence));
    }
    if raw.hold_off_minutes > SECONDS_MAX / 60 {
        let sentence = format!("must be up to {}", SECONDS_MAX / 60);
        return Err(source.wrong("continuity.hold_off_minutes", sentence));
    }
    if raw.probes_agree == 0 {
        return Err(source.wrong("continuity.probes_agree", "must be 1 or more"));
    }
    let votes = probes.iter().filter(|it| it.asks.kind().votes()).count();
    if raw.automatic == RawAutomatic::Start && votes < raw.probes_agree {
        let sentence = format!(
            "= \"start\" needs {} probes that ask the primary (smtp, imap, https, ldap), and there are {votes}: \
             add [[probe]]s, or lower continuity.probes_agree",
            raw.probes_agree
        );
        return Err(source.wrong("continuity.automatic", sentence));
    }
    Ok(Policy {
        automatic: match raw.automatic {
            RawAutomatic::Alert => Automatic::Alert,
            RawAutomatic::Start => Automatic::Start,
        },
        start_after: Duration::from_secs(raw.start_after_seconds),
        agree: raw.probes_agree,
        hold_off: Duration::from_mins(raw.hold_off_minutes),
    })
}
