//! X.500 names of which an earlier release did not write down who they are to a message.

use store::{MessageId, Newcomer, StoreError};

use super::correspondent::Correspondent;
use super::decision;
use super::reading::Record;
use super::senders::SentBy;
use super::sorter::Sorter;

impl Sorter {
    /// Reads the reports again that gave a newcomer's name to up to `limit` messages, from `after` on:
    /// what a newcomer sent belongs into Sent. What can not be read goes to the inbox, where it is
    /// found at least.
    pub(super) async fn place(
        &self,
        newcomer: &Newcomer,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<(), StoreError> {
        let Newcomer { day, name, .. } = newcomer;
        let unplaced = self.store.unplaced((*day, name.clone()), after, limit);
        for one in unplaced.await? {
            // Only from a report, opened at a journal mailbox, comes such a name.
            let Ok(reading) = self.read(&one, Record::AtJournal, 0).await else {
                continue;
            };
            let Some(reported) = &reading.reported else {
                continue;
            };
            let names = |all: &[Correspondent]| {
                all.iter().any(|it| {
                    matches!(it, Correspondent::Directory(known) if known.to_lowercase() == *name)
                })
            };
            let mut placed = Vec::new();
            if names(&reported.recipients) {
                placed.push(decision::told_recipient(name.clone()));
            }
            if names(&reported.senders)
                && let SentBy::Known(accounts, _) = self.sent_by(&one, &reading).await?
                && !accounts.is_empty()
            {
                placed.push(decision::sender(name.clone()));
            }
            self.store.place((one.id, name.clone()), placed).await?;
        }
        Ok(())
    }
}
