//! Counting: who must have which mail, and who has it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;

use super::letters::Mail;
use super::people;
use super::receiver::Receiver;

/// A mailbox and a Message-ID.
type Place = (String, String);

/// What must be at the primary: each mailbox has each mail that was for it, once.
#[derive(Default)]
pub struct Ledger {
    expected: BTreeMap<Place, Vec<u8>>,
    mails: BTreeSet<String>,
}

impl Ledger {
    /// A mail was sent to the organisation.
    pub fn expect(&mut self, mail: &Mail) {
        for mailbox in mailboxes(mail) {
            self.expect_at(&mailbox, &mail.message_id, &mail.bytes);
        }
    }

    /// One mailbox must have a mail that ends in these bytes; only header fields may stand in
    /// front of them.
    pub fn expect_at(&mut self, mailbox: &str, message_id: &str, bytes: &[u8]) {
        self.mails.insert(message_id.to_owned());
        self.expected.insert(
            (mailbox.to_owned(), message_id.to_owned()),
            bytes.to_owned(),
        );
    }

    /// Mails, and their deliveries.
    pub fn counts(&self) -> (usize, usize) {
        (self.mails.len(), self.expected.len())
    }

    /// How many mails one mailbox must have.
    pub fn count_of(&self, mailbox: &str) -> usize {
        self.expected
            .keys()
            .filter(|(owner, _)| owner == mailbox)
            .count()
    }

    /// Compares with what the primary has.
    pub fn check(&self, primary: &Receiver) -> anyhow::Result<()> {
        let mut found: BTreeMap<Place, usize> = BTreeMap::new();
        for mail in primary.taken() {
            for mailbox in mailboxes(&mail) {
                let place = (mailbox, mail.message_id.clone());
                let (mailbox, message_id) = &place;
                let Some(bytes) = self.expected.get(&place) else {
                    anyhow::bail!("{mailbox} has <{message_id}>, which was not for it");
                };
                ensure!(
                    mail.bytes.ends_with(bytes),
                    "<{message_id}> came with other bytes"
                );
                *found.entry(place).or_default() += 1;
            }
        }
        for place in self.expected.keys() {
            let (mailbox, message_id) = place;
            let count = found.get(place).copied().unwrap_or_default();
            ensure!(
                count == 1,
                "{mailbox} has <{message_id}> {count} times, not once"
            );
        }
        Ok(())
    }
}

/// The mailboxes of the organisation that a mail is for, each once, as a mail server delivers it.
pub fn mailboxes(mail: &Mail) -> BTreeSet<String> {
    mail.recipients
        .iter()
        .flat_map(|recipient| people::mailboxes(recipient))
        .collect()
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
