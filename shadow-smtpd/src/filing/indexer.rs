//! The indexer: puts the text of filed messages into the full text, for ever.

use std::collections::HashMap;

use store::search::IndexText;
use store::{MessageId, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::texts;
use crate::limits;

/// Reads what was filed and not indexed, the newest first.
pub struct Indexer {
    store: Store,
}

impl Indexer {
    /// One runs beside the [`crate::Filer`] of a data directory.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Indexes messages until `shutdown`. What is cut off is done again by the next one.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut failures = HashMap::new();
        while !shutdown.is_cancelled() {
            let indexed = match self.round(&mut failures, &shutdown).await {
                Ok(indexed) => indexed,
                Err(StoreError::Closed) if shutdown.is_cancelled() => return,
                Err(error) => {
                    error!(%error, "cannot write the full text; trying again");
                    0
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.wait(indexed) => {}
            }
        }
    }

    /// Until there may be more to do.
    async fn wait(&self, indexed: usize) {
        if indexed == 0 {
            self.store.indexing_wanted().await;
        } else {
            // Mail that is pouring in needs the disk and the processor more, but not for ever:
            // somebody may be searching for it.
            self.store.lull(limits::INDEXING_YIELDS_MAX).await;
        }
    }

    /// Indexes a batch. Gives how many messages were in it.
    async fn round(
        &self,
        failures: &mut HashMap<MessageId, u32>,
        shutdown: &CancellationToken,
    ) -> Result<usize, StoreError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        for known in self
            .store
            .unindexed(limits::INDEXING_BATCH + failures.len())
            .await?
        {
            if shutdown.is_cancelled() || bytes > limits::INDEXING_BATCH_BYTES_MAX {
                break;
            }
            let id = known.message;
            match self
                .read(known, failures.get(&id).copied().unwrap_or(0))
                .await
            {
                Ok(text) => {
                    bytes += text.body.len();
                    failures.remove(&id);
                    batch.push(text);
                }
                Err(StoreError::Closed) => return Err(StoreError::Closed),
                // It has aged meanwhile.
                Err(StoreError::Missing(_)) => {}
                Err(error) => {
                    *failures.entry(id).or_insert(0) += 1;
                    warn!(message.id = %id, %error, "cannot read message {id} for the full text; trying again");
                }
            }
        }
        let indexed = batch.len();
        if indexed > 0 {
            self.store.index_texts(batch).await?;
        }
        Ok(indexed)
    }

    /// The text of a message. One that can not be read, and never will be, is found by what lists
    /// show of it.
    async fn read(&self, known: IndexText, failures: u32) -> Result<IndexText, StoreError> {
        let id = known.message;
        let mail = match self.store.readable(id).await {
            Ok(mail) => mail,
            Err(StoreError::Damaged(..)) => return Ok(known),
            Err(error) if failures >= limits::INDEXING_TRIES_MAX => {
                error!(message.id = %id, %error, "message {id} is in the full text by its summary only");
                return Ok(known);
            }
            Err(error) => return Err(error),
        };
        let summary = known.clone();
        let filled = tokio::task::spawn_blocking(move || {
            let mut text = known;
            texts::fill(&mut text, &mail);
            text
        });
        match filled.await {
            Ok(text) => Ok(text),
            Err(error) if error.is_panic() => {
                // A bug in a parser concerns that one message.
                error!(message.id = %id, "the parser failed on message {id}; it is in the full text by its summary only");
                Ok(summary)
            }
            Err(_) => Err(StoreError::Closed),
        }
    }
}

#[cfg(test)]
#[path = "indexer_tests.rs"]
mod tests;
