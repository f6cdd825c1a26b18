//! Everything the demo plays on: a directory of its own, the primary, the outside, and
//! Shadowmail between them, set up as anybody would set it up.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use store::{Address, Envelope, Held, Peer, ReversePath, Secret, Source, Store};
use tokio::sync::mpsc;

use super::letters::Mail;
use super::people::{self, DOMAIN, PASSWORD};
use super::receiver::Receiver;
use super::smtp;
use crate::command::UsageError;
use crate::config::Config;
use crate::lock;
use crate::service::{Part, Service};

/// The name of this Shadowmail.
const HOSTNAME: &str = "shadow.nordlicht.example";

/// A directory with this file in it is ours to empty.
const MARKER: &str = ".shadowmail-demo";

/// Pause before a copy for the journal is tried again.
const COPY_RETRY: Duration = Duration::from_millis(500);

/// The ports of the demo.
#[derive(Clone, Copy)]
pub struct Ports {
    /// The webmail.
    pub web: SocketAddr,
    /// Copies from the primary.
    pub journal: SocketAddr,
    /// Mail from outside while the primary is down.
    pub fallback: SocketAddr,
    /// The primary.
    pub primary: SocketAddr,
    /// Everybody else.
    pub outside: SocketAddr,
}

/// The demo, set up and running.
pub struct Stage {
    /// What it runs with.
    pub config: Config,
    /// Its ports.
    pub ports: Ports,
    /// The organisation's mail server.
    pub primary: Receiver,
    /// The mail server of everybody else.
    pub outside: Receiver,
    /// Shadowmail.
    pub service: Service,
    /// The marker, locked: while this demo lives no other one empties the directory.
    _marker: File,
}

impl Ports {
    /// The usual ones; where one is taken, the next that is free.
    pub fn usual() -> anyhow::Result<Self> {
        let mut mail = 2525..2625;
        Ok(Self {
            web: next_free(&mut (8080..8180))?,
            journal: next_free(&mut mail)?,
            fallback: next_free(&mut mail)?,
            primary: next_free(&mut mail)?,
            outside: next_free(&mut mail)?,
        })
    }

    /// Any that are free.
    pub fn any() -> anyhow::Result<Self> {
        // All are held until the last one is found, so that no two are the same.
        let mut held = Vec::new();
        let mut free = || -> anyhow::Result<SocketAddr> {
            let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let address = socket.local_addr()?;
            held.push(socket);
            Ok(address)
        };
        let (web, journal, fallback) = (free()?, free()?, free()?);
        Ok(Self {
            web,
            journal,
            fallback,
            primary: free()?,
            outside: free()?,
        })
    }
}

impl Stage {
    /// Sets everything up in `directory` and starts it.
    pub async fn set(directory: &Path, ports: Ports) -> anyhow::Result<Self> {
        let marker = empty(directory)?;
        let file = directory.join("shadowmail.toml");
        let hash = sync_ad::hash(&Secret::new(PASSWORD))?;
        write(&directory.join("users.toml"), &people::users_toml(&hash))?;
        write(&file, &config_text(&ports))?;
        let config = Config::load(&file)?;

        let (copies, copied) = mpsc::unbounded_channel();
        let mut primary = Receiver::new("mail.nordlicht.example", ports.primary, |address| {
            address.domain() != DOMAIN || !people::mailboxes(address.as_str()).is_empty()
        })
        .journaling(copies);
        let mut outside = Receiver::new("mx.outside.example", ports.outside, |address| {
            address.domain() != DOMAIN
        });
        primary.switch_on().await?;
        outside.switch_on().await?;
        let service =
            Service::start(&config, &[Part::Smtp, Part::Web, Part::Worker].into()).await?;
        tokio::spawn(copy(copied, ports.journal));
        Ok(Self {
            config,
            ports,
            primary,
            outside,
            service,
            _marker: marker,
        })
    }

    /// The store of Shadowmail.
    pub fn store(&self) -> &Store {
        self.service.store()
    }

