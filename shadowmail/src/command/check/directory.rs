//! Who has a mailbox, and whether somebody administrates.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{AccountKind, MirroredAccount, OpenError, Role, Store, StoreError};
use sync_ad::{Directory, Looked, Settings};

use super::Seen;
use crate::config::{Config, DirectorySource};
use crate::directory::alerts;
use crate::print;

/// How old the mirror of a server may be at least, however often that is asked.
const AGE_MIN: SignedDuration = SignedDuration::from_hours(1);

/// How many times a server may not have answered.
const MISSED_MAX: i32 = 10;

/// Looks at the directory, and at what the last syncs said.
pub async fn look(config: &Config) -> Seen {
    let store = store_of(config).await;
    let seen = match &config.directory {
        DirectorySource::File(path) => of_file(path),
        DirectorySource::Server(settings) => match &store {
            Ok(store) => of_server(settings, store.as_ref()).await,
            Err(error) => Err(error.to_string()),
        },
    };
    // What is wrong with the store is told where the store is looked at.
    let Ok(Some(store)) = store else {
        return seen;
    };
    let told = told(&store, &config.directory).await;
    store.close().await;
    match (seen, told) {
        (_, Err(error)) => Err(error.to_string()),
        (Err(words), Ok(None)) => Err(words),
        // The alert may be of just that.
        (Err(words), Ok(Some(wrong))) if wrong.contains(&words) => Err(wrong),
        (Err(words), Ok(Some(wrong))) => Err(format!("{words}; and {wrong}")),
        (Ok(words), Ok(None)) => Ok(words),
        (Ok(words), Ok(Some(wrong))) => Err(format!("{words}; but {wrong}")),
    }
}

async fn store_of(config: &Config) -> Result<Option<Store>, OpenError> {
    if !config.has_store() {
        return Ok(None);
    }
    let opened = Store::open_with(&config.data_dir, config.store_options());
    opened.await.map(Some)
}

/// What keeps the mirror from being as the directory.
async fn told(store: &Store, source: &DirectorySource) -> Result<Option<String>, StoreError> {
    let alerts = store.alerts().await?.into_iter();
    let alerts = alerts.filter(|it| it.kind.is_of_directory());
    let mut wrong: Vec<String> = alerts.map(|it| it.words).collect();
    if let DirectorySource::Server(settings) = source {
        let answered_at = store.directory_answered_at().await?;
        wrong.extend(old(answered_at, settings.sync_every, Timestamp::now()));
    }
    Ok((!wrong.is_empty()).then(|| wrong.join("; ")))
}

/// That the mirror was not made for long.
pub(super) fn old(
    answered_at: Option<Timestamp>,
    every: Duration,
    now: Timestamp,
) -> Option<String> {
    let every = SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX);
    let age_max = every.saturating_mul(MISSED_MAX).max(AGE_MIN);
    let last = answered_at.filter(|at| now.duration_since(*at) > age_max)?;
    Some(format!(
        "the mirror is of {}, though it is to be made again every {} seconds; `shadowmail sync` makes it \
         now, or says what is wrong, and `shadowmail serve` must run to go on",
        print::local(last),
        every.as_secs()
    ))
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
async fn of_server(settings: &Settings, store: Option<&Store>) -> Seen {
    let directory = Directory::new(settings.clone()).map_err(|error| error.to_string())?;
    // It may be run every minute.
    let directory = directory.by_itself();
    let looked = directory.try_out(store).await;
    let answers = answers(&looked.map_err(|error| error.to_string())?);
    let Some(store) = store else {
        return Ok(format!("{answers}; `shadowmail serve` will mirror it"));
    };
    let seen = mirrored(store, &answers).await;
    seen.unwrap_or_else(|error| Err(error.to_string()))
}

async fn mirrored(store: &Store, answers: &str) -> Result<Seen, StoreError> {
    let size = store.directory_size().await?;
    let accounts = store.accounts().await?;
    let people = store.readiness(Timestamp::now()).await?;
    let is_admin = |roles: &[Role]| roles.contains(&Role::Admin);
    if !accounts.is_empty() && !accounts.iter().any(|account| is_admin(&account.roles)) {
        return Ok(Err(format!(
            "{answers}, but nobody administrates; name a group in directory.admin_groups"
        )));
    }
    let ready = people.iter().filter(|person| person.is_ready()).count();
    let unmarked = if size.people > 0 && size.marked == 0 {
        "; of nobody it shows when their password was changed (pwdChangedTime, by the overlay ppolicy), so \
         one of before opens here while no server answers, until it is too old; see docs/directory.md"
    } else {
        ""
    };
    Ok(Ok(format!(
        "{answers}; accounts in the mirror: {}; people who sign in with their password there: {}, and also \
         while it is down, with that or a code: {ready}{unmarked}",
        accounts.len(),
        people.len()
    )))
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
