//! Active Directory: each domain controller numbers its changes (`uSNChanged`). The numbers of one
//! are nothing to another, and after a restore from a backup not even to itself: then it has a new
//! invocationId.

use std::collections::HashSet;

use super::{Changes, Deletions, Place};
use crate::directory::state::State;
use crate::directory::whole;
use crate::kept;
use crate::ldap::connection::Connection;
use crate::ldap::entry::Entry;
use crate::ldap::error::LdapError;
use crate::ldap::filter::{Filter, NoFilter};
use crate::ldap::message::{Deleted, Scope, Search};
use crate::settings::Settings;

/// The container of deleted objects, whatever it is called (MS-ADTS 6.1.1.4.4).
const DELETED_OBJECTS: &str = "18E2EA80684F11D2B9AA00C04F79F805";

/// Everything whose change may change the mirror. When a container is renamed, so is all that is in
/// it, and none of that is marked.
const RELEVANT: &str = "(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit)\
    (objectClass=container))";

/// Where the domain controller stands.
pub(super) async fn place(connection: &mut Connection) -> Result<Place, LdapError> {
    let wanted = [
        "dsServiceName",
        "highestCommittedUSN",
        "defaultNamingContext",
    ]
    .map(str::to_owned);
    let root = connection.entry("", &wanted, Deleted::Hidden).await?;
    let root = root.unwrap_or_default();
    let mut database = String::new();
    if let Some(service) = root.text("dsServiceName") {
        let wanted = ["invocationId".to_owned()];
        let service = connection.entry(service, &wanted, Deleted::Hidden).await?;
        let service = service.unwrap_or_default();
        let id = service.bytes("invocationId").next();
        let id = id.and_then(|bytes| bytes.try_into().ok());
        database = id.map(kept::guid).unwrap_or_default();
    }
    Ok(Place {
        database,
        mark: root
            .text("highestCommittedUSN")
            .unwrap_or_default()
            .to_owned(),
        root: root
            .text("defaultNamingContext")
            .unwrap_or_default()
            .to_owned(),
        contexts: Vec::new(),
    })
}

/// What has changed since; among what is gone may be what nobody has heard of. `None` when that leaves
/// a doubt.
pub(super) async fn changes(
    connection: &mut Connection,
    settings: &Settings,
    before: &State,
    place: &Place,
) -> Result<Option<(Changes, Deletions)>, LdapError> {
    let (Ok(from), Ok(to)) = (before.mark.parse::<u64>(), place.mark.parse::<u64>()) else {
        return Ok(None);
    };
    // Without a name a database can not be told from another one. Numbers only grow.
    if place.database.is_empty() || place.root.is_empty() || to < from {
        return Ok(None);
    }
    let since = Filter::at_least("uSNChanged", &from.saturating_add(1).to_string());
    let Some(touched) = touched(connection, settings, place, &since).await? else {
        return Ok(None);
    };
    let put = whole::entries(connection, settings, Some(&since))
        .await?
        .entries;
    let mut gone: HashSet<String> = HashSet::new();
    // It was found, and is found no more: it left the base, or what the filter wants.
    gone.extend(touched.into_iter().filter(|key| !put.contains_key(key)));
    let deleted = deleted(connection, settings, place, &since).await?;
    let deletions = if deleted.is_some() {
        Deletions::Told
    } else {
        Deletions::Hidden
    };
    gone.extend(deleted.into_iter().flatten());
    let gone = gone.into_iter().collect();
    Ok(Some((Changes { put, gone }, deletions)))
}

/// The keys of what was touched, wherever it is now; `None` when a container was.
async fn touched(
    connection: &mut Connection,
    settings: &Settings,
    place: &Place,
    since: &Filter,
) -> Result<Option<Vec<String>>, LdapError> {
    let Ok(relevant): Result<Filter, NoFilter> = Filter::parse(RELEVANT) else {
        return Ok(None);
    };
    let filter = since.and(&relevant);
    let attributes = ["objectGUID", "objectClass"].map(str::to_owned);
    let mut bases = vec![&place.root];
    let below_root = |base: &&String| base.to_lowercase().ends_with(&place.root.to_lowercase());
    bases.extend(settings.bases.iter().filter(|base| !below_root(base)));
    let (mut keys, mut is_container) = (Vec::new(), false);
    let server = connection.server().to_owned();
    for base in bases {
        let search = Search {
            base,
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &attributes,
            deleted: Deleted::Hidden,
        };
        let taken = connection.search(&search, |entry| {
            let is = |class: &str| {
                entry
                    .texts("objectClass")
                    .any(|it| it.eq_ignore_ascii_case(class))
            };
            is_container |= is("organizationalUnit") || is("container");
            keys.extend(kept::key(&entry, &settings.mapping));
            whole::refuse_too_many(&server, keys.len())
        });
        taken.await?;
    }
    Ok((!is_container).then_some(keys))
}

/// The keys of what was deleted; `None` when we may not see that, which needs the right of an
/// administrator.
async fn deleted(
    connection: &mut Connection,
    settings: &Settings,
    place: &Place,
    since: &Filter,
) -> Result<Option<Vec<String>>, LdapError> {
    let base = format!("<WKGUID={DELETED_OBJECTS},{}>", place.root);
    let attributes = ["objectGUID".to_owned()];
    let container = connection.entry(&base, &attributes, Deleted::Shown).await?;
    // Its name may be shown to whoever may not look into it.
    let is_open = |it: &Entry| it.bytes("objectGUID").next().is_some();
    let Some(container) = container.filter(is_open) else {
        return Ok(None);
    };
    let filter = since.and(&Filter::equal("isDeleted", "TRUE"));
    let search = Search {
        base: &container.dn,
        scope: Scope::Subtree,
        filter: &filter,
        attributes: &attributes,
        deleted: Deleted::Shown,
    };
    let mut keys = Vec::new();
    let server = connection.server().to_owned();
    let taken = connection.search(&search, |entry| {
        keys.extend(kept::key(&entry, &settings.mapping));
        whole::refuse_too_many(&server, keys.len())
    });
    taken.await?;
    Ok(Some(keys))
}
