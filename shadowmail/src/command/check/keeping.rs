//! How long mail is kept, what is held, and what an administrator must know about.

use store::{Store, StoreError};

use super::Seen;
use crate::command::status;
use crate::config::Config;

/// Reads it from the store, where there is one.
pub async fn look(config: &Config) -> Seen {
    let kept = format!("mail is kept for {} days", config.retention.days);
    if !config.has_store() {
        return Ok(kept);
    }
    // What is wrong with the store is told where the store is looked at.
    let Ok(store) = Store::open_with(&config.data_dir, config.store_options()).await else {
        return Ok(kept);
    };
    let seen = of(&store, config).await;
    store.close().await;
    match seen {
        Ok(Ok(words)) => Ok(format!("{kept}{words}")),
        Ok(Err(words)) => Err(words),
        Err(error) => Err(error.to_string()),
    }
}

async fn of(store: &Store, config: &Config) -> Result<Seen, StoreError> {
    let mut wrong: Vec<String> = Vec::new();
    // Those of the directory are told where it is looked at.
    let alerts = store.alerts().await?.into_iter();
    wrong.extend(
        alerts
            .filter(|it| !it.kind.is_of_directory())
            .map(|it| it.words),
    );
    // Before the directory was read no group is known.
    if store.directory_loaded().await?
        && let Some(words) = retention::unknown_groups(store, &config.retention).await?
        && !wrong.contains(&words)
    {
        wrong.push(words);
    }
    if !wrong.is_empty() {
        return Ok(Err(wrong.join("; ")));
    }
    let mut words = match store.days().await?.first() {
        Some(oldest) => format!(", the oldest is of {}", oldest.day),
        None => ", none is kept yet".to_owned(),
    };
    let holds = status::lasting_holds(store).await?;
    if holds > 0 {
        words.push_str(", some of it under a hold (`shadowmail retention hold list`)");
    }
    Ok(Ok(words))
}
