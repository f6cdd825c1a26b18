//! Who could open the console while the directory is down.

use std::collections::HashSet;

use jiff::Timestamp;
use store::{AccountId, Role, SecondFactor, Store, StoreError};

use super::Seen;
use crate::config::Config;

const MAKE_ONE: &str =
    "`shadowmail user break-glass make NAME` makes an administrator who needs no directory";

/// Looks at the last sync. Nothing is said of a store without accounts.
pub async fn look(config: &Config) -> Option<Seen> {
    if !config.has_store() {
        return None;
    }
    let opened = Store::open_with(&config.data_dir, config.store_options()).await;
    // What is wrong with it stands in another line.
    let store = opened.ok()?;
    let counted = count(&store, config.second_factor).await;
    store.close().await;
    match counted {
        Ok(None) => None,
        Ok(Some(counted)) => Some(counted.told()),
        Err(error) => Some(Err(error.to_string())),
    }
}

struct Counted {
    administrators: usize,
    ready: usize,
    break_glass: usize,
}

async fn count(store: &Store, second_factor: SecondFactor) -> Result<Option<Counted>, StoreError> {
    let accounts = store.accounts().await?;
    if accounts.is_empty() {
        return Ok(None);
    }
    let administrators = accounts.iter().filter(|it| it.roles.contains(&Role::Admin));
    let administrators: HashSet<AccountId> = administrators.map(|it| it.id).collect();
    let mut ready = 0;
    // An emergency code opens no console.
    for person in store.readiness(Timestamp::now()).await? {
        if !administrators.contains(&person.account) || !person.has_verifier {
            continue;
        }
        if second_factor == SecondFactor::Offered || store.has_totp(person.account).await? {
            ready += 1;
        }
    }
    Ok(Some(Counted {
        administrators: administrators.len(),
        ready,
        break_glass: store.break_glass().await?.len(),
    }))
}

impl Counted {
    fn told(&self) -> Seen {
        let words = format!(
            "with the directory down {} of {} could open the console with their password, and {} by breaking \
             the glass",
            self.ready, self.administrators, self.break_glass
        );
        match (self.ready, self.break_glass) {
            (0, 0) => Err(format!(
                "{words}: let one sign in at /admin once, and {MAKE_ONE}"
            )),
            (_, 0) => Ok(format!("{words}; {MAKE_ONE}")),
            _ => Ok(words),
        }
    }
}
