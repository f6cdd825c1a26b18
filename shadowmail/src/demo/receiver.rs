//! A mail server that keeps what it gets in memory, and can be switched off.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use shadow_smtpd::{
    Answer, ClientCertificates, Desk, Listener, ListenerConfig, Parts, PeerLimits, Protocol, Role,
    TlsPolicy,
};
use store::{Address, Envelope, Held, KeepError, ReversePath};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::letters::Mail;

/// Bytes of the largest mail it takes.
const MESSAGE_BYTES_MAX: u64 = 50 << 20;

/// Whether it takes mail for an address.
pub type Takes = fn(&Address) -> bool;

/// A mail server of the demo: the primary, or the outside.
pub struct Receiver {
    hostname: &'static str,
    address: SocketAddr,
    room: Arc<Room>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

/// What it has taken, and who gets a copy of each mail.
struct Room {
    takes: Takes,
    taken: Mutex<Vec<Mail>>,
    copies: Option<mpsc::UnboundedSender<Mail>>,
}

impl Receiver {
    /// A server that is switched off.
    pub fn new(hostname: &'static str, address: SocketAddr, takes: Takes) -> Self {
        let room = Room {
            takes,
            taken: Mutex::default(),
            copies: None,
        };
        Self {
            hostname,
            address,
            room: Arc::new(room),
            running: None,
        }
    }

    /// The same server, which hands a copy of everything to `copies`, as a journal rule does.
    pub fn journaling(self, copies: mpsc::UnboundedSender<Mail>) -> Self {
        let room = Room {
            takes: self.room.takes,
            taken: Mutex::default(),
            copies: Some(copies),
        };
        Self {
            room: Arc::new(room),
            ..self
        }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it runs.
    pub fn is_on(&self) -> bool {
        self.running.is_some()
    }

    /// Takes its port and runs.
    pub async fn switch_on(&mut self) -> anyhow::Result<()> {
        if self.is_on() {
            return Ok(());
        }
        let listener = Listener::bind(ListenerConfig {
            name: self.hostname.to_owned(),
            role: Role::Journal,
            address: self.address,
            protocol: Protocol::Smtp,
            allow: Vec::new(),
            proxy: Vec::new(),
            xclient: Vec::new(),
            tls: TlsPolicy::Off,
            certificates: ClientCertificates::default(),
            message_bytes_max: MESSAGE_BYTES_MAX,
            limits: PeerLimits::NONE,
        })
        .await?;
        let shutdown = CancellationToken::new();
        let desk: Arc<dyn Desk> = self.room.clone();
        let parts = Parts {
            hostname: self.hostname.to_owned(),
            desk,
            checks: None,
            tls: None,
            users: None,
        };
        let running = tokio::spawn(listener.run(parts, shutdown.clone()));
        self.running = Some((shutdown, running));
        Ok(())
    }

    /// Gives its port back; nobody can connect after this.
    pub async fn switch_off(&mut self) -> anyhow::Result<()> {
        if let Some((shutdown, running)) = self.running.take() {
            shutdown.cancel();
            running.await?;
        }
        Ok(())
    }

    /// Everything taken so far.
    pub fn taken(&self) -> Vec<Mail> {
        self.room
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts a mail there as if it had come before the demo began.
    pub fn remember(&self, mail: Mail) {
        self.room
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail);
    }
}

#[async_trait]
impl Desk for Room {
    async fn recipient(&self, address: &Address) -> Answer {
        if (self.takes)(address) {
            Answer::Ours
        } else {
            Answer::Unknown
        }
    }

    async fn keep(&self, held: Held, envelope: Envelope) -> Result<String, KeepError> {
        let bytes = held
            .into_bytes()
            .map_err(|error| KeepError::Failed(error.to_string()))?;
        let from = match envelope.reverse_path {
            ReversePath::Null => String::new(),
            ReversePath::Address(address) => address.to_string(),
        };
        let mail = Mail {
            from,
            recipients: envelope.recipients.iter().map(Address::to_string).collect(),
            message_id: message_id(&bytes),
            bytes,
        };
        if let Some(copies) = &self.copies {
            // It fails only when the demo ends.
            let _ = copies.send(mail.clone());
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push(mail);
        Ok(format!("mail {}", taken.len()))
    }
}

/// The Message-ID of a header, without its angle brackets.
pub fn message_id(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    // A long field goes on in lines that begin with white space (RFC 5322 §2.2.3).
    let header = text
        .split("\r\n\r\n")
        .next()
        .unwrap_or_default()
        .replace("\r\n ", " ");
    let value = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("message-id").then_some(value)
    });
    value
        .unwrap_or_default()
        .trim()
        .trim_matches(['<', '>'])
        .to_owned()
}