    /// Puts a mail where it would be if it had come at `at`, before the demo began.
    pub async fn remember(&self, mail: Mail, at: Timestamp) -> anyhow::Result<()> {
        let mut held = Held::new(mail.bytes.len() as u64);
        held.append(&mail.bytes)?;
        let addresses: Result<Vec<Address>, _> =
            mail.recipients.iter().map(|it| it.parse()).collect();
        let envelope = Envelope {
            source: Source::JournalCopy,
            reverse_path: ReversePath::Address(mail.from.parse()?),
            recipients: addresses?,
            received_at: at,
            peer: Peer {
                listener: "journal".to_owned(),
                protocol: "ESMTP".to_owned(),
                ..Peer::default()
            },
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        self.store().keep(held, envelope).await?;
        self.primary.remember(mail);
        Ok(())
    }

    /// Sends a mail the way it would take now; `false` when its sender has to wait because the
    /// primary is down.
    pub async fn send(&self, mail: &Mail) -> anyhow::Result<bool> {
        if self.primary.is_on() {
            smtp::send(self.ports.primary, mail)
                .await
                .context("at the primary")?;
            return Ok(true);
        }
        let inside = mail.from.ends_with(&format!("@{DOMAIN}"));
        if !inside {
            smtp::send(self.ports.fallback, mail)
                .await
                .context("at the fallback listener")?;
        }
        Ok(!inside)
    }

    /// Stops everything.
    pub async fn clear(mut self) -> anyhow::Result<()> {
        self.service.run_until(async {}).await?;
        self.primary.switch_off().await?;
        self.outside.switch_off().await
    }
}

/// Hands the primary's copies to the journal listener, one after the other.
async fn copy(mut copied: mpsc::UnboundedReceiver<Mail>, journal: SocketAddr) {
    while let Some(mail) = copied.recv().await {
        while let Err(error) = smtp::send(journal, &mail).await {
            tracing::warn!("a copy for the journal waits: {error:#}");
            tokio::time::sleep(COPY_RETRY).await;
        }
    }
}

fn next_free(ports: &mut impl Iterator<Item = u16>) -> anyhow::Result<SocketAddr> {
    ports
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| std::net::TcpListener::bind(address).is_ok())
        .context("no free port for the demo")
}

/// Makes the directory, or empties it when it is that of an earlier demo. The answer is its
/// marker, locked.
fn empty(directory: &Path) -> anyhow::Result<File> {
    let shown = directory.display();
    let marker = directory.join(MARKER);
    fs::create_dir_all(directory).with_context(|| format!("cannot make {shown}"))?;
    let mut entries = fs::read_dir(directory).with_context(|| format!("{shown}"))?;
    if !marker.exists() && entries.next().is_some() {
        let reason = format!("{shown} is not empty and of no demo; name another with --dir");
        return Err(UsageError(reason).into());
    }
    let locked = lock::alone(&marker).with_context(|| format!("cannot lock {shown}"))?;
    let Some(locked) = locked else {
        let reason = format!("a demo runs in {shown} already; stop it or choose another --dir");
        return Err(UsageError(reason).into());
    };
    write(&marker, "The next demo empties this directory.\n")?;
    clear_out(directory).with_context(|| format!("cannot empty {shown}"))?;
    Ok(locked)
}

/// Removes all but the marker, whose lock must not go with it.
fn clear_out(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name() == MARKER {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn config_text(ports: &Ports) -> String {
    let Ports {
        web,
        journal,
        fallback,
        primary,
        outside,
    } = ports;
    format!(
        "# The demo wrote this. Use it in another shell, with --config.\n\
         hostname = \"{HOSTNAME}\"\n\
         domains = [\"{DOMAIN}\"]\n\
         data_dir = \"data\"\n\n\
         [[listener]]\n\
         name = \"journal\"\n\
         role = \"journal\"\n\
         address = \"{journal}\"\n\
         senders = \"checked\"\n\n\
         [[listener]]\n\
         name = \"fallback\"\n\
         role = \"fallback\"\n\
         address = \"{fallback}\"\n\n\
         [web]\n\
         address = \"{web}\"\n\
         # Elsewhere a mail can be taken back for ten seconds. Nobody in the story waits for that.\n\
         undo_seconds = 0\n\n\
         [directory]\n\
         kind = \"file\"\n\
         path = \"users.toml\"\n\n\
         # The demo's own mail server plays the primary, another one everybody else.\n\
         [primary]\n\
         smtp = \"{primary}\"\n\
         tls = \"off\"\n\n\
         [outbound]\n\
         smarthost = \"{outside}\"\n\
         tls = \"off\"\n"
    )
}

#[cfg(test)]
#[path = "stage_tests.rs"]
mod tests;
