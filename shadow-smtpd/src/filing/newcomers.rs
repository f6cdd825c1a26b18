//! Newcomers: mail of somebody whom the directory did not know is filed once it does.

use store::{Day, Owners, StoreError};
use tracing::info;

use super::sorter::Sorter;
use crate::limits;

/// How far the directory was looked at.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    /// The syncs there had been when all names were looked up.
    seen: Option<u64>,
    /// Names are being looked up.
    looking: Option<Looking>,
}

#[derive(Debug)]
struct Looking {
    /// The syncs there had been when that began.
    syncs: u64,
    /// The last name that was looked up.
    after: Option<(Day, String)>,
}

/// Whether there is more to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Not before the next sync.
    Done,
    /// Some names were looked up, and there are more: there is time for other things in between.
    Goes,
}

impl Newcomers {
    /// After a sync, and at the start, lets messages be filed again that have a name which is known
    /// now. Looks only some names up at a time: strangers can make us remember many.
    pub(super) async fn welcome(&mut self, sorter: &Sorter) -> Result<Progress, StoreError> {
        let syncs = sorter.store.directory_syncs().await?;
        if self.seen == Some(syncs) {
            return Ok(Progress::Done);
        }
        let looking = self.looking.take().filter(|it| it.syncs == syncs);
        let after = looking.and_then(|it| it.after);
        sorter.known.forget();
        let limit = limits::UNKNOWN_NAMES_AT_ONCE;
        let names = sorter.store.unknown_names(after, limit).await?;
        let last = names.last().cloned().filter(|_| names.len() >= limit);
        let mut known = Vec::new();
        for (_, name) in names {
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
        if let Some(last) = last {
            let after = Some(last);
            self.looking = Some(Looking { syncs, after });
            return Ok(Progress::Goes);
        }
        // What was synced meanwhile is looked at next time.
        self.seen = Some(syncs);
        Ok(Progress::Done)
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
