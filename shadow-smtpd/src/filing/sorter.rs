//! Finds out about one message all that its filing takes.

use std::collections::HashMap;

use store::{
    AccountId, Address, AlertKind, Envelope, Filing, Folder, Owners, Replayed, ReversePath, Source,
    Store, StoreError, Unfiled,
};
use tracing::{error, warn};

use super::correspondent::Correspondent;
use super::decision::{self, CopiedTo, Named};
use super::reading::{self, Reading, Record};
use super::recipients;
use super::senders::SentBy;
use super::unopened::{self, Unopened};
use crate::copies::{CopyEnvelope, CopyRules};
use crate::limits;
use crate::owners::KnownOwners;

/// Reads a message, asks the directory, and lets `decision` decide.
pub(super) struct Sorter {
    pub(super) store: Store,
    /// Our own name, which gateways put behind encoded recipients.
    pub(super) hostname: String,
    /// What journal listeners were told, by their names.
    pub(super) sources: HashMap<String, CopyRules>,
    /// What holds for all other listeners.
    pub(super) rules: CopyRules,
    /// The organisation's domains, in lower case.
    pub(super) domains: Vec<String>,
    /// Whom addresses belong to, as far as it was asked for the present batch.
    pub(super) known: KnownOwners,
    /// Where reports come that are not opened.
    pub(super) unopened: Unopened,
}

impl Sorter {
    /// What there is to tell before the first message is sorted.
    pub(super) async fn begin(&self) {
        unopened::begin(&self.store, &self.sources).await;
    }

    /// Where a message goes, after so many tries to find that out. Changes nothing.
    pub(super) async fn sort(
        &self,
        unfiled: &Unfiled,
        failures: u32,
    ) -> Result<Filing, StoreError> {
        let envelope = &unfiled.envelope;
        let (addressed, kind) = match envelope.source {
            Source::JournalCopy => {
                let to = &envelope.recipients;
                if self.rules(envelope).are_journal(to) {
                    // Also where the directory knows the address: a report is nobody's mail.
                    (None, Record::AtJournal)
                } else {
                    let addressed = self.addressed(unfiled).await?;
                    let is_told = addressed.is_some();
                    let kind = if is_told { Record::Mail } else { Record::Copy };
                    (addressed, kind)
                }
            }
            Source::FallbackMail
            | Source::Written { .. }
            | Source::Rehearsed { .. }
            | Source::Imported { .. }
            | Source::Notice => (None, Record::Mail),
        };
        let reading = self.read(unfiled, kind, failures).await?;
        let marker = self.marker(&reading).await?;
        let filing = Filing {
            content: reading.content.clone(),
            aside: reading.aside.clone(),
            summary: reading.summary.clone(),
            references: reading.references.clone(),
            merge_key: reading.merge_key,
            ..Filing::default()
        };
        Ok(match envelope.source {
            Source::JournalCopy => {
                let replayed = marker;
                let filing = Filing { replayed, ..filing };
                self.copy(unfiled, (addressed, &reading), filing).await?
            }
            Source::FallbackMail => {
                let named = self.named(&envelope.recipients).await?;
                // The primary has sent back to us what we had returned to it, because it still
                // can not deliver. It is owed again, so it must not merge with the settled debt.
                let merge_key = filing.merge_key.filter(|_| marker.is_none());
                decision::fallback(
                    &named,
                    Filing {
                        merge_key,
                        ..filing
                    },
                )
            }
            Source::Written { account } => {
                let named = self.named(&envelope.recipients).await?;
                let own_address = self.own_address(account, &envelope.reverse_path).await?;
                let writer = Some(envelope.peer.writer.unwrap_or(account));
                let filing = Filing { writer, ..filing };
                decision::written(&named, (account, own_address), filing)
            }
            Source::Rehearsed { account } => {
                let named = self.named(&envelope.recipients).await?;
                decision::rehearsed(&named, account, filing)
            }
            Source::Notice => {
                let named = self.named(&envelope.recipients).await?;
                decision::notice(&named, filing)
            }
            Source::Imported { account } => {
                self.imported(unfiled, (account, reading), filing).await?
            }
        })
    }

    /// What the listener was told that took a copy.
    pub(super) fn rules(&self, envelope: &Envelope) -> &CopyRules {
        let listener = &envelope.peer.listener;
        self.sources.get(listener).unwrap_or(&self.rules)
    }

