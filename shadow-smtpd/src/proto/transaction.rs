//! What a dialogue remembers of the mail under way, and how a listener wants to talk.

use std::collections::BTreeSet;

use store::{Address, Dsn, RecipientDsn, ReversePath, Trust};

use super::command::{Mail, Recipient};
use crate::config::{Protocol, TlsPolicy};

/// How one listener talks.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    /// Our name.
    pub(crate) hostname: String,
    /// SMTP or LMTP.
    pub(crate) protocol: Protocol,
    /// STARTTLS.
    pub(crate) tls: TlsPolicy,
    /// There is a certificate.
    pub(crate) has_certificate: bool,
    /// Bytes of the largest mail.
    pub(crate) size_bytes_max: u64,
    /// Who may talk to us.
    pub(crate) peers: Peers,
    /// Whether this one may, as far as its address says.
    pub(crate) standing: Standing,
    /// There are users who can sign in.
    pub(crate) has_users: bool,
    /// Whether this peer may speak for others.
    pub(crate) xclient: Xclient,
}

/// Whether a peer may say with XCLIENT for whom it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Xclient {
    /// It is one of the trusted proxies.
    Taken,
    /// It is not.
    Refused,
}

/// Whether a peer may bring mail, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The world may.
    Open,
    /// It is one of those who may.
    Trusted(Trust),
    /// It may not before it has shown who it is.
    Stranger,
}

/// Who may talk to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peers {
    /// The primary and its gateways, who copy mail to us. A bare CR or LF in a mail is kept as it
    /// is and marked. Nothing is ever reported about a copy.
    Known,
    /// The world. A bare CR or LF in a mail may be somebody smuggling: it is refused. What a
    /// sender asks to be told is handed on with the mail.
    Anybody,
}

/// A peer that has said hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// What it calls itself.
    pub(super) helo: String,
    /// It knows extensions: EHLO or LHLO.
    pub(super) extended: bool,
}

/// A mail under way: what MAIL and RCPT said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    /// The how many-th of its conversation it is.
    pub(crate) number: u32,
    /// What the peer calls itself.
    pub(crate) helo: String,
    /// How it talks to us, in the words of RFC 3848 and RFC 6531 §4.3.
    pub(crate) protocol: String,
    /// Why it may bring mail, where not everybody may.
    pub(crate) trust: Option<Trust>,
    /// Where a bounce would go.
    pub(crate) reverse_path: ReversePath,
    /// Recipients that were taken, in the order given.
    pub(crate) recipients: Vec<Address>,
    /// What the sender asked to be told.
    pub(crate) dsn: Dsn,
    /// Parameters about that which could not be read.
    pub(crate) unread: BTreeSet<&'static str>,
    /// SMTPUTF8 was asked for.
    pub(crate) smtputf8: bool,
    /// A bare CR or LF was in the body.
    pub(crate) bare_line_ends: bool,
}

impl Transaction {
    /// Adds a recipient that was taken.
    pub(super) fn add(&mut self, recipient: Recipient) {
        let Recipient {
            address,
            notify,
            orcpt,
            unread,
        } = recipient;
        self.unread.extend(unread);
        if notify.is_some() || orcpt.is_some() {
            self.dsn.recipients.push(RecipientDsn {
                recipient: address.clone(),
                notify,
                orcpt,
            });
        }
        self.recipients.push(address);
    }
}

/// The word for a Received line.
pub(super) fn protocol_word(
    protocol: Protocol,
    client: &Client,
    secured: Secured,
    mail: &Mail,
    standing: &Standing,
) -> String {
    let base = match (protocol, mail.smtputf8) {
        (Protocol::Smtp, false) if !client.extended => return "SMTP".to_owned(),
        (Protocol::Smtp, false) => "ESMTP",
        (Protocol::Smtp, true) => "UTF8SMTP",
        (Protocol::Lmtp, false) => "LMTP",
        (Protocol::Lmtp, true) => "UTF8LMTP",
    };
    let secured = match secured {
        Secured::No => "",
        Secured::Tls => "S",
    };
    let signed_in = match standing {
        Standing::Trusted(Trust::Login(_)) => "A",
        _ => "",
    };
    format!("{base}{secured}{signed_in}")
}

/// Whether the line is inside TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secured {
    /// It is not.
    No,
    /// It is.
    Tls,
}

/// Whom the peer is owed a reply about, for the mail being committed.
#[derive(Debug, Default)]
pub(super) enum Awaited {
    /// Nobody: none is.
    #[default]
    Nobody,
    /// All recipients together.
    One,
    /// Each of them (RFC 2033 §4.2).
    Each(Vec<Address>),
}
