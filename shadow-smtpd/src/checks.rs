//! Checks of mail from the world: block lists, SPF, DKIM, DMARC and ARC, a spam filter and a virus
//! scanner. What they find is kept with the mail and shown; mail is refused only where the config
//! says so. The bytes of the mail are never changed.
//!
//! What the DNS is asked is about who brings a mail. A peer that a listener trusts brings the mail
//! of others, so only scanners look at that.
//!
//! All of it fails open: a check that can not be done in time counts as not done. But a config may
//! ask for mail to come again while a scanner is down; and where it refuses mail for SPF or DMARC, a
//! mail that can not be read for them, or not in time, comes again. Of a large one the header is read,
//! and who has signed that is not refused. What a scanner is too small for passes it: it would never do else.

mod authentication;
mod author;
mod block_list;
mod clamd;
mod examiner;
mod places;
mod reading;
mod rspamd;
mod scanning;
mod verdict;

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use mail_auth::MessageAuthenticator;
use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts,
};
use mail_auth::hickory_resolver::net::NetError;
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use serde::{Deserialize, Serialize};
use store::{Confirmation, Findings, Held, NotScanned, Outcome, Spam, Virus};
use tokio::time::Instant;
use tracing::{debug, warn};

use authentication::Read;
use examiner::Arrival;
pub(crate) use examiner::Examiner;
use places::{Extent, Placed, Places};

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
    /// Whether scanners look at the mail of peers that a listener trusts, too.
    pub scan_trusted: bool,
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
            scan_trusted: true,
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
struct NoResolver(String);

/// Finds the DNS servers of this host.
type FindServers = fn() -> Result<(ResolverConfig, ResolverOpts), NetError>;

/// The checks of a process.
pub struct Checks {
    config: ChecksConfig,
    /// Empty where nothing is asked of the DNS, and until a server is known.
    dns: OnceLock<MessageAuthenticator>,
    find_servers: FindServers,
    /// Our name, which SPF records may refer to.
    hostname: String,
    places: Places,
}

impl Checks {
    /// Must be called inside a runtime. `hostname` is our own name.
    pub fn new(config: ChecksConfig, hostname: &str) -> Self {
        let checks = Self {
            dns: OnceLock::new(),
            find_servers: read_system_conf,
            hostname: hostname.to_owned(),
            places: Places::new(),
            config,
        };
        // Whoever starts us without a DNS server shall read so at once.
        let _ = checks.dns();
        checks
    }

    /// Who can be asked. Where no server is known, one is looked for each time: the network of a
    /// host may come up after us.
    fn dns(&self) -> Option<&MessageAuthenticator> {
        let asks_dns = self.config.authentication || !self.config.block_lists.is_empty();
        if !asks_dns || self.dns.get().is_some() {
            return self.dns.get();
        }
        match resolver(&self.config, self.find_servers) {
            Ok(dns) => Some(self.dns.get_or_init(|| dns)),
            Err(error) => {
                warn!("who brings mail, and whom it is from, is not checked: {error}");
                None
            }
        }
    }

