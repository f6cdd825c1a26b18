//! Who is shut out although the rest of a sync waits for a person. Nothing of it is for good: the next
//! sync begins by lifting it, and then shuts out whoever the directory shuts out at that time.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use super::difference::{self, Keys, Plan};
use super::losses::{Lost, is_admin};
use super::{MirroredAccount, Snapshot};
use crate::account::{AccountId, Role, Standing};
use crate::columns;
use crate::error::StoreError;
use crate::secret::Secret;
use crate::session;
use crate::shadow::Store;
use crate::verifier;

/// Whom a sync that waits has shut out, and whom not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutOut {
    /// People who may not sign in or administrate any more, at once.
    pub at_once: usize,
    /// People who still may, until somebody agrees.
    pub stay: usize,
}

/// What is taken at once.
pub(super) struct Suspensions<'a> {
    all: Vec<Suspension<'a>>,
    shut_out: ShutOut,
}

/// What is taken from one account, by its key.
struct Suspension<'a> {
    key: &'a str,
    /// It may not sign in, and why.
    standing: Option<Standing>,
    /// The roles that are left to it, when they are fewer.
    roles: Option<Vec<Role>>,
    /// Keys of those who may open it no more.
    openers: Vec<String>,
    /// It has another password.
    password: Option<&'a MirroredAccount>,
}

impl<'a> Suspensions<'a> {
    /// Looks at what the plan takes away. `at_once` are the kinds of loss that do not wait.
    pub(super) fn of(
        plan: &'a Plan,
        snapshot: &'a Snapshot,
        at_once: &[Lost],
    ) -> Result<Self, StoreError> {
        let mut suspensions = Self {
            all: Vec::new(),
            shut_out: ShutOut::default(),
        };
        let is_at_once = |what: Lost| at_once.contains(&what) && plan.keys == Keys::Known;
        for removed in &plan.removed {
            if !difference::read(&removed.mirrored)?.signs_in() {
                continue;
            }
            if !is_at_once(Lost::Account) {
                suspensions.shut_out.stay += 1;
                continue;
            }
            suspensions.shut_out.at_once += 1;
            suspensions.all.push(Suspension {
                key: &removed.key,
                standing: Some(Standing::Disabled),
                roles: None,
                openers: Vec::new(),
                password: None,
            });
        }
        let present = snapshot.accounts.iter().map(|it| it.key.as_str());
        let present: HashSet<&str> = present.collect();
        for planned in &plan.accounts {
            // What another directory says, nobody knows of whom.
            let Some(before) = planned
                .before
                .as_ref()
                .filter(|_| planned.takes_over.is_none())
            else {
                continue;
            };
            let account = &snapshot.accounts[planned.at];
            let was = difference::read(before)?;
            suspensions.compare(&was, account, is_at_once, &present);
        }
        Ok(suspensions)
    }

    fn compare(
        &mut self,
        was: &MirroredAccount,
        account: &'a MirroredAccount,
        is_at_once: impl Fn(Lost) -> bool,
        present: &HashSet<&str>,
    ) {
        let loses_sign_in = was.signs_in() && !account.signs_in();
        let loses_office = is_admin(was) && !is_admin(account);
        let standing = Some(account.standing).filter(|it| !it.signs_in());
        // One who is no person any more is switched off as one.
        let standing = standing.unwrap_or(Standing::Disabled);
        let standing = (loses_sign_in && is_at_once(Lost::SignIn)).then_some(standing);
        let keeps = |role: &Role| {
            let what = match role {
                Role::Admin => Lost::Admin,
                Role::Auditor => Lost::Auditor,
            };
            account.roles.contains(role) || !is_at_once(what)
        };
        let roles: Vec<Role> = was.roles.iter().copied().filter(keeps).collect();
        let is_admin_still = roles.contains(&Role::Admin);
        let roles = (roles.len() < was.roles.len()).then_some(roles);
        if loses_sign_in || loses_office {
            if standing.is_some() || !loses_sign_in && !is_admin_still {
                self.shut_out.at_once += 1;
            } else {
                self.shut_out.stay += 1;
            }
        }
        // Whoever is not in the directory stays until somebody agrees, and so does what they open.
        let is_taken =
            |it: &&String| !account.opened_by.contains(it) && present.contains(it.as_str());
        let hash = |it: &MirroredAccount| it.verifier.as_ref().map(|it| it.expose().to_owned());
        let has_new_mark =
            account.password_mark.is_some() && account.password_mark != was.password_mark;
        let is_new = has_new_mark || hash(was).is_some() && hash(was) != hash(account);
        let suspension = Suspension {
            key: &account.key,
            standing,
            roles,
            openers: if is_at_once(Lost::Opener) {
                was.opened_by.iter().filter(is_taken).cloned().collect()
            } else {
                Vec::new()
            },
            password: is_new.then_some(account),
        };
        if !suspension.is_empty() {
            self.all.push(suspension);
        }
    }

    pub(super) fn shut_out(&self) -> ShutOut {
        self.shut_out
    }

    /// Takes it.
    pub(super) fn write(
        &self,
        shadow: &Transaction<'_>,
        lifted: &Lifted,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for suspension in &self.all {
            suspension.write(shadow, lifted, now)?;
        }
        Ok(())
    }
}

