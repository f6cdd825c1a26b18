//! What mail from strangers is checked for: `[checks]`.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use shadow_smtpd::{ChecksConfig, ClamdAt, Doubt, WhenDown, limits};

use super::error::{ConfigError, Source};

/// Longest time that a check may take: that of all together.
const SECONDS_MAX: u64 = limits::CHECKING_TIME.as_secs();

/// `[checks]`, for mail on fallback and relay listeners.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawChecks {
    /// Whether SPF, DKIM, DMARC and ARC are looked at. Default: true.
    pub authentication: bool,
    /// The DNS server to ask, `host:port`. Default: those of `/etc/resolv.conf`.
    pub resolver: String,
    /// How long the DNS may take. Default: 5.
    pub dns_seconds: u64,
    /// Zones of DNS block lists. Default: none.
    pub block_lists: Vec<String>,
    /// What mail is refused for. Default: nothing.
    pub refuse: Vec<Doubt>,
    /// Where rspamd listens, `host:port` of a worker that scans. Default: not asked.
    pub rspamd: String,
    /// Where clamd listens, `host:port` or a path. Default: not asked.
    pub clamd: String,
    /// How long a scanner may take. Default: 30.
    pub scan_seconds: u64,
    /// Bytes of the largest mail that a scanner is given. Default: 25 MiB, as clamd takes it.
    pub scan_bytes_max: u64,
    /// Whether scanners look at the mail of peers that a listener trusts, too. Default: true.
    pub scan_trusted: bool,
    /// What becomes of mail while a scanner is down. Default: `accept`.
    pub when_scanner_down: WhenDown,
}

impl Default for RawChecks {
    fn default() -> Self {
        let default = ChecksConfig::default();
        Self {
            authentication: default.authentication,
            resolver: String::new(),
            dns_seconds: default.dns_time.as_secs(),
            block_lists: default.block_lists,
            refuse: Vec::new(),
            rspamd: String::new(),
            clamd: String::new(),
            scan_seconds: default.scan_time.as_secs(),
            scan_bytes_max: default.scan_bytes_max,
            scan_trusted: default.scan_trusted,
            when_scanner_down: default.when_down,
        }
    }
}

/// Checks `[checks]`.
pub fn check(source: Source<'_>, raw: RawChecks) -> Result<ChecksConfig, ConfigError> {
    for (key, seconds) in [
        ("checks.dns_seconds", raw.dns_seconds),
        ("checks.scan_seconds", raw.scan_seconds),
    ] {
        if !(1..=SECONDS_MAX).contains(&seconds) {
            return Err(source.wrong(key, format!("must be from 1 to {SECONDS_MAX}")));
        }
    }
    for zone in &raw.block_lists {
        super::host_name(source, "checks.block_lists", zone)?;
    }
    let wants = |doubt: Doubt| raw.refuse.contains(&doubt);
    for (doubt, is_asked, advice) in [
        (
            Doubt::BlockList,
            !raw.block_lists.is_empty(),
            "name some in block_lists",
        ),
        (Doubt::Spf, raw.authentication, "set authentication = true"),
        (
            Doubt::Dmarc,
            raw.authentication,
            "set authentication = true",
        ),
        (Doubt::Spam, !raw.rspamd.is_empty(), "say where rspamd is"),
        (Doubt::Virus, !raw.clamd.is_empty(), "say where clamd is"),
    ] {
        if wants(doubt) && !is_asked {
            let sentence = format!("refuses for what is not checked; {advice}");
            return Err(source.wrong("checks.refuse", sentence));
        }
    }
    Ok(ChecksConfig {
        authentication: raw.authentication,
        resolver: address(source, "checks.resolver", &raw.resolver)?,
        dns_time: Duration::from_secs(raw.dns_seconds),
        rspamd: address(source, "checks.rspamd", &raw.rspamd)?,
        clamd: if raw.clamd.starts_with('/') {
            Some(ClamdAt::Unix(Path::new(&raw.clamd).into()))
        } else {
            address(source, "checks.clamd", &raw.clamd)?.map(ClamdAt::Tcp)
        },
        scan_time: Duration::from_secs(raw.scan_seconds),
        scan_bytes_max: raw.scan_bytes_max,
        scan_trusted: raw.scan_trusted,
        when_down: raw.when_scanner_down,
        block_lists: raw.block_lists,
        refuse: raw.refuse.into_iter().collect(),
    })
}

fn address(source: Source<'_>, key: &str, text: &str) -> Result<Option<SocketAddr>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text.parse().map(Some);
    parsed.map_err(|_| {
        let sentence = format!("\"{text}\" is not an address and port such as \"127.0.0.1:53\"");
        source.wrong(key, sentence)
    })
}
