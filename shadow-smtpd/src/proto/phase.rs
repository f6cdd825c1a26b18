//! How far a conversation has come.

use std::time::Duration;

use super::auth::Exchange;
use super::body::BodyReader;
use super::receiving::{Chunked, Piece, Unwanted};
use super::transaction::{Client, Transaction};

/// How far it has come.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing was said yet.
    Silent,
    /// We have greeted.
    Connected,
    /// The peer has greeted.
    Ready(Client),
    /// AUTH goes on.
    Auth(Client, Exchange),
    /// MAIL was taken.
    Mail(Client, Transaction),
    /// DATA was taken.
    Body(Client, Transaction, BodyReader, Duration),
    /// A chunk has come, and another one may.
    Chunks(Chunked),
    /// BDAT was taken.
    Chunk(Chunked, Piece),
    /// BDAT was refused; what comes after its octets.
    Skipping(Box<Phase>, Unwanted),
    /// The line is closed.
    Gone,
}

impl Phase {
    /// Forgets sender and recipients: RSET, MAIL, and what EHLO does to an open transaction
    /// (RFC 5321 §4.1.1.5, §4.1.1.2, §4.1.4).
    pub(super) fn reset(self) -> Self {
        match self {
            Self::Auth(client, _) | Self::Mail(client, _) | Self::Body(client, ..) => {
                Self::Ready(client)
            }
            Self::Chunks(chunked) | Self::Chunk(chunked, _) => Self::Ready(chunked.into_client()),
            other => other,
        }
    }

    /// The number of the mail under way.
    pub(super) fn mail(&self) -> Option<u32> {
        match self {
            Self::Mail(_, transaction) | Self::Body(_, transaction, ..) => Some(transaction.number),
            Self::Chunks(chunked) | Self::Chunk(chunked, _) => Some(chunked.number()),
            Self::Skipping(back, unwanted) => unwanted.mail.or_else(|| back.mail()),
            Self::Silent | Self::Connected | Self::Ready(_) | Self::Auth(..) | Self::Gone => None,
        }
    }
}
