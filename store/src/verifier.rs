//! Verifiers: hashes of passwords, so that people sign in while the directory is down.
//!
//! The directory may hand some out, which stand in the account and change with it. Others are made
//! here when the directory has accepted a password. Those are bound to the directory's mark of the
//! password: with the sync that brings another mark they count no more.
//!
//! One that does not count may lie aside: the one of the password before the last, because Active
//! Directory goes on taking that for an hour; and one that the directory has refused without showing
//! that the password is another, because it may refuse everybody.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::{self, Account, AccountId, Standing};
use crate::columns;
use crate::error::StoreError;
use crate::secret::Secret;
use crate::session;
use crate::shadow::Store;

/// How long the verifier of a former password is kept: longer than Active Directory takes it.
const FORMER_KEPT: SignedDuration = SignedDuration::from_hours(2);

/// Somebody who signs in, and all that their password can be checked with.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// Who.
    pub account: Account,
    /// What the directory says about signing in; whoever may not is no entrant.
    pub standing: Standing,
    /// The directory's own key.
    pub key: String,
    /// Their entry as it was read last, where a server is the directory. Only its reader knows what
    /// stands in it.
    pub entry: Option<String>,
    /// The directory's mark of their password, where it says one.
    pub password_mark: Option<String>,
    /// The hash that the directory hands out.
    pub mirrored: Option<Secret>,
    /// The one that was made here, unless it is too old or lies aside.
    pub made: Option<MadeVerifier>,
    /// The same, and it lies aside.
    pub aside: Option<(Aside, MadeVerifier)>,
}

/// A verifier that was made here.
#[derive(Clone, Debug)]
pub struct MadeVerifier {
    /// Argon2id.
    pub hash: Secret,
    /// The directory's mark of the password that it is of.
    pub password_mark: Option<String>,
}

/// Why a verifier lies aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aside {
    /// The directory has refused its password, and has not shown that it is another.
    Refused,
    /// It is of the password before the last change.
    Former,
}

/// A verifier of a password that the directory has just accepted.
#[derive(Clone, Debug)]
pub struct NewVerifier {
    /// Whose.
    pub account: AccountId,
    /// Argon2id.
    pub hash: Secret,
    /// The directory's mark of the password that it is of.
    pub password_mark: Option<String>,
    /// The mark that the mirror had before the directory was asked.
    pub mark_before: Option<String>,
}

