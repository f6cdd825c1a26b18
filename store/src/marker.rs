//! The marker of re-injected mail: a header field that only we can write.
//!
//! A primary that journals what we hand back sends it to us again. The marker tells that it is
//! the same mail. Its seal covers the ids and the content, so that nobody else can make us
//! ignore a mail by adding the field to it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::filing::Replayed;
use crate::queue::QueueId;
use crate::segment::hex;

/// The name of the header field. Exchange's header firewall lets it pass.
pub const NAME: &str = "X-Shadow-Replay";

/// The value of the header field for `message`, on its way as row `queue`; `digest` is what
/// [`body_digest`] says of the content.
pub fn seal(key: &[u8; 32], replayed: Replayed, digest: &[u8; 32]) -> String {
    let Replayed { message, queue } = replayed;
    format!(
        "v1; id={message}; q={queue}; mac={}",
        mac(key, replayed, digest)
    )
}

/// Reads the value of the header field; `None` when we did not write it for this content.
pub fn open(key: &[u8; 32], value: &str, digest: &[u8; 32]) -> Option<Replayed> {
    let mut parts = value.split(';').map(str::trim);
    if parts.next() != Some("v1") {
        return None;
    }
    let message = parts.next()?.strip_prefix("id=")?.parse().ok()?;
    let queue = QueueId(parts.next()?.strip_prefix("q=")?.parse().ok()?);
    let seal = parts.next()?.strip_prefix("mac=")?;
    let replayed = Replayed { message, queue };
    let want = mac(key, replayed, digest);
    let same: bool = subtle::ConstantTimeEq::ct_eq(seal.as_bytes(), want.as_bytes()).into();
    same.then_some(replayed)
}

/// What the seal says of the content: the digest of the body without its last line end. The
/// header is left out because every hop adds to it.
pub fn body_digest(mail: &[u8]) -> [u8; 32] {
    let body = mail
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(&b""[..], |at| &mail[at + 4..]);
    Sha256::digest(body.strip_suffix(b"\r\n").unwrap_or(body)).into()
}

fn mac(key: &[u8; 32], replayed: Replayed, digest: &[u8; 32]) -> String {
    // The block size of SHA-256; RFC 2104 §2 fills a shorter key up with zeros.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(format!("{};{};", replayed.message, replayed.queue).as_bytes());
    mac.update(digest);
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed() {
        let key = [7; 32];
        let replayed = Replayed {
            message: "20261122-0f3b2c1a9d04e".parse().unwrap(),
            queue: QueueId(42),
        };
        let digest = body_digest(b"Subject: x\r\n\r\nhello\r\n");
        let value = seal(&key, replayed, &digest);

        assert_eq!(open(&key, &value, &digest), Some(replayed));
        assert_eq!(
            body_digest(b"Received: y\r\nSubject: x\r\n\r\nhello"),
            digest
        );
        assert_eq!(open(&[8; 32], &value, &digest), None);
        assert_eq!(open(&key, &value, &body_digest(b"a: b\r\n\r\nother")), None);
        assert_eq!(open(&key, &value.replace("q=42", "q=43"), &digest), None);
        for garbage in [
            "",
            "v1",
            "v1; id=; q=; mac=",
            "v2; id=x",
            "v1; id=é; q=1; mac=",
        ] {
            assert_eq!(open(&key, garbage, &digest), None, "{garbage:?}");
        }
    }
}
