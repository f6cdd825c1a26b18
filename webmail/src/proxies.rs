//! Proxies in front of the webmail: whose word counts about where a browser sits.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// The proxies whose last address in `X-Forwarded-For` is believed. One on this host always is.
#[derive(Clone)]
pub struct Proxies(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl Proxies {
    /// Those at which this is true, besides those on this host.
    pub fn new(is_one: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_one))
    }

    /// Whether the word of `peer` counts.
    pub(crate) fn believe(&self, peer: IpAddr) -> bool {
        peer.is_loopback() || (self.0)(peer)
    }
}

impl Default for Proxies {
    /// None but those on this host.
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies(…)")
    }
}

/// Whether an address is one of a network without a way to the outside, where proxies stand: nobody on
/// the internet has such an address (RFC 1918, RFC 4193, RFC 6598).
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let [first, second, ..] = it.octets();
            it.is_private() || it.is_link_local() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses() {
        let check = |address: &str, want: bool| {
            assert_eq!(is_private(address.parse().unwrap()), want, "{address}");
        };
        check("172.17.0.1", true);
        check("192.168.1.1", true);
        check("100.64.0.1", true);
        check("100.128.0.1", false);
        check("169.254.1.1", true);
        check("fd00::1", true);
        check("fe80::1", true);
        check("192.0.2.1", false);
        check("2001:db8::1", false);
    }
}
