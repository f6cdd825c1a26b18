//! What one address may do to a listener.

use std::net::IpAddr;
use std::time::Duration;

use crate::config::Role;
use crate::limits;
use crate::network::Network;

/// What one address (an IPv6 /64 counts as one) may do to a listener. A number of 0 is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerLimits {
    /// Connections at once. Beyond it: 421.
    pub connections: u32,
    /// Connections in a minute. Beyond it: 421.
    pub connections_per_minute: u32,
    /// Mails in a minute. The one that is too many is taken, recipients of the next hear 450.
    pub mails_per_minute: u32,
    /// Recipients in a minute, known or not. Beyond it: 450.
    pub recipients_per_minute: u32,
    /// Unknown recipients in a minute, so that nobody reads the directory out by guessing. Beyond
    /// it every recipient hears 450 for a while.
    pub unknown_recipients_per_minute: u32,
    /// Bytes in a second that a mail comes in with, on average after a minute. Slower: 421.
    pub bytes_per_second: u32,
    /// How long a peer waits for our greeting. Who talks meanwhile is no mail server: 554.
    pub greeting_delay: Duration,
    /// Networks for which nothing of this holds.
    pub exempt: Vec<Network>,
}

impl PeerLimits {
    /// For peers we know.
    pub const NONE: Self = Self {
        connections: 0,
        connections_per_minute: 0,
        mails_per_minute: 0,
        recipients_per_minute: 0,
        unknown_recipients_per_minute: 0,
        bytes_per_second: 0,
        greeting_delay: Duration::ZERO,
        exempt: Vec::new(),
    };

    /// For the world.
    pub const STRANGERS: Self = Self {
        connections: limits::CONNECTIONS_PER_ADDRESS,
        connections_per_minute: limits::CONNECTIONS_PER_MINUTE,
        mails_per_minute: limits::MAILS_PER_MINUTE,
        recipients_per_minute: limits::RECIPIENTS_PER_MINUTE,
        unknown_recipients_per_minute: limits::UNKNOWN_RECIPIENTS_PER_MINUTE,
        bytes_per_second: limits::BODY_BYTES_PER_SECOND,
        greeting_delay: Duration::ZERO,
        exempt: Vec::new(),
    };

    /// What holds for a listener whose config does not say. Copies are never held up, nor is a
    /// gateway that was allowed by name: all its mail comes from one address.
    pub fn by_default(role: Role, allow: &[Network]) -> Self {
        match role {
            Role::Fallback | Role::Relay if allow.is_empty() => Self::STRANGERS,
            Role::Journal | Role::Fallback | Role::Relay => Self::NONE,
        }
    }

    /// Whether nothing of this holds for `address`.
    pub(crate) fn exempts(&self, address: IpAddr) -> bool {
        self.exempt.iter().any(|network| network.contains(address))
    }
}
