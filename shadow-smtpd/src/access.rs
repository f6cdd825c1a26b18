//! Who may bring mail to a listener, by the network it comes from.

use std::net::IpAddr;

use store::Trust;

use crate::config::{ListenerConfig, Role};
use crate::network::Network;
use crate::proto::Standing;

/// The rule of one listener.
#[derive(Debug)]
pub(crate) struct Access {
    role: Role,
    allow: Vec<Network>,
    proof: Proof,
}

/// Whether somebody from elsewhere can show who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// By a certificate, or by signing in.
    Taken,
    /// There is no way.
    Nothing,
}

impl Access {
    pub(crate) fn new(config: &ListenerConfig, proof: Proof) -> Self {
        Self {
            role: config.role,
            allow: config.allow.clone(),
            proof,
        }
    }

    /// How a peer of this address stands; `None` when it may not even connect. A proxy may not
    /// know the address.
    pub(crate) fn standing(&self, address: Option<IpAddr>) -> Option<Standing> {
        let is_in = |network: &Network| address.is_some_and(|address| network.contains(address));
        let allowed = match self.role {
            Role::Fallback | Role::Relay if self.allow.is_empty() => return Some(Standing::Open),
            Role::Journal if self.allow.is_empty() => {
                address.is_some_and(|address| address.is_loopback())
            }
            _ => self.allow.iter().any(is_in),
        };
        match self.proof {
            _ if allowed => Some(Standing::Trusted(Trust::Network)),
            Proof::Taken => Some(Standing::Stranger),
            Proof::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_certificate::ClientCertificates;
    use crate::config::{Protocol, TlsPolicy};
    use crate::peer_limits::PeerLimits;

    fn access(role: Role, allow: &[&str], proof: Proof) -> Access {
        let config = ListenerConfig {
            name: "test".into(),
            role,
            address: ([127, 0, 0, 1], 0).into(),
            protocol: Protocol::Smtp,
            allow: allow.iter().map(|text| text.parse().unwrap()).collect(),
            proxy: Vec::new(),
            xclient: Vec::new(),
            tls: TlsPolicy::Opportunistic,
            certificates: ClientCertificates::default(),
            message_bytes_max: 1,
            limits: PeerLimits::NONE,
        };
        Access::new(&config, proof)
    }

    #[test]
    fn standings() {
        let check = |access: &Access, address: &str, want: Option<Standing>| {
            assert_eq!(access.standing(address.parse().ok()), want, "{address}");
        };
        let network = || Some(Standing::Trusted(Trust::Network));
        let stranger = Some(Standing::Stranger);

        let closed = access(Role::Journal, &[], Proof::Nothing);
        check(&closed, "127.0.0.1", network());
        check(&closed, "::1", network());
        check(&closed, "192.0.2.1", None);
        check(&closed, "unknown", None);

        let gateway = access(Role::Journal, &["10.0.0.0/8"], Proof::Taken);
        check(&gateway, "10.1.2.3", network());
        check(&gateway, "::ffff:10.1.2.3", network());
        check(&gateway, "127.0.0.1", stranger.clone());
        check(&gateway, "unknown", stranger);

        let world = access(Role::Fallback, &[], Proof::Taken);
        check(&world, "192.0.2.1", Some(Standing::Open));
        check(&world, "unknown", Some(Standing::Open));
        let some = access(Role::Relay, &["192.0.2.0/24"], Proof::Nothing);
        check(&some, "192.0.2.1", network());
        check(&some, "198.51.100.1", None);
    }
}
