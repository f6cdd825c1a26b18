//! Reading what has changed, by marks where there is no doubt, and everything where there is one.

mod active;
mod counted;
mod listing;
mod lockout;

use std::collections::HashSet;

use jiff::Timestamp;
use store::Store;

use super::state::State;
use super::{DirectoryError, Extent, Fresh, recall, whole};
use crate::assemble::Entries;
use crate::dn;
use crate::kept::Kept;
use crate::ldap::connection::Connection;
use crate::ldap::error::LdapError;
use crate::limits;
use crate::mapping::Kind;
use crate::settings::Settings;

/// What a server has to say.
pub(super) enum Answer {
    /// Nothing since then; the mark may be newer.
    Nothing(State),
    /// Something.
    Something(Fresh),
}

/// Where a server stands. Read before anything else, so that a change meanwhile is read next time.
struct Place {
    /// Which database it is; empty when it does not say.
    database: String,
    /// Another one after each change; empty when there is no such mark.
    mark: String,
    /// The root of the domain, in Active Directory.
    root: String,
    /// The roots of its databases that hold our bases, in OpenLDAP.
    contexts: Vec<String>,
}

/// What has changed.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) put: Entries,
    pub(super) gone: Vec<String>,
}

/// What a server says by its marks alone, without a list of its entries.
pub(super) enum Seen {
    /// Nothing is new; the mark may be newer.
    Nothing(State),
    /// This, and that is where the server stands. Among what is gone may be what we never had, and
    /// what is put may be as it was.
    Some(Changes, State),
    /// Something may be missing in it.
    Doubt,
}

/// Asks a server what has changed since `before`.
pub(super) async fn seen(
    connection: &mut Connection,
    settings: &Settings,
    before: State,
    now: Timestamp,
) -> Result<Seen, LdapError> {
    let place = place(connection, settings).await?;
    if !before.is_of(connection.server(), &place.database) {
        return Ok(Seen::Doubt);
    }
    let is_same = !place.mark.is_empty() && place.mark == before.mark;
    if is_same && !before.is_list_due(now) {
        return Ok(Seen::Nothing(before));
    }
    let changes = match settings.mapping.directory {
        Kind::ActiveDirectory => {
            let changes = active::changes(connection, settings, &before, &place).await?;
            changes
                .and_then(|(changes, deletions)| (deletions == Deletions::Told).then_some(changes))
        }
        Kind::Ldap if before.is_list_due(now) => None,
        Kind::Ldap => counted::changes(connection, settings, &before, &place).await?,
    };
    Ok(match changes {
        Some(changes) => {
            let state = before.moved(settings, place.mark, now);
            Seen::Some(changes, state)
        }
        None => Seen::Doubt,
    })
}

/// Whether a server tells what was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deletions {
    Told,
    /// Only a list of all entries shows it.
    Hidden,
}

async fn place(connection: &mut Connection, settings: &Settings) -> Result<Place, LdapError> {
    match settings.mapping.directory {
        Kind::ActiveDirectory => active::place(connection).await,
        Kind::Ldap => listing::place(connection, settings).await,
    }
}

/// Reads what is new since `before`; without it, everything.
pub(super) async fn read(
    connection: &mut Connection,
    settings: &Settings,
    store: &Store,
    before: Option<State>,
    now: Timestamp,
) -> Result<Answer, DirectoryError> {
    let place = place(connection, settings).await?;
    let is_here = |it: &State| it.is_of(connection.server(), &place.database);
    if let Some(before) = before.filter(is_here)
        && let Some(found) = since(connection, settings, store, before, (&place, now)).await?
    {
        return Ok(found);
    }
    let whole::Whole {
        mut entries,
        mut keyless,
        mut long_names,
    } = whole::entries(connection, settings, None).await?;
    keyless.truncate(limits::KEYLESS_NAMED_MAX);
    long_names.truncate(limits::KEYLESS_NAMED_MAX);
    if entries
        .values()
        .any(|it| it.lacks_members(&settings.mapping))
    {
        let remembered = store.directory_memory().await?;
        let before = remembered.and_then(|it| recall(it.entries));
        keep_members(&mut entries, &before.unwrap_or_default(), settings);
    }
    let state = State {
        keyless,
        long_names,
        lockout: lockout::read(connection, settings, &place).await?,
        database: place.database,
        mark: place.mark,
        ..State::new(settings, connection.server(), now)
    };
    Ok(Answer::Something(Fresh {
        put: entries.keys().cloned().collect(),
        gone: Vec::new(),
        extent: Extent::Everything,
        entries,
        state,
    }))
}

