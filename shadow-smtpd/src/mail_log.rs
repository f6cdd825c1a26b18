//! One log line for each change in the life of a mail. Nowhere else are addresses logged, and
//! subjects and bodies nowhere at all.

use std::net::IpAddr;

use store::{Envelope, Filed, Filing, MessageId};
use tracing::{info, warn};

use crate::incoming::NotKept;

/// A listener promised to keep a message.
pub(crate) fn kept(name: &str, envelope: &Envelope, size_bytes: u64) {
    info!(
        message.id = %name,
        listener = %envelope.peer.listener,
        peer.address = envelope.peer.address.map(tracing::field::display),
        peer.protocol = %envelope.peer.protocol,
        from = %envelope.reverse_path,
        to = %Listed(&envelope.recipients),
        size_bytes,
        "kept message {name}"
    );
}

/// A message could not be kept; the peer was asked to come again, or told that it is too large.
pub(crate) fn not_kept(envelope: &Envelope, size_bytes: u64, error: &NotKept) {
    warn!(
        listener = %envelope.peer.listener,
        peer.address = envelope.peer.address.map(tracing::field::display),
        from = %envelope.reverse_path,
        to = %Listed(&envelope.recipients),
        size_bytes,
        %error,
        "could not keep a message"
    );
}

/// A message heard a refusal.
pub(crate) fn refused(listener: &str, address: Option<IpAddr>, said: &str) {
    info!(
        listener,
        peer.address = address.map(tracing::field::display),
        said,
        "refused a command or message"
    );
}

/// The filer is done with a message.
pub(crate) fn filed(id: MessageId, filing: &Filing, filed: Filed) {
    let entries = filing.entries.len();
    let owed = filing.owed.len();
    match filed {
        Filed::Merged(home) if filing.replayed.is_some() => {
            info!(message.id = %id, home = %home, "message {id} shows that the primary has {home}");
        }
        Filed::Merged(home) => {
            info!(message.id = %id, home = %home, entries, owed, "message {id} is the same mail as {home}");
        }
        Filed::Own if entries == 0 => {
            warn!(message.id = %id, owed, unknown = %Listed(&filing.unknown_recipients), "message {id} is unsorted: nobody of ours is known to own it");
        }
        Filed::Own => {
            info!(message.id = %id, entries, owed, "filed message {id}");
        }
    }
}

/// Addresses for a log field.
struct Listed<'a>(&'a [store::Address]);

impl std::fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, address) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{address}")?;
        }
        Ok(())
    }
}