impl Store {
    /// Who signs in as `login` at `now`: a sign-in name or any of the addresses, without case.
    pub async fn entrant(
        &self,
        login: &str,
        now: Timestamp,
    ) -> Result<Option<Entrant>, StoreError> {
        let name = login.to_lowercase();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let name = inner.aliases.name(shadow, &name)?;
                let mut found = shadow.prepare_cached(
                    "SELECT account.id, standing, account.key, entry, account.password_mark,
                         verifier, hash, made_verifier.password_mark, state
                     FROM sign_in_name
                     JOIN account ON account.id = sign_in_name.account
                     LEFT JOIN directory_entry ON directory_entry.key = account.key
                     LEFT JOIN made_verifier ON made_verifier.account = account.id
                         AND expires_at > ?2
                     WHERE sign_in_name.name = ?1 AND removed = 0 AND kind = 'person'
                         AND standing IN ('active', 'locked')",
                )?;
                let found = found.query_row((name, now.as_millisecond()), |row| {
                    let mirrored: Option<String> = row.get(5)?;
                    let id = AccountId(row.get(0)?);
                    Ok((
                        id,
                        columns::word(row, 1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        (mirrored, made(row)?),
                    ))
                });
                let Some((id, standing, key, entry, password_mark, (mirrored, made))) =
                    found.optional()?
                else {
                    return Ok(None);
                };
                let (made, aside) = match made {
                    Some((None, made)) => (Some(made), None),
                    Some((Some(why), made)) => (None, Some((why, made))),
                    None => (None, None),
                };
                Ok(Some(Entrant {
                    account: account::account(shadow, id)?,
                    standing,
                    key,
                    entry,
                    password_mark,
                    mirrored: mirrored.map(Secret::new),
                    made,
                    aside,
                }))
            })
        })
        .await
    }

    /// Keeps a verifier for `good_for`, in the place of the one that there was. Where that was of
    /// another password, whoever came in with it is out. `false`, and it is not kept, when a sync
    /// meanwhile brought another password than the one it is of, or nobody signs in there any more.
    pub async fn keep_verifier(
        &self,
        new: NewVerifier,
        good_for: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            inner
                .shadow
                .write(|shadow| keep(shadow, &new, (good_for, now)))
        })
        .await
    }

    /// Takes away the verifier of `account` with this hash, because the directory has refused its
    /// password, and ends the sessions. `false` when there is none.
    pub async fn drop_verifier(
        &self,
        account: AccountId,
        hash: Secret,
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let of = (account.0, hash.expose());
                let mut dropped = 0;
                for verifier in [
                    "DELETE FROM made_verifier WHERE account = ?1 AND hash = ?2",
                    // It comes back when the directory hands out another one.
                    "UPDATE account SET verifier = NULL WHERE id = ?1 AND verifier = ?2",
                ] {
                    dropped += shadow.execute(verifier, of)?;
                }
                if dropped > 0 {
                    end_sessions(shadow, account.0)?;
                }
                Ok(dropped > 0)
            })
        })
        .await
    }

    /// Lays the verifier of `account` with this hash aside, if it was made here, and ends the sessions.
    /// `false` when there is none.
    pub async fn lay_verifier_aside(
        &self,
        account: AccountId,
        (hash, why): (Secret, Aside),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let laid = match why {
                    Aside::Refused => shadow.execute(
                        "UPDATE made_verifier SET state = 'refused' WHERE account = ?1 AND hash = ?2",
                        (account.0, hash.expose()),
                    )?,
                    Aside::Former => shadow.execute(
                        "UPDATE made_verifier SET state = 'former', expires_at = min(expires_at, ?3)
                         WHERE account = ?1 AND hash = ?2",
                        (account.0, hash.expose(), former_until(now)),
                    )?,
                };
                if laid > 0 {
                    end_sessions(shadow, account.0)?;
                }
                Ok(laid > 0)
            })
        })
        .await
    }

    /// Lays the verifiers of these accounts aside that were made here, and ends the sessions: they came
    /// in while the directory refused everybody.
    pub async fn distrust_verifiers(&self, accounts: Vec<AccountId>) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let mut lay_aside = shadow.prepare(
                    "UPDATE made_verifier SET state = 'refused' WHERE account = ?1 AND state = 'good'",
                )?;
                for account in accounts {
                    lay_aside.execute([account.0])?;
                    end_sessions(shadow, account.0)?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Lets all verifiers that were made here be good for so long from then on.
    pub async fn limit_verifiers(&self, good_for: SignedDuration) -> Result<(), StoreError> {
        let age = milliseconds(good_for);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "UPDATE made_verifier SET expires_at = made_at + ?1
                     WHERE expires_at <> made_at + ?1 AND state <> 'former'",
                    [age],
                )?;
                Ok(())
            })
        })
        .await
    }

    /// How many people there are.
    pub async fn count_people(&self) -> Result<usize, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let people = "SELECT count(*) FROM account WHERE removed = 0 AND kind = 'person'";
                Ok(shadow.query_row(people, [], |row| row.get(0))?)
            })
        })
        .await
    }

    /// Of the verifiers that the directory hands out, one with each set of parameters.
    pub async fn mirrored_verifiers(&self) -> Result<Vec<Secret>, StoreError> {
        self.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let mut all = shadow
                    .prepare_cached("SELECT verifier FROM account WHERE verifier IS NOT NULL")?;
                let mut all = all.query([])?;
                let mut different: Vec<String> = Vec::new();
                while let Some(row) = all.next()? {
                    let verifier = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
                    let known = |it: &String| parameters(it) == parameters(verifier);
                    if !different.iter().any(known) {
                        different.push(verifier.to_owned());
                    }
                }
                Ok(different.into_iter().map(Secret::new).collect())
            })
        })
        .await
    }
}

