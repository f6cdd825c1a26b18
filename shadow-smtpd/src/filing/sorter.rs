//! Finds out about one message all that its filing takes.

use store::{
    AccountId, Address, AlertKind, Filing, Folder, MessageId, Owners, Replayed, ReversePath,
    Source, Store, StoreError, Unfiled,
};
use tracing::{error, warn};

use super::decision::{self, CopiedTo, Named};
use super::reading::{self, Reading, Record};
use super::recipients;
use crate::limits;
use crate::owners::KnownOwners;

/// Reads a message, asks the directory, and lets `decision` decide.
pub(super) struct Sorter {
    pub(super) store: Store,
    /// Our own name, which gateways put behind encoded recipients.
    pub(super) hostname: String,
    /// The organisation's domains, in lower case.
    pub(super) domains: Vec<String>,
    /// Whom addresses belong to, as far as it was asked for the present batch.
    pub(super) known: KnownOwners,
}

impl Sorter {
    /// Where a message goes, after so many tries to find that out. Changes nothing.
    pub(super) async fn sort(
        &self,
        unfiled: &Unfiled,
        failures: u32,
    ) -> Result<Filing, StoreError> {
        let envelope = &unfiled.envelope;
        let addressed = match envelope.source {
            Source::JournalCopy => self.addressed(unfiled).await?,
            Source::FallbackMail | Source::Written { .. } | Source::Imported { .. } => None,
        };
        let kind = match (envelope.source, &addressed) {
            (Source::JournalCopy, None) => Record::MayBeReport,
            _ => Record::Mail,
        };
        let reading = self.read(unfiled.id, kind, failures).await?;
        let marker = self.marker(&reading).await?;
        let filing = Filing {
            content: reading.content.clone(),
            summary: reading.summary.clone(),
            references: reading.references.clone(),
            merge_key: reading.merge_key,
            ..Filing::default()
        };
        Ok(match envelope.source {
            Source::JournalCopy => {
                let to = self.copied_to(addressed, &reading).await?;
                let sender = self.sender(unfiled, &reading).await?;
                let replayed = marker;
                let copy = decision::copy(&to, sender, Filing { replayed, ..filing });
                if reading.shows_report() {
                    warn!(message.id = %unfiled.id, "a gateway has encoded the mail in a journal report; nobody gets to read it, because it shows blind copies");
                    decision::unsorted(copy)
                } else {
                    copy
                }
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
                decision::written(&named, (account, own_address), filing)
            }
            Source::Imported { account } => {
                self.imported(unfiled, (account, reading), filing).await?
            }
        })
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
        Ok(decision::copy(&to, sender, filing))
    }

    /// Reads the record, away from the async threads. One that can not be read is filed by its
    /// envelope alone: damage and a bug in a parser concern that one message. An error of the disk
    /// may pass, but what is owed must not wait for that for ever.
    async fn read(
        &self,
        id: MessageId,
        kind: Record,
        failures: u32,
    ) -> Result<Reading, StoreError> {
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
        match tokio::task::spawn_blocking(move || reading::read(&record, kind)).await {
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
        let is_exact = decoded != *recipients;
        let names_ours = named.iter().any(|named| named.owners != Owners::Nobody);
        Ok((is_exact || names_ours).then_some(named))
    }

    /// Whom a copy is for: the lines of a journal report, else the envelope, and when that names
    /// nobody of ours (`always_bcc` sends all to one address) the header.
    async fn copied_to(
        &self,
        addressed: Option<Vec<Named>>,
        reading: &Reading,
    ) -> Result<CopiedTo, StoreError> {
        if let Some(named) = addressed {
            return Ok(CopiedTo::Told(named));
        }
        if let Some(reported) = &reading.reported
            && !reported.recipients.is_empty()
        {
            // An outgoing mail is for nobody of ours; its header does not change that.
            return Ok(CopiedTo::Told(self.named(&reported.recipients).await?));
        }
        let guessed = self.named(&reading.header_recipients).await?;
        Ok(CopiedTo::Guessed(guessed))
    }

    /// The account that sent a copied mail. From alone proves nothing, since anybody can write
    /// it and lists do; it counts when the envelope comes from the organisation, too.
    async fn sender(
        &self,
        unfiled: &Unfiled,
        reading: &Reading,
    ) -> Result<Option<AccountId>, StoreError> {
        if let Some(reported) = &reading.reported {
            return self.account_of(reported.sender.as_ref()).await;
        }
        let ReversePath::Address(reverse_path) = &unfiled.envelope.reverse_path else {
            return Ok(None);
        };
        match self.account_of(Some(reverse_path)).await? {
            None if self.is_our_domain(reverse_path) => {
                self.account_of(reading.from.as_ref()).await
            }
            account => Ok(account),
        }
    }

    async fn account_of(&self, address: Option<&Address>) -> Result<Option<AccountId>, StoreError> {
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

    fn is_our_domain(&self, address: &Address) -> bool {
        self.domains.iter().any(|domain| domain == address.domain())
    }
}

#[cfg(test)]
#[path = "sorter_tests.rs"]
mod tests;
