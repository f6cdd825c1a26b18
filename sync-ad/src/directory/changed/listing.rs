//! OpenLDAP: a list of all entries with their names and marks shows what has changed and what is
//! gone. It needs no right but to read, and no order between servers that replicate. Where the
//! server keeps a contextCSN (the overlay `syncprov`), nothing is listed while that stands still.

use std::collections::HashMap;

use super::{Changes, Place};
use crate::assemble::Entries;
use crate::directory::whole;
use crate::kept::{self, Class};
use crate::ldap::connection::Connection;
use crate::ldap::error::LdapError;
use crate::ldap::message::{Deleted, Scope, Search};
use crate::limits;
use crate::settings::Settings;

/// An entry in the list.
struct Listed {
    dn: String,
    stamp: String,
    class: Class,
}

/// Where the server stands.
pub(super) async fn place(connection: &mut Connection) -> Result<Place, LdapError> {
    let wanted = ["namingContexts".to_owned()];
    let root = connection.entry("", &wanted, Deleted::Hidden).await?;
    let root = root.unwrap_or_default();
    let mut marks: Vec<String> = Vec::new();
    for context in root.texts("namingContexts") {
        let wanted = ["contextCSN".to_owned()];
        let entry = connection.entry(context, &wanted, Deleted::Hidden).await?;
        let entry = entry.unwrap_or_default();
        marks.extend(entry.texts("contextCSN").map(str::to_owned));
    }
    marks.sort_unstable();
    Ok(Place {
        database: String::new(),
        mark: marks.join(" "),
        root: String::new(),
    })
}

/// What differs between the list and what is remembered. `None` when so much does that everything
/// is better read again, or when it changes under our hands.
pub(super) async fn changes(
    connection: &mut Connection,
    settings: &Settings,
    entries: &Entries,
) -> Result<Option<Changes>, LdapError> {
    let listed = list(connection, settings).await?;
    let newest = entries.values().map(|kept| &kept.stamp).max();
    let is_new = |key: &String, it: &Listed| {
        // A time in whole seconds, as servers other than OpenLDAP have it, may stand for two changes.
        let is_coarse = !it.stamp.contains('#') && newest.is_none_or(|newest| it.stamp >= *newest);
        entries.get(key).is_none_or(|kept| {
            is_coarse || kept.stamp != it.stamp || kept.dn != it.dn || kept.found_as != it.class
        })
    };
    let new: Vec<(&String, &Listed)> = listed.iter().filter(|(key, it)| is_new(key, it)).collect();
    if new.len() > limits::CHANGED_ENTRIES_MAX {
        return Ok(None);
    }
    let gone = entries.keys().filter(|key| !listed.contains_key(*key));
    let mut changes = Changes {
        put: Entries::new(),
        gone: gone.cloned().collect(),
    };
    for (key, it) in new {
        match whole::one(connection, settings, &it.dn, it.class).await? {
            Some((found, kept)) if found == *key => {
                // What is as it was is no change.
                if entries.get(key) != Some(&kept) {
                    changes.put.insert(found, kept);
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(changes))
}

/// All entries that the searches of the config find, by their keys.
async fn list(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<HashMap<String, Listed>, LdapError> {
    let mapping = &settings.mapping;
    let attributes = mapping.marks();
    let mut listed = HashMap::new();
    let server = connection.server().to_owned();
    for (class, filter) in &settings.searches {
        for base in &settings.bases {
            let search = Search {
                base,
                scope: Scope::Subtree,
                filter,
                attributes: &attributes,
                deleted: Deleted::Hidden,
            };
            let taken = connection.search(&search, |entry| {
                let Some(key) = kept::key(&entry, mapping) else {
                    return Err(whole::keyless(&server, &entry, mapping));
                };
                let stamp = kept::stamp(&entry, mapping);
                let class = *class;
                let dn = entry.dn;
                listed.insert(key, Listed { dn, stamp, class });
                Ok(())
            });
            taken.await?;
        }
    }
    Ok(listed)
}

/// The keys of all entries that are there, for servers that do not show what was deleted.
pub(super) async fn keys(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<std::collections::HashSet<String>, LdapError> {
    let listed = list(connection, settings).await?;
    Ok(listed.into_keys().collect())
}
