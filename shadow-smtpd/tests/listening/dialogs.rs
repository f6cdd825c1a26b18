//! Runs the dialogues in `tests/dialogs`. A new case is a new file:
//!
//! ```text
//! ! role journal          what the listener is, and what stands behind it; see `Scene`
//! < 220 *                 the listener says this; * is anything
//! + SIZE 1000             … and this is one line of what it said
//! - STARTTLS              … and this is none
//! > EHLO c.test           we say this line
//! >> a\nb\r\n             we send exactly these bytes
//! < closed                the listener closes the line
//! ~ tls                   TLS begins
//! = ESMTP <a@x.test> to b@y.test: hi\r\n          what was kept, in order; `= nothing`
//! = gateway c.test [192.0.2.1] ESMTP …            who signed in, whom a proxy named
//! = RET=FULL              … and what its sender asked to be told
//! ```

use std::fs;
use std::path::Path;
use std::sync::Arc;

use shadow_smtpd::{ListenerConfig, Protocol, Role, TlsPolicy, Users};
use store::{Envelope, KeepError, Peer, Trust};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::certificate;
use crate::desk::TestDesk;
use crate::telnet::{self, Telnet};
use crate::trust::OneUser;

#[tokio::test]
async fn all_dialogs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        play(&name, &fs::read_to_string(&file).unwrap()).await;
    }
}

/// What a client talks over.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Wire for S {}

/// The listener a dialogue wants, and its desk.
struct Scene {
    config: ListenerConfig,
    desk: TestDesk,
    has_certificate: bool,
    has_users: bool,
}

impl Scene {
    fn read(name: &str, script: &str) -> Self {
        let config = telnet::config(Role::Fallback);
        let mut scene = Self {
            config,
            desk: TestDesk::default(),
            has_certificate: false,
            has_users: false,
        };
        for line in script.lines().filter_map(|line| line.strip_prefix("! ")) {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            scene
                .set(key, value)
                .unwrap_or_else(|| panic!("{name}: ! {line}"));
        }
        scene
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match (key, value) {
            ("role", "journal") => self.config.role = Role::Journal,
            ("role", "relay") => self.config.role = Role::Relay,
            ("protocol", "lmtp") => self.config.protocol = Protocol::Lmtp,
            ("tls", "opportunistic") => self.config.tls = TlsPolicy::Opportunistic,
            ("tls", "implicit") => self.config.tls = TlsPolicy::Implicit,
            ("tls", "required") => self.config.tls = TlsPolicy::Required,
            ("certificate", "") => self.has_certificate = true,
            ("allow", network) => self.config.allow.push(network.parse().ok()?),
            ("proxy", network) => self.config.proxy.push(network.parse().ok()?),
            ("xclient", network) => self.config.xclient.push(network.parse().ok()?),
            ("user", "gateway secret") => self.has_users = true,
            ("size", size) => self.config.message_bytes_max = size.parse().ok()?,
            ("knows", address) => self.desk.known.push(address.parse().ok()?),
            ("exempt", network) => self.config.limits.exempt.push(network.parse().ok()?),
            ("guesses", most) => {
                self.config.limits.unknown_recipients_per_minute = most.parse().ok()?;
            }
            ("directory", "later") => self.desk.undecided = true,
            ("disk", "full") => self.desk.trouble = Some(|| KeepError::DiskFull),
            ("disk", "slow") => self.desk.trouble = Some(|| KeepError::Busy),
            ("disk", "broken") => self.desk.trouble = Some(|| KeepError::Failed("i/o".into())),
            _ => return None,
        }
        Some(())
    }
}