/// What is new since `before`; `None` when that leaves a doubt.
async fn since(
    connection: &mut Connection,
    settings: &Settings,
    store: &Store,
    before: State,
    (place, now): (&Place, Timestamp),
) -> Result<Option<Answer>, DirectoryError> {
    let is_same = !place.mark.is_empty() && place.mark == before.mark;
    let makes_another = before.makes_another(settings, now);
    let is_list_due = before.is_list_due(now);
    if is_same && !makes_another && !is_list_due {
        return Ok(Some(Answer::Nothing(before)));
    }
    let Some(remembered) = store.directory_memory().await? else {
        return Ok(None);
    };
    let Some(mut entries) = recall(remembered.entries) else {
        return Ok(None);
    };
    let changes = match settings.mapping.directory {
        _ if is_same && !is_list_due => Some((Changes::default(), Deletions::Told)),
        Kind::ActiveDirectory => active::changes(connection, settings, &before, place).await?,
        Kind::Ldap if is_list_due => None,
        Kind::Ldap => {
            let counted = counted::changes(connection, settings, &before, place).await?;
            counted.map(|it| (it, Deletions::Told))
        }
    };
    let mut state = before.moved(settings, place.mark.clone(), now);
    let changes = match (changes, settings.mapping.directory) {
        (Some((changes, deletions)), _) => {
            Some(known(connection, settings, (changes, deletions), &entries).await?)
        }
        (None, Kind::ActiveDirectory) => None,
        (None, Kind::Ldap) => {
            state.unlisted_since = None;
            listing::changes(connection, settings, &entries).await?
        }
    };
    let Some(changes) = changes else {
        return Ok(None);
    };
    let Some(changes) = with_namers(connection, settings, changes, &entries).await? else {
        return Ok(None);
    };
    if changes.put.is_empty() && changes.gone.is_empty() && !makes_another {
        return Ok(Some(Answer::Nothing(state)));
    }
    let Changes { mut put, gone } = changes;
    keep_members(&mut put, &entries, settings);
    let changed = put.keys().cloned().collect();
    for key in &gone {
        entries.remove(key);
    }
    entries.extend(put);
    Ok(Some(Answer::Something(Fresh {
        entries,
        extent: Extent::WhatChanged,
        state,
        put: changed,
        gone,
    })))
}

/// A group that shows more members than any can have keeps those that it had: some of them would be
/// nobody's guess, and none would switch its mail off.
fn keep_members(put: &mut Entries, before: &Entries, settings: &Settings) {
    for (key, kept) in put {
        if kept.lacks_members(&settings.mapping)
            && let Some(before) = before.get(key)
        {
            kept.members.clone_from(&before.members);
        }
    }
}

/// What of it is news to us.
async fn known(
    connection: &mut Connection,
    settings: &Settings,
    (mut changes, deletions): (Changes, Deletions),
    entries: &Entries,
) -> Result<Changes, LdapError> {
    if deletions == Deletions::Hidden {
        let present = listing::keys(connection, settings).await?;
        let absent = entries.keys().filter(|key| !present.contains(*key));
        changes.gone.extend(absent.cloned());
    }
    let Changes { put, gone } = &mut changes;
    gone.retain(|key| entries.contains_key(key) && !put.contains_key(key));
    gone.sort_unstable();
    gone.dedup();
    put.retain(|key, kept| entries.get(key) != Some(kept));
    Ok(changes)
}

/// Reads those again that name somebody who has another name now, or is gone. Servers change
/// references without marking who holds them, or leave them as they are.
async fn with_namers(
    connection: &mut Connection,
    settings: &Settings,
    mut changes: Changes,
    entries: &Entries,
) -> Result<Option<Changes>, LdapError> {
    let mut names = HashSet::new();
    for key in &changes.gone {
        names.extend(entries.get(key).map(|kept| dn::key(&kept.dn)));
    }
    for (key, new) in &changes.put {
        if let Some(old) = entries.get(key).filter(|old| old.dn != new.dn) {
            names.extend([&old.dn, &new.dn].map(|it| dn::key(it)));
        }
    }
    if names.is_empty() {
        return Ok(Some(changes));
    }
    let is_named = |name: &String| names.contains(&dn::key(name));
    let namers = entries.iter().filter(|(key, kept)| {
        let is_read = changes.put.contains_key(*key) || changes.gone.contains(key);
        !is_read && kept.members.iter().chain(&kept.opened_by).any(is_named)
    });
    let namers: Vec<(&String, &Kept)> = namers.collect();
    // One by one they are slower than all together.
    if namers.len() > limits::CHANGED_ENTRIES_MAX {
        return Ok(None);
    }
    for (key, kept) in namers {
        let read = whole::one(connection, settings, &kept.dn, kept.found_as).await?;
        match read {
            Some((found, kept)) if found == *key => _ = changes.put.insert(found, kept),
            _ => return Ok(None),
        }
    }
    Ok(Some(changes))
}
