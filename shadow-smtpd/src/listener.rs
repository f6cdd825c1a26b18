//! The listener: accepts connections and gives each its session.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::UnixTime;
use rustls::server::ResolvesServerCert;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::access::{Access, Proof};
use crate::bind_error::BindError;
use crate::checks::{Checks, Examiner};
use crate::circumstances::Circumstances;
use crate::client_certificate::server_config;
use crate::config::{ListenerConfig, Role, TlsPolicy};
use crate::connection::ConnectionId;
use crate::desk::Desk;
use crate::guests::{Guest, Guests, Places, Refusal};
use crate::limits;
use crate::mail_log::{self, Origin};
use crate::news::News;
use crate::peer_limits::PeerLimits;
use crate::proto::{Dialogue, Manners, Peers, Standing, Xclient};
use crate::proxy_header::{self, Client};
use crate::room::Room;
use crate::session::{Ending, Session};
use crate::users::Users;
use crate::wire::turn_away;

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
    /// How mail on fallback and relay listeners is checked; without them it is not.
    pub checks: Option<Arc<Checks>>,
    /// Certificate and key, which may change; without them there is no TLS.
    pub tls: Option<Arc<dyn ResolvesServerCert>>,
    /// Who can sign in; without them AUTH is not offered.
    pub users: Option<Arc<dyn Users>>,
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
            Err(source) => Err(BindError::new(config.name, config.address, source)),
        }
    }

    /// The address it has; tells the port where the config said 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Accepts connections until `shutdown`. From then on new commands hear 421; mail under way
    /// has a while to finish, and when this returns no session is left.
    pub async fn run(self, parts: Parts, shutdown: CancellationToken) {
        let door = Arc::new(Door::new(self.config, parts, shutdown));
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
    access: Arc<Access>,
    places: Places,
    /// Proxies that have not said yet for whom they connect.
    proxies: Arc<Guests>,
    /// Of whose TLS handshakes the log told that they fail.
    handshakes: News<Option<IpAddr>>,
    shutdown: CancellationToken,
    stop: CancellationToken,
}

/// Who came: the address that counts, where that is known, and the proxy that named it.
#[derive(Clone, Copy)]
struct Visitor {
    address: Option<IpAddr>,
    via: Option<IpAddr>,
    connection: ConnectionId,
}

impl Visitor {
    /// Where its mail comes from, at this listener.
    fn origin(self, listener: &str) -> Origin {
        Origin {
            listener: listener.to_owned(),
            connection: self.connection,
            address: self.address,
            mail: None,
        }
    }
}

impl Door {
    fn new(config: ListenerConfig, parts: Parts, shutdown: CancellationToken) -> Self {
        let tls = parts.tls.clone().filter(|_| config.tls != TlsPolicy::Off);
        let acceptor = tls.map(|own| server_config(own, &config.certificates));
        let shows_itself = parts.users.is_some() || !config.certificates.is_empty();
        let proof = if acceptor.is_some() && shows_itself {
            Proof::Taken
        } else {
            Proof::Nothing
        };
        Self {
            access: Arc::new(Access::new(&config, proof)),
            acceptor: acceptor.map(TlsAcceptor::from),
            places: Places::new(&config.limits),
            proxies: Arc::new(Guests::new(PeerLimits::NONE)),
            handshakes: News::default(),
            config,
            parts,
            shutdown,
            stop: CancellationToken::new(),
        }
    }

    fn open(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, sessions: &mut JoinSet<()>) {
        let address = peer.ip().to_canonical();
        let visitor = Visitor {
            address: Some(address),
            via: None,
            connection: ConnectionId::next(),
        };
        let proxied = !self.config.proxy.is_empty();
        let admitted = if proxied {
            self.admit_proxy(address).map(|guest| (guest, None))
        } else {
            let admitted = self.admit(visitor);
            admitted.map(|(guest, standing)| (guest, Some(standing)))
        };
        let door = Arc::clone(self);
        match admitted {
            Ok((guest, Some(standing))) => {
                sessions.spawn(async move { door.serve(stream, visitor, guest, standing).await });
            }
            Ok((guest, None)) => {
                let connection = visitor.connection;
                let proxy = (address, connection);
                sessions.spawn(async move { door.behind_proxy(stream, proxy, guest).await });
            }
            // Bounded like everybody else; beyond that many the line is just closed.
            Err(refusal) if sessions.len() < 2 * limits::CONNECTIONS_MAX => {
                sessions.spawn(async move { door.turn_away(stream, visitor, &refusal).await });
            }
            Err(_) => {}
        }
    }

