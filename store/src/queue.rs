//! The queue: one row for each message on its way to one recipient, and for ever after the
//! ledger of what became of it.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::account::AccountId;
use crate::address::Address;
use crate::error::StoreError;
use crate::id::MessageId;
use crate::shadow::Store;

/// The name of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct QueueId(pub i64);

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a message is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To the primary, which lacks it.
    Return,
    /// To the primary, for the Sent folder of the account that wrote it.
    SentCopy,
    /// To somebody outside, written in the emergency webmail.
    Send,
    /// To the primary once more, because an administrator asked for it.
    Resend,
}

/// How far a row has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueState {
    /// It may be tried when its time comes.
    Waiting,
    /// A worker is handing it over right now, or died while doing so.
    Claimed,
    /// The other side took it.
    Delivered,
    /// The other side refused it for good; a person must decide.
    Refused,
    /// The line broke after the final dot: it may or may not have arrived; a person must decide.
    Unknown,
    /// The primary has shown that it has it (a journal copy came back).
    Confirmed,
    /// A person decided that it need not arrive.
    WrittenOff,
}

impl QueueState {
    /// The one table of what may become what.
    pub fn may_become(self, next: Self) -> bool {
        use QueueState::{Claimed, Confirmed, Delivered, Refused, Unknown, Waiting, WrittenOff};
        matches!(
            (self, next),
            (Waiting, Claimed | Confirmed | WrittenOff)
                | (Claimed, Waiting | Delivered | Refused | Unknown | Confirmed)
                | (Delivered, Confirmed)
                // Only by a person, or when the primary shows that it has it.
                | (Refused | Unknown, Waiting | WrittenOff | Confirmed)
        )
    }

    /// Whether nothing is left to do.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Delivered | Self::Confirmed | Self::WrittenOff)
    }
}

/// One row that this worker, and no other, may hand over now.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The row.
    pub id: QueueId,
    /// Which message.
    pub message: MessageId,
    /// To whom.
    pub recipient: Address,
    /// Whose mailbox that is, where it is one of ours.
    pub account: Option<AccountId>,
    /// Why.
    pub purpose: Purpose,
    /// How often it was tried before.
    pub attempts: u32,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Taken.
    Delivered,
    /// Refused for good.
    Refused,
    /// Not now; try again at that time.
    Later(Timestamp),
    /// The line broke after the final dot.
    Unknown,
}

/// One row of the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerRow {
    /// The row.
    pub id: QueueId,
    /// Which message, as text.
    pub message: String,
    /// To whom.
    pub recipient: Address,
    /// Why.
    pub purpose: Purpose,
    /// How far it has come.
    pub state: QueueState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt_at: Timestamp,
    /// When it came to the state it is in.
    pub changed_at: Timestamp,
    /// The last words of the other side, or why nobody was reached.
    pub last_words: String,
}

/// How much the primary still lacks (purposes [`Purpose::Return`] and [`Purpose::SentCopy`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OwedCount {
    /// Rows that are waiting or being handed over, and messages not filed yet.
    pub open: u64,
    /// Rows that wait for a person: refused or unknown.
    pub for_a_person: u64,
    /// Rows settled so far.
    pub settled: u64,
}

impl Store {
    /// Takes up to `limit` rows with one of `purposes` whose time has come, oldest first, and
    /// marks them claimed in the same transaction.
    pub async fn claim(&self, purposes: &[Purpose], now: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
        todo!()
    }

    /// Writes what became of a claim, with the other side's last words. A row that the primary
    /// has confirmed in the meantime stays confirmed.
    pub async fn settle(&self, id: QueueId, outcome: Settled, last_words: &str, now: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// Rows a worker had claimed when it died become [`QueueState::Unknown`]: nobody knows how
    /// far it came. Call it once, before the only worker starts. Gives their number.
    pub async fn disown_claims(&self, now: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }

    /// Queues a kept message for its recipient at the primary once more.
    pub async fn resend(&self, message: MessageId, recipient: &Address, by: &str, now: Timestamp) -> Result<QueueId, StoreError> {
        todo!()
    }

    /// How much the primary still lacks.
    pub async fn owed(&self) -> Result<OwedCount, StoreError> {
        todo!()
    }

    /// All rows, newest first; only those not settled with `open_only`.
    pub async fn ledger(&self, open_only: bool, limit: usize) -> Result<Vec<LedgerRow>, StoreError> {
        todo!()
    }

    /// The rows of one message.
    pub async fn ledger_of(&self, message: MessageId) -> Result<Vec<LedgerRow>, StoreError> {
        todo!()
    }

    /// A person lets a refused or unknown row be tried again. Writes an audit row.
    pub async fn release(&self, id: QueueId, by: &str, now: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// A person decides that a row need not arrive. Writes an audit row.
    pub async fn write_off(&self, id: QueueId, by: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// Waits until this process has queued something new, or a short while has passed (another
    /// process may have queued something, or a row's time has come).
    pub async fn queue_wanted(&self) {
        todo!()
    }

    /// The key that seals the marker of re-injected mail; made when the store is new.
    pub async fn replay_key(&self) -> Result<[u8; 32], StoreError> {
        todo!()
    }
}
