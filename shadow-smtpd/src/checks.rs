//! Checks of mail from strangers: block lists, SPF, DKIM, DMARC and ARC, a spam filter and a virus
//! scanner. What they find is kept with the mail and shown; mail is refused only where the config
//! says so. The bytes of the mail are never changed.
//!
//! All of it fails open: a check that can not be done in time counts as not done, except that a
//! config may ask for mail to come again while a scanner is down.

mod authentication;
mod block_list;
mod clamd;
mod examiner;
mod rspamd;
mod scanning;
mod verdict;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mail_auth::MessageAuthenticator;
use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts,
};
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use serde::{Deserialize, Serialize};
use store::{Findings, Held, NotScanned, Spam, Virus};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use examiner::Arrival;
pub(crate) use examiner::Examiner;

use crate::limits;
use crate::mail_log;
use crate::proto::Reply;

/// What is checked, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChecksConfig {
    /// Whether SPF, DKIM, DMARC and ARC are looked at.
    pub authentication: bool,
    /// The DNS server that is asked; without one those of `/etc/resolv.conf`.
    pub resolver: Option<SocketAddr>,
    /// How long all questions to the DNS about a mail, or about a peer, may take together.
    pub dns_time: Duration,
    /// DNS zones of block lists (RFC 5782).
    pub block_lists: Vec<String>,
    /// What mail is refused for.
    pub refuse: BTreeSet<Doubt>,
    /// The spam filter.
    pub rspamd: Option<SocketAddr>,
    /// The virus scanner.
    pub clamd: Option<ClamdAt>,
    /// How long a scanner may take.
    pub scan_time: Duration,
    /// Bytes of the largest mail that a scanner is given.
    pub scan_bytes_max: u64,
    /// What becomes of mail while a scanner is down.
    pub when_down: WhenDown,
}

impl Default for ChecksConfig {
    fn default() -> Self {
        Self {
            authentication: true,
            resolver: None,
            dns_time: limits::DNS_TIME,
            block_lists: Vec::new(),
            refuse: BTreeSet::new(),
            rspamd: None,
            clamd: None,
            scan_time: limits::SCAN_TIME,
            scan_bytes_max: limits::SCAN_BYTES_MAX,
            when_down: WhenDown::Accept,
        }
    }
}

/// What mail can be refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The peer is on a block list.
    BlockList,
    /// The domain of MAIL FROM says that the peer may not send for it.
    Spf,
    /// The domain of From does not stand behind the mail, and wants such mail refused.
    Dmarc,
    /// The spam filter would refuse it.
    Spam,
    /// The virus scanner found something.
    Virus,
}

/// Where clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAt {
    /// `TCPSocket`.
    Tcp(SocketAddr),
    /// `LocalSocket`.
    Unix(PathBuf),
}

/// What becomes of mail while a scanner is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenDown {
    /// It is taken, and marked as not scanned.
    Accept,
    /// The peer is asked to come again.
    Defer,
}

/// There is no DNS server to ask.
#[derive(Debug, thiserror::Error)]
#[error("no DNS server is known ({0}); set checks.resolver, or authentication = false")]
pub struct NoResolver(String);

/// The checks of a process.
pub struct Checks {
    config: ChecksConfig,
    /// Missing where nothing is asked of the DNS.
    dns: Option<Arc<MessageAuthenticator>>,
    /// Our name, which SPF records may refer to.
    hostname: String,
    /// Kibibytes of mails that are in memory for their checks.
    room: Semaphore,
}

impl Checks {
    /// Must be called inside a runtime. `hostname` is our own name.
    pub fn new(config: ChecksConfig, hostname: &str) -> Result<Self, NoResolver> {
        let asks_dns = config.authentication || !config.block_lists.is_empty();
        Ok(Self {
            dns: if asks_dns {
                Some(Arc::new(resolver(&config)?))
            } else {
                None
            },
            hostname: hostname.to_owned(),
            room: Semaphore::new(limits::CHECKING_KIB_AT_ONCE as usize),
            config,
        })
    }

    /// The block lists that name an address.
    async fn block_lists(&self, address: IpAddr) -> Vec<String> {
        match &self.dns {
            Some(dns) if !self.config.block_lists.is_empty() => {
                block_list::naming(dns, address, &self.config).await
            }
            _ => Vec::new(),
        }
    }

    /// Whether a peer that these lists name may bring mail.
    fn may_come(&self, block_lists: &[String]) -> Result<(), Reply> {
        verdict::of_peer(block_lists, &self.config.refuse)
    }

    /// Looks at a mail that is whole. `Err` is what the peer hears instead of 250.
    async fn examine(
        &self,
        held: &mut Held,
        arrival: &Arrival<'_>,
        block_lists: Vec<String>,
    ) -> Result<Findings, Reply> {
        let begun = Instant::now();
        let mut findings = Findings {
            block_lists,
            ..Findings::default()
        };
        let kib = u32::try_from(held.len().div_ceil(1024)).unwrap_or(u32::MAX);
        if held.len() > limits::CHECKED_BYTES_MAX {
            let large = NotScanned::TooLarge;
            findings.spam = self.config.rspamd.map(|_| Spam::Unrated(large));
            findings.virus = self.config.clamd.as_ref().map(|_| Virus::Unscanned(large));
        } else if let Ok(_share) = self.room.acquire_many(kib).await {
            match held.copy().await {
                Ok(mail) => self.look_at(mail.into(), arrival, &mut findings).await,
                // Keeping it will fail as well, and says why.
                Err(error) => tracing::debug!(%error, "a mail can not be read for its checks"),
            }
        }
        mail_log::examined(arrival.origin, &findings, begun.elapsed());
        verdict::of_mail(&findings, &self.config).map(|()| findings)
    }

    async fn look_at(&self, mail: Arc<[u8]>, arrival: &Arrival<'_>, findings: &mut Findings) {
        let authentication = async {
            match &self.dns {
                Some(dns) if self.config.authentication => {
                    let question = authentication::Question::new(arrival, &self.hostname)?;
                    let dns = Arc::clone(dns);
                    let mail = Arc::clone(&mail);
                    authentication::of(dns, mail, question, self.config.dns_time).await
                }
                _ => None,
            }
        };
        let spam = scanning::spam(&self.config, &mail, arrival);
        let virus = scanning::virus(&self.config, &mail);
        let (authenticated, spam, virus) = tokio::join!(authentication, spam, virus);
        if let Some(authenticated) = authenticated {
            *findings = Findings {
                block_lists: std::mem::take(&mut findings.block_lists),
                ..authenticated
            };
        }
        findings.spam = spam;
        findings.virus = virus;
    }
}

fn resolver(config: &ChecksConfig) -> Result<MessageAuthenticator, NoResolver> {
    let (servers, mut options) = match config.resolver {
        Some(address) => {
            let at = |mut connection: ConnectionConfig| {
                connection.port = address.port();
                connection
            };
            let connections = vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())];
            let server = NameServerConfig::new(address.ip(), true, connections);
            let servers = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            (servers, ResolverOpts::default())
        }
        None => read_system_conf().map_err(|error| NoResolver(error.to_string()))?,
    };
    options.timeout = config.dns_time;
    options.attempts = 1;
    options.cache_size = limits::DNS_ANSWERS_REMEMBERED;
    MessageAuthenticator::new(servers, options).map_err(|error| NoResolver(error.to_string()))
}
