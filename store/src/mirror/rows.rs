//! The rows of the mirror: only those of whom something changed are touched.

use std::io;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction};

use super::difference::{AccountPlan, Plan};
use super::suspension::Lifted;
use super::{MirroredAccount, Snapshot};
use crate::account::{AccountId, AccountKind};
use crate::columns;
use crate::error::StoreError;
use crate::newcomer;
use crate::secret::Secret;
use crate::session;
use crate::verifier;

/// Takes away whoever is gone: names, rights and sessions. The account's row stays, so that its mail
/// keeps its owner.
pub(super) fn remove_accounts(shadow: &Transaction<'_>, plan: &Plan) -> Result<(), StoreError> {
    for removed in &plan.removed {
        forget_names(shadow, removed.id)?;
        for rights in [
            "DELETE FROM opener WHERE account = ?1",
            "DELETE FROM group_account WHERE account = ?1",
            "UPDATE account SET removed = 1, verifier = NULL WHERE id = ?1",
        ] {
            shadow.prepare_cached(rights)?.execute([removed.id])?;
        }
        session::shut_out(shadow, AccountId(removed.id))?;
    }
    Ok(())
}

/// Takes an account's names and the people who may open it.
fn forget_names(shadow: &Transaction<'_>, id: i64) -> Result<(), StoreError> {
    for names in [
        "DELETE FROM address WHERE account = ?1",
        "DELETE FROM directory_name WHERE account = ?1",
        "DELETE FROM sign_in_name WHERE account = ?1",
        "DELETE FROM opener WHERE mailbox = ?1",
    ] {
        shadow.prepare_cached(names)?.execute([id])?;
    }
    Ok(())
}

/// Writes the accounts that are new or different, and takes the names of all of them, so that two
/// may exchange theirs. `lifted` is what this sync has lifted before.
pub(super) fn write_accounts(
    shadow: &Transaction<'_>,
    (snapshot, plan): (&Snapshot, &Plan),
    lifted: &Lifted,
    now: Timestamp,
) -> Result<(), StoreError> {
    for planned in &plan.accounts {
        take_over(shadow, planned, &snapshot.accounts[planned.at])?;
    }
    let mut upsert = shadow.prepare(
        "INSERT INTO account (key, mirrored, login, name, kind, roles, language, verifier,
             standing, department, phone, hidden, password_mark)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (key) DO UPDATE SET mirrored = ?2, login = ?3, name = ?4, kind = ?5,
             roles = ?6, language = ?7, standing = ?9, department = ?10, phone = ?11, hidden = ?12,
             password_mark = ?13, verifier = CASE WHEN ?14 THEN ?8 ELSE verifier END, removed = 0
         RETURNING id",
    )?;
    let mut mark = shadow.prepare("SELECT password_mark FROM account WHERE key = ?1")?;
    for (account, planned) in of(snapshot, &plan.accounts) {
        let listing = &account.listing;
        let mark_before = mark.query_row([&account.key], |row| row.get(0));
        let mark_before: Option<String> = mark_before.optional()?.flatten();
        let mark_now = account.password_mark.as_deref();
        let id = upsert.query_row(
            (
                &account.key,
                &planned.fingerprint,
                &account.login,
                &account.name,
                columns::to_word(&account.kind)?,
                serde_json::to_string(&account.roles).map_err(io::Error::from)?,
                &account.language,
                account.verifier.as_ref().map(Secret::expose),
                columns::to_word(&account.standing)?,
                &listing.department,
                &listing.phone,
                listing.hidden,
                mark_now,
                planned.changes_verifier(account)?,
            ),
            |row| row.get(0),
        )?;
        forget_names(shadow, id)?;
        let mark_before = lifted.mark_of(&account.key).or(mark_before.as_deref());
        verifier::follow_mark(shadow, id, (mark_before, mark_now), now)?;
        if !account.signs_in() {
            session::shut_out(shadow, AccountId(id))?;
        }
    }
    Ok(())
}

/// Gives an account the row of another directory's. A password that was right there is not one here,
/// and lets nobody stay in.
fn take_over(
    shadow: &Transaction<'_>,
    planned: &AccountPlan,
    account: &MirroredAccount,
) -> Result<(), StoreError> {
    let Some((id, _)) = &planned.takes_over else {
        return Ok(());
    };
    let rename = "UPDATE account SET key = ?1, verifier = NULL WHERE id = ?2";
    shadow.prepare_cached(rename)?.execute((&account.key, id))?;
    let forget = "DELETE FROM made_verifier WHERE account = ?1";
    shadow.prepare_cached(forget)?.execute([id])?;
    session::end_of(shadow, AccountId(*id))
}

