//! Attributes that Active Directory gives in parts: `member;range=0-1499`, then `1500-*`.

use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::message::Deleted;
use crate::limits;

/// Where the next part of an attribute begins; `None` after the last.
fn next(name: &str) -> Option<(&str, usize)> {
    let (attribute, range) = name.split_once(";range=")?;
    let (_, last) = range.split_once('-')?;
    let last: usize = last.parse().ok()?;
    Some((attribute, last.checked_add(1)?))
}

/// Puts attributes of which the only part came under their plain names; says whether that were all.
pub(super) fn settle(entry: &mut Entry) -> bool {
    for (name, _) in &mut entry.attributes {
        if let Some(plain) = name.strip_suffix(";range=0-*") {
            *name = plain.to_owned();
        }
    }
    let is_part = |name: &String| name.contains(";range=");
    !entry.attributes.iter().any(|(name, _)| is_part(name))
}

/// Reads what is missing of the attributes that came in parts, and puts it under their plain names.
pub(super) async fn complete(
    connection: &mut Connection,
    entry: &mut Entry,
) -> Result<(), LdapError> {
    if settle(entry) {
        return Ok(());
    }
    let parts = entry
        .attributes
        .iter()
        .filter(|(name, _)| name.contains(";range="));
    let parts: Vec<String> = parts.map(|(name, _)| name.clone()).collect();
    for name in parts {
        let Some(plain) = name.split(';').next() else {
            continue;
        };
        let mut values: Vec<Vec<u8>> = entry.bytes(&name).map(<[u8]>::to_vec).collect();
        let mut from = next(&name).map(|(_, from)| from);
        while let Some(begin) = from {
            let wanted = [format!("{plain};range={begin}-*")];
            let part = connection
                .entry(&entry.dn, &wanted, Deleted::Hidden)
                .await?;
            let part = part.map(|it| it.attributes).unwrap_or_default();
            let is_part = |name: &String| name.starts_with(&format!("{plain};range={begin}-"));
            let Some((name, more)) = part.into_iter().find(|(name, _)| is_part(name)) else {
                // The group has become smaller, or worse.
                return Err(connection.garbage("a group in parts, without one of them"));
            };
            if more.is_empty() {
                return Err(connection.garbage("a group in parts without end"));
            }
            if values.len() + more.len() > limits::VALUES_MAX {
                values.clear();
                entry.oversized.push(plain.to_owned());
                break;
            }
            values.extend(more);
            from = next(&name).map(|(_, from)| from);
        }
        // Without the part, whose plain name stands there empty.
        let plain = plain.to_owned();
        entry
            .attributes
            .retain(|(it, _)| *it != name && *it != plain);
        entry.attributes.push((plain, values));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_part_is_all() {
        let entry = |name: &str| Entry {
            dn: String::new(),
            attributes: vec![(name.to_owned(), vec![b"amy".to_vec()])],
            oversized: Vec::new(),
        };
        let mut only = entry("member;range=0-*");
        assert!(settle(&mut only));
        assert_eq!(only, entry("member"));
        let mut first = entry("member;range=0-1499");
        assert!(!settle(&mut first));
    }

    #[test]
    fn parts_lead_to_the_next_one() {
        assert_eq!(next("member;range=0-1499"), Some(("member", 1500)));
        assert_eq!(next("member;range=1500-*"), None);
        assert_eq!(next("member"), None);
        assert_eq!(next("member;range=0-18446744073709551615"), None);
        assert_eq!(next("member;range=x"), None);
    }
}