impl Suspension<'_> {
    fn is_empty(&self) -> bool {
        self.standing.is_none()
            && self.roles.is_none()
            && self.openers.is_empty()
            && self.password.is_none()
    }

    fn write(
        &self,
        shadow: &Transaction<'_>,
        lifted: &Lifted,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = "SELECT id FROM account WHERE key = ?1";
        let id: i64 = shadow.query_row(id, [self.key], |row| row.get(0))?;
        shadow.execute("INSERT INTO suspended (account) VALUES (?1)", [id])?;
        if let Some(standing) = self.standing {
            let set = "UPDATE account SET standing = ?2 WHERE id = ?1";
            shadow.execute(set, (id, columns::to_word(&standing)?))?;
            session::end_of(shadow, AccountId(id))?;
        }
        if let Some(roles) = &self.roles {
            let roles = serde_json::to_string(roles).map_err(std::io::Error::from)?;
            let set = "UPDATE account SET roles = ?2 WHERE id = ?1";
            shadow.execute(set, (id, roles))?;
        }
        let mut opener = shadow.prepare_cached(
            "DELETE FROM opener WHERE mailbox = ?1
                 AND account = (SELECT id FROM account WHERE key = ?2)",
        )?;
        for key in &self.openers {
            opener.execute((id, key))?;
        }
        match self.password {
            Some(account) => change_password(shadow, (id, account), lifted, now),
            None => Ok(()),
        }
    }
}

/// Puts the new password in the place of the one before. Where all was forgotten here, a hash comes
/// back with no sync but one that is written.
fn change_password(
    shadow: &Transaction<'_>,
    (id, account): (i64, &MirroredAccount),
    lifted: &Lifted,
    at: Timestamp,
) -> Result<(), StoreError> {
    shadow.execute(
        "UPDATE suspended SET has_new_password = 1,
             verifier = (SELECT verifier FROM account WHERE id = ?1)
         WHERE account = ?1",
        [id],
    )?;
    shadow.execute(
        "UPDATE account SET verifier = CASE WHEN forgotten_at IS NULL THEN ?2 END WHERE id = ?1",
        (id, account.verifier.as_ref().map(Secret::expose)),
    )?;
    let mark = "SELECT password_mark FROM account WHERE id = ?1";
    let before: Option<String> = shadow.query_row(mark, [id], |row| row.get(0))?;
    let before = lifted.mark_of(&account.key).or(before.as_deref());
    let now = account.password_mark.as_deref();
    shadow.execute(
        "UPDATE account SET password_mark = coalesce(?2, password_mark) WHERE id = ?1",
        (id, now),
    )?;
    verifier::follow_mark(shadow, id, (before, now), at)
}

/// What was lifted: the marks of passwords that were known here, by the keys of their accounts. Whoever
/// came in with such a password must not go when the same sync brings it once more.
#[derive(Debug, Default)]
pub(super) struct Lifted(HashMap<String, String>);

impl Lifted {
    /// The mark that this account had.
    pub(super) fn mark_of(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

/// Gives everybody back what the mirror says they have.
pub(super) fn lift(shadow: &Transaction<'_>) -> Result<Lifted, StoreError> {
    let mut lifted = Lifted::default();
    let mut suspended = shadow.prepare(
        "SELECT id, mirrored, key, password_mark FROM suspended
         JOIN account ON id = suspended.account",
    )?;
    let suspended = suspended.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, (row.get(2)?, row.get(3)?)))
    })?;
    let suspended: Vec<(i64, String, (String, Option<String>))> =
        suspended.collect::<Result<_, _>>()?;
    for (id, mirrored, (key, mark)) in suspended {
        lifted.0.extend(mark.map(|mark| (key, mark)));
        let was = difference::read(&mirrored)?;
        shadow.execute(
            "UPDATE account SET standing = ?2, roles = ?3, password_mark = ?4,
                 verifier = CASE WHEN has_new_password THEN suspended.verifier
                     ELSE account.verifier END
             FROM suspended WHERE suspended.account = account.id AND id = ?1",
            (
                id,
                columns::to_word(&was.standing)?,
                serde_json::to_string(&was.roles).map_err(std::io::Error::from)?,
                &was.password_mark,
            ),
        )?;
        for opener in &was.opened_by {
            shadow.execute(
                "INSERT OR IGNORE INTO opener (account, mailbox)
                 SELECT id, ?2 FROM account WHERE key = ?1 AND removed = 0",
                (opener, id),
            )?;
        }
    }
    shadow.execute("DELETE FROM suspended", [])?;
    Ok(lifted)
}

impl Store {
    /// Lifts what a sync that waited has taken at once: the directory is as the mirror again.
    pub async fn lift_suspensions(&self) -> Result<(), StoreError> {
        self.blocking(|inner| {
            let any = "SELECT 1 FROM suspended LIMIT 1";
            let any = |shadow: &Transaction<'_>| {
                let any = shadow.query_row(any, [], |row| row.get::<_, i64>(0));
                Ok(any.optional()?.is_some())
            };
            if inner.shadow.read(any)? {
                inner.shadow.write(lift)?;
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
#[path = "suspension_tests.rs"]
mod tests;