/// Writes the names of accounts that are new or different, and who opens them.
pub(super) fn write_names(
    shadow: &Transaction<'_>,
    snapshot: &Snapshot,
    plan: &Plan,
) -> Result<(), StoreError> {
    let mut address = shadow.prepare(
        "INSERT INTO address (key, address, account, position)
         SELECT ?1, ?2, id, ?3 FROM account WHERE key = ?4",
    )?;
    let mut name = shadow.prepare(
        "INSERT OR IGNORE INTO sign_in_name (name, account)
         SELECT ?1, id FROM account WHERE key = ?2",
    )?;
    let mut opener = shadow.prepare(
        "INSERT OR IGNORE INTO opener (account, mailbox)
         SELECT person.id, mailbox.id FROM account AS person, account AS mailbox
         WHERE person.key = ?1 AND person.removed = 0 AND mailbox.key = ?2",
    )?;
    let mut directory_name = shadow.prepare(
        "INSERT OR IGNORE INTO directory_name (name, account)
         SELECT ?1, id FROM account WHERE key = ?2",
    )?;
    for (account, _) in of(snapshot, &plan.accounts) {
        for each in &account.directory_names {
            directory_name.execute((newcomer::directory_key(each), &account.key))?;
        }
        for (position, each) in account.addresses.iter().enumerate() {
            address.execute((each.key(), each.as_str(), position, &account.key))?;
        }
        // Also of those who may not now: their names lead to nothing, but to them.
        if account.kind == AccountKind::Person {
            name.execute((account.login.to_lowercase(), &account.key))?;
            for each in &account.sign_in_names {
                name.execute((each.to_lowercase(), &account.key))?;
            }
            for each in &account.addresses {
                name.execute((each.key(), &account.key))?;
            }
        }
        for person in &account.opened_by {
            opener.execute((person, &account.key))?;
        }
    }
    Ok(())
}

/// Writes the groups that are new or different, and takes those that are gone.
pub(super) fn write_groups(
    shadow: &Transaction<'_>,
    snapshot: &Snapshot,
    plan: &Plan,
) -> Result<(), StoreError> {
    for (key, _) in &plan.groups_removed {
        empty_group(shadow, key)?;
        for rows in [
            "DELETE FROM group_group WHERE member = ?1",
            "DELETE FROM mail_group WHERE key = ?1",
        ] {
            shadow.prepare_cached(rows)?.execute([key])?;
        }
    }
    let mut upsert = shadow.prepare(
        "INSERT INTO mail_group (key, address, name, mirrored, entry, hidden)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (key) DO UPDATE SET address = ?2, name = ?3, mirrored = ?4, entry = ?5,
             hidden = ?6",
    )?;
    let mut account = shadow.prepare(
        "INSERT OR IGNORE INTO group_account (mail_group, account)
         SELECT ?1, id FROM account WHERE key = ?2 AND removed = 0",
    )?;
    let mut nested =
        shadow.prepare("INSERT OR IGNORE INTO group_group (mail_group, member) VALUES (?1, ?2)")?;
    for planned in &plan.groups {
        let group = &snapshot.groups[planned.at];
        let key = group.address.key();
        empty_group(shadow, &key)?;
        let address = group.address.as_str();
        let fingerprint = &planned.fingerprint;
        let (name, entry) = (&group.name, &group.key);
        upsert.execute((&key, address, name, fingerprint, entry, group.hidden))?;
        for member in &group.members {
            account.execute((&key, member))?;
        }
        for member in &group.groups {
            nested.execute((&key, member.key()))?;
        }
    }
    Ok(())
}

fn empty_group(shadow: &Transaction<'_>, key: &str) -> Result<(), StoreError> {
    for rows in [
        "DELETE FROM group_account WHERE mail_group = ?1",
        "DELETE FROM group_group WHERE mail_group = ?1",
    ] {
        shadow.prepare_cached(rows)?.execute([key])?;
    }
    Ok(())
}

fn of<'a>(
    snapshot: &'a Snapshot,
    plans: &'a [AccountPlan],
) -> impl Iterator<Item = (&'a MirroredAccount, &'a AccountPlan)> {
    plans.iter().map(|it| (&snapshot.accounts[it.at], it))
}