async fn play(name: &str, script: &str) {
    let scene = Scene::read(name, script);
    let desk = Arc::new(scene.desk);
    let tls = scene.has_certificate.then(certificate::server);
    let users = scene.has_users.then(|| Arc::new(OneUser) as Arc<dyn Users>);
    let running = telnet::run_with(scene.config, desk.clone(), tls, users).await;
    let stream: Box<dyn Wire> = Box::new(TcpStream::connect(running.address).await.unwrap());
    let mut client = Telnet::over(stream);
    let mut reply = String::new();
    let mut want = Vec::new();
    for (number, line) in script.lines().enumerate() {
        let at = format!("{name}:{}: {line}", number + 1);
        match line.split_once(' ').unwrap_or((line, "")) {
            ("" | "#" | "!", _) | ("=", "nothing") => {}
            ("<", "closed") => assert_eq!(client.reply().await, None, "{at}"),
            ("<", pattern) => {
                reply = client
                    .reply()
                    .await
                    .unwrap_or_else(|| panic!("{at}: but it closed"));
                let last = reply.lines().last().unwrap();
                let fits = match pattern.strip_suffix('*') {
                    Some(start) => last.starts_with(start),
                    None => last == pattern,
                };
                assert!(fits, "{at}\nit said {reply:?}");
            }
            ("+", line) => assert!(
                reply.lines().any(|l| l.get(4..) == Some(line)),
                "{at}\n{reply}"
            ),
            ("-", line) => assert!(
                !reply.lines().any(|l| l.get(4..) == Some(line)),
                "{at}\n{reply}"
            ),
            ("~", "tls") => {
                let name = "shadow.corp.example".try_into().unwrap();
                let connector = TlsConnector::from(certificate::client());
                let stream = connector.connect(name, client.into_stream()).await;
                let stream: Box<dyn Wire> = Box::new(stream.unwrap_or_else(|_| panic!("{at}")));
                client = Telnet::over(stream);
            }
            (">", line) => client.send(format!("{line}\r\n")).await,
            (">>", bytes) => client.send(unescape(bytes)).await,
            ("=", kept) => want.push(kept.to_owned()),
            _ => panic!("{at}: what is that?"),
        }
    }
    let kept: Vec<String> = desk
        .kept()
        .iter()
        .flat_map(|(envelope, bytes)| [Some(told(envelope, bytes)), asked(envelope)])
        .flatten()
        .collect();
    assert_eq!(kept, want, "{name}: kept");
    running.shutdown.cancel();
    drop(client);
    running.task.await.unwrap();
}

/// A kept message in one line.
fn told(envelope: &Envelope, bytes: &[u8]) -> String {
    let recipients: Vec<&str> = envelope
        .recipients
        .iter()
        .map(store::Address::as_str)
        .collect();
    let bare = if envelope.bare_line_ends {
        "bare line ends "
    } else {
        ""
    };
    let (protocol, from) = (&envelope.peer.protocol, &envelope.reverse_path);
    let who = who(&envelope.peer);
    format!(
        "{bare}{who}{protocol} <{from}> to {}: {}",
        recipients.join(" "),
        bytes.escape_ascii()
    )
}

/// Who brought it, where that is not plainly this host.
fn who(peer: &Peer) -> String {
    let mut words = String::new();
    if let Some(Trust::Login(login)) = &peer.trust {
        words = format!("{login} ");
    }
    if peer.via.is_some() {
        let address = peer
            .address
            .map_or("unknown".to_owned(), |it| it.to_string());
        words = format!("{words}{} [{address}] ", peer.helo);
    }
    words
}

/// What the sender of a kept message asked to be told, in one line.
fn asked(envelope: &Envelope) -> Option<String> {
    let dsn = envelope.dsn.as_ref()?;
    let mut words = Vec::new();
    words.extend(dsn.ret.map(|ret| format!("RET={}", ret.as_str())));
    words.extend(dsn.envid.as_ref().map(|id| format!("ENVID={id}")));
    for asked in &dsn.recipients {
        words.push(format!("<{}>", asked.recipient));
        words.extend(asked.notify_word().map(|when| format!("NOTIFY={when}")));
        words.extend(asked.orcpt.as_ref().map(|it| format!("ORCPT={it}")));
    }
    Some(words.join(" "))
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b'0') => 0,
                Some(b'f') => 0xff,
                other => panic!("\\{other:?} in {text}"),
            },
            byte => byte,
        });
    }
    bytes
}
