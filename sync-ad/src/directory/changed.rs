//! Reading what has changed, by marks where there is no doubt, and everything where there is one.

mod active;
mod listing;

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
}

/// What has changed.
#[derive(Default)]
struct Changes {
    put: Entries,
    gone: Vec<String>,
}

/// Reads what is new since `before`; without it, everything.
pub(super) async fn read(
    connection: &mut Connection,
    settings: &Settings,
    store: &Store,
    before: Option<State>,
    now: Timestamp,
) -> Result<Answer, DirectoryError> {
    let place = match settings.mapping.directory {
        Kind::ActiveDirectory => active::place(connection).await?,
        Kind::Ldap => listing::place(connection, settings).await?,
    };
    let here = |it: &State| it.server == connection.server() && it.database == place.database;
    if let Some(before) = before.filter(here)
        && let Some(found) = since(connection, settings, store, before, (&place, now)).await?
    {
        return Ok(found);
    }
    let whole::Whole {
        entries,
        mut keyless,
    } = whole::entries(connection, settings, None).await?;
    keyless.truncate(limits::KEYLESS_NAMED_MAX);
    let state = State {
        keyless,
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
    if is_same && !makes_another {
        return Ok(Some(Answer::Nothing(before)));
    }
    let Some(remembered) = store.directory_memory().await? else {
        return Ok(None);
    };
    let Some(mut entries) = recall(remembered.entries) else {
        return Ok(None);
    };
    let changes = match settings.mapping.directory {
        _ if is_same => Some(Changes::default()),
        Kind::ActiveDirectory => {
            active::changes(connection, settings, &before, place, &entries).await?
        }
        Kind::Ldap => listing::changes(connection, settings, &entries).await?,
    };
    let Some(changes) = changes else {
        return Ok(None);
    };
    let Some(changes) = with_namers(connection, settings, changes, &entries).await? else {
        return Ok(None);
    };
    let state = State {
        mark: place.mark.clone(),
        ..before
    };
    if changes.put.is_empty() && changes.gone.is_empty() && !makes_another {
        return Ok(Some(Answer::Nothing(state)));
    }
    let put = changes.put.keys().cloned().collect();
    for key in &changes.gone {
        entries.remove(key);
    }
    entries.extend(changes.put);
    Ok(Some(Answer::Something(Fresh {
        entries,
        extent: Extent::WhatChanged,
        state,
        put,
        gone: changes.gone,
    })))
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
    for (key, kept) in namers {
        let read = whole::one(connection, settings, &kept.dn, kept.found_as).await?;
        match read {
            Some((found, kept)) if found == *key => _ = changes.put.insert(found, kept),
            _ => return Ok(None),
        }
    }
    Ok(Some(changes))
}
