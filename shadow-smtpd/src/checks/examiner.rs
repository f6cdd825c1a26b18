//! The checks as one session sees them.

use std::net::IpAddr;
use std::sync::Arc;

use store::{Address, Envelope, Findings, Held, ReversePath, Trust};

use super::Checks;
use crate::mail_log::Origin;
use crate::proto::Reply;

/// Checks what one peer brings, where that is checked.
pub(crate) struct Examiner {
    checks: Option<Arc<Checks>>,
    /// The block lists that name an address, once somebody asked.
    listed: Option<(IpAddr, Vec<String>)>,
}

/// How a mail came.
pub(super) struct Arrival<'a> {
    /// Where from.
    pub(super) origin: &'a Origin,
    /// What the peer calls itself.
    pub(super) helo: &'a str,
    /// Where a bounce would go.
    pub(super) reverse_path: &'a ReversePath,
    /// Whom it is for.
    pub(super) recipients: &'a [Address],
    /// Why the peer may bring it, where not everybody may.
    pub(super) trust: Option<&'a Trust>,
    /// Block lists that name the peer.
    pub(super) block_lists: &'a [String],
}

impl Arrival<'_> {
    /// The address that is judged: that of somebody in the world, whom nobody here has named.
    pub(super) fn judged(&self) -> Option<IpAddr> {
        let of_stranger = self.origin.address.filter(|_| self.trust.is_none());
        of_stranger.filter(|address| is_of_the_world(*address))
    }
}

/// Whether what the DNS says about an address can be about this one. Records of the world say
/// nothing about a host's own addresses and those of a private network (RFC 6890 §2.2.2, §2.2.3),
/// which would fail them all.
fn is_of_the_world(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let is_special = match v4.octets() {
                // Shared with a provider, where load balancers and clusters are, too.
                [100, second, ..] => (64..128).contains(&second),
                [192, 0, 0, _] | [198, 18 | 19, ..] => true,
                _ => v4.is_private() || v4.is_link_local(),
            };
            !is_special && !v4.is_loopback() && !v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            // Site-local addresses were given up (RFC 3879), and are used on.
            let is_site_local = v6.segments()[0] & 0xffc0 == 0xfec0;
            !v6.is_loopback()
                && !v6.is_unique_local()
                && !v6.is_unicast_link_local()
                && !v6.is_unspecified()
                && !is_site_local
        }
    }
}

impl Examiner {
    /// Without checks everything passes.
    pub(crate) fn new(checks: Option<Arc<Checks>>) -> Self {
        Self {
            checks,
            listed: None,
        }
    }

    /// Whether the peer, whom nobody here has named, may bring mail at all, as far as block lists
    /// go. They are asked once.
    pub(crate) async fn may_come(&mut self, origin: &Origin) -> Result<(), Reply> {
        let (Some(checks), Some(address)) = (&self.checks, origin.address) else {
            return Ok(());
        };
        if !is_of_the_world(address) {
            return Ok(());
        }
        let lists = match self.listed.take() {
            Some((of, lists)) if of == address => lists,
            _ => checks.block_lists(address).await,
        };
        let verdict = checks.may_come(&lists);
        self.listed = Some((address, lists));
        verdict
    }

    /// What is found out about a mail that is whole. `Err` is what the peer hears instead of 250.
    pub(crate) async fn examine(
        &self,
        origin: &Origin,
        held: &mut Held,
        envelope: &Envelope,
    ) -> Result<Option<Box<Findings>>, Reply> {
        let Some(checks) = &self.checks else {
            return Ok(None);
        };
        let trust = envelope.peer.trust.as_ref();
        let lists = match &self.listed {
            Some((of, lists)) if trust.is_none() && origin.address == Some(*of) => lists.as_slice(),
            _ => &[],
        };
        let arrival = Arrival {
            origin,
            helo: &envelope.peer.helo,
            reverse_path: &envelope.reverse_path,
            recipients: &envelope.recipients,
            trust,
            block_lists: lists,
        };
        let examined = checks.examine(held, &arrival).await?;
        Ok(examined.map(Box::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::ConnectionId;

    fn is_judged(address: &str, trust: Option<&Trust>) -> bool {
        let origin = Origin {
            listener: "mx".into(),
            connection: ConnectionId::next(),
            address: address.parse().ok(),
            mail: None,
        };
        let arrival = Arrival {
            origin: &origin,
            helo: "c.example",
            reverse_path: &ReversePath::Null,
            recipients: &[],
            trust,
            block_lists: &[],
        };
        arrival.judged().is_some()
    }

    #[test]
    fn only_strangers_of_the_world_are_judged() {
        for address in [
            "192.0.2.1",
            "2001:db8::1",
            "::ffff:192.0.2.1",
            "100.63.255.255",
            "100.128.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "ff00::1",
        ] {
            assert!(is_judged(address, None), "{address}");
            for trust in [Trust::Network, Trust::Login("gateway".into())] {
                assert!(!is_judged(address, Some(&trust)), "{address} {trust:?}");
            }
        }
        for here in [
            "127.0.0.1",
            "10.1.2.3",
            "172.17.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.0",
            "100.127.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:10.1.2.3",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "feff::1",
            "nobody knows",
        ] {
            assert!(!is_judged(here, None), "{here}");
        }
    }
}
