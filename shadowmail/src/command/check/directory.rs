//! Who has a mailbox, and whether somebody administrates.

use std::path::Path;

use jiff::Timestamp;
use store::{AccountKind, MirroredAccount, Role, Store};
use sync_ad::{Directory, Looked, Settings};

use super::Seen;
use crate::config::{Config, DirectorySource};
use crate::directory::alerts;

/// Looks at the directory.
pub async fn look(config: &Config) -> Seen {
    match &config.directory {
        DirectorySource::File(path) => of_file(path),
        DirectorySource::Server(settings) => of_server(config, settings).await,
    }
}

fn of_file(file: &Path) -> Seen {
    let snapshot = sync_ad::read_file(file).map_err(|error| error.to_string())?;
    let accounts = snapshot.accounts.len();
    let file = file.display();
    let admin = snapshot
        .accounts
        .iter()
        .any(|account| account.roles.contains(&Role::Admin));
    if !admin {
        return Err(format!(
            "{file} has no administrator; give somebody roles = [\"admin\"]"
        ));
    }
    let without = |it: &&MirroredAccount| it.kind == AccountKind::Person && it.verifier.is_none();
    let without = snapshot.accounts.iter().filter(without).count();
    let groups = snapshot.groups.len();
    Ok(format!(
        "accounts: {accounts}, of them without a password: {without}, groups: {groups}, in {file}"
    ))
}

/// Signs in there, and looks who administrates by the last sync.
async fn of_server(config: &Config, settings: &Settings) -> Seen {
    let directory = Directory::new(settings.clone()).map_err(|error| error.to_string())?;
    // It may be run every minute.
    let directory = directory.by_itself();
    if !config.has_store() {
        let looked = directory.try_out(None).await;
        let answers = answers(&looked.map_err(|error| error.to_string())?);
        return Ok(format!("{answers}; `shadowmail serve` will mirror it"));
    }
    let opened = Store::open_with(&config.data_dir, config.store_options()).await;
    let store = opened.map_err(|error| error.to_string())?;
    let looked = (
        directory.try_out(Some(&store)).await,
        store.accounts().await,
        store.readiness(Timestamp::now()).await,
    );
    store.close().await;
    let answers = answers(&looked.0.map_err(|error| error.to_string())?);
    let accounts = looked.1.map_err(|error| error.to_string())?;
    let people = looked.2.map_err(|error| error.to_string())?;
    let is_admin = |roles: &[Role]| roles.contains(&Role::Admin);
    if !accounts.is_empty() && !accounts.iter().any(|account| is_admin(&account.roles)) {
        return Err(format!(
            "{answers}, but nobody administrates; name a group in directory.admin_groups"
        ));
    }
    let ready = people.iter().filter(|person| person.is_ready()).count();
    Ok(format!(
        "{answers}; accounts in the mirror: {}; people who sign in with their password there: {}, and also \
         while it is down, with that or a code: {ready}",
        accounts.len(),
        people.len()
    ))
}

/// What a server shows.
fn answers(looked: &Looked) -> String {
    let Looked { server, shown } = looked;
    let locks = match shown.locks_after {
        Some(_) if shown.is_tight() => format!("; {}", alerts::tight(*shown)),
        Some(after) => format!(
            ", locks accounts after {after} wrong passwords and is shown {} of each",
            shown.most
        ),
        None => String::new(),
    };
    format!("{server} answers and lets us read{locks}")
}
