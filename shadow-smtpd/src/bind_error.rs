//! Why a socket could not be bound, in words that say what to do.

use std::io;
use std::net::SocketAddr;

/// The socket could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program, or another listener, has the port.
    #[error(
        "listener \"{name}\": {address} is in use; stop the program that has it (ss -ltnp shows it), or choose another port"
    )]
    InUse {
        /// The listener.
        name: String,
        /// What it wanted.
        address: SocketAddr,
    },
    /// Ports below 1024 need a privilege.
    #[error(
        "listener \"{name}\": no permission for {address}; choose a port from 1024 on, or give the program CAP_NET_BIND_SERVICE"
    )]
    Forbidden {
        /// The listener.
        name: String,
        /// What it wanted.
        address: SocketAddr,
    },
    /// The address is none of this machine's.
    #[error(
        "listener \"{name}\": this machine does not have the address {address}; choose one of its own, or 0.0.0.0"
    )]
    NotOurs {
        /// The listener.
        name: String,
        /// What it wanted.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("listener \"{name}\": cannot listen on {address}: {source}")]
    Failed {
        /// The listener.
        name: String,
        /// What it wanted.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

impl BindError {
    pub(crate) fn new(name: String, address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { name, address },
            io::ErrorKind::PermissionDenied => Self::Forbidden { name, address },
            io::ErrorKind::AddrNotAvailable => Self::NotOurs { name, address },
            _ => Self::Failed {
                name,
                address,
                source,
            },
        }
    }
}
