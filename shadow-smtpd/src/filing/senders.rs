//! Who sent a copied mail, and whether that is believed: it fills a Sent folder.

use store::{AccountId, Address, Envelope, Owners, ReversePath, StoreError, Unfiled};

use super::decision::Named;
use super::reading::Reading;
use super::report::Proof;
use super::sorter::Sorter;
use crate::copies::Senders;

/// Who sent a mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SentBy {
    /// These accounts, perhaps none, and the names of senders that may become accounts.
    Known(Vec<AccountId>, Vec<String>),
    /// Perhaps one of ours, but its source does not check that.
    Unchecked,
}

/// Whether a sender is believed.
enum Belief {
    Yes,
    No,
    /// It would be if the config said that the source checks its senders.
    IfChecked,
}

impl Sorter {
    /// Who sent a copied mail: whom the report or else the envelope names, as far as that is believed.
    pub(super) async fn sent_by(
        &self,
        unfiled: &Unfiled,
        reading: &Reading,
    ) -> Result<SentBy, StoreError> {
        let belief = self.belief(&unfiled.envelope, reading);
        if let Belief::No = belief {
            return Ok(SentBy::Known(Vec::new(), Vec::new()));
        }
        let (accounts, unknown) = self.named_senders(unfiled, reading).await?;
        Ok(match belief {
            Belief::IfChecked if !accounts.is_empty() => SentBy::Unchecked,
            Belief::IfChecked | Belief::No => SentBy::Known(Vec::new(), Vec::new()),
            Belief::Yes => SentBy::Known(accounts, unknown),
        })
    }

    /// Whether the sender that a copy or a report names is believed.
    fn belief(&self, envelope: &Envelope, reading: &Reading) -> Belief {
        let proof = reading.reported.as_ref().map(|it| it.proof);
        match (proof, self.rules(envelope).senders) {
            (Some(Proof::SignedIn), _) | (Some(Proof::Untold) | None, Senders::Checked) => {
                Belief::Yes
            }
            (Some(Proof::Stranger), _) => Belief::No,
            (Some(Proof::Untold) | None, Senders::Unchecked) => Belief::IfChecked,
        }
    }

    /// The accounts that sent a copied mail, and the names of senders that may become accounts: whom
    /// the report or else the envelope names. From proves nothing: lists of the organisation leave it
    /// as strangers wrote it.
    async fn named_senders(
        &self,
        unfiled: &Unfiled,
        reading: &Reading,
    ) -> Result<(Vec<AccountId>, Vec<String>), StoreError> {
        if let Some(reported) = &reading.reported {
            let (named, mut unknown) = self.correspondents(&reported.senders).await?;
            let mut senders = Vec::new();
            for Named {
                address,
                owners,
                domain_is_ours,
            } in named
            {
                match owners {
                    Owners::One(owner) if senders.contains(&owner.account) => {}
                    Owners::One(owner) => senders.push(owner.account),
                    Owners::Nobody if domain_is_ours => unknown.push(address.key()),
                    Owners::Nobody | Owners::Group(_) => {}
                }
            }
            return Ok((senders, unknown));
        }
        let ReversePath::Address(reverse_path) = &unfiled.envelope.reverse_path else {
            return Ok((Vec::new(), Vec::new()));
        };
        let sender = self.account_of(Some(reverse_path)).await?;
        // Of a list, which has a reverse path for each mail, that is nobody's name.
        let is_author = reading.from.as_ref().map(Address::key) == Some(reverse_path.key());
        let may_become = sender.is_none() && is_author && self.is_our_domain(reverse_path);
        let unknown = may_become.then(|| reverse_path.key());
        Ok((Vec::from_iter(sender), Vec::from_iter(unknown)))
    }
}
