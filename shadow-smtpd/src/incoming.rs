//! The mail under way in a session.

use std::time::Duration;

use store::{Held, KeepError};
use tokio::time::Instant;

use crate::guests::Guest;
use crate::room::{Room, Share};

/// The mail under way, and the room that it takes.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Its bytes so far.
    pub(crate) held: Held,
    /// For those of them that are in memory; must live as long as they do.
    pub(crate) share: Share,
    /// When it began to come in.
    begun: Option<Instant>,
    /// Bytes of it that came, kept or not.
    pub(crate) came_bytes: u64,
    /// Why it can not be kept, where a piece did not fit; its bytes are gone then.
    pub(crate) lost: Option<NotKept>,
}

/// Why a mail was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    /// Too many others come in at the same time.
    #[error("too much mail is coming in at the same time")]
    NoRoom,
    /// The desk could not.
    #[error(transparent)]
    Failed(#[from] KeepError),
}

impl Incoming {
    pub(crate) fn new(held: Held, room: &'static Room) -> Self {
        Self {
            held,
            share: Share::empty(room),
            begun: None,
            came_bytes: 0,
            lost: None,
        }
    }

    /// Adds a piece. From the first one that can not be added, all are thrown away.
    pub(crate) async fn add(&mut self, piece: &[u8], room: &'static Room) {
        self.begun.get_or_insert_with(Instant::now);
        self.came_bytes = self.came_bytes.saturating_add(piece.len() as u64);
        if self.lost.is_some() {
            return;
        }
        if let Err(error) = self.try_add(piece).await {
            self.held = Held::new(0);
            self.share = Share::empty(room);
            self.lost = Some(error);
        }
    }

    /// Whether it comes in slower than `guest` may bring it.
    pub(crate) fn is_slow(&self, guest: &Guest) -> bool {
        let time = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        guest.is_slow(self.came_bytes, time)
    }

    async fn try_add(&mut self, piece: &[u8]) -> Result<(), NotKept> {
        if !self.share.grow(piece.len() as u64) {
            return Err(NotKept::NoRoom);
        }
        self.held.append(piece)?;
        self.held.spill().await?;
        self.share.shrink_to(self.held.in_memory_bytes());
        Ok(())
    }
}
