//! Taking rows of the queue to hand them over.

use jiff::Timestamp;
use rusqlite::{Row, Transaction};

use crate::account::AccountId;
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::mode;
use crate::queue::{self, Purpose, QueueId, QueueState};
use crate::scope::{Chosen, INCLUDED, Scope};
use crate::shadow::Store;

/// One row that this worker, and no other, may hand over now.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The row.
    pub id: QueueId,
    /// Which message.
    pub message: MessageId,
    /// The record whose envelope it goes out with: the message itself, or the copy of it that
    /// made the debt.
    pub envelope_of: MessageId,
    /// To whom.
    pub recipient: Address,
    /// Whose mailbox that is, where it is one of ours.
    pub account: Option<AccountId>,
    /// Why.
    pub purpose: Purpose,
    /// How often it was tried before.
    pub attempts: u32,
}

impl Store {
    /// Takes up to `limit` rows with one of `purposes` whose time has come, oldest first, and
    /// marks them claimed in the same transaction.
    pub async fn claim(
        &self,
        purposes: &[Purpose],
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let purposes = purposes.to_vec();
        self.take(now, move |shadow| due(shadow, &purposes, now, limit))
            .await
    }

    /// The same for the accounts that the mode does not hold for ([`Scope`]): none while it holds for
    /// everyone.
    pub async fn claim_beyond_scope(
        &self,
        purposes: &[Purpose],
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let purposes = purposes.to_vec();
        self.take(now, move |shadow| {
            let Scope::Only(chosen) = mode::present(shadow)?.scope else {
                return Ok(Vec::new());
            };
            due_beyond(shadow, (&purposes, &chosen), now, limit)
        })
        .await
    }

    /// Finds rows and marks them claimed, in one transaction.
    async fn take(
        &self,
        now: Timestamp,
        find: impl FnOnce(&Transaction<'_>) -> Result<Vec<Claim>, StoreError> + Send + 'static,
    ) -> Result<Vec<Claim>, StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let claims = find(shadow)?;
                for claim in &claims {
                    queue::change(shadow, claim.id, QueueState::Claimed, (now, None))?;
                }
                Ok(claims)
            })
        })
        .await
    }
}

/// One purpose after the other, so that each is one step in the index however much waits.
fn due(
    shadow: &Transaction<'_>,
    purposes: &[Purpose],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Claim>, StoreError> {
    let mut rows = shadow.prepare_cached(
        "SELECT id, day, message, envelope_of, recipient, account, purpose, attempts FROM queue
         WHERE state = 'waiting' AND purpose = ?1 AND next_attempt_at <= ?2
         ORDER BY next_attempt_at, id LIMIT ?3",
    )?;
    let mut claims = Vec::new();
    for purpose in purposes {
        let wanted = limit - claims.len();
        let key = (columns::to_word(purpose)?, now.as_millisecond(), wanted);
        for claim in rows.query_map(key, claim)? {
            claims.push(claim?);
        }
    }
    Ok(claims)
}

/// The same of accounts that are not among the chosen. What belongs to no account waits.
fn due_beyond(
    shadow: &Transaction<'_>,
    (purposes, chosen): (&[Purpose], &Chosen),
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Claim>, StoreError> {
    let sql = format!(
        "{INCLUDED} SELECT id, day, message, envelope_of, recipient, account, purpose, attempts
         FROM queue WHERE state = 'waiting' AND purpose = ?3 AND next_attempt_at <= ?4
         AND account NOT IN (SELECT id FROM included)
         ORDER BY next_attempt_at, id LIMIT ?5"
    );
    let mut rows = shadow.prepare_cached(&sql)?;
    let (groups, accounts) = chosen.keys()?;
    let mut claims = Vec::new();
    for purpose in purposes {
        let wanted = limit - claims.len();
        let purpose = columns::to_word(purpose)?;
        let key = (&groups, &accounts, purpose, now.as_millisecond(), wanted);
        for claim in rows.query_map(key, claim)? {
            claims.push(claim?);
        }
    }
    Ok(claims)
}

fn claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        id: QueueId(row.get(0)?),
        message: queue::message_id(row)?,
        envelope_of: columns::parsed(row, 3)?,
        recipient: columns::parsed(row, 4)?,
        account: row.get::<_, Option<i64>>(5)?.map(AccountId),
        purpose: columns::word(row, 6)?,
        attempts: row.get(7)?,
    })
}
