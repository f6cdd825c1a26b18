//! From a row of the queue to the octets and the envelope that go out.

use jiff::Timestamp;
use store::{Address, Claim, Envelope, Purpose, ReversePath, Store, StoreError};
use tracing::warn;

use crate::bytes::{Outgoing, Trace, as_written, handed_back};
use crate::failure::Ending;
use crate::header::value_of;
use crate::imap::SentCopy;
use crate::imap_look;
use crate::smtp::{Asked, Notify, Parcel};
use crate::words::clean;

/// What the log called the mail of a claim when it came, where that is known.
pub(crate) async fn mail_id(store: &Store, claim: &Claim) -> Option<String> {
    let envelope = store.envelope(claim.envelope_of).await.ok()?;
    envelope.peer.mail_id
}

/// A row with its message.
pub(crate) struct Row {
    /// The claim on it.
    pub claim: Claim,
    /// The envelope it came with.
    pub envelope: Envelope,
    content: Vec<u8>,
}

impl Row {
    /// Reads the message. An error is how the try ends: a damaged message stays in the queue for
    /// a person and does not stop the others.
    pub async fn read(store: &Store, claim: &Claim) -> Result<Self, Ending> {
        let ended = |error: StoreError| {
            let words = clean(&format!("held: {error}"));
            match error {
                StoreError::Damaged(..) | StoreError::Missing(_) => Ending::Refused(words),
                _ => Ending::NotNow(words),
            }
        };
        let envelope = store.envelope(claim.envelope_of).await.map_err(ended)?;
        let content = store.content(claim.message).await.map_err(ended)?;
        Ok(Self {
            claim: claim.clone(),
            envelope,
            content,
        })
    }

    /// What goes over SMTP. `key` seals the marker.
    pub fn parcel(self, hostname: &str, key: &[u8; 32]) -> Parcel {
        let Self {
            claim,
            envelope,
            content,
        } = self;
        let (outgoing, notify) = match claim.purpose {
            // The writer wants to hear that a mail did not reach the outside.
            Purpose::Send => (as_written(&content), Notify::Sender),
            purpose @ (Purpose::Return | Purpose::Resend | Purpose::SentCopy | Purpose::Notice) => {
                let trace = Trace {
                    hostname,
                    key,
                    message: claim.message,
                    queue: claim.id,
                    recipient: &claim.recipient,
                };
                let asked = match purpose {
                    Purpose::Return => asked(&envelope, &claim.recipient),
                    _ => None,
                };
                let notify = asked.map_or(Notify::Never, Notify::Asked);
                (handed_back(&content, &envelope, &trace), notify)
            }
        };
        if outgoing.repaired {
            warn!(
                message.id = %claim.message,
                mail.id = envelope.peer.mail_id,
                "the message has bare line ends, which were repaired; a DKIM signature may be broken"
            );
        }
        let reverse_path = reverse_path(&envelope, &outgoing);
        let header_needs_utf8 = envelope.smtputf8 && outgoing.header_beyond_ascii;
        let ascii_addresses =
            claim.recipient.as_str().is_ascii() && reverse_path.to_string().is_ascii();
        Parcel {
            needs_smtputf8: header_needs_utf8 || !ascii_addresses,
            reverse_path,
            recipient: claim.recipient,
            bytes: outgoing.bytes,
            notify,
        }
    }

    /// What goes into the writer's Sent folder.
    pub fn sent_copy(self) -> SentCopy {
        let Self {
            claim,
            envelope,
            content,
        } = self;
        let date = value_of(&content, "Date");
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(&date).ok());
        let date = date.map_or(envelope.received_at, |date| date.timestamp());
        SentCopy {
            writer: claim.recipient,
            bytes: content,
            date,
        }
    }

    /// The Message-ID of the message, where a server can be asked for it.
    pub fn name(&self) -> Option<String> {
        imap_look::name_of(&self.content)
    }

    /// When the message came to us.
    pub fn since(&self) -> Timestamp {
        self.envelope.received_at
    }
}

/// What the sender of a mail that the primary missed asked to be told about its recipient.
fn asked(envelope: &Envelope, recipient: &Address) -> Option<Asked> {
    let dsn = envelope.dsn.as_ref()?;
    let about = dsn.of(recipient)?;
    let wants = about.notify.as_ref().is_some_and(|when| !when.is_empty());
    (wants && !envelope.source.is_copy()).then(|| Asked {
        ret: dsn.ret,
        envid: dsn.envid.clone(),
        about: about.clone(),
    })
}

/// The reverse path it had at first. A copy may have come with one of the copying hop's own (a
/// journal report has a null one), and then the Return-Path in the message knows better.
fn reverse_path(envelope: &Envelope, outgoing: &Outgoing) -> ReversePath {
    let written = outgoing
        .return_path
        .as_ref()
        .filter(|_| envelope.source.is_copy());
    written.unwrap_or(&envelope.reverse_path).clone()
}
