//! A listener to talk to, and a client that says exactly what it is told.

use std::sync::Arc;
use std::time::Duration;

use rustls::server::ResolvesServerCert;
use shadow_smtpd::{
    ClientCertificates, Desk, Listener, ListenerConfig, Parts, PeerLimits, Protocol, Role,
    TlsPolicy, Users,
};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// A listener that runs.
pub struct Running {
    pub address: std::net::SocketAddr,
    pub shutdown: CancellationToken,
    pub task: JoinHandle<()>,
}

/// A listener on a free loopback port.
pub fn config(role: Role) -> ListenerConfig {
    ListenerConfig {
        name: "test".into(),
        role,
        address: ([127, 0, 0, 1], 0).into(),
        protocol: Protocol::Smtp,
        allow: Vec::new(),
        proxy: Vec::new(),
        xclient: Vec::new(),
        tls: TlsPolicy::Off,
        certificates: ClientCertificates::default(),
        message_bytes_max: 1 << 20,
        limits: PeerLimits::by_default(role, &[]),
    }
}

/// Starts a listener.
pub async fn run(
    config: ListenerConfig,
    desk: Arc<dyn Desk>,
    tls: Option<Arc<dyn ResolvesServerCert>>,
) -> Running {
    run_with(config, desk, tls, None).await
}

/// Starts a listener at which some can sign in.
pub async fn run_with(
    config: ListenerConfig,
    desk: Arc<dyn Desk>,
    tls: Option<Arc<dyn ResolvesServerCert>>,
    users: Option<Arc<dyn Users>>,
) -> Running {
    let listener = Listener::bind(config).await.unwrap();
    let address = listener.local_addr();
    let shutdown = CancellationToken::new();
    let parts = Parts {
        hostname: "shadow.corp.example".into(),
        desk,
        checks: None,
        tls,
        users,
    };
    let task = tokio::spawn(listener.run(parts, shutdown.clone()));
    Running {
        address,
        shutdown,
        task,
    }
}

/// A client.
pub struct Telnet<S> {
    stream: BufReader<S>,
}

impl Telnet<TcpStream> {
    /// Connects and says nothing.
    pub async fn connect(to: &Running) -> Self {
        Self::over(TcpStream::connect(to.address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Telnet<S> {
    /// Talks over a stream.
    pub fn over(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// The stream, with nothing left unread.
    pub fn into_stream(self) -> S {
        assert!(self.stream.buffer().is_empty());
        self.stream.into_inner()
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream
            .get_mut()
            .write_all(bytes.as_ref())
            .await
            .unwrap();
    }

    /// Reads one whole reply, its lines split by `\n`; `None` when the line is closed.
    pub async fn reply(&mut self) -> Option<String> {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.stream.read_line(&mut line)).await;
            if read.expect("a reply within twenty seconds").unwrap_or(0) == 0 {
                assert!(reply.is_empty(), "cut in the middle of {reply:?}");
                return None;
            }
            assert!(line.ends_with("\r\n"), "{line:?}");
            reply.push_str(line.trim_end());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Some(reply);
            }
            reply.push('\n');
        }
    }

    /// Sends a line and reads the reply to it.
    pub async fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n")).await;
        self.reply()
            .await
            .unwrap_or_else(|| panic!("a reply to {line}"))
    }

    /// Reads a reply that begins with `start`.
    #[track_caller]
    pub fn expect(&mut self, start: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let reply = self.reply().await.unwrap_or_default();
            assert!(
                reply.starts_with(start),
                "{caller}: {reply:?}, not {start:?}"
            );
        }
    }
}
