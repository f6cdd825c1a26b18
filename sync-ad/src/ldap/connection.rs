//! One connection to a directory server. It says one thing at a time and waits for the answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use store::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::ber;
use super::entry::Entry;
use super::error::LdapError;
use super::filter::Filter;
use super::message::{self, Answer, Deleted, Outcome, Scope, Search};
use super::server::{Encryption, Server};
use super::tls::{self, Stream};
use crate::limits;

/// How long a server may take, and how much it may bring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// To be reached, TLS included.
    pub(crate) connect: Duration,
    /// For each message.
    pub(crate) answer: Duration,
    /// For each page of a search: one that trickles is no better than one that is silent.
    pub(crate) page: Duration,
    /// Entries that one search may find.
    pub(crate) entries: usize,
}

/// A connection.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    /// What came.
    came: Vec<u8>,
    /// How much of it was read.
    used: usize,
    /// The number of the last request.
    id: u32,
    /// As it stands in messages.
    server: String,
    /// As whom we came.
    name: String,
    patience: Patience,
    /// Bytes that may still come.
    bytes_left: usize,
}

impl Connection {
    /// Connects, and encrypts as it is said.
    pub(crate) async fn open(
        server: &Server,
        tls: &Arc<ClientConfig>,
        patience: Patience,
    ) -> Result<Self, LdapError> {
        let shown = server.to_string();
        let opening = Self::open_patiently(server, tls, patience);
        let opened = timeout(patience.connect, opening).await;
        opened.unwrap_or(Err(LdapError::Silent {
            server: shown,
            seconds: patience.connect.as_secs(),
        }))
    }

    async fn open_patiently(
        server: &Server,
        config: &Arc<ClientConfig>,
        patience: Patience,
    ) -> Result<Self, LdapError> {
        let shown = server.to_string();
        let stream = TcpStream::connect((&server.host[..], server.port)).await;
        let stream = stream.map_err(|error| LdapError::Unreachable {
            server: shown.clone(),
            why: error.to_string(),
        })?;
        // Requests are small and wait for their answers.
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = match server.encryption {
            Encryption::Off => Box::new(stream),
            Encryption::Tls => tls::encrypt(stream, server, config).await?,
            Encryption::StartTls => {
                let mut clear = Self::on(stream, shown.clone(), patience);
                clear.start_tls().await?;
                let stream = clear.stream;
                tls::encrypt(stream, server, config).await?
            }
        };
        Ok(Self::on(stream, shown, patience))
    }

    fn on(stream: impl Stream + 'static, server: String, patience: Patience) -> Self {
        Self {
            stream: Box::new(stream),
            came: Vec::new(),
            used: 0,
            id: 0,
            server,
            name: "nobody".to_owned(),
            patience,
            bytes_left: limits::READING_BYTES_MAX,
        }
    }

    /// The server, as people write it.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Signs in. The password is not empty: a server would take that for nobody, and say yes (RFC
    /// 4513 §5.1.2).
    pub(crate) async fn bind(&mut self, name: &str, password: &Secret) -> Result<(), LdapError> {
        let outcome = self.bind_outcome(name, password).await?;
        match outcome.code {
            0 => Ok(()),
            _ => Err(LdapError::of_bind(&self.server, name, &outcome)),
        }
    }

    /// The same; a refusal is no error, but what the server said. Without a name, too, a server
    /// could take it for nobody.
    pub(crate) async fn bind_outcome(
        &mut self,
        name: &str,
        password: &Secret,
    ) -> Result<Outcome, LdapError> {
        let id = self.next();
        name.clone_into(&mut self.name);
        if password.expose().is_empty() || name.trim().is_empty() {
            return Err(LdapError::Credentials {
                server: self.server.clone(),
                name: name.to_owned(),
                why: "the name or the password is empty".to_owned(),
            });
        }
        self.send(&message::bind(id, name, password.expose()))
            .await?;
        match self.answer(id).await? {
            Answer::Bound(outcome) => Ok(outcome),
            _ => Err(self.garbage("an answer to something else")),
        }
    }

