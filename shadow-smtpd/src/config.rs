//! What a listener is told.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use store::Source;

use crate::network::Network;
use crate::peer_limits::PeerLimits;

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig {
    /// Its name in logs and in the envelope of what it took.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Where it listens. Port 0 takes any free one, see [`crate::Listener::local_addr`].
    pub address: SocketAddr,
    /// What it speaks.
    pub protocol: Protocol,
    /// Networks that may connect. Empty: this host alone for a journal, everybody for the others.
    pub allow: Vec<Network>,
    /// Whether STARTTLS is offered or demanded.
    pub tls: TlsPolicy,
    /// Bytes of the largest mail it takes; a larger one hears 552.
    pub message_bytes_max: u64,
    /// What one address may do.
    pub limits: PeerLimits,
}

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The primary or a gateway sends copies: any recipient is taken, the primary has the mail.
    Journal,
    /// The world sends mail because the primary is down: known recipients only, the mail is owed.
    Fallback,
    /// We stand in front of the primary: known recipients only, the mail is owed.
    Relay,
}

impl Role {
    /// Why a mail that such a listener took is here.
    pub fn source(self) -> Source {
        match self {
            Self::Journal => Source::JournalCopy,
            Self::Fallback | Self::Relay => Source::FallbackMail,
        }
    }
}

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// SMTP (RFC 5321).
    Smtp,
    /// LMTP (RFC 2033): one answer for each recipient.
    Lmtp,
}

/// Whether a listener offers STARTTLS (RFC 3207).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsPolicy {
    /// Never.
    Off,
    /// Where there is a certificate; the peer may do without.
    Opportunistic,
    /// Mail is refused outside TLS.
    Required,
}