    /// The block lists that name an address.
    async fn block_lists(&self, address: IpAddr) -> Vec<String> {
        match self.dns() {
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

    /// Looks at a mail that is whole; `None` when there is nothing to look for. `Err` is what the
    /// peer hears instead of 250.
    async fn examine(
        &self,
        held: &mut Held,
        arrival: &Arrival<'_>,
    ) -> Result<Option<Findings>, Reply> {
        let begun = Instant::now();
        let until = begun + limits::CHECKING_TIME;
        let scans = self.config.scan_trusted || arrival.trust.is_none();
        let asked = Asked {
            authentication: arrival.judged().filter(|_| self.config.authentication),
            rspamd: self.config.rspamd.filter(|_| scans),
            clamd: self.config.clamd.as_ref().filter(|_| scans),
        };
        let mut findings = Findings {
            block_lists: arrival.block_lists.to_vec(),
            ..asked.unanswered(NotScanned::Down)
        };
        let mut read = Read::Yes;
        if asked.is_nothing() {
            if arrival.judged().is_none() || self.config.block_lists.is_empty() {
                return Ok(None);
            }
        } else if let Some(mail) = self.take_in(held, until).await {
            // Keeping one that can not be read back will fail as well, and says why.
            if let Ok(mail) = mail {
                read = self
                    .look_at(&mail, (arrival, &asked, until), &mut findings)
                    .await;
            }
        } else {
            warn!("a mail was not checked: too many others are");
            read = Read::No;
        }
        mail_log::examined(arrival.origin, &findings, begun.elapsed());
        verdict::of_mail(&findings, &self.config)?;
        if read == Read::No && asked.authentication.is_some() {
            verdict::of_unread(&self.config)?;
        }
        Ok(Some(findings))
    }

    /// A mail into memory, once there is a place for it, or the beginning of one that is too large;
    /// `None` when there is no place in time.
    async fn take_in(&self, held: &mut Held, until: Instant) -> Option<io::Result<Placed>> {
        let is_large = held.len() > limits::CHECKED_BYTES_MAX;
        let (extent, size) = if is_large {
            (Extent::Beginning, limits::HEADER_BYTES_MAX as u64)
        } else {
            (Extent::Whole, held.len())
        };
        let place = self.places.take(size, until).await?;
        // Not within a time: a mail whose copy is not waited for can not be kept.
        let bytes = match extent {
            Extent::Whole => held.copy().await,
            // One more, so that a header which is too long can be told from one that is not.
            Extent::Beginning => held.beginning(limits::HEADER_BYTES_MAX + 1).await,
        };
        if let Err(error) = &bytes {
            debug!(%error, "a mail can not be read for its checks");
        }
        Some(bytes.map(|bytes| Placed::new(bytes, extent, place)))
    }

    /// Gives whether it could be read.
    async fn look_at(
        &self,
        mail: &Placed,
        (arrival, asked, until): (&Arrival<'_>, &Asked<'_>, Instant),
        findings: &mut Findings,
    ) -> Read {
        let authentication = async {
            let address = asked.authentication?;
            let question = authentication::Question::new(address, arrival, &self.hostname);
            let times = (until, self.config.dns_time);
            Some(authentication::of(self.dns()?, mail, &question, times).await)
        };
        let scan = scanning::Scan {
            mail: mail.bytes(),
            config: &self.config,
            until,
        };
        let (rspamd, clamd) = match mail.extent() {
            Extent::Whole => (asked.rspamd, asked.clamd),
            Extent::Beginning => (None, None),
        };
        let (spam, virus) = (scan.spam(rspamd, arrival), scan.virus(clamd));
        let (authenticated, spam, virus) = tokio::join!(authentication, spam, virus);
        // Without a DNS server nothing is known, and that is not the sender's doing.
        let (found, read) = authenticated.unwrap_or((None, Read::Yes));
        if let Some(found) = found {
            *findings = Findings {
                block_lists: std::mem::take(&mut findings.block_lists),
                ..found
            };
        }
        let unscanned = asked.unanswered(NotScanned::TooLarge);
        findings.spam = spam.or(unscanned.spam);
        findings.virus = virus.or(unscanned.virus);
        read
    }
}

/// What a mail is looked at for.
struct Asked<'a> {
    /// Where it comes from, when it matters who it says it is from.
    authentication: Option<IpAddr>,
    rspamd: Option<SocketAddr>,
    clamd: Option<&'a ClamdAt>,
}

impl Asked<'_> {
    fn is_nothing(&self) -> bool {
        self.authentication.is_none() && self.rspamd.is_none() && self.clamd.is_none()
    }

    /// What is found when nobody is asked in the end.
    fn unanswered(&self, because: NotScanned) -> Findings {
        let untold = self.authentication.map(|_| Confirmation {
            domain: String::new(),
            outcome: Outcome::TempError,
        });
        Findings {
            spf: untold.clone(),
            dmarc: untold,
            spam: self.rspamd.map(|_| Spam::Unrated(because)),
            virus: self.clamd.map(|_| Virus::Unscanned(because)),
            ..Findings::default()
        }
    }
}

fn resolver(
    config: &ChecksConfig,
    find_servers: FindServers,
) -> Result<MessageAuthenticator, NoResolver> {
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
        None => find_servers().map_err(|error| NoResolver(error.to_string()))?,
    };
    // One server that is silent leaves time for the other questions, and a question that was lost is
    // asked once more.
    options.timeout = config.dns_time / 4;
    options.attempts = 1;
    options.cache_size = limits::DNS_ANSWERS_REMEMBERED;
    MessageAuthenticator::new(servers, options).map_err(|error| NoResolver(error.to_string()))
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
