//! Newcomers: whom the directory did not know gets their mail once it does.

use store::{Day, MessageId, Newcomer, Owners, StoreError};
use tracing::info;

use super::sorter::Sorter;
use crate::{limits, mail_log};

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
    /// After a sync, and at the start, gives messages to those who are known now. Does only some at a
    /// time: strangers can make us remember many names, and one name may have much mail.
    pub(super) async fn welcome(&mut self, sorter: &Sorter) -> Result<Progress, StoreError> {
        let syncs = sorter.store.directory_syncs().await?;
        if self.seen == Some(syncs) {
            return Ok(Progress::Done);
        }
        let looking = self.looking.take().filter(|it| it.syncs == syncs);
        let mut after = looking.and_then(|it| it.after);
        sorter.known.forget();
        let limit = limits::UNKNOWN_NAMES_AT_ONCE;
        let unknown = sorter.store.unknown_names(after.clone(), limit).await?;
        let mut is_last = unknown.len() < limit;
        let count = unknown.len();
        let (mut names, mut messages) = (0, 0);
        for (number, (day, name)) in unknown.into_iter().enumerate() {
            let owners = owners(sorter, &name).await?;
            after = Some((day, name.clone()));
            if owners == Owners::Nobody {
                continue;
            }
            names += 1;
            messages += welcome(sorter, Newcomer { day, name, owners }).await?;
            if messages >= limits::NEWCOMERS_ENTRIES_AT_ONCE && number + 1 < count {
                is_last = false;
                break;
            }
        }
        if names > 0 {
            info!(
                messages,
                names, "the directory knows people whom it did not know: they have their mail now"
            );
        }
        if !is_last {
            self.looking = Some(Looking { syncs, after });
            return Ok(Progress::Goes);
        }
        // What was synced meanwhile is looked at next time.
        self.seen = Some(syncs);
        Ok(Progress::Done)
    }
}

/// Gives all messages of a day that have a name to those whom it means; some in one transaction,
/// since listeners write to the same day, and none while mail pours in. Says how many.
async fn welcome(sorter: &Sorter, newcomer: Newcomer) -> Result<usize, StoreError> {
    let owners = match &newcomer.owners {
        Owners::Group(members) => members.len().max(1),
        Owners::Nobody | Owners::One(_) => 1,
    };
    let limit = (limits::NEWCOMERS_ENTRIES_AT_ONCE / owners).max(1);
    let mut after: Option<MessageId> = None;
    let mut messages = 0;
    loop {
        sorter.store.lull(limits::FILING_LAG_MAX).await;
        if newcomer.name.starts_with('/') {
            sorter.place(&newcomer, after, limit).await?;
        }
        let welcomed = sorter.store.welcome(newcomer.clone(), after, limit).await?;
        for one in &welcomed {
            mail_log::welcomed(one);
        }
        messages += welcomed.len();
        match welcomed.last() {
            Some(last) if welcomed.len() == limit => after = Some(last.id),
            _ => return Ok(messages),
        }
    }
}

async fn owners(sorter: &Sorter, name: &str) -> Result<Owners, StoreError> {
    if name.starts_with('/') {
        let owner = sorter.store.owner_of_directory_name(name).await?;
        return Ok(owner.map_or(Owners::Nobody, Owners::One));
    }
    let Ok(address) = name.parse() else {
        return Ok(Owners::Nobody);
    };
    sorter.known.owners(&sorter.store, &address).await
}
