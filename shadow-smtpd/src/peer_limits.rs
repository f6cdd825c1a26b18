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
    /// it every recipient hears 450 for a while. Mail that was kept buys its address a few more.
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

    /// What holds for those who have not shown yet that they may bring mail: what was asked for, and
    /// else what holds for the world. Who they are nobody knows, so there is always a limit to how
    /// many come.
    pub(crate) fn for_strangers(&self) -> Self {
        let or = |given: u32, world: u32| if given == 0 { world } else { given };
        let world = Self::STRANGERS;
        Self {
            connections: or(self.connections, world.connections),
            connections_per_minute: or(self.connections_per_minute, world.connections_per_minute),
            ..self.clone()
        }
    }

    /// Whether nothing of this holds for `address`.
    pub(crate) fn exempts(&self, address: IpAddr) -> bool {
        self.exempt.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_limited_as_the_config_says() {
        let world = PeerLimits::STRANGERS;
        let check = |given: PeerLimits, connections: u32, in_a_minute: u32| {
            let limits = given.for_strangers();
            assert_eq!(limits.connections, connections);
            assert_eq!(limits.connections_per_minute, in_a_minute);
            assert_eq!(limits.exempt, given.exempt);
        };
        check(
            PeerLimits::NONE,
            world.connections,
            world.connections_per_minute,
        );
        let given = PeerLimits {
            connections: 500,
            connections_per_minute: 3000,
            exempt: vec!["192.0.2.0/24".parse().unwrap()],
            ..PeerLimits::NONE
        };
        check(given, 500, 3000);
    }
}
