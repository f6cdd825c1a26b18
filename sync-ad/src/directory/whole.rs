//! Reading everything.

use crate::assemble::Entries;
use crate::directory::range;
use crate::kept::{Class, Kept};
use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::filter::Filter;
use crate::ldap::message::{Deleted, Scope, Search};
use crate::limits;
use crate::mapping::Mapping;
use crate::settings::Settings;

/// All entries that the searches of the config find; `also` narrows them.
pub(super) async fn entries(
    connection: &mut Connection,
    settings: &Settings,
    also: Option<&Filter>,
) -> Result<Entries, LdapError> {
    let mut entries = Entries::new();
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
            let found = collect(
                connection,
                &search,
                (*class, &settings.mapping),
                &mut entries,
            );
            for (dn, class) in found.await? {
                let entry = connection.entry(&dn, &attributes, Deleted::Hidden).await?;
                if let Some((key, kept)) = whole(connection, entry, class, settings).await? {
                    entries.insert(key, kept);
                }
            }
        }
    }
    Ok(entries)
}

/// Reads all that a search finds. Gives those of which a part is missing.
async fn collect(
    connection: &mut Connection,
    search: &Search<'_>,
    (class, mapping): (Class, &Mapping),
    entries: &mut Entries,
) -> Result<Vec<(String, Class)>, LdapError> {
    let mut in_parts = Vec::new();
    let server = connection.server().to_owned();
    let taken = connection.search(search, |entry| {
        let mut entry = entry;
        if !range::settle(&mut entry) {
            in_parts.push((entry.dn, class));
            return Ok(());
        }
        let Some((key, kept)) = Kept::read(&entry, class, mapping) else {
            return Err(keyless(&server, &entry, mapping));
        };
        entries.insert(key, kept);
        if entries.len() > limits::ENTRIES_MAX {
            return Err(LdapError::Garbage {
                server: server.clone(),
                what: format!("more than {} entries", limits::ENTRIES_MAX),
            });
        }
        Ok(())
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
    whole(connection, entry, class, settings).await
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
    let mapping = &settings.mapping;
    let kept = Kept::read(&entry, class, mapping);
    kept.map_or_else(
        || Err(keyless(connection.server(), &entry, mapping)),
        |kept| Ok(Some(kept)),
    )
}

/// Without a key nobody can say next time whose mailbox it was.
pub(super) fn keyless(server: &str, entry: &Entry, mapping: &Mapping) -> LdapError {
    LdapError::Refused {
        server: server.to_owned(),
        words: format!(
            "it shows no {} of {}; give directory.bind_dn the right to read it",
            mapping.key(),
            crate::ldap::error::shown(&entry.dn)
        ),
        code: 0,
    }
}
