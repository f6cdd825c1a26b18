//! A message on its way in.

use crate::error::KeepError;

/// The bytes of a message that is not kept yet. Dropping it forgets them.
///
/// Not to be confused with a *hold*, which forbids aging.
#[derive(Debug)]
pub struct Held {
    bytes: Vec<u8>,
    limit_bytes: u64,
}

impl Held {
    /// An empty one that takes up to `limit_bytes`.
    pub fn new(limit_bytes: u64) -> Self {
        Self {
            bytes: Vec::new(),
            limit_bytes,
        }
    }

    /// Adds a piece. After an error nothing was added and the message can not be kept whole.
    pub fn append(&mut self, piece: &[u8]) -> Result<(), KeepError> {
        if self.len() + piece.len() as u64 > self.limit_bytes {
            return Err(KeepError::TooLarge {
                limit_bytes: self.limit_bytes,
            });
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes themselves, for who keeps them elsewhere than in the store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
