//! The header in which a proxy says for whom it connects: `HAProxy`'s PROXY protocol, versions 1 and
//! 2 (proxy-protocol.txt §2). It comes before everything else, TLS too.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits;

/// The first bytes of version 2; no text begins so.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The first bytes of version 1.
const WORD: &[u8] = b"PROXY ";
/// The shortest header of version 1.
const SHORTEST: &[u8] = b"PROXY UNKNOWN\r\n";
/// The longest one (§2.1).
const LINE_BYTES_MAX: usize = 107;
/// Bytes of version 2 before the addresses.
const FIXED_BYTES: usize = 16;

/// What the bytes so far say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// At least so many more bytes belong to it.
    Goes(usize),
    /// It is whole, and says this.
    For(Client),
    /// It is no such header.
    Wrong,
}

/// For whom a proxy connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// For somebody with this address.
    At(IpAddr),
    /// For somebody whose address it does not know, or can not say.
    Unknown,
    /// For itself: it looks whether we are there.
    Nobody,
}

/// Reads a header, and not a byte more.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Client> {
    let mut bytes = Vec::new();
    loop {
        match parse(&bytes) {
            Header::Goes(more) => {
                let from = bytes.len();
                bytes.resize(from + more, 0);
                let room = bytes.get_mut(from..).unwrap_or_default();
                stream.read_exact(room).await?;
            }
            Header::For(client) => return Ok(client),
            Header::Wrong => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Reads what has come so far.
pub(crate) fn parse(bytes: &[u8]) -> Header {
    if begins(bytes, &SIGNATURE) && bytes.len() < SIGNATURE.len() {
        return Header::Goes(SIGNATURE.len() - bytes.len());
    }
    if bytes.starts_with(&SIGNATURE) {
        return version_2(bytes);
    }
    if !begins(bytes, WORD) {
        return Header::Wrong;
    }
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) if at + 1 == bytes.len() => version_1(bytes).unwrap_or(Header::Wrong),
        None if bytes.len() < LINE_BYTES_MAX => {
            Header::Goes(SHORTEST.len().saturating_sub(bytes.len()).max(1))
        }
        _ => Header::Wrong,
    }
}

/// Whether one is the beginning of the other.
fn begins(bytes: &[u8], whole: &[u8]) -> bool {
    bytes.iter().zip(whole).all(|(a, b)| a == b)
}

/// `PROXY TCP4 192.0.2.1 192.0.2.2 56324 25` and CRLF (§2.1).
fn version_1(line: &[u8]) -> Option<Header> {
    let line = std::str::from_utf8(line.strip_suffix(b"\r\n")?).ok()?;
    let mut words = line.split(' ');
    let (_, family) = (words.next()?, words.next()?);
    if family == "UNKNOWN" {
        // The rest of the line is to be ignored.
        return Some(Header::For(Client::Unknown));
    }
    let (source, destination) = (words.next()?, words.next()?);
    let source = match family {
        "TCP4" => {
            destination.parse::<Ipv4Addr>().ok()?;
            IpAddr::V4(source.parse().ok()?)
        }
        "TCP6" => {
            destination.parse::<Ipv6Addr>().ok()?;
            IpAddr::V6(source.parse().ok()?)
        }
        _ => return None,
    };
    port(words.next()?)?;
    port(words.next()?)?;
    let client = Header::For(Client::At(source));
    words.next().is_none().then_some(client)
}

/// A number from 0 to 65535 without a sign or zeros before it.
fn port(word: &str) -> Option<u16> {
    let port: u16 = word.parse().ok()?;
    (port.to_string() == word).then_some(port)
}

/// Version, command, family, length, addresses, and more that is skipped (§2.2).
fn version_2(bytes: &[u8]) -> Header {
    let Some([command, family, high, low]) = bytes.get(SIGNATURE.len()..FIXED_BYTES) else {
        return Header::Goes(FIXED_BYTES.saturating_sub(bytes.len()).max(1));
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length > limits::PROXY_HEADER_BYTES_MAX || command >> 4 != 2 {
        return Header::Wrong;
    }
    let rest = bytes.get(FIXED_BYTES..).unwrap_or_default();
    if rest.len() < length {
        return Header::Goes(length - rest.len());
    }
    if rest.len() > length {
        return Header::Wrong;
    }
    let client = match (command & 0x0f, family) {
        // TCP over IPv4: two addresses and two ports, 12 bytes.
        (1, 0x11) if length >= 12 => v4(rest).map(Client::At),
        // TCP over IPv6: 36 bytes.
        (1, 0x21) if length >= 36 => v6(rest).map(Client::At),
        // Unspecified, and Unix sockets.
        (1, 0x00 | 0x31) => Some(Client::Unknown),
        // LOCAL, whatever else it says.
        (0, _) => Some(Client::Nobody),
        _ => None,
    };
    client.map_or(Header::Wrong, Header::For)
}

fn v4(rest: &[u8]) -> Option<IpAddr> {
    let octets: [u8; 4] = *rest.first_chunk()?;
    Some(IpAddr::from(octets))
}

fn v6(rest: &[u8]) -> Option<IpAddr> {
    let octets: [u8; 16] = *rest.first_chunk()?;
    Some(IpAddr::from(octets))
}

#[cfg(test)]
#[path = "proxy_header_tests.rs"]
mod tests;
