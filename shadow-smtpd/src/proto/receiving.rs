//! How the octets of a mail come in: after DATA up to the dot, or in the chunks of BDAT.

use std::time::Duration;

use super::body::{BodyEnd, BodyReader};
use super::chunk::ChunkReader;
use super::command::Chunk;
use super::dialogue::{Dialogue, Step};
use super::phase::Phase;
use super::reply::{self, Reply};
use super::transaction::{Awaited, Client, Peers, Transaction};
use crate::config::Protocol;
use crate::limits;

/// A mail of which chunks have come.
#[derive(Debug)]
pub(super) struct Chunked {
    client: Client,
    transaction: Transaction,
    reader: ChunkReader,
    /// When the mail must be whole.
    until: Duration,
}

/// A chunk under way.
#[derive(Debug)]
pub(super) struct Piece {
    /// All of it.
    octets: u64,
    left_bytes: u64,
    last: bool,
    begun: Duration,
    until: Duration,
}

/// A chunk under way that nobody wants: its octets are no commands.
#[derive(Debug)]
pub(super) struct Unwanted {
    piece: Piece,
    /// What the peer hears when all of it has come.
    reply: Reply,
    /// About whom.
    owed: Awaited,
    /// The number of the mail that the chunk was to be of, where it ended that.
    pub(super) mail: Option<u32>,
}

impl Chunked {
    /// The number of the mail.
    pub(super) fn number(&self) -> u32 {
        self.transaction.number
    }

    /// Forgets the mail.
    pub(super) fn into_client(self) -> Client {
        self.client
    }
}

impl Piece {
    /// Takes what belongs to the chunk off `wire`.
    fn take<'a>(&mut self, wire: &mut &'a [u8]) -> &'a [u8] {
        let room = usize::try_from(self.left_bytes).unwrap_or(usize::MAX);
        let (taken, rest) = wire.split_at(room.min(wire.len()));
        *wire = rest;
        self.left_bytes = self.left_bytes.saturating_sub(taken.len() as u64);
        taken
    }

    /// Whether so little of it has come that its peer just wants to stay.
    fn is_slow(&self, now: Duration) -> bool {
        let time = now.saturating_sub(self.begun);
        let least = u64::from(limits::BODY_BYTES_PER_SECOND).saturating_mul(time.as_secs());
        let came = self.octets.saturating_sub(self.left_bytes);
        time > limits::BODY_START && came < least
    }
}