    /// Searches, page by page, and gives each entry to `take`.
    pub(crate) async fn search(
        &mut self,
        search: &Search<'_>,
        mut take: impl FnMut(Entry) -> Result<(), LdapError>,
    ) -> Result<(), LdapError> {
        let (mut cookie, mut empty_pages, mut entries) = (Vec::new(), 0, 0);
        loop {
            let page_ends = Instant::now() + self.patience.page;
            let id = self.next();
            self.send(&message::search(id, search, &cookie)).await?;
            empty_pages += 1;
            let end = loop {
                match self.answer_until(id, page_ends).await? {
                    Answer::Entry(entry) => {
                        (empty_pages, entries) = (0, entries + 1);
                        if entries > self.patience.entries {
                            return Err(self.garbage("more entries than a directory can have"));
                        }
                        take(entry)?;
                    }
                    Answer::Reference => {}
                    Answer::Found(end) => break end,
                    _ => return Err(self.garbage("an answer to something else")),
                }
            };
            self.refuse_failure(search.base, &end)?;
            if end.cookie.is_empty() {
                return Ok(());
            }
            // A server that always promises more would keep us for ever.
            if empty_pages > limits::EMPTY_PAGES_MAX {
                return Err(self.garbage("empty pages without end"));
            }
            cookie = end.cookie;
        }
    }

    /// One entry; `None` when there is none, or none that we may see.
    pub(crate) async fn entry(
        &mut self,
        dn: &str,
        attributes: &[String],
        deleted: Deleted,
    ) -> Result<Option<Entry>, LdapError> {
        let filter = Filter::present("objectClass");
        self.entry_if(dn, &filter, attributes, deleted).await
    }

