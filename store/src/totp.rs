//! The second factor of administrators: codes that change with the time (RFC 6238), as authenticator
//! apps make them.
//!
//! The secrets lie in `shadow.db` as they are. A key to encrypt them with would have to lie beside it,
//! and whoever reads the data directory has all mail already.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction};
use totp_rs::{Builder, Secret, Totp};

use crate::account::{self, AccountId};
use crate::audit::{self, AuditEvent};
use crate::error::StoreError;
use crate::limits;
use crate::session::{self, Kind};
use crate::settings;
use crate::shadow::Store;

/// Bytes of a secret.
const SECRET_BYTES: usize = 20;

/// What an authenticator app and we both know: 160 bits (RFC 4226 §4).
#[derive(Clone)]
pub struct TotpSecret(Vec<u8>);

/// What a code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeVerdict {
    /// It is the one, and it is used up.
    Right,
    /// It is not, or it was used already; so many were since the last right one.
    Wrong(u32),
    /// Too many were wrong: nothing was looked at, and nothing will be for so long.
    Wait(SignedDuration),
}

impl TotpSecret {
    /// A new one, from the operating system's random numbers.
    pub fn generate() -> Result<Self, StoreError> {
        Ok(Self(settings::random::<SECRET_BYTES>()?.to_vec()))
    }

    /// In Base32 (RFC 4648 §6), to be typed into an app that can not read pictures.
    pub fn base32(&self) -> String {
        Secret::from(self.0.clone()).to_base32()
    }

    /// The address that apps read from a QR code; `issuer` is who asks for the codes of `login`.
    pub fn url(&self, issuer: &str, login: &str) -> String {
        let (issuer, login) = (escaped(issuer), escaped(login));
        let secret = self.base32();
        format!("otpauth://totp/{issuer}:{login}?secret={secret}&issuer={issuer}")
    }

    /// The step of 30 seconds that `code` is of, if that is now, the one before or the one after
    /// (RFC 6238 §5.2). Spaces do not count.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let code: String = code.chars().filter(|it| !it.is_whitespace()).collect();
        if code.len() != limits::TOTP_DIGITS || !code.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let seconds = u64::try_from(now.as_second()).ok()?;
        let step = self.totp()?.check(&code, seconds)?;
        i64::try_from(step).ok()
    }

    /// As it lies in the store.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// One that lay there.
    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// One in Base32 that [`TotpSecret::base32`] gave; `None` when it is none of ours.
    pub fn of_base32(text: &str) -> Option<Self> {
        let secret = Secret::try_from_base32(text).ok()?;
        let bytes: Vec<u8> = secret.as_ref().to_vec();
        (bytes.len() == SECRET_BYTES).then_some(Self(bytes))
    }

    /// SHA-1, six digits, thirty seconds: what every app understands.
    fn totp(&self) -> Option<Totp> {
        Builder::new().with_secret(self.0.clone()).build().ok()
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl Store {
    /// Gives `account` a second factor, in the place of the one it had, and ends its sessions of the
    /// console. `code` shows that an app knows the secret; it is used up by that. `false` when it is
    /// not right.
    pub async fn set_totp(
        &self,
        account: AccountId,
        (secret, code): (TotpSecret, String),
        (by, now): (String, Timestamp),
    ) -> Result<bool, StoreError> {
        let Some(step) = secret.step_of(&code, now) else {
            return Ok(false);
        };
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "INSERT INTO totp (account, secret, last_step) VALUES (?1, ?2, ?3)
                     ON CONFLICT (account) DO UPDATE SET secret = excluded.secret,
                         last_step = excluded.last_step, wrong = 0, wrong_at = 0",
                    (account.0, &secret.0, step),
                )?;
                shadow.execute("DELETE FROM totp_place WHERE account = ?1", [account.0])?;
                session::end_kind_of(shadow, Kind::Console, account)?;
                note(shadow, account, ("totp-set", by), now)
            })
        })
        .await?;
        Ok(true)
    }

    /// Takes the second factor of `account` away, and ends its sessions of the console. `false` when
    /// it has none.
    pub async fn remove_totp(
        &self,
        account: AccountId,
        by: String,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let of = [account.0];
                let removed = shadow.execute("DELETE FROM totp WHERE account = ?1", of)?;
                shadow.execute("DELETE FROM totp_place WHERE account = ?1", of)?;
                if removed > 0 {
                    session::end_kind_of(shadow, Kind::Console, account)?;
                    note(shadow, account, ("totp-removed", by), now)?;
                }
                Ok(removed > 0)
            })
        })
        .await
    }

    /// Whether `account` has a second factor.
    pub async fn has_totp(&self, account: AccountId) -> Result<bool, StoreError> {
        self.blocking(move |inner| inner.shadow.read(|shadow| has(shadow, account)))
            .await
    }
}

