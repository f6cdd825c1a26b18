//! What one address may do to a listener: `[listener.limits]`.

use std::time::Duration;

use serde::Deserialize;
use shadow_smtpd::{Network, PeerLimits, Role, limits};

/// `[listener.limits]`. What stands there holds for every address, and what does not has the
/// default of the listener; 0 is no limit.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawPeerLimits {
    /// Connections at once. Default: 50 where the world may connect; else no limit, as below.
    pub connections: Option<u32>,
    /// Connections in a minute. Default: 120.
    pub connections_per_minute: Option<u32>,
    /// Mails in a minute. Default: 600.
    pub mails_per_minute: Option<u32>,
    /// Recipients in a minute. Default: 6000.
    pub recipients_per_minute: Option<u32>,
    /// Unknown recipients in a minute. Default: 100.
    pub unknown_recipients_per_minute: Option<u32>,
    /// Bytes in a second that a mail comes in with, after its first minute. Default: 100.
    pub bytes_per_second: Option<u32>,
    /// How long a peer waits for the greeting. Default: 0.
    pub greeting_delay_seconds: Option<u8>,
    /// Networks for which nothing of this holds. Default: this host.
    pub exempt: Option<Vec<String>>,
}

/// Checks `[listener.limits]`; a complaint continues after the listener's name.
pub fn check(raw: &RawPeerLimits, role: Role, allow: &[Network]) -> Result<PeerLimits, String> {
    let default = PeerLimits::by_default(role, allow);
    let delay = raw.greeting_delay_seconds.map(u64::from);
    let greeting_delay = delay.map_or(default.greeting_delay, Duration::from_secs);
    if greeting_delay > limits::GREETING_DELAY_MAX {
        let most = limits::GREETING_DELAY_MAX.as_secs();
        return Err(format!(
            "has greeting_delay_seconds, which must be at most {most}"
        ));
    }
    if role == Role::Journal && !greeting_delay.is_zero() {
        return Err(
            "has greeting_delay_seconds, which is for strangers and not for a journal".into(),
        );
    }
    let network = |text: &String| {
        text.parse()
            .map_err(|_| format!("exempts \"{text}\", which is no network such as 10.0.0.0/8"))
    };
    let this_host = || vec!["127.0.0.0/8".to_owned(), "::1".to_owned()];
    let exempt = raw.exempt.clone().unwrap_or_else(this_host);
    Ok(PeerLimits {
        connections: raw.connections.unwrap_or(default.connections),
        connections_per_minute: raw
            .connections_per_minute
            .unwrap_or(default.connections_per_minute),
        mails_per_minute: raw.mails_per_minute.unwrap_or(default.mails_per_minute),
        recipients_per_minute: raw
            .recipients_per_minute
            .unwrap_or(default.recipients_per_minute),
        unknown_recipients_per_minute: raw
            .unknown_recipients_per_minute
            .unwrap_or(default.unknown_recipients_per_minute),
        bytes_per_second: raw.bytes_per_second.unwrap_or(default.bytes_per_second),
        greeting_delay,
        exempt: exempt.iter().map(network).collect::<Result<_, _>>()?,
    })
}
