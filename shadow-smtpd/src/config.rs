//! What a listener is told.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use store::Source;

use crate::client_certificate::ClientCertificates;
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
    /// Networks that may bring mail. Empty: this host alone for a journal, everybody for the
    /// others. Who is elsewhere may show a certificate or sign in, where that is possible.
    pub allow: Vec<Network>,
    /// Networks of proxies that put a PROXY header in front of each connection. When there are
    /// some, nobody else may connect.
    pub proxy: Vec<Network>,
    /// Networks of proxies that may say with XCLIENT for whom they speak.
    pub xclient: Vec<Network>,
    /// Whether TLS is offered, demanded, or there from the first byte.
    pub tls: TlsPolicy,
    /// Certificates of peers that open the listener.
    pub certificates: ClientCertificates,
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

/// Whether a listener offers STARTTLS (RFC 3207), or begins with TLS (RFC 8314 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsPolicy {
    /// Never.
    Off,
    /// Where there is a certificate; the peer may do without.
    Opportunistic,
    /// Mail is refused outside TLS.
    Required,
    /// TLS begins before anything is said.
    Implicit,
}
