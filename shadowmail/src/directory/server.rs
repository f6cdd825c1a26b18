//! Keeps the mirror equal to a directory server, and says in alerts when that does not go on.

use std::time::Duration;

use jiff::Timestamp;
use store::{AlertKind, Difference, Store};
use sync_ad::{Directory, Dispute, Extent, LeftOut, SyncError};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

/// Disputes that an alert names one by one.
const DISPUTES_NAMED_MAX: usize = 5;

/// A server that is asked again and again.
pub struct Followed {
    /// Which.
    pub directory: Directory,
    /// How often.
    pub every: Duration,
}

/// What came of a sync that found something.
pub struct Synced {
    /// What it changed.
    pub difference: Difference,
    /// Names that two entries claim.
    pub disputes: Vec<Dispute>,
    /// Entries that have no mailbox here.
    pub left_out: Vec<LeftOut>,
    /// How much was read.
    pub extent: Extent,
}

impl Followed {
    /// Asks until `shutdown`, the first time at once.
    pub async fn watch(self, store: &Store, shutdown: CancellationToken) {
        let mut ask = tokio::time::interval(self.every);
        ask.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ask.tick() => {}
            }
            let sync = sync(store, &self.directory, Extent::WhatChanged, None);
            tokio::select! {
                // What was read and not written is read again.
                () = shutdown.cancelled() => return,
                synced = sync => match synced {
                    Ok(None) => debug!("nothing has changed in the directory"),
                    Ok(Some(_)) => {}
                    // The alert says it once.
                    Err(failed) => debug!("{failed:#}; the accounts stay as they were"),
                }
            }
        }
    }
}

/// Makes the mirror equal to what the server has. `None` when nothing has changed there. What keeps
/// it from that is an alert until it is over.
pub async fn sync(
    store: &Store,
    directory: &Directory,
    extent: Extent,
    removals_max: Option<usize>,
) -> anyhow::Result<Option<Synced>> {
    let now = Timestamp::now();
    let reading = match directory.read(store, extent, now).await {
        Ok(reading) => reading,
        Err(failed) => {
            let words = format!("{failed}; the accounts stay as they were");
            let kind = AlertKind::DirectoryUnreadable;
            store.raise_alert(kind, &words, now).await;
            return Err(failed.into());
        }
    };
    store.clear_alert(AlertKind::DirectoryUnreadable).await;
    let Some(reading) = reading else {
        return Ok(None);
    };
    let memory = Some(reading.memory);
    let synced = sync_ad::sync(store, reading.snapshot, memory, removals_max).await;
    let difference = match synced {
        Ok(difference) => difference,
        Err(failed) => {
            if let SyncError::TooManyRemovals { .. } = &failed {
                let kind = AlertKind::DirectoryShrunk;
                store.raise_alert(kind, &failed.to_string(), now).await;
            } else {
                error!("the directory is not mirrored: {failed}");
            }
            return Err(failed.into());
        }
    };
    store.clear_alert(AlertKind::DirectoryShrunk).await;
    match words(&reading.disputes) {
        Some(words) => {
            let kind = AlertKind::DirectoryDisputed;
            store.raise_alert(kind, &words, now).await;
        }
        None => store.clear_alert(AlertKind::DirectoryDisputed).await,
    }
    Ok(Some(Synced {
        difference,
        disputes: reading.disputes,
        left_out: reading.left_out,
        extent: reading.extent,
    }))
}

/// What a person must decide; `None` when there is nothing.
fn words(disputes: &[Dispute]) -> Option<String> {
    if disputes.is_empty() {
        return None;
    }
    let named: Vec<String> = disputes
        .iter()
        .take(DISPUTES_NAMED_MAX)
        .map(sentence)
        .collect();
    let more = disputes.len().saturating_sub(DISPUTES_NAMED_MAX);
    let more = match more {
        0 => String::new(),
        more => format!("; and {more} more (`shadowmail sync --dry-run --full` lists them)"),
    };
    Some(format!(
        "the directory gives one name to two entries; take it from one of them: {}{more}",
        named.join("; ")
    ))
}

/// One dispute.
pub fn sentence(dispute: &Dispute) -> String {
    let claimed_by = dispute.claimed_by.join(" and ");
    let name = &dispute.name;
    match &dispute.stays_with {
        Some(owner) => format!("{name} is claimed by {claimed_by} and stays with {owner}"),
        None => format!("{name} is claimed by {claimed_by} and belongs to nobody until then"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disputes_are_named_and_the_rest_is_counted() {
        let dispute = |number: usize| Dispute {
            name: format!("name{number}@corp.example"),
            claimed_by: vec!["cn=a".to_owned(), "cn=b".to_owned()],
            stays_with: (number == 0).then(|| "cn=b".to_owned()),
        };
        assert_eq!(words(&[]), None);
        let seven: Vec<Dispute> = (0..7).map(dispute).collect();
        let words = words(&seven).unwrap();
        assert!(
            words.contains("name0@corp.example is claimed by cn=a and cn=b and stays with cn=b")
        );
        assert!(words.contains("belongs to nobody"));
        assert!(
            !words.contains("name5@") && words.contains("2 more"),
            "{words}"
        );
    }
}
