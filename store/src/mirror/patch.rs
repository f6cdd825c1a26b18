//! A few accounts of the mirror become others, and all else stays: without looking at everybody.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use super::difference::{self, AccountPlan, Difference, Plan};
use super::suspension::Lifted;
use super::{Memory, MirroredAccount, Snapshot, rows};
use crate::error::StoreError;
use crate::newcomer;
use crate::shadow::Store;

/// What the last sync remembered of one entry.
#[derive(Clone, Debug)]
pub struct RememberedEntry {
    /// Its key.
    pub key: String,
    /// What its reader made of it.
    pub entry: String,
    /// The account that it is, if it is one.
    pub account: Option<MirroredAccount>,
}

/// What came of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patched {
    /// It is written.
    Done(Difference),
    /// It is not: it would take something away, a sync waits for a person, or another was faster.
    /// Then everybody must be looked at.
    LooksAtAll,
}

impl Store {
    /// What is remembered of the entries with these keys; of others nothing.
    pub async fn remembered_of(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<RememberedEntry>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let mut one = shadow.prepare(
                    "SELECT entry, mirrored FROM directory_entry
                     LEFT JOIN account ON account.key = directory_entry.key AND removed = 0
                     WHERE directory_entry.key = ?1",
                )?;
                let mut known = Vec::new();
                for key in keys {
                    let found = one.query_row([&key], |row| {
                        Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
                    });
                    let Some((entry, mirrored)) = found.optional()? else {
                        continue;
                    };
                    let account = mirrored.map(|text| difference::read(&text)).transpose()?;
                    let account = account.map(|it| MirroredAccount {
                        key: key.clone(),
                        ..it
                    });
                    known.push(RememberedEntry {
                        key,
                        entry,
                        account,
                    });
                }
                Ok(known)
            })
        })
        .await
    }

    /// Writes `accounts`, which the mirror has and whose addresses, names and rights are as they were,
    /// with `memory`, at `now`.
    pub async fn patch(
        &self,
        accounts: Vec<MirroredAccount>,
        memory: Memory,
        now: Timestamp,
    ) -> Result<Patched, StoreError> {
        self.blocking(move |inner| {
            let snapshot = Snapshot {
                accounts,
                groups: Vec::new(),
            };
            inner.shadow.write(|shadow| {
                let any = "SELECT EXISTS (SELECT 1 FROM suspended)";
                let waits: bool = shadow.query_row(any, [], |row| row.get(0))?;
                if waits || !memory.is_of_now(shadow)? {
                    return Ok(Patched::LooksAtAll);
                }
                let Some(plan) = plan(shadow, &snapshot)? else {
                    return Ok(Patched::LooksAtAll);
                };
                if !plan.is_empty() {
                    rows::write_accounts(shadow, (&snapshot, &plan), &Lifted::default(), now)?;
                    rows::write_names(shadow, &snapshot, &plan)?;
                    newcomer::count_sync(shadow)?;
                }
                memory.write(shadow)?;
                let count = |of: &str| -> Result<usize, StoreError> {
                    let count = format!("SELECT count(*) FROM {of}");
                    Ok(shadow.query_row(&count, [], |row| row.get(0))?)
                };
                Ok(Patched::Done(Difference {
                    changed: plan.accounts.len(),
                    accounts: count("account WHERE removed = 0")?,
                    groups: count("mail_group")?,
                    ..Difference::default()
                }))
            })
        })
        .await
    }
}

/// What differs; `None` when somebody is not in the mirror, or would not sign in any more.
fn plan(shadow: &Transaction<'_>, snapshot: &Snapshot) -> Result<Option<Plan>, StoreError> {
    let mut plan = Plan::nothing();
    let mut before =
        shadow.prepare("SELECT mirrored FROM account WHERE key = ?1 AND removed = 0")?;
    for (at, account) in snapshot.accounts.iter().enumerate() {
        let before = before.query_row([&account.key], |row| row.get::<_, String>(0));
        let Some(before) = before.optional()? else {
            return Ok(None);
        };
        if difference::read(&before)?.signs_in() && !account.signs_in() {
            return Ok(None);
        }
        let fingerprint = difference::fingerprint(account)?;
        if fingerprint != before {
            plan.accounts.push(AccountPlan {
                at,
                fingerprint,
                before: Some(before),
                takes_over: None,
            });
        }
    }
    Ok(Some(plan))
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
