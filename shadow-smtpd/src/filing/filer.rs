//! The filer: takes what was kept and not filed, for ever.

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use store::{AliasDomains, Filed, Filing, MessageId, Store, StoreError, Unfiled};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::newcomers::{Newcomers, Progress};
use super::postponed::Postponed;
use super::sorter::Sorter;
use super::unopened::Unopened;
use crate::copies::CopyRules;
use crate::owners::KnownOwners;
use crate::{limits, mail_log};

/// Files what listeners and the webmail have kept.
pub struct Filer {
    sorter: Sorter,
    /// Kibibytes of messages that may be read.
    room: Semaphore,
}

impl Filer {
    /// A filer for an organisation: `hostname` is our own name, which gateways put behind encoded
    /// recipients (`user=corp.example@hostname`); `domains` are the organisation's.
    ///
    /// One at a time may run on a data directory: two copies of a mail that are filed at the same
    /// moment would not see each other.
    pub fn new(store: Store, hostname: &str, domains: &[String]) -> Self {
        let domains = domains.iter().map(|domain| domain.to_lowercase()).collect();
        Self {
            sorter: Sorter {
                store,
                rules: CopyRules::of_hostname(hostname),
                sources: HashMap::new(),
                hostname: hostname.to_owned(),
                domains,
                known: KnownOwners::default(),
                unopened: Unopened::default(),
            },
            room: Semaphore::new(limits::FILING_KIB_AT_ONCE as usize),
        }
    }

    /// The same, with domains that stand for others of the organisation.
    #[must_use]
    pub fn with_alias_domains(mut self, aliases: &AliasDomains) -> Self {
        let names = aliases.names().map(str::to_owned);
        self.sorter.domains.extend(names);
        self
    }

    /// The same, with what journal listeners of these names were told about their sources. For all
    /// others [`CopyRules::of_hostname`] holds.
    #[must_use]
    pub fn with_sources(mut self, sources: HashMap<String, CopyRules>) -> Self {
        self.sorter.sources = sources;
        self
    }

    /// Files messages until `shutdown`. A message whose filing fails is tried again later and
    /// does not stop the others.
    pub async fn run(self, shutdown: CancellationToken) {
        let (mut postponed, mut newcomers) = (Postponed::default(), Newcomers::default());
        self.sorter.begin().await;
        while !shutdown.is_cancelled() {
            // Mail on its way in comes first; but what is there by the end of that wait is filed.
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.sorter.store.lull(limits::FILING_LAG_MAX) => {}
            }
            let welcomed = match newcomers.welcome(&self.sorter).await {
                Ok(progress) => progress,
                Err(error) => {
                    error!(%error, "cannot look for mail of people who were not in the directory; trying again");
                    Progress::Done
                }
            };
            let now = Timestamp::now();
            let all_filed = loop {
                match self.round_or_log(&mut postponed, &shutdown).await {
                    None => break true,
                    Some(newest) if newest >= now => break false,
                    Some(_) => {}
                }
            };
            if all_filed && welcomed == Progress::Done {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = self.sorter.store.filing_wanted() => {}
                }
            }
        }
    }

    async fn round_or_log(
        &self,
        postponed: &mut Postponed,
        shutdown: &CancellationToken,
    ) -> Option<Timestamp> {
        match self.round(postponed, shutdown).await {
            Ok(newest) => newest,
            Err(error) => {
                error!(%error, "cannot ask the store for messages to file; trying again");
                None
            }
        }
    }

    /// Files a batch of what is there. Gives when the newest message of it arrived, `None` when
    /// nothing could be filed.
    ///
    /// Several are sorted at a time, but written down in the order of their arrival, so that the
    /// first of several copies is the one that the others merge into.
    async fn round(
        &self,
        postponed: &mut Postponed,
        shutdown: &CancellationToken,
    ) -> Result<Option<Timestamp>, StoreError> {
        let limit = limits::FILING_BATCH + postponed.len();
        let unfiled = self.sorter.store.unfiled(limit).await?;
        postponed.keep_only(&unfiled);
        self.sorter.known.forget();
        let now = Instant::now();
        let due: Vec<Unfiled> = unfiled
            .into_iter()
            .filter(|one| postponed.is_due(one.id, now))
            .collect();
        // What the log called them before they were kept.
        let mails: HashMap<MessageId, String> = due
            .iter()
            .filter_map(|one| Some((one.id, one.envelope.peer.mail_id.clone()?)))
            .collect();
        let sorted: Vec<_> = stream::iter(due)
            .take_until(shutdown.cancelled())
            .map(|one| {
                let failures = postponed.failures(one.id);
                async move {
                    let _share = self.share(one.size_bytes).await;
                    (one.id, self.sorter.sort(&one, failures).await)
                }
            })
            .buffered(limits::FILING_AT_ONCE)
            .collect()
            .await;
        let (mut batch, mut outcomes) = (Vec::with_capacity(sorted.len()), Vec::new());
        for (id, filing) in sorted {
            match filing {
                Ok(filing) => batch.push((id, filing)),
                Err(error) => outcomes.push((id, Err(error))),
            }
        }
        outcomes.extend(self.file(batch, &mails).await);
        let mut newest = None;
        for (id, outcome) in outcomes {
            if let Err(error) = outcome {
                let wait = postponed.postpone(id, Instant::now());
                error!(message.id = %id, %error, retry_seconds = wait.as_secs(), "cannot file message {id}; trying again later");
            } else {
                postponed.forget(id);
                newest = newest.max(Some(id.arrived_at()));
            }
        }
        Ok(newest)
    }

    /// Waits until there is memory for a message of this size; a large one gets all of it. `None`
    /// never comes: nobody closes the room.
    async fn share(&self, size_bytes: u64) -> Option<SemaphorePermit<'_>> {
        let kib = u32::try_from(size_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let kib = kib.min(limits::FILING_KIB_AT_ONCE);
        self.room.acquire_many(kib).await.ok()
    }

    /// Writes a batch down, and each message by itself where that fails: one that can not be
    /// filed must not stop the others.
    async fn file(
        &self,
        batch: Vec<(MessageId, Filing)>,
        mails: &HashMap<MessageId, String>,
    ) -> Vec<(MessageId, Outcome)> {
        let tell = |id: MessageId, filing: &Filing, filed: Filed| {
            let mail = mails.get(&id).map(String::as_str);
            mail_log::filed((id, mail), filing, filed);
        };
        if let [_, _, ..] = batch.as_slice() {
            match self.sorter.store.file_many(batch.clone()).await {
                Ok(filed) => {
                    return batch
                        .iter()
                        .zip(filed)
                        .map(|((id, filing), filed)| {
                            tell(*id, filing, filed);
                            (*id, Ok(()))
                        })
                        .collect();
                }
                Err(error) => {
                    let messages = batch.len();
                    warn!(%error, messages, "cannot file a batch; filing its messages one by one");
                }
            }
        }
        let mut outcomes = Vec::with_capacity(batch.len());
        for (id, filing) in batch {
            let filed = self.sorter.store.file(id, filing.clone()).await;
            outcomes.push((id, filed.map(|filed| tell(id, &filing, filed))));
        }
        outcomes
    }
}

/// Whether a message was filed.
type Outcome = Result<(), StoreError>;

#[cfg(test)]
#[path = "filer_tests.rs"]
mod tests;
