//! The entries of a day.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::shadow::Accounts;
use super::{Check, Finding};
use crate::day::Day;
use crate::error::StoreError;
use crate::inspect;
use crate::mailbox::Folder;

/// What is counted of folders, and what they hold: the accounts of which the two differ.
const MISCOUNTED: &str = "
    WITH held AS (
        SELECT account, coalesce(moved, folder), count(*), count(*) FILTER (WHERE seen = 0)
        FROM entry GROUP BY 1, 2),
    counted AS (
        SELECT account, folder, total, unread FROM folder_count WHERE total <> 0 OR unread <> 0)
    SELECT DISTINCT account FROM (
        SELECT * FROM (SELECT * FROM held EXCEPT SELECT * FROM counted)
        UNION ALL SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM held))";

/// Checks that each entry has an owner, lies in a folder that there is, and is counted there. That
/// its message exists is a foreign key, checked before.
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
    // The first release knew no moves and counted nothing.
    if inspect::schema(index)? > 1 {
        moves(check, day, index)?;
    }
    Ok(())
}

fn moves(check: &mut Check<'_>, day: Day, index: &Transaction<'_>) -> Result<(), StoreError> {
    let mut wrong = |why: String| {
        check.find(Finding::EntriesWrong {
            day: day.to_string(),
            why,
        });
    };
    let mut moved =
        index.prepare("SELECT moved, count(*) FROM entry WHERE moved IS NOT NULL GROUP BY 1")?;
    let mut rows = moved.query([])?;
    while let Some(row) = rows.next()? {
        let (moved, entries): (String, u64) = (row.get(0)?, row.get(1)?);
        if moved != "gone" && moved.parse::<Folder>().is_err() {
            wrong(format!(
                "{entries} entries were moved to {moved:?}, which there is not"
            ));
        }
    }
    let mut miscounted = index.prepare(MISCOUNTED)?;
    let mut rows = miscounted.query([])?;
    while let Some(row) = rows.next()? {
        let account: i64 = row.get(0)?;
        wrong(format!(
            "the folders of account {account} hold others than are counted"
        ));
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
