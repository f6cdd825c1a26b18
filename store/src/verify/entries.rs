//! The entries of a day.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::shadow::Accounts;
use super::{Check, Finding};
use crate::day::Day;
use crate::error::StoreError;
use crate::inspect;
use crate::mailbox::Folder;

/// Checks that each entry has an owner and lies in a folder that there is. That its message
/// exists is a foreign key, checked before.
pub(super) fn look(
    check: &mut Check<'_>,
    day: Day,
    index: &Transaction<'_>,
    accounts: &Accounts,
) -> Result<(), StoreError> {
    let mut owners = index.prepare("SELECT account, folder, count(*) FROM entry GROUP BY 1, 2")?;
    let mut rows = owners.query([])?;
    let mut missing = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (account, folder, entries): (i64, String, u64) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some(accounts) = accounts
            && !accounts.contains(&account)
            && !arrived_since(check, account)
            && missing.insert(account)
        {
            let why = format!("the account {account} of {entries} entries is not in shadow.db");
            check.find(Finding::EntriesWrong {
                day: day.to_string(),
                why,
            });
        }
        if folder.parse::<Folder>().is_err() {
            let why = format!("{entries} entries lie in a folder {folder:?}, which there is not");
            check.find(Finding::EntriesWrong {
                day: day.to_string(),
                why,
            });
        }
    }
    Ok(())
}

/// Whether the account was mirrored after the accounts were read.
fn arrived_since(check: &Check<'_>, account: i64) -> bool {
    let look = || {
        let shadow = inspect::open(&check.data_dir.join("shadow.db"))?;
        let mut found = shadow.prepare("SELECT 1 FROM account WHERE id = ?1")?;
        Ok::<_, StoreError>(found.exists([account])?)
    };
    look().unwrap_or(false)
}