    /// A copy of what the primary has.
    async fn copy(
        &self,
        unfiled: &Unfiled,
        (addressed, reading): (Option<Vec<Named>>, &Reading),
        mut filing: Filing,
    ) -> Result<Filing, StoreError> {
        if let Some(why) = reading.doubt {
            if why == reading::NOT_AT_JOURNAL {
                let rules = self.rules(&unfiled.envelope);
                self.unopened
                    .tell(&self.store, &unfiled.envelope, rules)
                    .await;
            }
            return Ok(decision::unsorted(why, filing));
        }
        if reading.injected_lines > 0 {
            let lines = reading.injected_lines;
            warn!(message.id = %unfiled.id, lines, "the subject of a mail has line breaks: lines of the report about it are not believed");
        }
        let to = match (addressed, &reading.reported) {
            (Some(named), _) => CopiedTo::Told(named),
            // An outgoing mail is for nobody of ours; its header does not change that.
            (None, Some(reported)) if !reported.recipients.is_empty() => {
                let (named, unknown) = self.correspondents(&reported.recipients).await?;
                let unknown = unknown.into_iter().map(decision::told_recipient);
                filing.unknown_names.extend(unknown);
                CopiedTo::Told(named)
            }
            (None, _) => self.copied_to(reading).await?,
        };
        let (sent_by, unknown) = match self.sent_by(unfiled, reading).await? {
            SentBy::Known(accounts, unknown) => (accounts, unknown),
            SentBy::Unchecked => {
                let filing = decision::copy(&to, &[], filing);
                return Ok(if filing.entries.is_empty() {
                    decision::unsorted(store::UNCHECKED_SENDER, filing)
                } else {
                    filing
                });
            }
        };
        let unknown = unknown.into_iter().map(decision::sender);
        filing.unknown_names.extend(unknown);
        Ok(decision::copy(&to, &sent_by, filing))
    }

    /// Mail from files, which came without its envelope unless one was exported with it.
    async fn imported(
        &self,
        unfiled: &Unfiled,
        (account, reading): (Option<AccountId>, Reading),
        filing: Filing,
    ) -> Result<Filing, StoreError> {
        // An administrator vouches for it, so From alone is enough here.
        let sender = self.account_of(reading.from.as_ref()).await?;
        if let Some(account) = account {
            let folder = if sender == Some(account) {
                Folder::Sent
            } else {
                Folder::Inbox
            };
            return Ok(decision::placed(account, folder, filing));
        }
        let recipients = match unfiled.envelope.recipients.as_slice() {
            [] => &reading.header_recipients,
            recipients => recipients,
        };
        let to = CopiedTo::Guessed(self.named(recipients).await?);
        Ok(decision::copy(&to, sender.as_slice(), filing))
    }

