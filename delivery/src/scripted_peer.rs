//! The other side, for tests: a real SMTP server on loopback that behaves as it is told.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::config::{Door, TlsPolicy};
use crate::imap_wire::Duplex;

/// How it answers one step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Say {
    /// With these octets.
    Line(&'static [u8]),
    /// Not at all.
    Nothing,
    /// By closing the connection.
    HangUp,
}

/// How it answers each step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub greeting: Say,
    pub ehlo: Say,
    pub auth: Say,
    pub mail: Say,
    pub rcpt: Say,
    pub data: Say,
    pub final_dot: Say,
    pub rset: Say,
    /// `rcpt` is for this recipient alone, the others are welcome.
    pub poisoned_rcpt: Option<&'static str>,
    /// Closes the connection after so many octets of a message.
    pub hang_up_in_content: Option<usize>,
    /// Closes the connection after so many messages.
    pub hang_up_after: Option<usize>,
    /// Answers the final dot only after [`ScriptedPeer::go_on`].
    pub thinks_at_final_dot: bool,
    /// When it encrypts, with a certificate that nobody has signed.
    pub encrypts: Encrypts,
}

/// When a server encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encrypts {
    Never,
    AfterStartTls,
    AtOnce,
}

pub(crate) const OK: Say = Say::Line(b"250 2.0.0 fine\r\n");

impl Default for Manners {
    fn default() -> Self {
        Self {
            greeting: Say::Line(b"220 primary.example ESMTP\r\n"),
            ehlo: Say::Line(
                b"250-primary.example\r\n250-SIZE 1000000\r\n250-8bitmime\r\n250-8BITMIME\r\n\
                  250-SMTPUTF8\r\n250 DSN\r\n",
            ),
            auth: Say::Line(b"235 2.7.0 welcome\r\n"),
            mail: OK,
            rcpt: OK,
            data: Say::Line(b"354 go on\r\n"),
            final_dot: Say::Line(b"250 2.0.0 queued as 4F\r\n"),
            rset: OK,
            poisoned_rcpt: None,
            hang_up_in_content: None,
            hang_up_after: None,
            thinks_at_final_dot: false,
            encrypts: Encrypts::Never,
        }
    }
}

/// What it has heard.
#[derive(Debug, Default)]
struct Heard {
    commands: Vec<String>,
    messages: Vec<Vec<u8>>,
    connections: usize,
}

/// A running one. It ends with the test's runtime.
pub(crate) struct ScriptedPeer {
    address: String,
    common: Common,
}

#[derive(Clone)]
struct Common {
    manners: Arc<Mutex<Manners>>,
    heard: Arc<Mutex<Heard>>,
    may_answer: Arc<Semaphore>,
}

impl ScriptedPeer {
    pub async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let common = Common {
            manners: Arc::new(Mutex::new(manners)),
            heard: Arc::default(),
            may_answer: Arc::new(Semaphore::new(0)),
        };
        let each = common.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                each.heard.lock().unwrap().connections += 1;
                tokio::spawn(converse(Box::new(stream), each.clone()));
            }
        });
        Self { address, common }
    }

    /// Lets it answer one more final dot.
    pub fn go_on(&self) {
        self.common.may_answer.add_permits(1);
    }

    pub fn door(&self) -> Door {
        Door::new(self.address.parse().unwrap(), TlsPolicy::Off)
    }

    /// Behaves otherwise from the next command on.
    pub fn behave(&self, manners: Manners) {
        *self.common.manners.lock().unwrap() = manners;
    }

    /// The messages that came, without stuffed dots, up to the final one.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.common.heard.lock().unwrap().messages.clone()
    }

    /// All commands, in order.
    pub fn commands(&self) -> Vec<String> {
        self.common.heard.lock().unwrap().commands.clone()
    }

    pub fn connections(&self) -> usize {
        self.common.heard.lock().unwrap().connections
    }
}

type Stream = Box<dyn Duplex>;

fn acceptor() -> TlsAcceptor {
    let pem = include_bytes!("fixtures/self-signed.pem");
    let certificate = CertificateDer::from_pem_slice(pem).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn converse(mut stream: Stream, common: Common) -> Option<()> {
    let Common {
        manners,
        heard,
        may_answer,
    } = common;
    let now = || *manners.lock().unwrap();
    let mut buffer = Vec::new();
    let mut taken = 0;
    if now().encrypts == Encrypts::AtOnce {
        stream = Box::new(acceptor().accept(stream).await.ok()?);
    }
    answer(&mut stream, now().greeting).await?;
    loop {
        let line = read_until(&mut stream, &mut buffer, b"\r\n", usize::MAX).await?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        heard.lock().unwrap().commands.push(line.clone());
        let manners = now();
        let say = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => manners.ehlo,
            "AUTH" => manners.auth,
            "MAIL" => manners.mail,
            "RCPT" if manners.poisoned_rcpt.is_some_and(|it| !line.contains(it)) => OK,
            "RCPT" => manners.rcpt,
            "DATA" => manners.data,
            "RSET" => manners.rset,
            "STARTTLS" if manners.encrypts == Encrypts::AfterStartTls => {
                Say::Line(b"220 go on\r\n")
            }
            "QUIT" => Say::Line(b"221 bye\r\n"),
            _ => Say::Line(b"500 what?\r\n"),
        };
        answer(&mut stream, say).await?;
        if line == "QUIT" {
            return Some(());
        }
        if line == "STARTTLS" && manners.encrypts == Encrypts::AfterStartTls {
            stream = Box::new(acceptor().accept(stream).await.ok()?);
            heard
                .lock()
                .unwrap()
                .commands
                .push("(encrypted)".to_owned());
        }
        if line == "DATA" && matches!(say, Say::Line(text) if text.starts_with(b"354")) {
            let most = manners.hang_up_in_content.unwrap_or(usize::MAX);
            // The start of the content counts as the start of a line.
            buffer.splice(0..0, *b"\r\n");
            let content = read_until(&mut stream, &mut buffer, b"\r\n.\r\n", most).await?;
            heard.lock().unwrap().messages.push(unstuffed(&content));
            if manners.thinks_at_final_dot {
                may_answer.acquire().await.ok()?.forget();
            }
            answer(&mut stream, now().final_dot).await?;
            taken += 1;
        }
        if manners.hang_up_after.is_some_and(|most| taken >= most) {
            return None;
        }
    }
}

/// The content without its first line end (it was put there), its final dot and stuffed dots:
/// as naive as can be.
fn unstuffed(content: &[u8]) -> Vec<u8> {
    let content = &content[..content.len() - b".\r\n".len()];
    let text: String = content.iter().map(|b| char::from(*b)).collect();
    let text = text.replace("\r\n..", "\r\n.");
    text.chars()
        .skip(2)
        .map(|c| u8::try_from(c).unwrap())
        .collect()
}

async fn answer(stream: &mut Stream, say: Say) -> Option<()> {
    match say {
        Say::Line(text) => stream.write_all(text).await.ok(),
        Say::Nothing => std::future::pending().await,
        Say::HangUp => None,
    }
}

async fn read_until(
    stream: &mut Stream,
    buffer: &mut Vec<u8>,
    end: &[u8],
    most: usize,
) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = buffer.windows(end.len()).position(|window| window == end) {
            return Some(buffer.drain(..at + end.len()).collect());
        }
        if buffer.len() > most {
            return None;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
