//! Taking rows of the queue to hand them over.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::account::AccountId;
use crate::address::Address;
use crate::columns;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::mode;
use crate::queue::{self, Purpose, QueueId, QueueState};
use crate::scope::{self, Chosen, INCLUDED, Scope};
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
    /// Since when it may go: when it was queued, or a person let it go again.
    pub queued_at: Timestamp,
}

impl Store {
    /// Takes up to `limit` rows with one of `purposes` whose time has come, oldest first, and marks
    /// them claimed in the same transaction. What [`Store::stop_outbound`] stops is not taken.
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

    /// The rows that [`Self::claim_beyond_scope`] may be asked for: those whose time has come, for
    /// whom the mode does not hold ([`Scope`]), oldest first. None while it holds for everyone.
    ///
    /// Read beside whoever writes, because all that is held is walked past.
    pub async fn due_beyond_scope(
        &self,
        purposes: &[Purpose],
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<QueueId>, StoreError> {
        let purposes = purposes.to_vec();
        self.blocking(move |inner| {
            inner
                .shadow
                .read(|shadow| match mode::present(shadow)?.scope {
                    Scope::Everyone => Ok(Vec::new()),
                    Scope::Only(chosen) => due_beyond(shadow, (&purposes, &chosen), now, limit),
                })
        })
        .await
    }

    /// Takes one of those rows if its time has come and the mode does not hold for its account, both
    /// still.
    pub async fn claim_beyond_scope(
        &self,
        row: QueueId,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let claimed = self.take(now, move |shadow| {
            let scope = mode::present(shadow)?.scope;
            let sql = format!(
                "{SELECT_CLAIM} WHERE id = ?1 AND state = 'waiting' AND next_attempt_at <= ?2"
            );
            let found = shadow.query_row(&sql, (row.0, now.as_millisecond()), claim);
            let Some(found) = found.optional()? else {
                return Ok(Vec::new());
            };
            let is_held = match found.account {
                Some(account) => scope::includes(shadow, &scope, account)?,
                None => scope == Scope::Everyone,
            };
            Ok(if is_held { Vec::new() } else { vec![found] })
        });
        Ok(claimed.await?.pop())
    }

    /// Rows of which nobody knows whether they arrived, the oldest doubt first. They are not claimed.
    pub async fn in_doubt(
        &self,
        purposes: &[Purpose],
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let purposes = columns::to_json(&purposes)?;
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let sql = format!(
                    "{SELECT_CLAIM} WHERE state = 'unknown'
                     AND purpose IN (SELECT value FROM json_each(?1))
                     ORDER BY changed_at, id LIMIT ?2"
                );
                let mut rows = shadow.prepare_cached(&sql)?;
                let rows = rows.query_map((purposes, limit), claim)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
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

/// The columns that [`claim`] reads.
const SELECT_CLAIM: &str =
    "SELECT id, day, message, envelope_of, recipient, account, purpose, attempts,
    queued_at FROM queue";

/// One purpose after the other, so that each is one step in the index however much waits.
fn due(
    shadow: &Transaction<'_>,
    purposes: &[Purpose],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Claim>, StoreError> {
    let sql = format!(
        "{SELECT_CLAIM} WHERE state = 'waiting' AND purpose = ?1 AND next_attempt_at <= ?2
         AND (?1 <> 'send' OR NOT EXISTS (
             SELECT 1 FROM outbound_stop WHERE writer IN (0, queue.writer)))
         ORDER BY next_attempt_at, id LIMIT ?3"
    );
    let mut rows = shadow.prepare_cached(&sql)?;
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

/// The same of accounts that are not among the chosen. What belongs to no account is for the primary
/// to know: it works for the others.
fn due_beyond(
    shadow: &Transaction<'_>,
    (purposes, chosen): (&[Purpose], &Chosen),
    now: Timestamp,
    limit: usize,
) -> Result<Vec<QueueId>, StoreError> {
    let sql = format!(
        "{INCLUDED} SELECT id FROM queue
         WHERE state = 'waiting' AND purpose = ?3 AND next_attempt_at <= ?4
         AND (account IS NULL OR account NOT IN (SELECT id FROM included))
         ORDER BY next_attempt_at, id LIMIT ?5"
    );
    let mut rows = shadow.prepare_cached(&sql)?;
    let (groups, accounts) = chosen.keys()?;
    let mut found = Vec::new();
    for purpose in purposes {
        let wanted = limit - found.len();
        let purpose = columns::to_word(purpose)?;
        let key = (&groups, &accounts, purpose, now.as_millisecond(), wanted);
        for id in rows.query_map(key, |row| row.get(0))? {
            found.push(QueueId(id?));
        }
    }
    Ok(found)
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
        queued_at: columns::time(row, 8)?,
    })
}
