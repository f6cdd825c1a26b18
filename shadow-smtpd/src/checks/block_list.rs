//! DNS block lists (RFC 5782).

use std::net::{IpAddr, Ipv4Addr};

use futures_util::future::join_all;
use mail_auth::MessageAuthenticator;
use tokio::time::timeout;
use tracing::warn;

use super::ChecksConfig;

/// The lists that name an address. One that does not answer in time names nobody.
pub(super) async fn naming(
    dns: &MessageAuthenticator,
    address: IpAddr,
    config: &ChecksConfig,
) -> Vec<String> {
    let asked = config.block_lists.iter().map(|zone| async move {
        let name = format!("{}.{zone}.", reversed(address));
        let answer = timeout(config.dns_time, dns.ipv4_lookup_raw(&name)).await;
        let listed = match answer {
            Ok(Ok(answer)) => answer.entry.iter().any(|entry| means_listed(*entry, zone)),
            Ok(Err(_)) | Err(_) => false,
        };
        listed.then(|| zone.clone())
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// A list answers with 127.0.0.0/8 (RFC 5782 §2.1). Anything else is a server that answers
/// everything, and 127.255.255.0/24 is how the big lists say that they do not answer us.
fn means_listed(answer: Ipv4Addr, zone: &str) -> bool {
    match answer.octets() {
        [127, 255, 255, _] => {
            warn!(%zone, %answer, "the block list does not answer this DNS server; ask your own one");
            false
        }
        [127, ..] => true,
        _ => false,
    }
}

/// 192.0.2.1 is asked for as 1.2.0.192 (RFC 5782 §2.1), an IPv6 address by its nibbles (§2.4).
fn reversed(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev();
            let nibbles = nibbles.flat_map(|octet| [octet & 15, octet >> 4]);
            let nibbles: Vec<String> = nibbles.map(|nibble| format!("{nibble:x}")).collect();
            nibbles.join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_to_ask_for() {
        let check = |address: &str, want: &str| {
            assert_eq!(reversed(address.parse().unwrap()), want);
        };
        check("192.0.2.99", "99.2.0.192");
        check("::ffff:192.0.2.99", "99.2.0.192");
        check(
            "2001:db8:1:2:3:4:567:89ab",
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2",
        );
    }

    #[test]
    fn answers() {
        let check = |answer: [u8; 4], want: bool| {
            assert_eq!(means_listed(answer.into(), "zone"), want, "{answer:?}");
        };
        check([127, 0, 0, 2], true);
        check([127, 0, 1, 255], true);
        check([127, 255, 255, 254], false);
        check([93, 184, 216, 34], false);
    }
}
