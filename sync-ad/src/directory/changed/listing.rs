//! OpenLDAP: a list of all entries with their names and marks shows what has changed and what is
//! gone. It needs no right but to read, and no order between servers that replicate. Where the
//! server keeps a contextCSN (the overlay `syncprov`), nothing is listed while that stands still.

use std::collections::HashMap;

use super::{Changes, Place};
use crate::assemble::Entries;
use crate::directory::whole;
use crate::dn;
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

/// Where the server stands. Each of its databases has a mark of its own, or none: those count that
/// hold our bases, all of them.
pub(super) async fn place(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<Place, LdapError> {
    let wanted = ["namingContexts".to_owned()];
    let root = connection.entry("", &wanted, Deleted::Hidden).await?;
    let root = root.unwrap_or_default();
    let contexts: Vec<&str> = root.texts("namingContexts").collect();
    let mut marks: Vec<String> = Vec::new();
    let mut all_have_one = true;
    let ours = ours(&contexts, &settings.bases).unwrap_or_default();
    for context in &ours {
        let wanted = ["contextCSN".to_owned()];
        let entry = connection.entry(context, &wanted, Deleted::Hidden).await?;
        let entry = entry.unwrap_or_default();
        let before = marks.len();
        marks.extend(entry.texts("contextCSN").map(str::to_owned));
        all_have_one &= marks.len() > before;
    }
    marks.sort_unstable();
    Ok(Place {
        database: String::new(),
        mark: if all_have_one {
            marks.join(" ")
        } else {
            String::new()
        },
        root: String::new(),
        contexts: ours.into_iter().map(str::to_owned).collect(),
    })
}

/// The databases that hold something of the bases; `None` when one base is in none that is known.
fn ours<'a>(contexts: &[&'a str], bases: &[String]) -> Option<Vec<&'a str>> {
    let mut ours = Vec::new();
    for base in bases {
        let above = contexts.iter().filter(|it| dn::is_within(base, it));
        ours.push(*above.max_by_key(|it| it.len())?);
        // And what hangs below it may be in another one.
        ours.extend(contexts.iter().filter(|it| dn::is_within(it, base)));
    }
    ours.sort_unstable();
    ours.dedup();
    Some(ours)
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
                // One that shows no key was named when everything was read.
                let Some(key) = kept::key(&entry, mapping) else {
                    return Ok(());
                };
                let stamp = kept::stamp(&entry, mapping);
                let class = *class;
                let dn = entry.dn;
                listed.insert(key, Listed { dn, stamp, class });
                whole::refuse_too_many(&server, listed.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(contexts: &[&str], bases: &[&str], want: Option<&[&str]>) {
        let bases: Vec<String> = bases.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(
            ours(contexts, &bases).as_deref(),
            want,
            "{contexts:?} {bases:?}"
        );
    }

    #[test]
    fn the_database_of_each_base_is_found() {
        let all = [
            "dc=corp,dc=example",
            "cn=accesslog",
            "ou=b,DC=corp,dc=example",
        ];
        check(&all, &["ou=people, DC=Corp, dc=example"], Some(&[all[0]]));
        check(&all, &["ou=x,ou=b,dc=corp,dc=example"], Some(&[all[2]]));
        check(&all, &["dc=corp,dc=example"], Some(&[all[0], all[2]]));
        check(
            &all,
            &["ou=people,dc=corp,dc=example", "dc=elsewhere"],
            None,
        );
        check(&[], &["dc=corp"], None);
        check(&["dc=orp,dc=example"], &["dc=corp,dc=example"], None);
    }
}
