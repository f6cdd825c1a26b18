//! Administrators who need no directory, for the day on which nobody else gets into the console.
//!
//! They have a password that was generated and a second factor, both always. A shell makes, renews
//! and removes them. Who guesses keeps nobody out: without a right code of the second factor nothing
//! is counted and no password is looked at, and with one there are few tries for each code.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::Serialize;

use crate::alert_kind::AlertKind;
use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::console::{self, ConsoleToken, Who};
use crate::error::StoreError;
use crate::limits;
use crate::secret::Secret;
use crate::shadow::Store;
use crate::totp::TotpSecret;

/// What a break-glass administrator is called: a few letters, digits, dots, hyphens. It is no
/// sign-in name of the directory, though it may look like one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct BreakGlassName(String);

/// A text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 64 letters without umlauts, digits, dots, hyphens and underscores")]
pub struct BreakGlassNameError;

/// One of them, without what lets them in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BreakGlass {
    /// What they are called.
    pub name: BreakGlassName,
    /// When they were made or renewed last.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: String,
    /// When somebody last came in as them, since they were made or renewed.
    pub used_at: Option<Timestamp>,
}

/// What lets one of them in.
#[derive(Clone, Debug)]
pub struct NewBreakGlass {
    /// What they are called.
    pub name: BreakGlassName,
    /// Argon2id hash of their password.
    pub hash: Secret,
    /// What their authenticator app knows.
    pub secret: TotpSecret,
    /// A code of it, which shows that an app does know it.
    pub code: String,
}

/// Whether one is to be new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakGlassOrder {
    /// Nobody may have the name.
    Make,
    /// Somebody must have it; what let them in before does not any more.
    Renew,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakGlassKept {
    /// It was done.
    Yes,
    /// The code is not right.
    WrongCode,
    /// One is called so already.
    Exists,
    /// Nobody is called so.
    Missing,
}

/// A right code of somebody whose password is still to be checked.
#[derive(Clone, Debug)]
pub struct BreakGlassTry {
    id: i64,
    step: i64,
    /// Argon2id hash of their password.
    pub hash: Secret,
}

impl BreakGlassName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Who they are in the audit log and in the history.
    pub fn actor(&self) -> String {
        format!("break-glass:{}", self.0)
    }
}

impl FromStr for BreakGlassName {
    type Err = BreakGlassNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if (1..=limits::BREAK_GLASS_NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(known)
        {
            Ok(Self(name.to_ascii_lowercase()))
        } else {
            Err(BreakGlassNameError)
        }
    }
}

impl fmt::Display for BreakGlassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Store {
    /// All of them, by name.
    pub async fn break_glass(&self) -> Result<Vec<BreakGlass>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let sql = "SELECT name, made_at, made_by, used_at FROM break_glass ORDER BY name";
                let mut rows = shadow.prepare_cached(sql)?;
                let rows = rows.query_map([], listed)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
        })
        .await
    }

    /// Makes one, or gives one another password and another second factor, with a line in the audit
    /// log. The code is used up by this; sessions of who is renewed end.
    pub async fn keep_break_glass(
        &self,
        new: NewBreakGlass,
        order: BreakGlassOrder,
        (by, now): (String, Timestamp),
    ) -> Result<BreakGlassKept, StoreError> {
        let Some(step) = new.secret.step_of(&new.code, now) else {
            return Ok(BreakGlassKept::WrongCode);
        };
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| keep(shadow, (&new, step, order), (&by, now)))
        })
        .await
    }

    /// Removes one and ends their sessions. `false` when nobody is called so.
    pub async fn remove_break_glass(
        &self,
        name: BreakGlassName,
        (by, now): (String, Timestamp),
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let Some(id) = id_of(shadow, &name)? else {
                    return Ok(false);
                };
                end_sessions(shadow, id)?;
                shadow.execute("DELETE FROM break_glass WHERE id = ?1", [id])?;
                note(shadow, (by, "break-glass-removed", name.0), (None, now))?;
                Ok(true)
            })
        })
        .await
    }

    /// Looks at a code of the second factor of `name`. `None` when there is no such name, when the
    /// code is not right or was used, or when too many passwords were typed with it.
    pub async fn try_break_glass(
        &self,
        name: BreakGlassName,
        code: String,
        now: Timestamp,
    ) -> Result<Option<BreakGlassTry>, StoreError> {
        self.blocking(move |inner| {
            let tried = inner
                .shadow
                .read(|shadow| right_code(shadow, &name, (&code, now)))?;
            let Some(tried) = tried else {
                return Ok(None);
            };
            let is_counted = inner.shadow.write(|shadow| count(shadow, &tried))?;
            Ok(is_counted.then_some(tried))
        })
        .await
    }

    /// Begins a session of the console for who typed the password as well, with a line in the audit
    /// log and an alert. `None` when the code was used meanwhile, or they were renewed or removed.
    pub async fn open_break_glass(
        &self,
        tried: BreakGlassTry,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<ConsoleToken>, StoreError> {
        self.blocking(move |inner| {
            let opened = inner
                .shadow
                .write(|shadow| open(shadow, &tried, (from, now)))?;
            let Some((name, token)) = opened else {
                return Ok(None);
            };
            let from = from.map_or_else(|| "somewhere".to_owned(), |from| from.to_string());
            let words = format!(
                "somebody came into the console as the break-glass administrator {name}, from {from}, \
                 last at {}; if that was none of you: `shadowmail user break-glass remove {name}`",
                now.strftime("%Y-%m-%d %H:%M UTC")
            );
            inner.alerts.raise(AlertKind::BreakGlassUsed, &words, now);
            Ok(Some(token))
        })
        .await
    }

    /// The hash of the password of `name`, for who is in and is to type it once more.
    pub async fn break_glass_hash(
        &self,
        name: BreakGlassName,
    ) -> Result<Option<Secret>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let sql = "SELECT hash FROM break_glass WHERE name = ?1";
                let hash = shadow.query_row(sql, [&name.0], |row| row.get::<_, String>(0));
                Ok(hash.optional()?.map(Secret::new))
            })
        })
        .await
    }
}

