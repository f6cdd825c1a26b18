//! Verifiers: hashes of passwords, so that people sign in while the directory is down.
//!
//! The directory may hand some out, which stand in the account and change with it. Others are made
//! here when the directory has accepted a password. Those are bound to the directory's mark of the
//! password: they die with the sync that brings another mark.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction};

use crate::account::{self, Account, AccountId, Standing};
use crate::columns;
use crate::error::StoreError;
use crate::secret::Secret;
use crate::session;
use crate::shadow::Store;

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
    /// The one that was made here, unless it is too old.
    pub made: Option<MadeVerifier>,
}

/// A verifier that was made here.
#[derive(Clone, Debug)]
pub struct MadeVerifier {
    /// Argon2id.
    pub hash: Secret,
    /// The directory's mark of the password that it is of.
    pub password_mark: Option<String>,
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
                let mut found = shadow.prepare_cached(
                    "SELECT account.id, standing, account.key, entry, account.password_mark,
                         verifier, hash, made_verifier.password_mark
                     FROM sign_in_name
                     JOIN account ON account.id = sign_in_name.account
                     LEFT JOIN directory_entry ON directory_entry.key = account.key
                     LEFT JOIN made_verifier ON made_verifier.account = account.id
                         AND expires_at > ?2
                     WHERE sign_in_name.name = ?1 AND removed = 0 AND kind = 'person'
                         AND standing IN ('active', 'locked')",
                )?;
                let found = found.query_row((name, now.as_millisecond()), |row| {
                    let made: Option<String> = row.get(6)?;
                    let password_mark = row.get(7)?;
                    let made = made.map(|hash| MadeVerifier {
                        hash: Secret::new(hash),
                        password_mark,
                    });
                    let mirrored: Option<String> = row.get(5)?;
                    let id = AccountId(row.get(0)?);
                    Ok((
                        id,
                        columns::word(row, 1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        (mirrored, made),
                    ))
                });
                let Some((id, standing, key, entry, password_mark, (mirrored, made))) =
                    found.optional()?
                else {
                    return Ok(None);
                };
                Ok(Some(Entrant {
                    account: account::account(shadow, id)?,
                    standing,
                    key,
                    entry,
                    password_mark,
                    mirrored: mirrored.map(Secret::new),
                    made,
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

    /// Lets all verifiers that were made here be good for so long from then on.
    pub async fn limit_verifiers(&self, good_for: SignedDuration) -> Result<(), StoreError> {
        let age = milliseconds(good_for);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute(
                    "UPDATE made_verifier SET expires_at = made_at + ?1
                     WHERE expires_at <> made_at + ?1",
                    [age],
                )?;
                Ok(())
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
    let before = "SELECT password_mark FROM made_verifier WHERE account = ?1";
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
             expires_at = excluded.expires_at, password_mark = excluded.password_mark",
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

/// What a sync does when it has written an account: the verifier of an old password goes, and with
/// it whoever came in with that password. `before` and `now` are the directory's marks.
pub(crate) fn follow_mark(
    shadow: &Transaction<'_>,
    account: i64,
    before: Option<&str>,
    now: Option<&str>,
) -> Result<(), StoreError> {
    // A directory that says nothing any more has not said that the password is another.
    let Some(now) = now else {
        return Ok(());
    };
    let of = (account, now);
    let dropped = shadow
        .prepare_cached("DELETE FROM made_verifier WHERE account = ?1 AND password_mark IS NOT ?2")?
        .execute(of)?;
    let is_of_now =
        "SELECT EXISTS (SELECT 1 FROM made_verifier WHERE account = ?1 AND password_mark = ?2)";
    let changed = before.is_some_and(|before| before != now);
    // Whoever signed in with the new one before we heard of it stays.
    if dropped > 0 || changed && !shadow.query_row(is_of_now, of, |row| row.get(0))? {
        end_sessions(shadow, account)?;
    }
    Ok(())
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