/// See [`Store::has_totp`].
pub(crate) fn has(shadow: &Transaction<'_>, account: AccountId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM totp WHERE account = ?1)";
    Ok(shadow.query_row(sql, [account.0], |row| row.get(0))?)
}

/// Judges a code, and writes down what came of it in the same transaction: a code is good once. Who
/// guesses waits longer and longer, at the place where they sit; from all places together few codes
/// are looked at, unless they come from one from where a right one came before.
pub(crate) fn judge(
    shadow: &Transaction<'_>,
    (account, code): (AccountId, &str),
    (from, now): (Option<IpAddr>, Timestamp),
) -> Result<CodeVerdict, StoreError> {
    let sql = "SELECT secret, last_step, wrong, wrong_at FROM totp WHERE account = ?1";
    let found = shadow.query_row(sql, [account.0], |row| {
        let everywhere = Guesses {
            wrong: row.get(2)?,
            at: row.get(3)?,
        };
        Ok((row.get(0)?, row.get::<_, i64>(1)?, everywhere))
    });
    let Some((secret, last_step, everywhere)) = found.optional()? else {
        return Ok(CodeVerdict::Wrong(0));
    };
    let place = place(from);
    let (here, came_in_before) = guesses_at(shadow, (account, &place))?;
    let mut wait = here.wait(limits::TOTP_FREE_TRIES, now);
    if !came_in_before {
        wait = wait.max(everywhere.wait(limits::TOTP_FREE_TRIES_EVERYWHERE, now));
    }
    if wait.is_positive() {
        return Ok(CodeVerdict::Wait(wait));
    }
    let step = TotpSecret(secret).step_of(code, now);
    if let Some(step) = step.filter(|step| *step > last_step) {
        shadow.execute(
            "UPDATE totp SET last_step = ?2, wrong = 0, wrong_at = 0 WHERE account = ?1",
            (account.0, step),
        )?;
        shadow.execute(
            "INSERT INTO totp_place (account, place, came_in_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET wrong = 0, wrong_at = 0, came_in_at = excluded.came_in_at",
            (account.0, &place, now.as_millisecond()),
        )?;
        return Ok(CodeVerdict::Right);
    }
    shadow.execute(
        "UPDATE totp SET wrong = wrong + 1, wrong_at = ?2 WHERE account = ?1",
        (account.0, now.as_millisecond()),
    )?;
    shadow.execute(
        "INSERT INTO totp_place (account, place, wrong, wrong_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT DO UPDATE SET wrong = wrong + 1, wrong_at = excluded.wrong_at",
        (account.0, &place, now.as_millisecond()),
    )?;
    Ok(CodeVerdict::Wrong(everywhere.wrong.saturating_add(1)))
}

/// Wrong codes since the last right one.
#[derive(Clone, Copy, Default)]
struct Guesses {
    wrong: u32,
    /// When the last of them came, in milliseconds.
    at: i64,
}

impl Guesses {
    /// How long nothing more is looked at. A clock that was set back keeps nobody out for longer than
    /// the wait itself.
    fn wait(self, free: u32, now: Timestamp) -> SignedDuration {
        let since = now.as_millisecond().saturating_sub(self.at);
        if since < 0 {
            return SignedDuration::ZERO;
        }
        let over = wait_after(self.wrong, free) - SignedDuration::from_millis(since);
        over.max(SignedDuration::ZERO)
    }
}

/// What was guessed at a place, and whether a right code came from there.
fn guesses_at(
    shadow: &Transaction<'_>,
    (account, place): (AccountId, &str),
) -> Result<(Guesses, bool), StoreError> {
    let sql = "SELECT wrong, wrong_at, came_in_at IS NOT NULL FROM totp_place
         WHERE account = ?1 AND place = ?2";
    let found = shadow.query_row(sql, (account.0, place), |row| {
        let guesses = Guesses {
            wrong: row.get(0)?,
            at: row.get(1)?,
        };
        Ok((guesses, row.get(2)?))
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Where somebody sits. One customer has a whole network of IPv6 addresses (RFC 6177).
fn place(from: Option<IpAddr>) -> String {
    match from {
        None => String::new(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
    }
}

/// How long nothing is looked at after so many wrong codes, where some are free.
fn wait_after(wrong: u32, free: u32) -> SignedDuration {
    let Some(over) = wrong.checked_sub(free) else {
        return SignedDuration::ZERO;
    };
    let doubled = limits::TOTP_WAIT_LEAST.saturating_mul(1 << over.min(16));
    doubled.min(limits::TOTP_WAIT_MAX)
}

fn note(
    shadow: &Transaction<'_>,
    account: AccountId,
    (action, by): (&'static str, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        actor: by,
        action,
        object: account::account(shadow, account)?.login,
        detail: String::new(),
        address: None,
    };
    audit::insert(shadow, &event, now)
}

/// For one part of an address (RFC 3986 §2.1).
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
#[path = "totp_tests.rs"]
mod tests;
