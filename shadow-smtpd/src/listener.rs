//! The listener: accepts connections and gives each its session.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::config::ListenerConfig;
use crate::desk::Desk;

/// A bound socket that waits for mail.
pub struct Listener {}

/// What a listener needs besides its config.
pub struct Parts {
    /// Our name in the greeting.
    pub hostname: String,
    /// Who answers for recipients and keeps the mail.
    pub desk: Arc<dyn Desk>,
    /// Certificate and key; without it STARTTLS is not offered.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

/// The socket could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program, or another listener, has it.
    #[error("listener \"{name}\": {address} is in use; stop the program that has it, or choose another port")]
    InUse {
        /// The listener.
        name: String,
        /// What it wanted.
        address: SocketAddr,
    },
}

impl Listener {
    /// Takes the address.
    pub async fn bind(config: ListenerConfig) -> Result<Self, BindError> {
        let _ = config;
        todo!()
    }

    /// The address it has; tells the port where the config said 0.
    pub fn local_addr(&self) -> SocketAddr {
        todo!()
    }

    /// Accepts connections until `shutdown`, then lets mail under way finish for a while.
    pub async fn run(self, parts: Parts, shutdown: CancellationToken) {
        let _ = (parts, shutdown);
        todo!()
    }
}
