//! Newcomers: mail of somebody whom the directory did not know is filed once it does.

use store::{Owners, StoreError};
use tracing::info;

use super::sorter::Sorter;

/// How far the directory was looked at.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    /// The syncs there had been.
    seen: Option<u64>,
}

impl Newcomers {
    /// After a sync, and at the start, lets messages be filed again that have a name which is known
    /// now.
    pub(super) async fn welcome(&mut self, sorter: &Sorter) -> Result<(), StoreError> {
        let syncs = sorter.store.directory_syncs().await?;
        if self.seen == Some(syncs) {
            return Ok(());
        }
        sorter.known.forget();
        let mut known = Vec::new();
        for name in sorter.store.unknown_names().await? {
            if is_known(sorter, &name).await? {
                known.push(name);
            }
        }
        if !known.is_empty() {
            let names = known.len();
            let messages = sorter.store.file_again(known).await?;
            info!(
                messages,
                names, "the directory knows people whom it did not know: filing their mail"
            );
        }
        // What was synced meanwhile is looked at next time.
        self.seen = Some(syncs);
        Ok(())
    }
}

async fn is_known(sorter: &Sorter, name: &str) -> Result<bool, StoreError> {
    if name.starts_with('/') {
        return Ok(sorter.store.owner_of_directory_name(name).await?.is_some());
    }
    let Ok(address) = name.parse() else {
        return Ok(false);
    };
    let owners = sorter.known.owners(&sorter.store, &address).await?;
    Ok(owners != Owners::Nobody)
}
