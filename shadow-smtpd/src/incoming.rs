//! The mail under way in a session.

use store::{Held, KeepError};

use crate::room::{Room, Share};

/// The mail under way, and the room that it takes.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Its bytes so far.
    pub(crate) held: Held,
    /// Must live as long as they do.
    pub(crate) share: Share,
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
    pub(crate) fn new(message_bytes_max: u64, room: &'static Room) -> Self {
        Self {
            held: Held::new(message_bytes_max),
            share: Share::empty(room),
            lost: None,
        }
    }

    /// Adds a piece. From the first one that does not fit, all are thrown away.
    pub(crate) fn add(&mut self, piece: &[u8], room: &'static Room) {
        if self.lost.is_some() {
            return;
        }
        let added = if self.share.grow(piece.len() as u64) {
            self.held.append(piece).map_err(NotKept::from)
        } else {
            Err(NotKept::NoRoom)
        };
        if let Err(error) = added {
            *self = Self::new(0, room);
            self.lost = Some(error);
        }
    }
}
