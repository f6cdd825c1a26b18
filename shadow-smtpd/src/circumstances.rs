//! What is around a session: its listener, its peer, and whom it asks.

use std::net::IpAddr;
use std::sync::Arc;

use store::Source;
use tokio_util::sync::CancellationToken;

use crate::access::Access;
use crate::checks::Examiner;
use crate::connection::MailId;
use crate::desk::Desk;
use crate::guests::{Guest, Limit, Places};
use crate::incoming::Incoming;
use crate::mail_log::{self, Origin};
use crate::room::Room;
use crate::users::Users;

/// What a session must know besides what is said.
pub(crate) struct Circumstances {
    /// Where its mail comes from.
    pub(crate) origin: Origin,
    /// Why mail of this listener is here.
    pub(crate) source: Source,
    /// Bytes of the largest mail.
    pub(crate) message_bytes_max: u64,
    /// For the bytes in memory of all mail on its way in.
    pub(crate) room: &'static Room,
    /// What the peer may still do.
    pub(crate) guest: Guest,
    /// All who are connected to the listener.
    pub(crate) places: Places,
    /// The proxy that said where the peer comes from, if one did.
    pub(crate) via: Option<IpAddr>,
    /// How peers stand, by their address.
    pub(crate) access: Arc<Access>,
    /// Who can sign in.
    pub(crate) users: Option<Arc<dyn Users>>,
    /// Who checks its mail.
    pub(crate) examiner: Examiner,
    /// Who answers for recipients and keeps the mail.
    pub(crate) desk: Arc<dyn Desk>,
    /// Cancelled when new mail is no longer taken.
    pub(crate) shutdown: CancellationToken,
    /// Cancelled when mail under way has had its time.
    pub(crate) stop: CancellationToken,
}

impl Circumstances {
    /// The peer has shown that it is trusted.
    pub(crate) fn trust(&mut self) {
        self.places.trust(&mut self.guest);
    }

    /// What happens from here on is about this mail of the connection.
    pub(crate) fn tell_mail(&mut self, number: Option<u32>) {
        let connection = self.origin.connection;
        self.origin.mail = number.map(|number| MailId { connection, number });
    }

    /// Writes down that the peer has reached a limit.
    pub(crate) fn tell_limit(&self, limit: Option<Limit>) {
        if let Some(limit) = limit {
            mail_log::limited(&self.origin.listener, self.origin.address, limit);
        }
    }

    /// For the next mail.
    pub(crate) fn incoming(&self) -> Incoming {
        Incoming::new(self.desk.hold(self.message_bytes_max), self.room)
    }
}