    /// The same, if the filter holds for it.
    pub(crate) async fn entry_if(
        &mut self,
        dn: &str,
        filter: &Filter,
        attributes: &[String],
        deleted: Deleted,
    ) -> Result<Option<Entry>, LdapError> {
        let search = Search {
            base: dn,
            scope: Scope::Base,
            filter,
            attributes,
            deleted,
        };
        let mut found = None;
        let searched = self.search(&search, |entry| {
            found = Some(entry);
            Ok(())
        });
        match searched.await {
            Ok(()) => Ok(found),
            Err(LdapError::NoBase { .. } | LdapError::NoRights { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An error when there is no such entry, or none that we may see.
    pub(crate) async fn look_at(&mut self, dn: &str) -> Result<(), LdapError> {
        let filter = Filter::present("objectClass");
        let mut found = 0;
        let search = Search {
            base: dn,
            scope: Scope::Base,
            filter: &filter,
            attributes: &["objectClass".to_owned()],
            deleted: Deleted::Hidden,
        };
        let searched = self.search(&search, |_| {
            found += 1;
            Ok(())
        });
        searched.await?;
        if found > 0 {
            return Ok(());
        }
        Err(LdapError::NoBase {
            server: self.server.clone(),
            base: dn.to_owned(),
            matched: String::new(),
        })
    }

    /// Says good-bye.
    pub(crate) async fn close(mut self) {
        let id = self.next();
        // Whatever comes of it, the connection ends here.
        let _ = self.send(&message::unbind(id)).await;
        let _ = timeout(self.patience.answer, self.stream.shutdown()).await;
    }

    async fn start_tls(&mut self) -> Result<(), LdapError> {
        let id = self.next();
        self.send(&message::start_tls(id)).await?;
        let server = self.server.clone();
        match self.answer(id).await? {
            // What came behind it in clear is nobody's word.
            Answer::Extended(outcome) if outcome.code == 0 && self.used == self.came.len() => {
                Ok(())
            }
            Answer::Extended(outcome) if outcome.code != 0 => Err(LdapError::Tls {
                server,
                why: "it does not offer StartTLS; give it a certificate, or write ldaps://"
                    .to_owned(),
            }),
            _ => Err(self.garbage("something else than the beginning of TLS")),
        }
    }

    fn refuse_failure(&self, base: &str, end: &Outcome) -> Result<(), LdapError> {
        match end.code {
            0 => Ok(()),
            _ => Err(LdapError::of_search(&self.server, &self.name, base, end)),
        }
    }

    fn next(&mut self) -> u32 {
        // RFC 4511 §4.1.1.1: up to 2^31 - 1, and never 0.
        self.id = self.id % 0x7fff_ffff + 1;
        self.id
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), LdapError> {
        let sent = timeout(self.patience.answer, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.broke(&error)),
            Err(_) => Err(self.silent()),
        }
    }

    /// The next answer to this request.
    async fn answer(&mut self, id: u32) -> Result<Answer, LdapError> {
        let latest = Instant::now() + self.patience.answer;
        self.answer_until(id, latest).await
    }

    /// The same, and no later than `latest`.
    async fn answer_until(&mut self, id: u32, latest: Instant) -> Result<Answer, LdapError> {
        let deadline = latest.min(Instant::now() + self.patience.answer);
        loop {
            let Some(length) = self.whole()? else {
                self.receive(deadline).await?;
                continue;
            };
            let message = self.unread().get(..length).unwrap_or_default();
            let read = message::read(message).map_err(|_| LdapError::malformed(&self.server))?;
            self.used += length;
            match read {
                Some((of, answer)) if of == id => return Ok(answer),
                // RFC 4511 §4.4.1: the notice of disconnection.
                Some((0, Answer::Extended(outcome))) => {
                    return Err(LdapError::of_code(self.server.clone(), 52, &outcome));
                }
                _ => {}
            }
        }
    }

    /// The length of the first message, when it is here as a whole.
    fn whole(&self) -> Result<Option<usize>, LdapError> {
        let malformed = |_| LdapError::malformed(&self.server);
        // Whoever speaks something else need not be waited for.
        if self
            .unread()
            .first()
            .is_some_and(|tag| *tag != ber::SEQUENCE)
        {
            return Err(LdapError::malformed(&self.server));
        }
        match ber::length(self.unread()).map_err(malformed)? {
            Some(length) if length > limits::MESSAGE_BYTES_MAX => {
                Err(self.garbage("an entry larger than any that it can have"))
            }
            Some(length) if length <= self.unread().len() => Ok(Some(length)),
            _ => Ok(None),
        }
    }

    fn unread(&self) -> &[u8] {
        self.came.get(self.used..).unwrap_or_default()
    }

    async fn receive(&mut self, deadline: Instant) -> Result<(), LdapError> {
        self.came.drain(..self.used);
        self.used = 0;
        self.came.reserve(limits::READ_BYTES);
        let mut chunk = (&mut self.stream).take(limits::READ_BYTES as u64);
        match timeout_at(deadline, chunk.read_buf(&mut self.came)).await {
            Ok(Ok(0)) => Err(self.broke(&io::ErrorKind::UnexpectedEof.into())),
            Ok(Ok(count)) => match self.bytes_left.checked_sub(count) {
                Some(left) => {
                    self.bytes_left = left;
                    Ok(())
                }
                None => Err(self.garbage("more than a directory can hold")),
            },
            Ok(Err(error)) => Err(self.broke(&error)),
            Err(_) => Err(self.silent()),
        }
    }

    fn broke(&self, error: &io::Error) -> LdapError {
        LdapError::Unreachable {
            server: self.server.clone(),
            why: format!("the connection broke: {error}"),
        }
    }

    fn silent(&self) -> LdapError {
        LdapError::Silent {
            server: self.server.clone(),
            seconds: self.patience.answer.as_secs(),
        }
    }

    pub(crate) fn garbage(&self, what: &str) -> LdapError {
        LdapError::Garbage {
            server: self.server.clone(),
            what: what.to_owned(),
        }
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
