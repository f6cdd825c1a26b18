//! A message on its way in.

use std::io;
use std::mem;
use std::sync::Arc;

use crate::error::{KeepError, StoreError};
use crate::limits;
use crate::press::{Press, Pressed};
use crate::shadow::Store;

/// The bytes of a message that is not kept yet. Dropping it forgets them.
///
/// Not to be confused with a *hold*, which forbids aging.
pub struct Held {
    /// What was added last.
    tail: Vec<u8>,
    /// What was added before, compressed in a file.
    spilled: Option<Pressed>,
    /// What spilling takes; without it all stays in memory.
    press: Option<Arc<Press>>,
    size: u64,
    limit_bytes: u64,
}

impl Store {
    /// An empty one that takes up to `limit_bytes`, of which few are in memory when
    /// [`Held::spill`] is called after each piece.
    pub fn hold(&self, limit_bytes: u64) -> Held {
        Held {
            press: Some(Arc::clone(&self.inner().press)),
            ..Held::new(limit_bytes)
        }
    }
}

impl Held {
    /// An empty one that takes up to `limit_bytes`, all in memory.
    pub fn new(limit_bytes: u64) -> Self {
        Self {
            tail: Vec::new(),
            spilled: None,
            press: None,
            size: 0,
            limit_bytes,
        }
    }

    /// Adds a piece. After an error nothing was added and the message can not be kept whole.
    pub fn append(&mut self, piece: &[u8]) -> Result<(), KeepError> {
        let size = self.size.saturating_add(piece.len() as u64);
        if size > self.limit_bytes {
            return Err(KeepError::TooLarge {
                limit_bytes: self.limit_bytes,
            });
        }
        self.tail.extend_from_slice(piece);
        self.size = size;
        Ok(())
    }

    /// Moves what is in memory to a file without a name on the disk of the store, compressed, if it
    /// is enough to be worth it. After an error, or when it was not waited for, the message can not
    /// be kept.
    pub async fn spill(&mut self) -> Result<(), KeepError> {
        let Some(press) = &self.press else {
            return Ok(());
        };
        if self.tail.len() < limits::SPILL_BYTES {
            return Ok(());
        }
        let press = Arc::clone(press);
        let (spilled, mut tail) = (self.spilled.take(), mem::take(&mut self.tail));
        let work = move || {
            let mut spilled = match spilled {
                Some(spilled) => spilled,
                None => Pressed::big(&press).map_err(StoreError::from)?,
            };
            press.spill(&mut spilled, &tail)?;
            tail.clear();
            Ok::<_, KeepError>((spilled, tail))
        };
        let done = tokio::task::spawn_blocking(work).await;
        let (spilled, tail) = done.map_err(|_| KeepError::from(StoreError::Closed))??;
        (self.spilled, self.tail) = (Some(spilled), tail);
        Ok(())
    }

    /// A copy of the bytes, for who must see them before they are kept. It can not be kept after
    /// an error, or when it was not waited for.
    pub async fn copy(&mut self) -> io::Result<Vec<u8>> {
        let Some(spilled) = self.spilled.take() else {
            return Ok(self.tail.clone());
        };
        let size = self.size;
        let work = move || {
            let bytes = spilled.message(size);
            (spilled, bytes)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let (spilled, bytes) = done.map_err(io::Error::other)?;
        self.spilled = Some(spilled);
        let mut bytes = bytes?;
        bytes.extend_from_slice(&self.tail);
        Ok(bytes)
    }

    /// A copy of its first bytes, so many at most, for who must see the header of a large one. It can
    /// not be kept after an error, or when it was not waited for.
    pub async fn beginning(&mut self, bytes_max: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(spilled) = self.spilled.take() {
            let work = move || {
                let bytes = spilled.beginning(bytes_max as u64);
                (spilled, bytes)
            };
            let done = tokio::task::spawn_blocking(work).await;
            let (spilled, first) = done.map_err(io::Error::other)?;
            self.spilled = Some(spilled);
            bytes = first?;
        }
        let more = bytes_max.saturating_sub(bytes.len());
        bytes.extend(self.tail.iter().take(more));
        Ok(bytes)
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.size
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Bytes of it that are in memory.
    pub fn in_memory_bytes(&self) -> u64 {
        self.tail.len() as u64
    }

    /// Whether finishing it takes long, or a disk, and must not be done on an async thread. A small
    /// one is compressed in less time than it takes to hand it over to another.
    pub(crate) fn is_big(&self) -> bool {
        self.spilled.is_some() || self.tail.len() >= limits::SPILL_BYTES
    }

    /// All of it, compressed.
    pub(crate) fn pressed(self, press: &Press) -> Result<Pressed, KeepError> {
        let mut pressed = self.spilled.unwrap_or_else(Pressed::small);
        // An empty message has a frame, too.
        if !self.tail.is_empty() || pressed.length == 0 {
            press.add(&mut pressed, &self.tail)?;
        }
        if pressed.size == self.size {
            Ok(pressed)
        } else {
            let why = "a part of the message was lost on its way to the disk";
            Err(KeepError::Failed(why.to_owned()))
        }
    }

    /// The bytes themselves, for who keeps them elsewhere than in the store.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self.spilled {
            None => Ok(self.tail),
            Some(spilled) => {
                let mut bytes = spilled.into_message()?;
                bytes.extend_from_slice(&self.tail);
                Ok(bytes)
            }
        }
    }
}

impl std::fmt::Debug for Held {
    /// Without the bytes, which are nobody's to read.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("size", &self.size)
            .field("limit_bytes", &self.limit_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "held_tests.rs"]
mod tests;