    /// A connection of a proxy, which says first for whom it is.
    async fn behind_proxy(
        &self,
        mut stream: TcpStream,
        (proxy, connection): (IpAddr, ConnectionId),
        guest: Guest,
    ) {
        let listener = &self.config.name;
        let header = timeout(limits::PROXY_WAIT, proxy_header::read(&mut stream)).await;
        let client = match header {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => {
                return warn!(listener, connection.id = %connection, %proxy, %error, "a proxy did not say for whom it connects");
            }
            Err(_) => {
                return warn!(listener, connection.id = %connection, %proxy, "a proxy took too long for its header");
            }
        };
        let (address, via) = match client {
            Client::At(address) => (Some(address.to_canonical()), Some(proxy)),
            Client::Unknown => (None, Some(proxy)),
            Client::Nobody => (Some(proxy), None),
        };
        let visitor = Visitor {
            address,
            via,
            connection,
        };
        if client == Client::Nobody {
            // It hears that we are there. Mail is not its own, so it may bring none, not even where
            // the world may: limits of the world do not hold for it.
            return self.serve(stream, visitor, guest, Standing::Stranger).await;
        }
        drop(guest);
        match self.admit(visitor) {
            Ok((guest, standing)) => self.serve(stream, visitor, guest, standing).await,
            Err(refusal) => self.turn_away(stream, visitor, &refusal).await,
        }
    }

    async fn turn_away(&self, mut stream: TcpStream, visitor: Visitor, refusal: &Refusal) {
        let (listener, last_word) = (&self.config.name, &refusal.reply);
        let who = Visitor {
            address: visitor.address.or(visitor.via),
            ..visitor
        };
        mail_log::turned_away(&who.origin(listener), last_word);
        if let Some(limit) = refusal.limit {
            mail_log::limited(listener, visitor.address, limit);
        }
        // Where TLS comes first, nobody would understand.
        if self.config.tls != TlsPolicy::Implicit {
            turn_away(&mut stream, last_word).await;
        }
    }

    fn admit(&self, visitor: Visitor) -> Result<(Guest, Standing), Refusal> {
        let standing = self.access.standing(visitor.address);
        let standing = standing.ok_or(Refusal::NOT_ALLOWED)?;
        let guest = self.places.admit(visitor.address, &standing)?;
        Ok((guest, standing))
    }

    fn admit_proxy(&self, address: IpAddr) -> Result<Guest, Refusal> {
        let mut proxies = self.config.proxy.iter();
        if !proxies.any(|network| network.contains(address)) {
            return Err(Refusal::NOT_ALLOWED);
        }
        Guests::admit(&self.proxies, address)
    }

    fn session(&self, visitor: Visitor, guest: Guest, standing: Standing) -> Session {
        let config = &self.config;
        let mut speakers = config.xclient.iter();
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
            standing,
            has_users: self.parts.users.is_some(),
            xclient: if speakers
                .any(|network| visitor.address.is_some_and(|it| network.contains(it)))
            {
                Xclient::Taken
            } else {
                Xclient::Refused
            },
        };
        let around = Circumstances {
            origin: visitor.origin(&config.name),
            source: config.role.source(),
            message_bytes_max: config.message_bytes_max,
            room: Room::of_process(),
            examiner: Examiner::new(match config.role {
                Role::Fallback | Role::Relay => self.parts.checks.clone(),
                Role::Journal => None,
            }),
            guest,
            places: self.places.clone(),
            via: visitor.via,
            access: Arc::clone(&self.access),
            users: self.parts.users.clone(),
            desk: Arc::clone(&self.parts.desk),
            shutdown: self.shutdown.clone(),
            stop: self.stop.clone(),
        };
        Session::new(Dialogue::new(manners), around)
    }

    /// One connection from its first to its last byte.
    async fn serve(&self, mut stream: TcpStream, visitor: Visitor, guest: Guest, at: Standing) {
        // Replies are small and each is waited for.
        let _ = stream.set_nodelay(true);
        let mut session = self.session(visitor, guest, at);
        let in_clear = self.config.tls != TlsPolicy::Implicit;
        if in_clear && session.talk(&mut stream).await == Ending::Closed {
            return;
        }
        if let Some(mut stream) = self.secure(stream, session.origin()).await {
            let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
            session.secured(self.config.certificates.trust(chain, UnixTime::now()));
            session.talk(&mut stream).await;
        }
    }

    async fn secure(&self, stream: TcpStream, origin: &Origin) -> Option<TlsStream<TcpStream>> {
        let acceptor = self.acceptor.as_ref()?;
        let why = match timeout(limits::TLS_WAIT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        mail_log::tls_failed(origin, &why, &self.handshakes);
        None
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

/// A panic in one session is a bug, and the others go on.
fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        error!(%error, "a session panicked; this is a bug in Shadowmail");
    }
}