impl Dialogue {
    /// DATA.
    pub(super) fn data(&mut self, wire: &[u8], now: Duration) {
        if !wire.is_empty() {
            // RFC 2920 §3.1: DATA is the last of a group. Else a refused DATA would turn the mail
            // into commands.
            return self.part(reply::OUT_OF_STEP);
        }
        if let Some(refusal) = self.barred() {
            return self.wrong(refusal);
        }
        match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Mail(client, transaction) if !transaction.recipients.is_empty() => {
                let reader = BodyReader::new(self.manners.size_bytes_max);
                let until = now + limits::BODY_TIME_MAX;
                self.phase = Phase::Body(client, transaction, reader, until);
                self.say(reply::GO_AHEAD);
            }
            phase => {
                let refusal = out_of_order(&phase);
                self.phase = phase;
                self.wrong(refusal);
            }
        }
    }

    /// BDAT (RFC 3030 §2). Whatever is wrong, its octets follow and are read, but not many of
    /// somebody who may bring no mail.
    pub(super) fn bdat(&mut self, chunk: Chunk, now: Duration) {
        let refusal = self.barred();
        if let Some(refusal) = &refusal
            && chunk.octets > limits::BARRED_CHUNK_BYTES_MAX
        {
            return self.part(refusal.clone());
        }
        let until = now + limits::BODY_TIME_MAX;
        let piece = Piece {
            octets: chunk.octets,
            left_bytes: chunk.octets,
            last: chunk.last,
            begun: now,
            until,
        };
        let chunked = match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Mail(client, transaction)
                if refusal.is_none() && !transaction.recipients.is_empty() =>
            {
                Chunked {
                    client,
                    transaction,
                    reader: ChunkReader::new(self.manners.size_bytes_max),
                    until,
                }
            }
            Phase::Chunks(chunked) => chunked,
            phase => {
                let reply = refusal.unwrap_or_else(|| out_of_order(&phase));
                let unwanted = Unwanted {
                    piece,
                    reply,
                    owed: Awaited::One,
                    mail: None,
                };
                self.phase = Phase::Skipping(Box::new(phase), unwanted);
                return;
            }
        };
        self.begin_chunk(chunked, piece);
    }

    fn begin_chunk(&mut self, mut chunked: Chunked, piece: Piece) {
        if chunked.reader.announce(piece.left_bytes) {
            let piece = Piece {
                until: chunked.until,
                ..piece
            };
            self.phase = Phase::Chunk(chunked, piece);
            return;
        }
        // A mail that lost a chunk is over; what follows of it hears 503.
        let owed = match self.manners.protocol {
            Protocol::Lmtp if piece.last => Awaited::Each(chunked.transaction.recipients.clone()),
            Protocol::Lmtp | Protocol::Smtp => Awaited::One,
        };
        let mail = Some(chunked.number());
        let refused = Step::Refuse(chunked.transaction, reply::TOO_LARGE);
        self.soon.push_back(refused);
        let unwanted = Unwanted {
            piece,
            reply: reply::TOO_LARGE,
            owed,
            mail,
        };
        self.phase = Phase::Skipping(Box::new(Phase::Ready(chunked.client)), unwanted);
    }

    /// Reads on in a body. Tells how long to wait when it goes on and nothing else is to be done.
    pub(super) fn body(
        &mut self,
        (client, transaction, mut reader, until): (Client, Transaction, BodyReader, Duration),
        wire: &mut &[u8],
        now: Duration,
    ) -> Option<Duration> {
        let left = self.time_left(until, now)?;
        let mut piece = Vec::with_capacity(wire.len());
        let end = reader.read(wire, &mut piece);
        let silent = piece.is_empty();
        if !silent {
            self.soon.push_back(Step::Body(piece));
        }
        if let Some(end) = end {
            self.phase = Phase::Ready(client);
            self.end(transaction, end);
            return None;
        }
        self.phase = Phase::Body(client, transaction, reader, until);
        silent.then_some(left)
    }

    /// Reads on in a chunk.
    pub(super) fn chunk(
        &mut self,
        (mut chunked, mut piece): (Chunked, Piece),
        wire: &mut &[u8],
        now: Duration,
    ) -> Option<Duration> {
        let left = self.time_left(piece.until, now)?;
        let taken = piece.take(wire);
        if !taken.is_empty() {
            chunked.reader.read(taken);
            self.soon.push_back(Step::Body(taken.to_vec()));
        }
        match (piece.left_bytes, piece.last) {
            (0, false) => {
                self.phase = Phase::Chunks(chunked);
                if taken.is_empty() {
                    self.idle(reply::CHUNK_TAKEN);
                } else {
                    self.say(reply::CHUNK_TAKEN);
                }
            }
            (0, true) => {
                let missing = chunked.reader.missing_end();
                if !missing.is_empty() {
                    self.soon.push_back(Step::Body(missing.to_vec()));
                }
                self.phase = Phase::Ready(chunked.client);
                self.end(chunked.transaction, chunked.reader.end());
            }
            _ => {
                self.phase = Phase::Chunk(chunked, piece);
                return taken.is_empty().then_some(left);
            }
        }
        None
    }

    /// Reads past a chunk that nobody wants.
    pub(super) fn skip(
        &mut self,
        (back, mut unwanted): (Box<Phase>, Unwanted),
        wire: &mut &[u8],
        now: Duration,
    ) -> Option<Duration> {
        let shown_until = self.waiting.shown_until(&self.standing, now);
        let until = shown_until.map_or(unwanted.piece.until, |it| it.min(unwanted.piece.until));
        let left = self.time_left(until, now)?;
        unwanted.piece.take(wire);
        if unwanted.piece.left_bytes > 0 {
            if unwanted.piece.is_slow(now) {
                self.soon.push_back(Step::Discard);
                self.part(reply::TOO_SLOW);
                return None;
            }
            self.phase = Phase::Skipping(back, unwanted);
            return Some(left);
        }
        self.phase = *back;
        if let Awaited::Each(_) = unwanted.owed {
            self.awaited = unwanted.owed;
            self.settle(Err(unwanted.reply));
        } else {
            self.wrong(unwanted.reply);
        }
        None
    }

    /// How long to wait for more of a mail; `None` when its time is over and the peer is told so.
    fn time_left(&mut self, until: Duration, now: Duration) -> Option<Duration> {
        let left = until.saturating_sub(now);
        if left.is_zero() {
            self.soon.push_back(Step::Discard);
            self.part(reply::TOO_SLOW);
            return None;
        }
        Some(left.min(limits::BODY_WAIT))
    }

    /// The mail is whole. From here on the peer is owed one reply, in LMTP one for each recipient
    /// that was taken (RFC 2033 §4.2).
    fn end(&mut self, mut transaction: Transaction, end: BodyEnd) {
        self.awaited = match self.manners.protocol {
            Protocol::Smtp => Awaited::One,
            Protocol::Lmtp => Awaited::Each(transaction.recipients.clone()),
        };
        let fault = if end.too_large {
            Some(reply::TOO_LARGE)
        } else if end.bare_line_ends && self.manners.peers == Peers::Anybody {
            Some(reply::BARE_LINE_END)
        } else {
            None
        };
        if let Some(fault) = fault {
            self.soon
                .push_back(Step::Refuse(transaction, fault.clone()));
            self.settle(Err(fault));
        } else {
            transaction.bare_line_ends = end.bare_line_ends;
            self.soon.push_back(Step::Commit(transaction));
        }
    }
}

/// Why a mail can not begin here.
pub(super) fn out_of_order(phase: &Phase) -> Reply {
    match phase {
        Phase::Mail(..) => reply::RECIPIENT_FIRST,
        // RFC 3030 §2: one mail comes by DATA or by BDAT.
        Phase::Chunks(_) => reply::CHUNKS_BEGUN,
        _ => reply::MAIL_FIRST,
    }
}

#[cfg(test)]
#[path = "receiving_tests.rs"]
mod tests;
