//! Links that start an emergency: whoever got one by an alert needs no password, because in an outage at
//! night there may be nothing that could check one. It opens no mail.
//!
//! A link is good once, for some hours, and only while nobody has changed the mode since it was made. Its
//! seal covers all of that, and whom it was sent to.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use rusqlite::Transaction;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::StoreError;
use crate::mode;
use crate::segment::hex;
use crate::settings;
use crate::shadow::Store;

/// The key that seals them.
const KEY: &str = "start-link-key";

/// Characters of a token; more is none.
const TOKEN_CHARS_MAX: usize = 1000;

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartLink {
    /// The line of the mode's history that was the newest when it was made.
    pub mode_number: i64,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whom it was sent to: a webhook's name, or a mail address.
    pub to: String,
}

/// A link is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// We did not make it.
    #[error("the link is not one of ours")]
    Forged,
    /// It is too old.
    #[error("the link has expired")]
    Expired,
    /// It was used, or somebody has changed the mode since.
    #[error("the link was used, or the mode was changed since")]
    Spent,
}

impl Store {
    /// Seals a new link; what is given back goes into its address.
    pub async fn seal_start_link(&self, link: StartLink) -> Result<String, StoreError> {
        self.blocking(move |inner| {
            let key = inner.shadow.write(|shadow| settings::key(shadow, KEY))?;
            Ok(sealed(&key, &link, &settings::random()?))
        })
        .await
    }

    /// Reads a link and does not use it.
    pub async fn open_start_link(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<StartLink, LinkRefused>, StoreError> {
        let token = token.to_owned();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let Some(key) = settings::known_key(shadow, KEY)? else {
                    return Ok(Err(LinkRefused::Forged));
                };
                let opened = opened(shadow, (&key, &token), now)?;
                Ok(opened.map(|(link, _)| link))
            })
        })
        .await
    }

    /// Uses a link: it is not good any more.
    pub async fn use_start_link(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<StartLink, LinkRefused>, StoreError> {
        // Strangers do not get as far as where all others must wait for them.
        if let Err(refused) = self.open_start_link(token, now).await? {
            return Ok(Err(refused));
        }
        let token = token.to_owned();
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let key = settings::key(shadow, KEY)?;
                let (link, nonce) = match opened(shadow, (&key, &token), now)? {
                    Ok(opened) => opened,
                    Err(refused) => return Ok(Err(refused)),
                };
                shadow.execute(
                    "DELETE FROM used_link WHERE expires_at < ?1",
                    [now.as_millisecond()],
                )?;
                shadow.execute(
                    "INSERT INTO used_link (nonce, expires_at) VALUES (?1, ?2)",
                    (nonce, link.expires_at.as_millisecond()),
                )?;
                Ok(Ok(link))
            })
        })
        .await
    }
}

type Opened = Result<(StartLink, [u8; 16]), LinkRefused>;

fn opened(
    shadow: &Transaction<'_>,
    (key, token): (&[u8; 32], &str),
    now: Timestamp,
) -> Result<Opened, StoreError> {
    let Some((link, nonce)) = read(key, token) else {
        return Ok(Err(LinkRefused::Forged));
    };
    if link.expires_at <= now {
        return Ok(Err(LinkRefused::Expired));
    }
    let used = "SELECT EXISTS (SELECT 1 FROM used_link WHERE nonce = ?1)";
    let is_used: bool = shadow.query_row(used, [nonce], |row| row.get(0))?;
    if is_used || mode::present(shadow)?.number != link.mode_number {
        return Ok(Err(LinkRefused::Spent));
    }
    Ok(Ok((link, nonce)))
}

fn sealed(key: &[u8; 32], link: &StartLink, nonce: &[u8; 16]) -> String {
    let said = format!(
        "v1.{}.{}.{}.{}",
        link.mode_number,
        link.expires_at.as_second(),
        hex(link.to.as_bytes()),
        hex(nonce)
    );
    let mac = mac(key, &said);
    format!("{said}.{mac}")
}

/// What a token says, if we said it.
fn read(key: &[u8; 32], token: &str) -> Option<(StartLink, [u8; 16])> {
    if token.len() > TOKEN_CHARS_MAX {
        return None;
    }
    let (said, seal) = token.rsplit_once('.')?;
    let same: bool = seal.as_bytes().ct_eq(mac(key, said).as_bytes()).into();
    if !same {
        return None;
    }
    let mut parts = said.split('.');
    if parts.next() != Some("v1") {
        return None;
    }
    let mode_number = parts.next()?.parse().ok()?;
    let expires_at = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
    let to = String::from_utf8(unhex(parts.next()?)?).ok()?;
    let nonce = unhex(parts.next()?)?.try_into().ok()?;
    let link = StartLink {
        mode_number,
        expires_at,
        to,
    };
    Some((link, nonce))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|it| it.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        })
        .collect()
}

fn mac(key: &[u8; 32], said: &str) -> String {
    // The block size of SHA-256; RFC 2104 §2 fills a shorter key up with zeros.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(said.as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
#[path = "start_link_tests.rs"]
mod tests;