fn keep(
    shadow: &Transaction<'_>,
    new: &NewVerifier,
    (good_for, now): (SignedDuration, Timestamp),
) -> Result<bool, StoreError> {
    let of = [new.account.0];
    let mirrored = shadow.query_row(
        "SELECT password_mark FROM account
         WHERE id = ?1 AND removed = 0 AND kind = 'person' AND standing IN ('active', 'locked')",
        of,
        |row| row.get::<_, Option<String>>(0),
    );
    match mirrored.optional()? {
        Some(mirrored) if mirrored == new.mark_before || mirrored == new.password_mark => {}
        _ => return Ok(false),
    }
    let before = "SELECT password_mark FROM made_verifier WHERE account = ?1 AND state <> 'former'";
    let before = shadow.query_row(before, of, |row| row.get::<_, Option<String>>(0));
    if let (Some(Some(before)), Some(mark)) = (before.optional()?, &new.password_mark)
        && before != *mark
    {
        end_sessions(shadow, new.account.0)?;
    }
    shadow.execute(
        "DELETE FROM made_verifier WHERE expires_at <= ?1",
        [now.as_millisecond()],
    )?;
    let expires_at = now.as_millisecond().saturating_add(milliseconds(good_for));
    shadow.execute(
        "INSERT INTO made_verifier (account, hash, made_at, expires_at, password_mark)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, made_at = excluded.made_at,
             expires_at = excluded.expires_at, password_mark = excluded.password_mark,
             state = 'good'",
        (
            new.account.0,
            new.hash.expose(),
            now.as_millisecond(),
            expires_at,
            &new.password_mark,
        ),
    )?;
    Ok(true)
}

/// What a sync does at `at` when it has written an account: the verifier of an old password counts no
/// more, and with it goes whoever came in with that password. `before` and `now` are the directory's
/// marks.
pub(crate) fn follow_mark(
    shadow: &Transaction<'_>,
    account: i64,
    (before, now): (Option<&str>, Option<&str>),
    at: Timestamp,
) -> Result<(), StoreError> {
    // A directory that says nothing any more has not said that the password is another.
    let Some(now) = now else {
        return Ok(());
    };
    let laid_aside = shadow
        .prepare_cached(
            "UPDATE made_verifier SET state = 'former', expires_at = min(expires_at, ?3)
             WHERE account = ?1 AND password_mark IS NOT ?2 AND state <> 'former'",
        )?
        .execute((account, now, former_until(at)))?;
    let is_of_now = "SELECT EXISTS (SELECT 1 FROM made_verifier
        WHERE account = ?1 AND password_mark = ?2 AND state = 'good')";
    let changed = before.is_some_and(|before| before != now);
    // Whoever signed in with the new one before we heard of it stays.
    if laid_aside > 0
        || changed && !shadow.query_row(is_of_now, (account, now), |row| row.get(0))?
    {
        end_sessions(shadow, account)?;
    }
    Ok(())
}

/// The verifier that was made here, and why it lies aside if it does.
fn made(row: &Row<'_>) -> rusqlite::Result<Option<(Option<Aside>, MadeVerifier)>> {
    let hash: Option<String> = row.get(6)?;
    let Some(hash) = hash else {
        return Ok(None);
    };
    let made = MadeVerifier {
        hash: Secret::new(hash),
        password_mark: row.get(7)?,
    };
    let is_good = row.get_ref(8)?.as_str()? == "good";
    let aside = (!is_good).then(|| columns::word(row, 8)).transpose()?;
    Ok(Some((aside, made)))
}

fn former_until(now: Timestamp) -> i64 {
    now.as_millisecond()
        .saturating_add(milliseconds(FORMER_KEPT))
}

fn end_sessions(shadow: &Transaction<'_>, account: i64) -> Result<(), StoreError> {
    session::end_of(shadow, AccountId(account))
}

fn milliseconds(span: SignedDuration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// A hash without its salt and its end.
fn parameters(hash: &str) -> &str {
    hash.rsplitn(3, '$').nth(2).unwrap_or_default()
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
