//! Networks that may connect.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address range such as `10.0.0.0/8`, `::1` or `2001:db8::/32` (RFC 4632, RFC 4291 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The part before the slash is no IP address, or the part after it no length.
    #[error("\"{0}\" is no network; write it as 10.0.0.0/8 or ::1")]
    Unreadable(String),
    /// Bits are set behind the prefix, so it is unclear which network was meant.
    #[error("\"{0}\" has bits behind its prefix; did you mean {1}?")]
    LooseBits(String, Network),
}

impl Network {
    /// Whether `address` lies in it. An IPv4 address that came through an IPv6 socket counts as
    /// the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.prefix_bits) == Some(self.address)
    }
}

/// The address with all bits behind the prefix cleared; `None` when the prefix is too long.
fn masked(address: IpAddr, prefix_bits: u32) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => {
            let shift = 32_u32.checked_sub(prefix_bits)?;
            let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
            Some(IpAddr::V4((v4.to_bits() & mask).into()))
        }
        IpAddr::V6(v6) => {
            let shift = 128_u32.checked_sub(prefix_bits)?;
            let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
            Some(IpAddr::V6((v6.to_bits() & mask).into()))
        }
    }
}

/// What one peer counts as: its IPv4 address, or its IPv6 /64, which one host can use whole.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    if address.is_ipv6() {
        masked(address, 64).unwrap_or(address)
    } else {
        address
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let unreadable = || NetworkError::Unreadable(text.to_owned());
        let (address, prefix_bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|b| b.is_ascii_digit()) => {
                (address, Some(bits.parse().map_err(|_| unreadable())?))
            }
            Some(_) => return Err(unreadable()),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| unreadable())?;
        let prefix_bits = prefix_bits.unwrap_or(if address.is_ipv4() { 32 } else { 128 });
        let first = masked(address, prefix_bits).ok_or_else(unreadable)?;
        let network = Self {
            address: first,
            prefix_bits,
        };
        if first != address {
            return Err(NetworkError::LooseBits(text.to_owned(), network));
        }
        Ok(network)
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