    /// Reads the record, away from the async threads. One that can not be read is filed by its
    /// envelope alone: damage and a bug in a parser concern that one message. An error of the disk
    /// may pass, but what is owed must not wait for that for ever.
    pub(super) async fn read(
        &self,
        unfiled: &Unfiled,
        kind: Record,
        failures: u32,
    ) -> Result<Reading, StoreError> {
        let id = unfiled.id;
        let record = match self.store.record(id).await {
            Err(StoreError::Damaged(_, why)) => {
                error!(message.id = %id, why, "message {id} is damaged; filing it by its envelope");
                return Ok(Reading::default());
            }
            Err(StoreError::Io(why)) if failures >= limits::FILING_TRIES_MAX => {
                error!(message.id = %id, %why, "message {id} can not be read; filing it by its envelope");
                let words = format!(
                    "message {id} can not be read ({why}) and was filed by its envelope: look at \
                     the disk, and run `shadowmail store verify`"
                );
                let now = jiff::Timestamp::now();
                self.store
                    .raise_alert(AlertKind::DayDamaged, &words, now)
                    .await;
                return Ok(Reading::default());
            }
            other => other?,
        };
        let fields = match kind {
            Record::Mail => Vec::new(),
            Record::Copy | Record::AtJournal => {
                self.rules(&unfiled.envelope).recipient_headers.clone()
            }
        };
        let read = move || reading::read(&record, kind, &fields);
        match tokio::task::spawn_blocking(read).await {
            Ok(reading) => Ok(reading),
            Err(ended) if ended.is_panic() => {
                error!(message.id = %id, "message {id} made a parser panic, which is a bug in Shadowmail; filing it by its envelope");
                Ok(Reading::default())
            }
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// Our own marker, if its seal fits the mail.
    async fn marker(&self, reading: &Reading) -> Result<Option<Replayed>, StoreError> {
        if reading.markers.is_empty() {
            return Ok(None);
        }
        let key = self.store.replay_key().await?;
        let open = |value: &String| store::marker::open(&key, value, &reading.body_digest);
        Ok(reading.markers.iter().find_map(open))
    }

    /// Whom the envelope of a copy names. `None` when that is none of ours: a journal mailbox,
    /// which is nobody's account, gets the copies of all, and reports.
    async fn addressed(&self, unfiled: &Unfiled) -> Result<Option<Vec<Named>>, StoreError> {
        let recipients = &unfiled.envelope.recipients;
        let decoded: Vec<Address> = recipients
            .iter()
            .map(|to| recipients::decoded(to, &self.hostname))
            .collect();
        let named = self.named(&decoded).await?;
        let rules = self.rules(&unfiled.envelope);
        let is_exact = decoded != *recipients || rules.envelope == CopyEnvelope::Exact;
        let names_ours = named.iter().any(|named| named.owners != Owners::Nobody);
        Ok((is_exact || names_ours).then_some(named))
    }

    /// Whom a copy is for when neither its envelope nor a report says so: the fields that its source
    /// is known to add, the best first, and when they name nobody of ours (`always_bcc` sends all to
    /// one address) the header.
    async fn copied_to(&self, reading: &Reading) -> Result<CopiedTo, StoreError> {
        for addresses in &reading.named_by_source {
            let named = self.named(addresses).await?;
            let is_ours = |it: &Named| it.domain_is_ours || it.owners != Owners::Nobody;
            if named.iter().any(is_ours) {
                return Ok(CopiedTo::Told(named));
            }
        }
        let guessed = self.named(&reading.header_recipients).await?;
        Ok(CopiedTo::Guessed(guessed))
    }

    /// What the directory says of those whom a report names, and the X.500 names that it does not
    /// know.
    pub(super) async fn correspondents(
        &self,
        all: &[Correspondent],
    ) -> Result<(Vec<Named>, Vec<String>), StoreError> {
        let (mut named, mut unknown) = (Vec::with_capacity(all.len()), Vec::new());
        for one in all {
            match one {
                Correspondent::Address(address) => {
                    named.extend(self.named(std::slice::from_ref(address)).await?);
                }
                Correspondent::Directory(name) => {
                    match self.store.owner_of_directory_name(name).await? {
                        Some(owner) => named.push(Named {
                            address: owner.primary.clone(),
                            owners: Owners::One(owner),
                            domain_is_ours: true,
                        }),
                        None => unknown.push(name.to_lowercase()),
                    }
                }
            }
        }
        Ok((named, unknown))
    }

    pub(super) async fn account_of(
        &self,
        address: Option<&Address>,
    ) -> Result<Option<AccountId>, StoreError> {
        let Some(address) = address else {
            return Ok(None);
        };
        Ok(match self.known.owners(&self.store, address).await? {
            Owners::One(owner) => Some(owner.account),
            Owners::Nobody | Owners::Group(_) => None,
        })
    }

    /// Where the writer of a mail gets the copy for Sent; after leaving the directory that is the
    /// address it was written from.
    async fn own_address(
        &self,
        writer: AccountId,
        reverse_path: &ReversePath,
    ) -> Result<Option<Address>, StoreError> {
        match (self.store.account(writer).await, reverse_path) {
            (Ok(writer), _) => Ok(Some(writer.primary_address().clone())),
            (Err(StoreError::Missing(_)), ReversePath::Address(address)) => {
                Ok(Some(address.clone()))
            }
            (Err(StoreError::Missing(_)), ReversePath::Null) => Ok(None),
            (Err(error), _) => Err(error),
        }
    }

    async fn named(&self, addresses: &[Address]) -> Result<Vec<Named>, StoreError> {
        let mut named = Vec::with_capacity(addresses.len());
        for address in addresses {
            let owners = self.known.owners(&self.store, address).await?;
            let domain_is_ours = self.is_our_domain(address);
            named.push(Named {
                address: address.clone(),
                owners,
                domain_is_ours,
            });
        }
        Ok(named)
    }

    pub(super) fn is_our_domain(&self, address: &Address) -> bool {
        self.domains.iter().any(|domain| domain == address.domain())
    }
}

#[cfg(test)]
#[path = "sorter_tests.rs"]
mod tests;
