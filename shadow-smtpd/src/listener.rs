//! The listener: accepts connections and gives each its session.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::config::{ListenerConfig, Role};
use crate::connection::ConnectionId;
use crate::desk::Desk;
use crate::guests::{Guest, Guests};
use crate::limits;
use crate::mail_log::{self, Origin};
use crate::proto::{Dialogue, Manners, Peers, Reply, reply};
use crate::room::Room;
use crate::session::{Circumstances, Ending, Session, turn_away};

/// A bound socket that waits for mail.
pub struct Listener {
    config: ListenerConfig,
    socket: TcpListener,
    local_addr: SocketAddr,
}

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

impl Listener {
    /// Takes the address.
    pub async fn bind(config: ListenerConfig) -> Result<Self, BindError> {
        let bound = match TcpListener::bind(config.address).await {
            Ok(socket) => socket.local_addr().map(|local_addr| (socket, local_addr)),
            Err(error) => Err(error),
        };
        match bound {
            Ok((socket, local_addr)) => Ok(Self {
                config,
                socket,
                local_addr,
            }),
            Err(source) => {
                let (name, address) = (config.name, config.address);
                Err(match source.kind() {
                    io::ErrorKind::AddrInUse => BindError::InUse { name, address },
                    io::ErrorKind::PermissionDenied => BindError::Forbidden { name, address },
                    io::ErrorKind::AddrNotAvailable => BindError::NotOurs { name, address },
                    _ => BindError::Failed {
                        name,
                        address,
                        source,
                    },
                })
            }
        }
    }

    /// The address it has; tells the port where the config said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Accepts connections until `shutdown`. From then on new commands hear 421; mail under way
    /// has a while to finish, and when this returns no session is left.
    pub async fn run(self, parts: Parts, shutdown: CancellationToken) {
        let door = Door {
            acceptor: parts.tls.clone().map(TlsAcceptor::from),
            parts,
            guests: Arc::new(Guests::new(self.config.limits.clone())),
            config: self.config,
            shutdown,
            stop: CancellationToken::new(),
        };
        info!(listener = %door.config.name, address = %self.local_addr, "listening");
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = door.shutdown.cancelled() => break,
                Some(ended) = sessions.join_next() => log_panic(ended),
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => door.open(stream, peer, &mut sessions),
                    Err(error) => {
                        error!(listener = %door.config.name, %error, "cannot accept a connection; pausing");
                        tokio::time::sleep(limits::ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.socket);
        door.close(sessions).await;
    }
}

/// Lets connections in, or not.
struct Door {
    config: ListenerConfig,
    parts: Parts,
    acceptor: Option<TlsAcceptor>,
    guests: Arc<Guests>,
    shutdown: CancellationToken,
    stop: CancellationToken,
}

impl Door {
    fn open(&self, stream: TcpStream, peer: SocketAddr, sessions: &mut JoinSet<()>) {
        let address = peer.ip().to_canonical();
        match self.admit(address) {
            Ok(guest) => {
                let session = self.session(address, guest);
                let acceptor = self.acceptor.clone();
                sessions.spawn(serve(session, stream, acceptor));
            }
            Err(last_word) => {
                mail_log::turned_away(&self.config.name, address, &last_word);
                // Bounded like everybody else; beyond that many the line is just closed.
                if sessions.len() < 2 * limits::CONNECTIONS_MAX {
                    sessions.spawn(async move {
                        let mut stream = stream;
                        turn_away(&mut stream, &last_word).await;
                    });
                }
            }
        }
    }

    fn admit(&self, address: IpAddr) -> Result<Guest, Reply> {
        let allow = &self.config.allow;
        let allowed = match self.config.role {
            Role::Journal if allow.is_empty() => address.is_loopback(),
            Role::Fallback | Role::Relay if allow.is_empty() => true,
            _ => allow.iter().any(|network| network.contains(address)),
        };
        if !allowed {
            return Err(reply::NOT_ALLOWED);
        }
        Guests::admit(&self.guests, address)
    }

    fn session(&self, address: IpAddr, guest: Guest) -> Session {
        let config = &self.config;
        let manners = Manners {
            hostname: self.parts.hostname.clone(),
            protocol: config.protocol,
            tls: config.tls,
            has_certificate: self.acceptor.is_some(),
            size_bytes_max: config.message_bytes_max,
            peers: match config.role {
                Role::Journal => Peers::Known,
                Role::Fallback | Role::Relay => Peers::Anybody,
            },
        };
        let around = Circumstances {
            origin: Origin {
                listener: config.name.clone(),
                connection: ConnectionId::next(),
                address: Some(address),
            },
            source: config.role.source(),
            message_bytes_max: config.message_bytes_max,
            room: Room::of_process(),
            guest,
            desk: Arc::clone(&self.parts.desk),
            shutdown: self.shutdown.clone(),
            stop: self.stop.clone(),
        };
        Session::new(Dialogue::new(manners), around)
    }

    /// Waits for the sessions; those that take too long hear 421, and the deaf are cut.
    async fn close(&self, mut sessions: JoinSet<()>) {
        let name = &self.config.name;
        info!(listener = %name, sessions = sessions.len(), "no longer listening");
        let all_gone = async |sessions: &mut JoinSet<()>| {
            while let Some(ended) = sessions.join_next().await {
                log_panic(ended);
            }
        };
        if timeout(limits::GRACE, all_gone(&mut sessions))
            .await
            .is_ok()
        {
            return;
        }
        self.stop.cancel();
        if timeout(2 * limits::FAREWELL_WAIT, all_gone(&mut sessions))
            .await
            .is_err()
        {
            warn!(listener = %name, sessions = sessions.len(), "cutting sessions that did not end");
            sessions.shutdown().await;
        }
    }
}

/// One connection from its first to its last byte.
async fn serve(mut session: Session, mut stream: TcpStream, acceptor: Option<TlsAcceptor>) {
    // Replies are small and each is waited for.
    let _ = stream.set_nodelay(true);
    if session.talk(&mut stream).await == Ending::Closed {
        return;
    }
    let Some(acceptor) = acceptor else { return };
    match timeout(limits::TLS_WAIT, acceptor.accept(stream)).await {
        Ok(Ok(mut stream)) => {
            session.secured();
            session.talk(&mut stream).await;
        }
        Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
        Err(_) => debug!("a TLS handshake took too long"),
    }
}

/// A panic in one session is a bug, and the others go on.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "a session panicked; this is a bug in Shadowmail");
    }
}
