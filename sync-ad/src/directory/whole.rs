//! Reading everything.

use store::Standing;

use crate::assemble::Entries;
use crate::directory::range;
use crate::kept::{self, Class, Kept};
use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::filter::Filter;
use crate::ldap::message::{Deleted, Scope, Search};
use crate::limits;
use crate::mapping::Mapping;
use crate::settings::Settings;

/// What searches found.
#[derive(Default)]
pub(super) struct Whole {
    /// By their keys.
    pub(super) entries: Entries,
    /// DNs of those that show no key: next time nobody could say whose mailbox it was.
    pub(super) keyless: Vec<String>,
    /// The beginnings of DNs that are longer than any can be.
    pub(super) long_names: Vec<String>,
}

/// All entries that the searches of the config find; `also` narrows them. Most of them must have a
/// key.
pub(super) async fn entries(
    connection: &mut Connection,
    settings: &Settings,
    also: Option<&Filter>,
) -> Result<Whole, LdapError> {
    let mut found = Whole::default();
    let attributes = settings.mapping.attributes();
    for (class, filter) in &settings.searches {
        let filter = also.map_or_else(|| filter.clone(), |also| filter.and(also));
        for base in &settings.bases {
            let search = Search {
                base,
                scope: Scope::Subtree,
                filter: &filter,
                attributes: &attributes,
                deleted: Deleted::Hidden,
            };
            let of = (*class, &settings.mapping);
            let in_parts = collect(connection, &search, of, &mut found).await?;
            for (dn, class) in in_parts {
                let entry = connection.entry(&dn, &attributes, Deleted::Hidden).await?;
                if let Some((key, kept)) = whole(connection, entry, class, settings).await? {
                    found.entries.insert(key, kept);
                }
            }
        }
    }
    switch_off(connection, settings, also, &mut found.entries).await?;
    for names in [&mut found.keyless, &mut found.long_names] {
        names.sort_unstable();
        names.dedup();
    }
    match found.keyless.first() {
        Some(dn) if also.is_none() && found.keyless.len() > found.entries.len() => {
            Err(keyless(connection.server(), dn, &settings.mapping))
        }
        _ => Ok(found),
    }
}

/// Whoever the filter of the config finds may not sign in.
async fn switch_off(
    connection: &mut Connection,
    settings: &Settings,
    also: Option<&Filter>,
    entries: &mut Entries,
) -> Result<(), LdapError> {
    let Some(disabled) = &settings.disabled else {
        return Ok(());
    };
    let filter = also.map_or_else(|| disabled.clone(), |also| disabled.and(also));
    let attributes = [settings.mapping.key().to_owned()];
    for base in &settings.bases {
        let search = Search {
            base,
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &attributes,
            deleted: Deleted::Hidden,
        };
        let taken = connection.search(&search, |entry| {
            let key = kept::key(&entry, &settings.mapping);
            if let Some(kept) = key.and_then(|key| entries.get_mut(&key)) {
                kept.standing = Standing::Disabled;
            }
            Ok(())
        });
        taken.await?;
    }
    Ok(())
}

/// Reads all that a search finds. Gives those of which a part is missing.
async fn collect(
    connection: &mut Connection,
    search: &Search<'_>,
    (class, mapping): (Class, &Mapping),
    found: &mut Whole,
) -> Result<Vec<(String, Class)>, LdapError> {
    let mut in_parts = Vec::new();
    let server = connection.server().to_owned();
    let taken = connection.search(search, |entry| {
        let mut entry = entry;
        if !range::settle(&mut entry) {
            in_parts.push((entry.dn, class));
            return Ok(());
        }
        match Kept::read(&entry, class, mapping) {
            Some((key, kept)) => _ = found.entries.insert(key, kept),
            None if entry.has_long_name() => found.long_names.push(entry.dn),
            None => found.keyless.push(entry.dn),
        }
        refuse_too_many(&server, found.entries.len() + found.keyless.len())
    });
    taken.await?;
    Ok(in_parts)
}

/// One entry by its name, if a filter holds for it.
pub(super) async fn one(
    connection: &mut Connection,
    settings: &Settings,
    dn: &str,
    class: Class,
) -> Result<Option<(String, Kept)>, LdapError> {
    let filter = settings.searches.iter().find(|(it, _)| *it == class);
    let Some((_, filter)) = filter else {
        return Ok(None);
    };
    let attributes = settings.mapping.attributes();
    let found = connection.entry_if(dn, filter, &attributes, Deleted::Hidden);
    let entry = found.await?;
    let mut one = whole(connection, entry, class, settings).await?;
    if let (Some(disabled), Some((_, kept))) = (&settings.disabled, &mut one) {
        let attributes = [settings.mapping.key().to_owned()];
        let found = connection.entry_if(dn, disabled, &attributes, Deleted::Hidden);
        if found.await?.is_some() {
            kept.standing = Standing::Disabled;
        }
    }
    Ok(one)
}

async fn whole(
    connection: &mut Connection,
    entry: Option<Entry>,
    class: Class,
    settings: &Settings,
) -> Result<Option<(String, Kept)>, LdapError> {
    let Some(mut entry) = entry else {
        return Ok(None);
    };
    range::complete(connection, &mut entry).await?;
    Ok(Kept::read(&entry, class, &settings.mapping))
}

/// No server makes us remember more entries than we have room for.
pub(super) fn refuse_too_many(server: &str, entries: usize) -> Result<(), LdapError> {
    if entries <= limits::ENTRIES_MAX {
        return Ok(());
    }
    Err(LdapError::Garbage {
        server: server.to_owned(),
        what: format!("more than {} entries", limits::ENTRIES_MAX),
    })
}

fn keyless(server: &str, dn: &str, mapping: &Mapping) -> LdapError {
    LdapError::Refused {
        server: server.to_owned(),
        words: format!(
            "it shows no {} of {}; give directory.bind_dn the right to read it",
            mapping.key(),
            crate::ldap::error::shown(dn)
        ),
        code: 0,
    }
}