/// The name of the one with this id.
pub(crate) fn name_of(
    shadow: &Transaction<'_>,
    id: i64,
) -> Result<Option<BreakGlassName>, StoreError> {
    let sql = "SELECT name FROM break_glass WHERE id = ?1";
    let name = shadow.query_row(sql, [id], |row| row.get(0).map(BreakGlassName));
    Ok(name.optional()?)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<BreakGlass> {
    Ok(BreakGlass {
        name: BreakGlassName(row.get(0)?),
        made_at: columns::time(row, 1)?,
        made_by: row.get(2)?,
        used_at: columns::maybe_time(row, 3)?,
    })
}

fn id_of(shadow: &Transaction<'_>, name: &BreakGlassName) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM break_glass WHERE name = ?1";
    Ok(shadow
        .query_row(sql, [&name.0], |row| row.get(0))
        .optional()?)
}

fn keep(
    shadow: &Transaction<'_>,
    (new, step, order): (&NewBreakGlass, i64, BreakGlassOrder),
    (by, now): (&str, Timestamp),
) -> Result<BreakGlassKept, StoreError> {
    let action = match (order, id_of(shadow, &new.name)?) {
        (BreakGlassOrder::Make, Some(_)) => return Ok(BreakGlassKept::Exists),
        (BreakGlassOrder::Renew, None) => return Ok(BreakGlassKept::Missing),
        (BreakGlassOrder::Make, None) => "break-glass-made",
        (BreakGlassOrder::Renew, Some(id)) => {
            end_sessions(shadow, id)?;
            "break-glass-renewed"
        }
    };
    shadow.execute(
        "INSERT INTO break_glass (name, hash, secret, last_step, made_at, made_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, secret = excluded.secret,
             last_step = excluded.last_step, tried_step = 0, tries = 0, used_at = NULL,
             made_at = excluded.made_at, made_by = excluded.made_by",
        (
            &new.name.0,
            new.hash.expose(),
            new.secret.bytes(),
            step,
            now.as_millisecond(),
            by,
        ),
    )?;
    let line = (by.to_owned(), action, new.name.0.clone());
    note(shadow, line, (None, now))?;
    Ok(BreakGlassKept::Yes)
}

/// Reads only, so that who guesses costs no write.
fn right_code(
    shadow: &Transaction<'_>,
    name: &BreakGlassName,
    (code, now): (&str, Timestamp),
) -> Result<Option<BreakGlassTry>, StoreError> {
    let sql = "SELECT id, secret, last_step, hash FROM break_glass WHERE name = ?1";
    let found = shadow.prepare_cached(sql)?.query_row([&name.0], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            TotpSecret::of_bytes(row.get(1)?),
            row.get::<_, i64>(2)?,
            Secret::new(row.get::<_, String>(3)?),
        ))
    });
    let Some((id, secret, last_step, hash)) = found.optional()? else {
        return Ok(None);
    };
    let step = secret.step_of(code, now).filter(|step| *step > last_step);
    Ok(step.map(|step| BreakGlassTry { id, step, hash }))
}

/// Counts a password that is typed with a right code; `false` when there were too many. After a
/// code the one before it is none any more: at every moment several are right (RFC 6238 §5.2), and to
/// take turns with them would be to try without end.
fn count(shadow: &Transaction<'_>, tried: &BreakGlassTry) -> Result<bool, StoreError> {
    let counted = shadow.execute(
        "UPDATE break_glass SET tries = iif(tried_step = ?2, tries + 1, 1), tried_step = ?2
         WHERE id = ?1 AND (tried_step < ?2 OR tried_step = ?2 AND tries < ?3)",
        (tried.id, tried.step, limits::BREAK_GLASS_TRIES_MAX),
    )?;
    Ok(counted > 0)
}

fn open(
    shadow: &Transaction<'_>,
    tried: &BreakGlassTry,
    (from, now): (Option<IpAddr>, Timestamp),
) -> Result<Option<(BreakGlassName, ConsoleToken)>, StoreError> {
    let used = shadow.execute(
        "UPDATE break_glass SET last_step = ?2, used_at = ?4
         WHERE id = ?1 AND last_step < ?2 AND hash = ?3",
        (
            tried.id,
            tried.step,
            tried.hash.expose(),
            now.as_millisecond(),
        ),
    )?;
    let Some(name) = name_of(shadow, tried.id)?.filter(|_| used > 0) else {
        return Ok(None);
    };
    let line = (name.actor(), "break-glass-used", name.0.clone());
    note(shadow, line, (from, now))?;
    let token = console::begin(shadow, (Who::BreakGlass(tried.id), console::OPEN), now)?;
    Ok(Some((name, token)))
}

fn end_sessions(shadow: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    shadow.execute("DELETE FROM console_session WHERE break_glass = ?1", [id])?;
    Ok(())
}

fn note(
    shadow: &Transaction<'_>,
    (actor, action, object): (String, &'static str, String),
    (address, now): (Option<IpAddr>, Timestamp),
) -> Result<(), StoreError> {
    let event = AuditEvent {
        actor,
        action,
        object,
        detail: String::new(),
        address,
    };
    audit::insert(shadow, &event, now)
}

#[cfg(test)]
#[path = "break_glass_tests.rs"]
mod tests;
