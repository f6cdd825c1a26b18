//! Reading a mailbox of the primary, as its owner's mail program would.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use async_imap::types::{Fetch, Flag};
use futures_util::TryStreamExt;
use tokio::net::TcpStream;

use crate::harness::dovecot::{MASTER_PASSWORD, MASTER_USER};
use crate::harness::wait::PATIENCE;

/// How long to let the servers work before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The headers that relays put in front of a message.
const TRACE: &[&str] = &["return-path", "delivered-to", "received", "x-shadow-replay"];

/// Reads the mailboxes of one IMAP server.
#[derive(Clone, Copy, Debug)]
pub struct Inbox {
    server: SocketAddr,
}

/// One message as the mailbox holds it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// All of it, trace headers too.
    pub bytes: Vec<u8>,
    /// Whether it is marked as read.
    pub is_seen: bool,
}

impl Inbox {
    /// The mailboxes of this server.
    pub fn of(server: SocketAddr) -> Self {
        Self { server }
    }

    /// All messages in one folder of one mailbox, in the order they came.
    pub async fn read(self, address: &str, folder: &str) -> Vec<Stored> {
        let read = self.read_folder(address, folder).await;
        read.unwrap_or_else(|error| panic!("{folder} of {address}: {error:#}"))
    }

    /// The Message-IDs of all messages in one folder, in the order of the alphabet.
    pub async fn ids(self, address: &str, folder: &str) -> Vec<String> {
        let stored = self.read(address, folder).await;
        let ids = stored.iter().filter_map(|it| it.header("Message-ID"));
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    }

    /// Waits until a folder holds at least `count` messages, and gives them all.
    pub async fn wait_for(self, address: &str, folder: &str, count: usize) -> Vec<Stored> {
        let began = Instant::now();
        loop {
            let stored = self.read(address, folder).await;
            if stored.len() >= count {
                return stored;
            }
            let late = began.elapsed() >= PATIENCE;
            assert!(
                !late,
                "{folder} of {address}: want {count} messages, have {}",
                stored.len()
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn read_folder(self, address: &str, folder: &str) -> anyhow::Result<Vec<Stored>> {
        let stream = TcpStream::connect(self.server).await?;
        let mut client = async_imap::Client::new(stream);
        client
            .read_response()
            .await?
            .context("the server hung up")?;
        let user = format!("{address}*{MASTER_USER}");
        let mut session = client
            .login(user, MASTER_PASSWORD)
            .await
            .map_err(|(error, _)| anyhow!("sign-in: {error}"))?;
        let mailbox = session.examine(folder).await?;
        let mut found = Vec::new();
        if mailbox.exists > 0 {
            let fetched: Vec<Fetch> = session
                .fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
                .await?
                .try_collect()
                .await?;
            ensure!(
                fetched.len() == usize::try_from(mailbox.exists)?,
                "{} messages were announced, {} came",
                mailbox.exists,
                fetched.len()
            );
            found = fetched.iter().map(Stored::from_fetch).collect();
        }
        session.logout().await?;
        Ok(found)
    }
}

impl Stored {
    fn from_fetch(fetch: &Fetch) -> Self {
        Self {
            bytes: fetch.body().unwrap_or_default().to_vec(),
            is_seen: fetch.flags().any(|flag| flag == Flag::Seen),
        }
    }

    /// The value of the first header of this name, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let header = headers(&self.bytes).find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some(header.1)
    }

    /// The message without the headers that relays put in front of it.
    pub fn without_trace(&self) -> &[u8] {
        without_trace(&self.bytes)
    }

    /// Checks that it ends with `original`, byte for byte, and that only relays' headers stand in
    /// front of that.
    #[track_caller]
    pub fn assert_is(&self, original: &[u8]) {
        let shown = String::from_utf8_lossy(&self.bytes);
        let Some(in_front) = self.bytes.strip_suffix(original) else {
            let original = String::from_utf8_lossy(original);
            panic!("the bytes were changed.\n--- sent:\n{original}\n--- stored:\n{shown}");
        };
        for (name, _) in headers(in_front) {
            let name = name.to_ascii_lowercase();
            assert!(
                TRACE.contains(&name.as_str()),
                "`{name}` was put in front:\n{shown}"
            );
        }
    }
}

/// A message without the headers that relays put in front of it.
pub fn without_trace(message: &[u8]) -> &[u8] {
    let mut rest = message;
    loop {
        let name = rest.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_trace = TRACE
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
        if !is_trace && !rest.starts_with(b" ") && !rest.starts_with(b"\t") {
            return rest;
        }
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return rest;
        };
        rest = &rest[end + 1..];
    }
}

/// The headers of a message, unfolded, until the empty line.
fn headers(bytes: &[u8]) -> impl Iterator<Item = (String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push_str(&line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    found.into_iter()
}
